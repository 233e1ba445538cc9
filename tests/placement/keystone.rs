//! Credentials against the real Keystone, and a Placement that asks it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;

use provider_tree::placement::{
    ApplicationCredential, AtGeneration, Auth, Client, Filter, Headers, HttpTransport, Inventories,
    Mirror, Password, Request, Response, Scope, State, Token, Transport, TransportError,
};
use provider_tree::{NewProvider, ProviderTree};
use uuid::Uuid;

use crate::service::{needed, root, unique, vcpus};
use crate::truth;

crate::tests![
    a_password_and_a_credential_may_do_everything,
    a_wrong_password_is_refused_by_keystone,
    a_bad_token_is_refused_by_placement,
    a_reader_is_told_the_missing_role,
    a_token_that_goes_bad_in_the_middle_is_replaced_once,
    a_token_that_goes_bad_in_the_middle_of_a_push_is_replaced_once,
];

fn keystone() -> String {
    needed("PROVIDER_TREE_KEYSTONE_URL")
}

fn placement() -> String {
    needed("PROVIDER_TREE_KEYSTONE_PLACEMENT_URL")
}

fn client(auth: impl Auth + 'static) -> Client {
    Client::builder(placement()).auth(auth).build().unwrap()
}

fn nova() -> Password {
    Password::new(keystone(), "nova", "nova-password", "service")
}

fn a_password_and_a_credential_may_do_everything() {
    let id = needed("PROVIDER_TREE_CREDENTIAL_ID");
    for client in [
        client(nova()),
        client(ApplicationCredential::new(
            keystone(),
            id,
            "credential-secret",
        )),
    ] {
        let uuid = root(&client);
        client
            .put_inventories(uuid, 0, &Inventories::from([vcpus(4)]))
            .unwrap();
        let content = Inventories::from([vcpus(8)]);
        client
            .reshape(&BTreeMap::from([(
                uuid,
                AtGeneration {
                    generation: 1,
                    content,
                },
            )]))
            .unwrap();
        client.delete_provider(uuid).unwrap();
    }
}

fn a_wrong_password_is_refused_by_keystone() {
    let client = client(Password::new(keystone(), "nova", "guess", "service"));
    let error = client.list_providers(&Filter::default()).unwrap_err();
    assert!(error.is_unauthorized(), "{error:?}");
    assert_eq!(error.refusal().unwrap().path, "/v3/auth/tokens");
    assert!(!format!("{error} {error:?}").contains("guess"));
}

fn a_bad_token_is_refused_by_placement() {
    let client = client(Token::new("bad"));
    let error = client.list_providers(&Filter::default()).unwrap_err();
    assert!(error.is_unauthorized(), "{error:?}");
    let refusal = error.refusal().unwrap();
    assert_eq!(
        (refusal.path.as_str(), refusal.status),
        ("/resource_providers", 401)
    );
    assert!(refusal.detail.contains("authentication"), "{refusal:?}");
}

fn a_reader_is_told_the_missing_role() {
    let client = client(Password::new(
        keystone(),
        "reader",
        "reader-password",
        "service",
    ));
    let error = client.list_providers(&Filter::default()).unwrap_err();
    assert!(error.is_forbidden(), "{error:?}");
    assert!(
        error
            .to_string()
            .contains("needs the role `admin` or `service`"),
        "{error}"
    );
}

/// Counts requests, and spoils the first token that it sees once told to.
struct Spoiling {
    inner: HttpTransport,
    requests: AtomicUsize,
    refused: AtomicUsize,
    /// From which request on.
    spoils_from: AtomicUsize,
    first: Mutex<Option<String>>,
}

impl Spoiling {
    fn new() -> Self {
        Self {
            inner: HttpTransport::builder().build().unwrap(),
            requests: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            spoils_from: AtomicUsize::new(usize::MAX),
            first: Mutex::default(),
        }
    }
}

impl Transport for Spoiling {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let number = self.requests.fetch_add(1, Relaxed);
        let first = request.headers.get("x-auth-token").map(|token| {
            let mut first = self.first.lock().unwrap();
            first.get_or_insert_with(|| token.to_owned()).clone()
        });
        let is_spoiling = number >= self.spoils_from.load(Relaxed);
        let headers: Headers = request
            .headers
            .iter()
            .map(|(name, value)| match first.as_deref() {
                Some(first) if is_spoiling && first == value => (name, "expired"),
                _ => (name, value),
            })
            .collect();
        let answer = self.inner.send(&Request::new(
            request.method,
            request.url,
            &headers,
            request.body,
        ));
        if answer.as_ref().is_ok_and(|answer| answer.status == 401) {
            self.refused.fetch_add(1, Relaxed);
        }
        answer
    }
}

fn a_token_that_goes_bad_in_the_middle_is_replaced_once() {
    let tokens = Arc::new(Spoiling::new());
    let calls = Arc::new(Spoiling::new());
    let client = Client::builder(placement())
        .auth(nova().transport(Arc::clone(&tokens)))
        .transport(Arc::clone(&calls))
        .build()
        .unwrap();
    let half = |client: &Client| {
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..3 {
                        client
                            .create_provider(Uuid::new_v4(), &unique("host"), None)
                            .unwrap();
                    }
                });
            }
        });
    };
    half(&client);
    assert_eq!(tokens.requests.load(Relaxed), 1);
    calls.spoils_from.store(0, Relaxed);
    half(&client);
    assert_eq!(tokens.requests.load(Relaxed), 2);
    // At most one request of each thread had the old token.
    let refused = calls.refused.load(Relaxed);
    assert!((1..=4).contains(&refused), "{refused}");
    assert_eq!(calls.requests.load(Relaxed), 24 + refused);
}

fn a_token_that_goes_bad_in_the_middle_of_a_push_is_replaced_once() {
    for number in [0, 1, 10, 20] {
        let tokens = Arc::new(Spoiling::new());
        let calls = Arc::new(Spoiling::new());
        let through = Client::builder(placement())
            .auth(nova().transport(Arc::clone(&tokens)))
            .transport(Arc::clone(&calls))
            .build()
            .unwrap();
        let tree = Arc::new(ProviderTree::new());
        let root = Uuid::new_v4();
        let mirror = Mirror::new(Arc::clone(&tree), through, Scope::Trees(vec![root]));
        mirror.pull().unwrap();
        let edits = tree.update(|transaction| {
            transaction.new_root(NewProvider::new(&unique("root")).uuid(root))?;
            for _ in 0..10 {
                let child = transaction.new_child(&unique("child"), root)?;
                transaction.update_inventory(child, [vcpus(8)], None)?;
            }
            Ok(())
        });
        edits.unwrap();
        assert_eq!(tokens.requests.load(Relaxed), 1);
        let so_far = calls.requests.load(Relaxed);
        calls.spoils_from.store(so_far + number, Relaxed);
        let pushed = mirror.push().unwrap();
        assert!(pushed.is_complete(), "{number}: {:?}", pushed.failed);
        assert_eq!(pushed.done.len(), 21, "{number}");
        assert_eq!(tokens.requests.load(Relaxed), 2, "{number}");
        assert!((1..=4).contains(&calls.refused.load(Relaxed)), "{number}");
        let ours = State::of(&tree.snapshot(), &Scope::Trees(vec![root]), []);
        assert_eq!(ours, truth::read(&client(nova()), root), "{number}");
    }
}
