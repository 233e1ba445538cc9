//! Each fault of the proxy does what it says, and the client says what it is.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use provider_tree::placement::{Client, Error, Inventories, NoAuth};
use uuid::Uuid;

use crate::proxy::{Fault, Proxy, Seen};
use crate::service::{client, client_of, placement, root, vcpus};

crate::tests![
    a_proxy_without_a_fault_changes_nothing_and_remembers_the_requests,
    a_dropped_request_was_not_carried_out,
    a_dropped_answer_was_carried_out,
    a_cut_answer_was_carried_out,
    a_cut_answer_without_a_body_is_no_answer,
    a_delayed_request_is_carried_out_later,
    a_request_may_be_carried_out_after_its_caller_has_given_up,
    a_repeated_put_answers_with_a_conflict,
    an_error_of_the_proxy_hides_that_nothing_was_done,
    an_error_of_the_proxy_hides_that_it_was_done,
    garbage_is_a_malformed_answer,
    a_401_is_repeated_once,
    something_else_happens_before_a_request,
];

/// A fault at a PUT of an inventory of 8: what the client says, and the total
/// that the service has afterwards.
fn faulty_put(fault: Fault) -> (Result<(), Error>, Option<u32>) {
    let direct = client();
    let uuid = root(&direct);
    let proxy = Proxy::start(&placement());
    let client = Client::builder(proxy.url())
        .auth(NoAuth::admin())
        .timeout(Duration::from_secs(30))
        .build()
        .unwrap();
    // By then a connection is open and in use again.
    client.get_provider(uuid).unwrap();
    proxy.inject(1, fault);
    let result = client.put_inventories(uuid, 0, &Inventories::from([vcpus(8)]));
    let there = direct.get_inventories(uuid).unwrap().content;
    let total = there.values().next().map(|record| record.total);
    (result.map(drop), total)
}

fn a_proxy_without_a_fault_changes_nothing_and_remembers_the_requests() {
    let proxy = Proxy::start(&placement());
    let through = client_of(&proxy.url());
    let uuid = root(&through);
    assert_eq!(
        through.get_provider(uuid).unwrap(),
        client().get_provider(uuid).unwrap()
    );
    through.delete_provider(uuid).unwrap();
    assert!(through.get_provider(uuid).unwrap_err().is_not_found());
    let path = format!("/resource_providers/{uuid}");
    let seen = |method: &str, path: &str, status| Seen {
        method: method.to_owned(),
        path: path.to_owned(),
        status: Some(status),
    };
    assert_eq!(
        proxy.seen(),
        [
            seen("POST", "/resource_providers", 200),
            seen("GET", &path, 200),
            seen("DELETE", &path, 204),
            seen("GET", &path, 404),
        ]
    );
    assert_eq!(proxy.count("GET", "/resource_providers/"), 2);
    assert_eq!(proxy.count("DELETE", "traits"), 0);
    proxy.reset();
    assert_eq!(proxy.seen(), []);
}

fn a_dropped_request_was_not_carried_out() {
    let (result, total) = faulty_put(Fault::DropRequest);
    let error = result.unwrap_err();
    // The client can't know.
    assert!(
        error.is_unknown_outcome() && error.is_unavailable(),
        "{error:?}"
    );
    assert_eq!(total, None);
}

fn a_dropped_answer_was_carried_out() {
    let (result, total) = faulty_put(Fault::DropAnswer);
    let error = result.unwrap_err();
    assert!(
        error.is_unknown_outcome() && error.is_unavailable(),
        "{error:?}"
    );
    assert_eq!(total, Some(8));
}

fn a_cut_answer_was_carried_out() {
    let (result, total) = faulty_put(Fault::CutAnswer);
    let error = result.unwrap_err();
    assert!(
        error.is_unknown_outcome() && error.is_unavailable(),
        "{error:?}"
    );
    assert_eq!(total, Some(8));
}

fn a_cut_answer_without_a_body_is_no_answer() {
    let direct = client();
    let uuid = root(&direct);
    let proxy = Proxy::start(&placement());
    proxy.inject(0, Fault::CutAnswer);
    let error = client_of(&proxy.url()).delete_provider(uuid).unwrap_err();
    assert!(error.is_unknown_outcome(), "{error:?}");
    assert!(direct.get_provider(uuid).unwrap_err().is_not_found());
}

