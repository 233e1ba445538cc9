//! Refusals that are not Placement's: Keystone's, and pages of whatever is in front of either.
//! They say nothing about providers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use provider_tree::ProviderTree;
use provider_tree::placement::{
    Auth, Client, Error, Headers, Method, Mirror, NoAuth, Password, Response, Retry, Scope,
    TransportError,
};
use uuid::Uuid;

use crate::fake::{Fake, Sent, answer, listing, no_content, refusal};
use crate::service::vcpus;

crate::tests![
    a_404_of_keystone_is_no_missing_provider,
    a_404_of_another_server_is_no_missing_provider,
    only_placement_can_refuse_a_change,
    a_refused_login_says_nothing_about_providers,
    an_own_login_that_fails_is_unavailable_if_nothing_answered,
];

const HOST: Uuid = Uuid::from_u128(1);
const PAGE: &str = "<html>no such page</html>";
/// What some gateways answer.
const DOCUMENT: &str = r#"{"message": "no Route matched with those values"}"#;

/// A mirror of one provider, which was read at generation 1; later listings have 2. From then
/// on `answer_later` answers everything else.
fn mirror(
    client: impl FnOnce(Fake<Box<Answer>>) -> Client,
    answer_later: impl Fn(&Sent) -> Response + Send + Sync + 'static,
) -> (Arc<ProviderTree>, Mirror) {
    let answer: Box<Answer> = Box::new(move |number, sent| {
        let is_listing = sent.method == Method::Get && sent.url.ends_with("/resource_providers");
        Ok(match number {
            _ if is_listing => listing([(HOST, "host", if number == 0 { 1 } else { 2 }, None)]),
            0..4 => no_content(&sent.url, 1),
            _ => answer_later(sent),
        })
    });
    let fake = Fake::new(answer);
    let tree = Arc::new(ProviderTree::new());
    let once = Retry::default().attempts(1);
    let mirror = Mirror::new(Arc::clone(&tree), client(fake), Scope::Forest).retry(once);
    assert_eq!(mirror.pull().unwrap().requests, 4);
    (tree, mirror)
}

type Answer = dyn Fn(usize, &Sent) -> Result<Response, TransportError> + Send + Sync;

fn noauth(fake: Fake<Box<Answer>>) -> Client {
    let client = Client::builder("http://placement").auth(NoAuth::admin());
    client.transport(fake).build().unwrap()
}

/// Neither a pull nor a push takes the answers for news about the provider.
fn believes_nothing(tree: &ProviderTree, mirror: &Mirror) {
    let before = tree.snapshot();
    mirror.refresh().unwrap_err();
    assert_eq!(tree.version(), before.version());

    tree.update_inventory(HOST, [vcpus(8)], None).unwrap();
    let pushed = mirror.push().unwrap();
    assert_eq!((pushed.done.len(), pushed.failed.len()), (0, 1));
    assert!(tree.find(HOST).is_some());
    assert_eq!(mirror.plan().unwrap().len(), 1);

    tree.remove(HOST).unwrap();
    let pushed = mirror.push().unwrap();
    assert_eq!((pushed.done.len(), pushed.failed.len()), (0, 1));
    assert_eq!(mirror.plan().unwrap().len(), 1);
}

fn a_404_of_keystone_is_no_missing_provider() {
    for page in [
        PAGE,
        r#"{"error": {"code": 404, "title": "Not Found", "message": "?"}}"#,
    ] {
        let is_expired = Arc::new(AtomicBool::new(false));
        let gone = Arc::clone(&is_expired);
        let keystone = Fake::new(move |_, _: &Sent| {
            Ok(match gone.load(Relaxed) {
                true => answer(404, &[], page),
                false => answer(
                    201,
                    &[("x-subject-token", "token")],
                    r#"{"token": {"issued_at": "2026-01-01T00:00:00Z"}}"#,
                ),
            })
        });
        let password = Password::new("http://keystone", "nova", "hunter2", "service");
        let password = password.transport(keystone);
        let (tree, mirror) = mirror(
            |fake| {
                let client = Client::builder("http://placement").auth(password);
                client.transport(fake).build().unwrap()
            },
            |_| answer(401, &[], "expired"),
        );
        is_expired.store(true, Relaxed);
        believes_nothing(&tree, &mirror);
    }
}

