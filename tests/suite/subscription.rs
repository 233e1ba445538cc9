//! Subscriptions in threads, and in tasks of two runtimes.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::{Change, NewProvider, Snapshot, TimedOut};

use crate::cases::{ProviderTree, fork, new_tree};

pub type Subscription = provider_tree::Subscription<crate::Cell>;

pub const COMMITS: u64 = 2_000;

fn with_host() -> Arc<ProviderTree> {
    let tree = new_tree();
    tree.new_root(NewProvider::new("host").generation(0))
        .unwrap();
    Arc::new(tree)
}

fn generation(snapshot: &Snapshot) -> u64 {
    snapshot.find("host").unwrap().generation().unwrap()
}

/// Commits in its own thread, then drops the tree.
fn commit_all(tree: Arc<ProviderTree>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        for generation in 1..=COMMITS {
            tree.set_generation("host", generation).unwrap();
            if generation % 100 == 0 {
                // Gives the subscriber time to fall asleep.
                thread::sleep(Duration::from_micros(200));
            }
        }
    })
}

/// Checks the transitions that a subscriber takes.
struct Follower {
    copy: ProviderTree,
    taken: u64,
    last: u64,
}

impl Follower {
    fn new(subscription: &Subscription) -> Self {
        Self {
            copy: fork(subscription.snapshot().clone()),
            taken: 0,
            last: subscription.snapshot().version(),
        }
    }

    fn follow(&mut self, transition: &provider_tree::Transition) {
        assert_eq!(transition.before().version(), self.last, "a gap");
        assert!(
            transition.after().version() > self.last,
            "returned an older version"
        );
        self.last = transition.after().version();
        self.taken += 1;
        let changes = transition.changes();
        self.copy
            .update(|transaction| transaction.apply(&changes))
            .unwrap();
        assert_eq!(self.copy.snapshot(), *transition.after());
    }

    fn finish(&self) {
        assert_eq!(
            generation(&self.copy.snapshot()),
            COMMITS,
            "the last was missed"
        );
        assert!((1..=COMMITS).contains(&self.taken));
    }
}

#[test]
fn a_thread_never_misses_the_last_version() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    let mut follower = Follower::new(&subscription);
    let committing = commit_all(tree);
    while let Some(transition) = subscription.wait() {
        follower.follow(&transition);
    }
    follower.finish();
    assert!(subscription.is_closed() && subscription.wait().is_none());
    committing.join().unwrap();
}

#[test]
fn a_thread_that_waits_with_a_timeout_never_misses_the_last_version() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    let mut follower = Follower::new(&subscription);
    let committing = commit_all(tree);
    loop {
        match subscription.wait_timeout(Duration::from_micros(50)) {
            Ok(Some(transition)) => follower.follow(&transition),
            Ok(None) => break,
            Err(TimedOut) => {}
        }
    }
    follower.finish();
    committing.join().unwrap();
}

async fn follow_to_the_end(mut subscription: Subscription) {
    let mut follower = Follower::new(&subscription);
    while let Some(transition) = subscription.changed().await {
        follower.follow(&transition);
    }
    follower.finish();
    assert!(subscription.changed().await.is_none());
}

#[test]
fn tasks_under_tokio_never_miss_the_last_version() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    let tree = with_host();
    let tasks = [(); 8].map(|()| runtime.spawn(follow_to_the_end(tree.subscribe())));
    let committing = commit_all(tree);
    runtime.block_on(async {
        for task in tasks {
            let ended = tokio::time::timeout(Duration::from_secs(60), task).await;
            ended.expect("it hangs").unwrap();
        }
    });
    committing.join().unwrap();
}

#[test]
fn a_task_under_a_plain_executor_never_misses_the_last_version() {
    let tree = with_host();
    let subscription = tree.subscribe();
    let committing = commit_all(tree);
    futures_lite::future::block_on(follow_to_the_end(subscription));
    committing.join().unwrap();
}

#[cfg(feature = "stream")]
#[test]
fn a_subscription_is_a_stream() {
    use futures_lite::StreamExt;

    let tree = with_host();
    let mut subscription = tree.subscribe();
    let mut follower = Follower::new(&subscription);
    let committing = commit_all(tree);
    futures_lite::future::block_on(async {
        while let Some(transition) = subscription.next().await {
            follower.follow(&transition);
        }
    });
    follower.finish();
    committing.join().unwrap();
}

#[test]
fn all_waiting_threads_are_woken_when_the_tree_is_dropped() {
    let tree = with_host();
    let waiting = [(); 8].map(|()| {
        let mut subscription = tree.subscribe();
        thread::spawn(move || subscription.wait().is_none())
    });
    thread::sleep(Duration::from_millis(20));
    drop(tree);
    for thread in waiting {
        assert!(thread.join().unwrap());
    }
}

#[test]
fn a_slow_subscriber_skips_versions_and_takes_the_last() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    assert!(subscription.try_changed().is_none());
    for generation in 1..=10 {
        tree.set_generation("host", generation).unwrap();
    }
    let transition = subscription.try_changed().unwrap();
    assert_eq!(
        (
            generation(transition.before()),
            generation(transition.after())
        ),
        (0, 10)
    );
    assert!(matches!(
        &transition.changes()[..],
        [Change::Updated { .. }]
    ));
    assert!(subscription.snapshot().ptr_eq(transition.after()));
    assert!(subscription.try_changed().is_none());
}

#[test]
fn the_last_commit_is_taken_after_the_tree_is_dropped() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    tree.set_generation("host", 7).unwrap();
    drop(tree);
    assert!(subscription.is_closed());
    assert_eq!(generation(subscription.wait().unwrap().after()), 7);
    assert!(subscription.wait().is_none());
    assert_eq!(
        subscription.wait_timeout(Duration::MAX).unwrap().map(drop),
        None
    );
    assert_eq!(generation(subscription.snapshot()), 7);
}

#[test]
fn a_wait_times_out_if_nothing_changes() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    let started = Instant::now();
    let timeout = Duration::from_millis(5);
    let ended = subscription.wait_timeout(timeout);
    assert_eq!(ended.map(drop), Err(TimedOut));
    assert!(started.elapsed() >= timeout);
    assert_eq!(
        subscription.wait_timeout(Duration::ZERO).map(drop),
        Err(TimedOut)
    );
}

#[test]
fn dropping_the_future_loses_no_version() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut changed = pin!(subscription.changed());
        assert!(changed.as_mut().poll(&mut context).is_pending());
        tree.set_generation("host", 1).unwrap();
    }
    let Poll::Ready(Some(transition)) = subscription.poll_changed(&mut context) else {
        panic!("the version was lost with the future");
    };
    assert_eq!(generation(transition.after()), 1);
    assert!(subscription.poll_changed(&mut context).is_pending());
}

/// A waker that counts its wakes.
#[derive(Default)]
pub struct Count(pub AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

#[test]
fn a_commit_that_changes_nothing_wakes_nobody() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    tree.set_generation("host", 0).unwrap();
    assert!(subscription.try_changed().is_none());
}
