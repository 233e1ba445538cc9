//! What a mirror makes of lost answers, and of a service that is down or busy.

use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::ProviderTree;
use provider_tree::placement::{Client, Mirror, NoAuth, Reason, Retry, RunOptions, Scope, Stop};

use crate::fake::{Fake, answer};
use crate::host::{Host, put_traits, put_vcpus};
use crate::proxy::Fault;
use crate::service::{client, client_of, trait_, unique, vcpus};

crate::tests![
    an_answer_that_was_lost_is_looked_up,
    a_creation_whose_answer_was_lost_is_not_repeated,
    a_conflict_with_a_request_of_ones_own_is_none,
    a_lost_answer_is_not_taken_for_somebody_elses_change,
    a_request_that_never_arrived_is_sent_again,
    an_answer_that_comes_too_late_is_still_ones_own,
    a_newer_answer_ends_the_doubt,
    a_push_that_stops_half_way_goes_on_where_it_stopped,
    an_internal_error_of_one_provider_holds_up_no_other,
    a_failure_to_read_is_repeated,
];

pub const LOCAL: &[(&str, fn())] = &[
    (
        "mirror_outages::retry_after_is_honoured",
        retry_after_is_honoured,
    ),
    (
        "mirror_outages::a_longer_pause_than_the_cap_is_an_error",
        a_longer_pause_than_the_cap_is_an_error,
    ),
    (
        "mirror_outages::a_run_pauses_as_long_as_it_is_asked_to",
        a_run_pauses_as_long_as_it_is_asked_to,
    ),
    (
        "mirror_outages::a_service_that_is_down_stops_a_push_and_loses_nothing",
        a_service_that_is_down_stops_a_push_and_loses_nothing,
    ),
    (
        "mirror_outages::a_provider_that_never_settles_is_an_error",
        a_provider_that_never_settles_is_an_error,
    ),
];

const LISTING: &str = r#"{"resource_providers": []}"#;

/// Tries each request once.
fn once() -> Retry {
    Retry::default().attempts(1)
}

fn an_answer_that_was_lost_is_looked_up() {
    let host = Host::pushed();
    host.set_vcpus(host.root, 90);
    host.proxy.inject(0, Fault::DropAnswer);
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    // Sent once, and read.
    assert_eq!((host.requests(), host.proxy.count("PUT", "")), (4, 1));
    host.assert_in_step();
}

fn a_creation_whose_answer_was_lost_is_not_repeated() {
    let host = Host::new();
    host.mirror.refresh().unwrap();
    host.proxy.reset();
    host.proxy.inject(0, Fault::DropAnswer);
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(host.proxy.count("POST", ""), 17);
    host.assert_in_step();
}

fn a_conflict_with_a_request_of_ones_own_is_none() {
    let host = Host::pushed();
    host.set_vcpus(host.root, 90);
    // Applied, and then refused, as it comes twice.
    host.proxy.inject(0, Fault::Repeat);
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(host.proxy.seen()[0].status, Some(409));
    assert_eq!(host.proxy.count("PUT", ""), 1);
    host.assert_in_step();
}

fn a_lost_answer_is_not_taken_for_somebody_elses_change() {
    let host = Host::pushed().configured(|mirror| mirror.retry(once()));
    host.set_vcpus(host.root, 90);
    host.proxy.inject(0, Fault::DropAnswer);
    let pushed = host.mirror.push().unwrap();
    assert_eq!(pushed.failed.len(), 1);
    assert_eq!(host.vcpus_there(host.root), Some(90));
    // It changes again, before anybody knows.
    host.set_vcpus(host.root, 91);
    let synced = host.mirror.sync().unwrap();
    assert!(synced.is_complete(), "{:?}", synced.pulled.conflicts);
    assert_eq!(host.vcpus_there(host.root), Some(91));
    host.assert_in_step();
}

fn a_request_that_never_arrived_is_sent_again() {
    let host = Host::pushed().configured(|mirror| mirror.retry(once()));
    host.set_vcpus(host.root, 90);
    host.proxy.inject(0, Fault::DropRequest);
    assert!(!host.mirror.push().unwrap().is_complete());
    put_traits(host.root, &["COMPUTE_NODE"]);
    assert!(host.mirror.sync().unwrap().is_complete());
    assert_eq!(host.vcpus_there(host.root), Some(90));
    host.assert_in_step();
}