fn a_404_of_another_server_is_no_missing_provider() {
    for page in [
        PAGE,
        DOCUMENT,
        "",
        r#"{"errors": [{"status": 404, "code": "nova.odd"}]}"#,
    ] {
        let (tree, mirror) = mirror(noauth, move |_| answer(404, &[], page));
        believes_nothing(&tree, &mirror);
    }
    // Placement's own is believed.
    let (tree, mirror) = mirror(noauth, |_| refusal(404, "placement.undefined_code"));
    mirror.refresh().unwrap();
    assert!(tree.is_empty());
}

fn only_placement_can_refuse_a_change() {
    for status in [400, 403, 404, 405, 409, 413] {
        for page in [PAGE, DOCUMENT, ""] {
            let client = noauth(Fake::new(
                Box::new(move |_, _: &Sent| Ok(answer(status, &[], page))) as Box<Answer>,
            ));
            let read = client.get_provider(HOST).unwrap_err();
            let changed = client.delete_provider(HOST).unwrap_err();
            assert!(changed.is_unknown_outcome() && !read.is_unknown_outcome());
            for error in [read, changed] {
                assert!(error.is_unavailable(), "{error:?}");
                assert!(!is_about_a_provider(&error), "{error:?}");
                assert_eq!(error.refusal().unwrap().status, status);
            }
        }
    }
}

fn a_refused_login_says_nothing_about_providers() {
    for status in [400, 403, 404, 409] {
        for (page, is_unavailable) in [
            (PAGE, true),
            (r#"{"error": {"message": "?", "title": "No"}}"#, false),
            (
                r#"{"errors": [{"code": "placement.duplicate_name"}]}"#,
                false,
            ),
        ] {
            let keystone = Fake::new(move |_, _: &Sent| Ok(answer(status, &[], page)));
            let password = Password::new("http://keystone", "nova", "hunter2", "service");
            let client = Client::builder("http://placement");
            let client = client.auth(password.transport(keystone)).build().unwrap();
            let error = client.delete_provider(HOST).unwrap_err();
            assert!(matches!(error, Error::Login { .. }));
            assert!(!is_about_a_provider(&error), "{error:?}");
            assert!(!error.is_unknown_outcome(), "it was not sent: {error:?}");
            assert_eq!(error.is_unavailable(), is_unavailable, "{error:?}");
            assert_eq!(error.is_forbidden(), status == 403);
            assert_eq!(error.refusal().unwrap().status, status);
        }
    }
}

fn an_own_login_that_fails_is_unavailable_if_nothing_answered() {
    struct Vault(fn() -> Error);

    impl Auth for Vault {
        fn headers(&self) -> Result<Headers, Error> {
            Err((self.0)())
        }
        fn invalidate(&self, _: &Headers) {}
    }

    type Makes = fn() -> Error;
    let makes: [(Makes, bool); 3] = [
        (
            || Error::login("vault", TransportError::NotSent("no route".into())),
            true,
        ),
        (
            || Error::login("vault", TransportError::too_large(9)),
            false,
        ),
        (|| Error::login("vault", "sealed"), false),
    ];
    for (make, is_unavailable) in makes {
        let client = Client::builder("http://placement").auth(Vault(make));
        let error = client.build().unwrap().delete_provider(HOST).unwrap_err();
        assert_eq!(error.to_string(), "authentication at vault failed");
        assert_eq!(error.is_unavailable(), is_unavailable, "{error:?}");
        assert!(!error.is_unknown_outcome() && !is_about_a_provider(&error));
        assert!(error.refusal().is_none());
    }
}

fn is_about_a_provider(error: &Error) -> bool {
    error.is_not_found()
        || error.is_conflict()
        || error.is_in_use()
        || error.is_duplicate()
        || error.is_parent()
}
