//! Tokens, with a Keystone that is a function: when they are fetched, shared and
//! replaced.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use provider_tree::placement::{
    ApplicationCredential, Auth, Client, Error, Filter, Headers, Password, Response, TransportError,
};
use serde_json::{Value, json};

use crate::fake::{Fake, Sent, answer};

crate::tests![
    a_password_asks_for_a_token_of_its_project,
    domains_are_named_or_numbered,
    a_credential_asks_for_a_token,
    a_token_is_kept_until_shortly_before_its_end,
    a_token_whose_life_is_not_known_is_kept_for_a_while,
    threads_share_one_request_for_a_token,
    clients_share_credentials_and_a_transport,
    only_the_token_in_use_is_forgotten,
    a_refused_password_says_what_keystone_said,
    a_keystone_that_is_down_is_unavailable,
    an_answer_without_a_token_is_malformed,
    a_transport_that_panics_does_not_spoil_the_credentials,
];

type Answer = fn(usize, &Sent) -> Result<Response, TransportError>;

fn keystone(answer: Answer) -> (Password, Arc<Fake<Answer>>) {
    let fake = Arc::new(Fake::new(answer));
    let password = Password::new("http://keystone/v3/", "nova", "hunter2", "service")
        .transport(Arc::clone(&fake));
    (password, fake)
}

fn token(number: usize, expires_at: &str) -> Result<Response, TransportError> {
    Ok(answer(
        201,
        &[("X-Subject-Token", &format!("token-{number}"))],
        &json!({"token": {"issued_at": "2026-01-01T00:00:00.000000Z", "expires_at": expires_at}})
            .to_string(),
    ))
}

fn hour(number: usize, _: &Sent) -> Result<Response, TransportError> {
    token(number, "2026-01-01T01:00:00.000000Z")
}

fn token_of(auth: &impl Auth) -> String {
    let headers = auth.headers().unwrap();
    headers.get("x-auth-token").unwrap().to_owned()
}

fn a_password_asks_for_a_token_of_its_project() {
    let (auth, keystone) = keystone(hour);
    let auth = auth.user_domain("users").project_domain("projects");
    assert_eq!(token_of(&auth), "token-0");
    let sent = &keystone.sent()[0];
    assert_eq!(
        (sent.method.as_str(), &*sent.url),
        ("POST", "http://keystone/v3/auth/tokens")
    );
    let body: Value = serde_json::from_str(sent.body.as_ref().unwrap()).unwrap();
    assert_eq!(
        body,
        json!({"auth": {
            "identity": {
                "methods": ["password"],
                "password": {"user": {
                    "name": "nova", "password": "hunter2", "domain": {"name": "users"},
                }},
            },
            "scope": {"project": {"name": "service", "domain": {"name": "projects"}}},
        }})
    );
}

fn domains_are_named_or_numbered() {
    let (auth, keystone) = keystone(hour);
    let auth = auth.user_domain_id("u").project_domain_id("p");
    auth.headers().unwrap();
    let body: Value = serde_json::from_str(keystone.sent()[0].body.as_ref().unwrap()).unwrap();
    let user = &body["auth"]["identity"]["password"]["user"];
    assert_eq!(user["domain"], json!({"id": "u"}));
    assert_eq!(
        body["auth"]["scope"]["project"]["domain"],
        json!({"id": "p"})
    );
}

fn a_credential_asks_for_a_token() {
    let keystone = Arc::new(Fake::new(hour as Answer));
    let auth = ApplicationCredential::new("http://keystone", "id", "secret")
        .transport(Arc::clone(&keystone));
    assert_eq!(token_of(&auth), "token-0");
    assert_eq!(keystone.sent()[0].url, "http://keystone/v3/auth/tokens");
    let body: Value = serde_json::from_str(keystone.sent()[0].body.as_ref().unwrap()).unwrap();
    assert_eq!(
        body,
        json!({"auth": {"identity": {
            "methods": ["application_credential"],
            "application_credential": {"id": "id", "secret": "secret"},
        }}})
    );
}

fn a_token_is_kept_until_shortly_before_its_end() {
    let (auth, keystone) = keystone(|number, _| token(number, "2026-01-01T00:00:01Z"));
    assert_eq!(token_of(&auth), "token-0");
    assert_eq!(token_of(&auth), "token-0");
    // A tenth of a second before its end.
    thread::sleep(Duration::from_millis(905));
    assert_eq!(token_of(&auth), "token-1");
    assert_eq!(keystone.sent().len(), 2);
}

fn a_token_whose_life_is_not_known_is_kept_for_a_while() {
    for expires in ["sometime", "2025-12-31T23:59:59Z"] {
        let fetched = match expires {
            "sometime" => keystone(|number, _| token(number, "sometime")),
            _ => keystone(|number, _| token(number, "2025-12-31T23:59:59Z")),
        };
        let (auth, keystone) = fetched;
        assert_eq!(
            (token_of(&auth), token_of(&auth)),
            ("token-0".into(), "token-0".into())
        );
        assert_eq!(keystone.sent().len(), 1);
    }
    let (auth, _) = keystone(|number, _| {
        Ok(answer(
            201,
            &[("x-subject-token", &format!("token-{number}"))],
            r#"{"token": {"issued_at": "2026-01-01T00:00:00Z", "expires_at": null}}"#,
        ))
    });
    assert_eq!(
        (token_of(&auth), token_of(&auth)),
        ("token-0".into(), "token-0".into())
    );
}