fn a_push_that_stops_half_way_goes_on_where_it_stopped() {
    let host = Host::new().configured(|mirror| mirror.retry(once()));
    let plan = host.mirror.plan().unwrap();
    host.proxy.reset();
    host.proxy.inject(30, Fault::Answer(503, ""));
    let pushed = host.mirror.push().unwrap();
    assert!(!pushed.failed.is_empty() && !pushed.not_tried.is_empty());
    let told = pushed.done.len() + pushed.failed.len() + pushed.not_tried.len();
    assert_eq!(told, plan.len());
    let left = pushed.failed.len() + pushed.not_tried.len();
    assert_eq!(host.mirror.plan().unwrap().len(), left);
    host.proxy.reset();
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!((pushed.done.len(), host.requests()), (left, left));
    host.assert_in_step();
}

fn an_internal_error_of_one_provider_holds_up_no_other() {
    let host = Host::pushed().configured(|mirror| mirror.retry(once()));
    for &child in &host.children {
        host.set_vcpus(child, 90);
    }
    host.proxy.inject(3, Fault::Answer(500, ""));
    let pushed = host.mirror.push().unwrap();
    assert_eq!((pushed.failed.len(), pushed.done.len()), (1, 15));
    assert!(host.mirror.sync().unwrap().is_complete());
    host.assert_in_step();
}

fn a_failure_to_read_is_repeated() {
    let host = Host::pushed();
    let other = host.twin();
    other.proxy.inject(0, Fault::Answer(503, ""));
    other.proxy.inject(9, Fault::CutAnswer);
    other.proxy.inject(20, Fault::Answer(200, "<html>"));
    let pulled = other.mirror.pull().unwrap();
    assert_eq!(pulled.requests, 52 + 3);
    assert_eq!(other.here(), other.there());
}

fn mirror_with<F>(fake: Fake<F>, retry: Retry) -> (Arc<ProviderTree>, Mirror)
where
    Fake<F>: provider_tree::placement::Transport + 'static,
{
    let client = Client::builder("http://placement").auth(NoAuth::admin());
    let client = client.transport(fake).build().unwrap();
    let tree = Arc::new(ProviderTree::new());
    let mirror = Mirror::new(Arc::clone(&tree), client, Scope::Forest).retry(retry);
    (tree, mirror)
}

fn retry_after_is_honoured() {
    let fake = Fake::new(|number, _| match number {
        0 => Ok(answer(429, &[("retry-after", "1")], "")),
        _ => Ok(answer(200, &[], LISTING)),
    });
    let retry = Retry::default().first(Duration::from_millis(1));
    let (_, mirror) = mirror_with(fake, retry);
    let started = Instant::now();
    assert_eq!(mirror.pull().unwrap().requests, 2);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

fn a_longer_pause_than_the_cap_is_an_error() {
    let fake = Fake::new(|_, _| Ok(answer(503, &[("retry-after", "3600")], "")));
    let (_, mirror) = mirror_with(fake, Retry::default());
    let started = Instant::now();
    let error = mirror.pull().unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3600)));
    assert!(started.elapsed() < Duration::from_secs(60));
}

fn a_run_pauses_as_long_as_it_is_asked_to() {
    let fake = Fake::new(|number, _| match number {
        0 => Ok(answer(200, &[], LISTING)),
        _ => Ok(answer(503, &[("retry-after", "3600")], "")),
    });
    let (tree, mirror) = mirror_with(fake, Retry::default());
    tree.new_root("host").unwrap();
    let stop = Stop::new();
    let mut rounds = 0;
    let started = Instant::now();
    thread::scope(|scope| {
        let to_stop = stop.clone();
        mirror.run(&RunOptions::default(), &stop, |round| {
            // The push was refused, not the refresh.
            assert!(round.error.is_none());
            assert_eq!(round.retry_in, Some(Duration::from_secs(3600)));
            rounds += 1;
            let to_stop = to_stop.clone();
            scope.spawn(move || {
                thread::sleep(Duration::from_millis(100));
                to_stop.stop();
            });
        });
    });
    assert_eq!(rounds, 1);
    assert!(started.elapsed() < Duration::from_secs(60));
}