fn a_delayed_request_is_carried_out_later() {
    let delay = Duration::from_millis(300);
    let start = Instant::now();
    let (result, total) = faulty_put(Fault::Delay(delay));
    result.unwrap();
    assert!(start.elapsed() >= delay);
    assert_eq!(total, Some(8));
}

fn a_request_may_be_carried_out_after_its_caller_has_given_up() {
    let direct = client();
    let uuid = root(&direct);
    let proxy = Proxy::start(&placement());
    let hasty = Client::builder(proxy.url())
        .auth(NoAuth::admin())
        .timeout(Duration::from_secs(2))
        .build()
        .unwrap();
    let (go_on, held) = mpsc::channel();
    proxy.inject(0, Fault::Before(Box::new(move || held.recv().unwrap())));
    let error = hasty
        .put_inventories(uuid, 0, &Inventories::from([vcpus(8)]))
        .unwrap_err();
    assert!(error.is_unknown_outcome(), "{error:?}");
    assert_eq!(direct.get_provider(uuid).unwrap().generation, 0);
    go_on.send(()).unwrap();
    let start = Instant::now();
    while direct.get_provider(uuid).unwrap().generation == 0 {
        assert!(start.elapsed() < Duration::from_secs(30));
    }
}

fn a_repeated_put_answers_with_a_conflict() {
    let (result, total) = faulty_put(Fault::Repeat);
    assert!(result.unwrap_err().is_conflict());
    assert_eq!(total, Some(8));
}

fn an_error_of_the_proxy_hides_that_nothing_was_done() {
    for status in [500, 502, 503, 504] {
        let (result, total) = faulty_put(Fault::Answer(status, "<html>no</html>"));
        let error = result.unwrap_err();
        assert!(
            error.is_unknown_outcome() && error.is_unavailable(),
            "{error:?}"
        );
        assert_eq!(error.refusal().unwrap().detail, "<html>no</html>");
        assert_eq!(total, None);
    }
}

fn an_error_of_the_proxy_hides_that_it_was_done() {
    let (result, total) = faulty_put(Fault::AnswerInstead(502, ""));
    assert!(result.unwrap_err().is_unknown_outcome());
    assert_eq!(total, Some(8));
}

fn garbage_is_a_malformed_answer() {
    let (result, total) = faulty_put(Fault::Answer(200, "<html>Welcome</html>"));
    let error = result.unwrap_err();
    assert!(
        matches!(error, Error::Malformed { status: 200, .. }),
        "{error:?}"
    );
    assert!(error.is_unknown_outcome() && error.is_unavailable());
    assert_eq!(total, None);
}

fn a_401_is_repeated_once() {
    let (result, total) = faulty_put(Fault::Answer(401, ""));
    result.unwrap();
    assert_eq!(total, Some(8));

    let proxy = Proxy::start(&placement());
    proxy.inject(0, Fault::Answer(401, ""));
    proxy.inject(1, Fault::Answer(401, ""));
    let error = client_of(&proxy.url())
        .get_provider(Uuid::nil())
        .unwrap_err();
    assert!(
        error.is_unauthorized() && !error.is_unavailable(),
        "{error:?}"
    );
    assert_eq!(proxy.seen().len(), 2);
}

fn something_else_happens_before_a_request() {
    let direct = client();
    let uuid = root(&direct);
    let proxy = Proxy::start(&placement());
    let other = Arc::new(Mutex::new(None));
    let result = Arc::clone(&other);
    proxy.inject(
        0,
        Fault::Before(Box::new(move || {
            let put = direct.put_inventories(uuid, 0, &Inventories::from([vcpus(4)]));
            *result.lock().unwrap() = Some(put.unwrap().generation);
        })),
    );
    let error = client_of(&proxy.url())
        .put_inventories(uuid, 0, &Inventories::from([vcpus(8)]))
        .unwrap_err();
    assert!(error.is_conflict(), "{error:?}");
    assert_eq!(*other.lock().unwrap(), Some(1));
}