fn threads_share_one_request_for_a_token() {
    let (auth, keystone) = keystone(|number, sent| {
        thread::sleep(Duration::from_millis(50));
        hour(number, sent)
    });
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(token_of(&auth), "token-0"));
        }
    });
    assert_eq!(keystone.sent().len(), 1);
}

fn clients_share_credentials_and_a_transport() {
    let both = Arc::new(Fake::new(
        (|number, sent| match &*sent.url {
            "http://one/v3/auth/tokens" => hour(number, sent),
            _ => Ok(answer(200, &[], r#"{"resource_providers": []}"#)),
        }) as Answer,
    ));
    let password = Password::new("http://one", "nova", "hunter2", "service");
    let password = Arc::new(password.transport(Arc::clone(&both)));
    for endpoint in ["http://one", "http://two"] {
        let client = Client::builder(endpoint).auth(Arc::clone(&password));
        let client = client.transport(Arc::clone(&both)).build().unwrap();
        client.list_providers(&Filter::default()).unwrap();
    }
    let sent = both.sent();
    let urls: Vec<&str> = sent.iter().map(|sent| &*sent.url).collect();
    let [token, one, two] = urls[..] else {
        panic!("{urls:?}")
    };
    assert!(token.ends_with("/tokens"));
    assert_eq!(
        (one, two),
        (
            "http://one/resource_providers",
            "http://two/resource_providers"
        )
    );
}

fn only_the_token_in_use_is_forgotten() {
    let (auth, keystone) = keystone(hour);
    let first = auth.headers().unwrap();
    auth.invalidate(&first);
    assert_eq!(token_of(&auth), "token-1");
    // Another thread had the first one refused, too, and says so late.
    auth.invalidate(&first);
    auth.invalidate(&Headers::default());
    assert_eq!(token_of(&auth), "token-1");
    assert_eq!(keystone.sent().len(), 2);
}

fn a_refused_password_says_what_keystone_said() {
    let (auth, keystone) = keystone(|_, _| {
        Ok(answer(
            401,
            &[("x-openstack-request-id", "req-1")],
            r#"{"error": {"code": 401, "message": "The request you have made requires authentication.", "title": "Unauthorized"}}"#,
        ))
    });
    let error = auth.headers().unwrap_err();
    assert!(
        error.is_unauthorized() && !error.is_unavailable(),
        "{error:?}"
    );
    assert!(!error.is_unknown_outcome());
    assert_eq!(
        error.to_string(),
        "authentication at http://keystone failed"
    );
    let Error::Login { source, .. } = &error else {
        panic!("{error:?}")
    };
    assert_eq!(
        source.to_string(),
        "POST /v3/auth/tokens: 401 Unauthorized: The request you have made requires \
         authentication. (req-1)"
    );
    // The next call tries again.
    auth.headers().unwrap_err();
    assert_eq!(keystone.sent().len(), 2);
}

fn a_keystone_that_is_down_is_unavailable() {
    let (auth, _) = keystone(|number, sent| match number {
        0 => Ok(answer(503, &[("retry-after", "3")], "")),
        1 => Err(TransportError::NotSent("no connection".into())),
        2 => Err(TransportError::TimedOut(Duration::from_secs(1))),
        _ => hour(number, sent),
    });
    for retry_after in [Some(Duration::from_secs(3)), None, None] {
        let error = auth.headers().unwrap_err();
        // Placement itself was not asked.
        assert!(
            error.is_unavailable() && !error.is_unknown_outcome(),
            "{error:?}"
        );
        assert_eq!(error.retry_after(), retry_after);
    }
    assert_eq!(token_of(&auth), "token-3");
}

fn an_answer_without_a_token_is_malformed() {
    let (auth, _) = keystone(|number, _| match number {
        0 => Ok(answer(
            201,
            &[],
            r#"{"token": {"issued_at": "2026-01-01T00:00:00Z"}}"#,
        )),
        _ => Ok(answer(201, &[("x-subject-token", "t")], "<html>")),
    });
    for _ in 0..2 {
        let error = auth.headers().unwrap_err();
        let Error::Login { source, .. } = &error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(
                source.downcast_ref(),
                Some(Error::Malformed { status: 201, .. })
            ),
            "{error:?}"
        );
    }
}

fn a_transport_that_panics_does_not_spoil_the_credentials() {
    let (auth, _) = keystone(|number, sent| match number {
        0 => panic!("planted"),
        _ => hour(number, sent),
    });
    thread::scope(|scope| {
        scope.spawn(|| auth.headers()).join().unwrap_err();
    });
    assert_eq!(token_of(&auth), "token-1");
}
