//! No token, password or secret is ever printed.

use provider_tree::placement::{
    ApplicationCredential, Auth, Client, Filter, Headers, Method, NoAuth, Password, Request,
    Response, Token, Transport, TransportError,
};
use uuid::Uuid;

use crate::fake::{Fake, answer};

crate::tests![debug_shows_no_secret, errors_show_no_secret,];

const SECRET: &str = "hunter2";

fn debug_shows_no_secret() {
    let headers = Headers::from_iter([("x-auth-token", SECRET)]);
    let request = Request::new(
        Method::Get,
        "http://host",
        &headers,
        Some(SECRET.as_bytes()),
    );
    let response = answer(201, &[("x-subject-token", SECRET)], SECRET);
    let password = Password::new("http://host", "nova", SECRET, "service");
    let credential = ApplicationCredential::new("http://host", "id", SECRET);
    let builder = Client::builder("http://host").auth(Token::new(SECRET));
    let printed = [
        format!("{headers:?}"),
        format!("{request:?}"),
        format!("{response:?}"),
        format!("{:?}", Token::new(SECRET)),
        format!("{password:#?}"),
        format!("{credential:#?}"),
        format!("{builder:?}"),
        format!("{:?}", builder.build().unwrap()),
    ];
    for text in printed {
        assert!(!text.contains(SECRET), "{text}");
    }
    assert_eq!(format!("{headers:?}"), r#"{"x-auth-token"}"#);
}

/// A transport for `Password`, which fetches a token that is a secret, too.
struct Keystone;

impl Transport for Keystone {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        assert!(request.url.ends_with("/tokens"));
        Ok(answer(
            201,
            &[("x-subject-token", SECRET)],
            r#"{"token": {"issued_at": "2026-01-01T00:00:00Z"}}"#,
        ))
    }
}

fn errors_show_no_secret() {
    let password = Password::new("http://host", "nova", SECRET, "service");
    let password = password.transport(Keystone);
    password.headers().unwrap();
    assert!(!format!("{password:?}").contains(SECRET));
    for status in [200, 400, 401, 403, 404, 406, 409, 500] {
        let fake = Fake::new(move |_, _| Ok(answer(status, &[("x-auth-token", SECRET)], "?")));
        let password = Password::new("http://host", "nova", SECRET, "service");
        let client = Client::builder("http://host")
            .auth(password.transport(Keystone))
            .transport(fake)
            .build()
            .unwrap();
        let error = client.list_providers(&Filter::default()).unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(!text.contains(SECRET), "{text}");
    }
    // A token that can't be a header is not repeated in the error either.
    let client = Client::builder("http://127.0.0.1:1")
        .auth(Token::new(format!("{SECRET}\n")))
        .build()
        .unwrap();
    let error = client.get_provider(Uuid::nil()).unwrap_err();
    assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
    // What is not secret is shown.
    assert!(format!("{:?}", NoAuth::admin()).contains("admin"));
}
