//! A mirror that keeps both sides in step by itself.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::placement::{Retry, RunOptions, Stop, Trigger};

use crate::host::{Host, put_vcpus};
use crate::proxy::Fault;
use crate::service::allocate;
use crate::waits::{StopOnDrop, wait_for};

crate::tests![
    an_edit_is_sent_at_once_and_nothing_else,
    it_never_wakes_itself,
    changes_of_others_come_with_the_timer,
    a_refused_request_is_not_repeated_before_the_timer_or_another_change,
    an_outage_loses_nothing_and_pauses_longer_and_longer,
    stopping_ends_a_pause_and_loses_nothing,
    stopping_in_a_read_sends_no_other_request,
    the_report_may_use_the_mirror,
];

/// An hour: the timer plays no part.
fn never() -> RunOptions {
    RunOptions::default().interval(Duration::from_secs(3600))
}

/// What a round did, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Did {
    trigger: Trigger,
    is_complete: bool,
    retry_in: Option<Duration>,
}

/// Runs a host's mirror while `meanwhile` runs, which is shown the rounds so far.
fn run(host: &Host, options: &RunOptions, meanwhile: impl FnOnce(&Mutex<Vec<Did>>)) -> Vec<Did> {
    let stop = Stop::new();
    let rounds = Mutex::new(Vec::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            host.mirror.run(options, &stop, |round| {
                let pushed = round.pushed.as_ref();
                rounds.lock().unwrap().push(Did {
                    trigger: round.trigger,
                    is_complete: pushed.is_some_and(|pushed| pushed.is_complete()),
                    retry_in: round.retry_in,
                });
            });
        });
        let _stop = StopOnDrop(&stop);
        wait_for(|| !rounds.lock().unwrap().is_empty());
        meanwhile(&rounds);
    });
    rounds.into_inner().unwrap()
}

fn triggers(rounds: &[Did]) -> Vec<Trigger> {
    rounds.iter().map(|round| round.trigger).collect()
}

fn an_edit_is_sent_at_once_and_nothing_else() {
    let host = Host::pushed();
    let rounds = run(&host, &never(), |rounds| {
        host.set_vcpus(host.root, 90);
        wait_for(|| rounds.lock().unwrap().len() == 2);
    });
    assert_eq!(triggers(&rounds), [Trigger::Start, Trigger::Change]);
    assert_eq!((host.requests(), host.proxy.count("PUT", "")), (2, 1));
    host.assert_in_step();
}

fn it_never_wakes_itself() {
    let host = Host::new();
    let rounds = run(&host, &never(), |_| {
        let version = host.tree.version();
        host.proxy.reset();
        thread::sleep(Duration::from_millis(500));
        assert_eq!((host.requests(), host.tree.version()), (0, version));
        // Nothing of this is Placement's business.
        host.tree.set_generation(host.root, 1000).unwrap();
        let resource = provider_tree::Resource::new(provider_tree::ResourceClass::VCPU, "0");
        host.tree.update_resources(host.root, [resource]).unwrap();
        host.tree.new_root("outside the scope").unwrap();
        thread::sleep(Duration::from_millis(500));
        assert_eq!(host.requests(), 0);
    });
    assert_eq!(triggers(&rounds), [Trigger::Start]);
}

fn changes_of_others_come_with_the_timer() {
    let host = Host::pushed();
    let options = never().interval(Duration::from_millis(50));
    let rounds = run(&host, &options, |rounds| {
        put_vcpus(host.root, 77);
        wait_for(|| host.vcpus(host.root) == Some(77));
        let version = host.tree.version();
        let before = rounds.lock().unwrap().len();
        wait_for(|| rounds.lock().unwrap().len() > before + 3);
        assert_eq!(host.tree.version(), version, "idle rounds commit nothing");
    });
    assert!(
        triggers(&rounds)[1..]
            .iter()
            .all(|it| *it == Trigger::Timer)
    );
    assert_eq!(host.proxy.count("PUT", ""), 0);
}