fn a_service_that_is_down_stops_a_push_and_loses_nothing() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let tree = Arc::new(ProviderTree::new());
    let root = tree.new_root("host").unwrap().value;
    tree.update_inventory(root, [vcpus(8)], None).unwrap();
    let retry = Retry::default().attempts(3).first(Duration::from_millis(1));
    let mirror = Mirror::new(Arc::clone(&tree), client_of(&url), Scope::Forest).retry(retry);
    let before = tree.snapshot();
    assert!(mirror.sync().unwrap_err().is_unavailable());
    assert!(mirror.push().unwrap_err().is_unavailable());
    assert_eq!(tree.version(), before.version());

    // The same once it has been read: only the listing is answered.
    let fake = Fake::new(|number, _| match number {
        0 => Ok(answer(200, &[], LISTING)),
        _ => Ok(answer(503, &[], "")),
    });
    let (tree, mirror) = mirror_with(fake, Retry::default().attempts(2));
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let root = tree.new_root(name).unwrap().value;
        tree.add_traits(root, [trait_("COMPUTE_NODE")]).unwrap();
    }
    let pushed = mirror.push().unwrap();
    assert!(pushed.done.is_empty());
    assert!((1..=4).contains(&pushed.failed.len()), "four connections");
    assert_eq!(pushed.failed.len() + pushed.not_tried.len(), 16);
    let Reason::Refused(error) = &pushed.failed[0].reason else {
        panic!("{}", pushed.failed[0])
    };
    assert!(error.is_unavailable());
    assert_eq!(mirror.plan().unwrap().len(), 16, "all of it is left");
}

fn a_provider_that_never_settles_is_an_error() {
    let listing = r#"{"resource_providers": [{"uuid": "00000000-0000-0000-0000-000000000001",
        "name": "host", "generation": 1, "parent_provider_uuid": null,
        "root_provider_uuid": "00000000-0000-0000-0000-000000000001"}]}"#;
    let fake = Fake::new(move |number, sent| {
        let part = sent.url.rsplit('/').next().unwrap();
        let content = match part {
            "inventories" => "{}",
            "traits" | "aggregates" => "[]",
            _ => return Ok(answer(200, &[], listing)),
        };
        let body = format!(r#"{{"resource_provider_generation": {number}, "{part}": {content}}}"#);
        Ok(answer(200, &[], &body))
    });
    let (tree, mirror) = mirror_with(fake, Retry::default());
    let error = mirror.pull().unwrap_err();
    assert_eq!(
        error.to_string(),
        "provider 00000000-0000-0000-0000-000000000001 was changed each time it was read"
    );
    assert!(tree.is_empty());
}

/// A request that arrives after its caller has given up is no change of somebody else's.
fn an_answer_that_comes_too_late_is_still_ones_own() {
    let host = Host::pushed().configured(|mirror| mirror.retry(once()));
    host.set_vcpus(host.root, 90);
    host.proxy.inject(0, Fault::DropRequest);
    assert!(!host.mirror.push().unwrap().is_complete());
    // It is read before the request has arrived.
    assert!(host.mirror.refresh().unwrap().conflicts.is_empty());
    put_vcpus(host.root, 90);
    host.set_vcpus(host.root, 91);
    let synced = host.mirror.sync().unwrap();
    assert!(synced.is_complete(), "{:?}", synced.pulled.conflicts);
    assert_eq!(host.vcpus_there(host.root), Some(91));
}

/// What was in doubt says nothing once a newer request was answered.
fn a_newer_answer_ends_the_doubt() {
    let host = Host::pushed().configured(|mirror| mirror.retry(once()));
    let child = host.children[0];
    let [first, second] = ["first", "second"].map(unique);
    host.tree.rename(child, &first).unwrap();
    host.proxy.inject(1, Fault::DropRequest);
    assert!(!host.mirror.push().unwrap().is_complete());
    host.tree.rename(child, &second).unwrap();
    assert!(host.mirror.push().unwrap().is_complete());
    // Somebody else gives it the first name.
    client()
        .update_provider(child, &first, Some(host.root))
        .unwrap();
    assert!(host.mirror.sync().unwrap().is_complete());
    assert_eq!(host.tree.find(child).unwrap().name(), first);
    host.assert_in_step();
}
