//! Each request is reported as one event, outside every lock.

use std::sync::{Arc, mpsc};

use provider_tree::ProviderTree;
use provider_tree::placement::{
    Auth, Client, Filter, Method, Mirror, NoAuth, Password, Request, Response, Retry, Scope,
    Transport, TransportError,
};
use uuid::Uuid;

use crate::fake::{Fake, answer};
use crate::listen::{listen, stop_listening};

crate::tests![
    each_request_is_one_event,
    an_event_of_a_request_for_a_token_may_ask_for_that_token,
    a_mirror_reports_its_progress_in_counts,
];

/// Passes the events of this thread to a sink while `run` runs.
fn listening(sink: impl FnMut(String) + 'static, run: impl FnOnce()) {
    listen(sink);
    run();
    // The thread goes on to other tests.
    stop_listening();
}

/// A Keystone whose tokens are called `hunter2`.
struct Keystone;

impl Transport for Keystone {
    fn send(&self, _: &Request<'_>) -> Result<Response, TransportError> {
        Ok(answer(
            201,
            &[("x-subject-token", "hunter2")],
            r#"{"token": {"issued_at": "2026-01-01T00:00:00Z"}}"#,
        ))
    }
}

fn password() -> Password {
    Password::new("http://keystone", "nova", "hunter2", "service").transport(Keystone)
}

fn each_request_is_one_event() {
    let client = Client::builder("http://host")
        .auth(password())
        .transport(Fake::new(|number, _| match number {
            0 => Ok(answer(401, &[], "")),
            1 => Ok(answer(200, &[], r#"{"resource_providers": []}"#)),
            _ => Err(TransportError::NotSent("no connection".into())),
        }))
        .build()
        .unwrap();
    let (sender, lines) = mpsc::channel();
    listening(
        move |line| sender.send(line).unwrap(),
        || {
            client
                .list_providers(&Filter::default().name("a b"))
                .unwrap();
            client.delete_provider(Uuid::nil()).unwrap_err();
        },
    );
    let list = "request method=\"GET\" path=\"/resource_providers?name=a%20b\"";
    let token = "request method=\"POST\" path=\"/v3/auth/tokens\" status=201 ms";
    assert_eq!(
        lines.iter().collect::<Vec<_>>(),
        [
            token.to_owned(),
            format!("{list} status=401 ms"),
            token.to_owned(),
            format!("{list} status=200 ms"),
            "request method=\"DELETE\" path=\"/resource_providers/\
             00000000-0000-0000-0000-000000000000\" ms"
                .to_owned(),
        ]
    );
}

fn an_event_of_a_request_for_a_token_may_ask_for_that_token() {
    let auth = Arc::new(password());
    let inside = Arc::clone(&auth);
    let (sender, heard) = mpsc::channel();
    listening(
        move |_| sender.send(inside.headers().is_ok()).unwrap(),
        || {
            auth.headers().unwrap();
        },
    );
    assert_eq!(heard.iter().collect::<Vec<_>>(), [true]);
}

fn a_mirror_reports_its_progress_in_counts() {
    let client = Client::builder("http://host")
        .auth(NoAuth::admin())
        // Each event is heard in the thread that causes it.
        .connections(1)
        .transport(Fake::new(|_, sent| match sent.method {
            Method::Post => Ok(answer(409, &[], r#"{"errors": [{"code": "placement.odd"}]}"#)),
            _ if sent.url.contains("/traits/") => Ok(answer(201, &[], "")),
            _ => Ok(answer(200, &[], r#"{"resource_providers": []}"#)),
        }))
        .build()
        .unwrap();
    let tree = Arc::new(ProviderTree::new());
    tree.new_root("host").unwrap();
    tree.add_traits("host", ["CUSTOM_A"]).unwrap();
    let retry = Retry::default().attempts(1);
    let mirror = Mirror::new(tree, client, Scope::Forest).retry(retry);
    let (sender, lines) = mpsc::channel();
    listening(
        move |line| sender.send(line).unwrap(),
        move || {
            let synced = mirror.sync().unwrap();
            assert!(!synced.is_complete());
        },
    );
    let of_mirror = |line: &String| !line.starts_with("request ");
    assert_eq!(
        lines.iter().filter(of_mirror).collect::<Vec<_>>(),
        [
            "pull requests=1 providers=0 read=0 conflicts=0 version=2",
            "step ended=1 left=2",
            "step ended=2 left=1",
            "push requests=2 done=1 failed=1 not_tried=1 conflicts=0 version=2",
        ]
    );
}