fn a_refused_request_is_not_repeated_before_the_timer_or_another_change() {
    let host = Host::pushed();
    allocate(host.children[3], 1);
    let rounds = run(&host, &never(), |rounds| {
        host.tree
            .update_inventory(host.children[3], [], None)
            .unwrap();
        wait_for(|| rounds.lock().unwrap().len() == 2);
        thread::sleep(Duration::from_millis(300));
        assert_eq!(rounds.lock().unwrap().len(), 2, "no other attempt yet");
        host.set_vcpus(host.root, 90);
        wait_for(|| rounds.lock().unwrap().len() == 3);
    });
    assert_eq!(
        triggers(&rounds),
        [Trigger::Start, Trigger::Change, Trigger::Change]
    );
    assert!(rounds.iter().all(|round| round.retry_in.is_none()));
    assert_eq!(host.vcpus_there(host.root), Some(90));
}

fn an_outage_loses_nothing_and_pauses_longer_and_longer() {
    let retry = Retry::default()
        .attempts(1)
        .first(Duration::from_millis(40));
    let host = Host::pushed().configured(|mirror| mirror.retry(retry));
    // The first round is fine.
    for number in 1..7 {
        host.proxy.inject(number, Fault::Answer(503, ""));
    }
    let rounds = run(&host, &never(), |rounds| {
        host.set_vcpus(host.root, 90);
        wait_for(|| rounds.lock().unwrap().len() >= 3);
        host.set_vcpus(host.children[0], 91);
        host.tree.remove(host.children[1]).unwrap();
        wait_for(|| rounds.lock().unwrap().last().unwrap().retry_in.is_none());
        wait_for(|| host.mirror.plan().unwrap().is_empty());
    });
    let pauses: Vec<Duration> = rounds.iter().filter_map(|round| round.retry_in).collect();
    assert_eq!(pauses.len(), 6);
    // At most a half of each is taken off.
    assert!(pauses[5] > pauses[0] && pauses[5] >= Duration::from_millis(40 * 32 / 2));
    let retries = rounds
        .iter()
        .filter(|round| round.trigger == Trigger::Retry);
    assert_eq!(retries.count(), 6);
    assert!(rounds.last().unwrap().is_complete);
    host.assert_in_step();
}

fn stopping_ends_a_pause_and_loses_nothing() {
    let long = Duration::from_secs(600);
    let retry = Retry::default().first(long).cap(long);
    let host = Host::pushed().configured(|mirror| mirror.retry(retry));
    // Within a request's pause.
    host.proxy.inject(1, Fault::Answer(503, ""));
    let started = Instant::now();
    run(&host, &never(), |_| {
        host.set_vcpus(host.root, 90);
        wait_for(|| host.requests() == 2);
    });
    assert_eq!(host.vcpus_there(host.root), Some(8));
    assert_eq!(host.mirror.plan().unwrap().len(), 1);

    // Between rounds.
    let options = never().max_pause(long);
    let host = host.configured(|mirror| mirror.retry(Retry::default().attempts(1).first(long)));
    host.proxy.reset();
    host.proxy.inject(0, Fault::Answer(503, ""));
    let rounds = run(&host, &options, |_| {});
    assert!(rounds[0].retry_in.is_some_and(|pause| pause >= long / 2));
    assert!(started.elapsed() < long / 10);
    let rounds = run(&host, &options, |_| {});
    assert!(rounds[0].is_complete);
    host.assert_in_step();
}

fn stopping_in_a_read_sends_no_other_request() {
    let host = Host::pushed().twin();
    let stop = Stop::new();
    let inside = stop.clone();
    let ring = move || inside.stop();
    host.proxy.inject(5, Fault::Before(Box::new(ring)));
    let mut rounds = 0;
    host.mirror.run(&never(), &stop, |round| {
        assert!(round.error.is_some() && round.retry_in.is_none());
        rounds += 1;
    });
    assert_eq!((rounds, host.tree.version()), (1, 0));
    // Those of the other connections may have been under way.
    assert!(host.requests() < 6 + 4, "{}", host.requests());
}

fn the_report_may_use_the_mirror() {
    let host = Host::pushed();
    let stop = Stop::new();
    host.mirror.run(&never(), &stop, |_| {
        host.mirror.refresh().unwrap();
        host.set_vcpus(host.root, 90);
        stop.stop();
    });
    assert_eq!(host.requests(), 2);
    assert_eq!(host.mirror.plan().unwrap().len(), 1);
}
