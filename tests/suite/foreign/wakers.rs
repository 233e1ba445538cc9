//! Wakers that commit, poll, panic, block, or drop their own subscription.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use super::{CommitsAtDrop, generation, others_can_commit, update_with_a_claim, with_host};
use crate::cases::{ProviderTree, ends};

type Subscription = provider_tree::Subscription<crate::Cell>;

/// A waker that runs a closure.
struct Calls(Box<dyn Fn() + Send + Sync>);

impl Wake for Calls {
    fn wake(self: Arc<Self>) {
        (self.0)();
    }
}

fn calls(run: impl Fn() + Send + Sync + 'static) -> Waker {
    Waker::from(Arc::new(Calls(Box::new(run))))
}

/// A waker that counts its calls.
fn counts(count: &Arc<AtomicUsize>) -> Waker {
    let count = Arc::clone(count);
    calls(move || {
        count.fetch_add(1, SeqCst);
    })
}

fn poll(subscription: &mut Subscription, waker: &Waker) -> bool {
    let mut context = Context::from_waker(waker);
    subscription.poll_changed(&mut context).is_ready()
}

/// A subscription that waits with a waker.
fn waiting(tree: &ProviderTree, waker: &Waker) -> Subscription {
    let mut subscription = tree.subscribe();
    assert!(!poll(&mut subscription, waker));
    subscription
}

#[test]
fn a_commit_returns_after_the_executor_of_a_waiting_task_shut_down() {
    ends(|| {
        let tree = with_host();
        let mut subscription = tree.subscribe();
        let (sender, receiver) = flume::unbounded();
        let (runnable, task) = async_task::spawn(
            async move {
                subscription.changed().await;
            },
            move |runnable| {
                let _ = sender.send(runnable);
            },
        );
        task.detach();
        runnable.schedule();
        receiver.recv().unwrap().run();
        drop(receiver); // the executor shuts down: waking the task now drops it
        tree.set_generation("host", 1).unwrap();
        tree.set_generation("host", 2).unwrap();
        let mut subscription = tree.subscribe();
        assert!(subscription.wait_timeout(Duration::ZERO).is_err());
    });
}

#[test]
fn a_waker_can_drop_its_own_subscription() {
    ends(|| {
        let tree = with_host();
        let slot: Arc<Mutex<Option<Subscription>>> = Arc::default();
        let waker = calls({
            let slot = Arc::clone(&slot);
            move || drop(slot.lock().unwrap().take())
        });
        *slot.lock().unwrap() = Some(waiting(&tree, &waker));
        tree.set_generation("host", 1).unwrap();
        assert!(slot.lock().unwrap().is_none());
        tree.set_generation("host", 2).unwrap();
    });
}

#[test]
fn a_waker_can_poll_its_own_subscription_and_others() {
    ends(|| {
        let tree = with_host();
        let both: Arc<Mutex<Vec<Subscription>>> = Arc::default();
        let taken = Arc::new(AtomicUsize::new(0));
        let waker = calls({
            let (both, taken) = (Arc::clone(&both), Arc::clone(&taken));
            move || {
                for subscription in &mut *both.lock().unwrap() {
                    let ready = poll(subscription, Waker::noop());
                    taken.fetch_add(usize::from(ready), SeqCst);
                }
            }
        });
        *both.lock().unwrap() = vec![waiting(&tree, &waker), waiting(&tree, &waker)];
        tree.set_generation("host", 1).unwrap();
        assert_eq!(taken.load(SeqCst), 2);
    });
}

#[test]
fn a_waker_can_commit_to_the_same_tree() {
    ends(|| {
        let tree = with_host();
        let waker = calls({
            let tree = Arc::downgrade(&tree);
            move || {
                let tree = tree.upgrade().unwrap();
                tree.new_root("made by a waker").unwrap();
                let mut transaction = tree.begin();
                transaction.set_generation("host", 7).unwrap();
                tree.commit(transaction).unwrap();
            }
        });
        let mut subscription = waiting(&tree, &waker);
        let committed = tree.set_generation("host", 1).unwrap();
        assert_eq!(committed.version, 2, "the waker's commit must come second");
        assert!(tree.exists("made by a waker"));
        assert_eq!(generation(&tree), 7);
        assert_eq!(subscription.try_changed().unwrap().after().version(), 4);
    });
}

/// A waker that waits again before it commits.
struct WaitsAndCommits {
    tree: Weak<ProviderTree>,
    subscription: Mutex<Option<Subscription>>,
    depth: AtomicUsize,
    deepest: AtomicUsize,
}

impl WaitsAndCommits {
    const DEEPEST: usize = 10;

    fn wait(self: &Arc<Self>) {
        let waker = Waker::from(Arc::clone(self));
        let mut subscription = self.subscription.lock().unwrap();
        while poll(subscription.as_mut().unwrap(), &waker) {}
    }
}

impl Wake for WaitsAndCommits {
    fn wake(self: Arc<Self>) {
        let depth = self.depth.fetch_add(1, SeqCst) + 1;
        self.deepest.fetch_max(depth, SeqCst);
        self.wait();
        if depth < Self::DEEPEST {
            let tree = self.tree.upgrade().unwrap();
            tree.set_generation("host", 100 + depth as u64).unwrap();
        }
        self.depth.fetch_sub(1, SeqCst);
    }
}

#[test]
fn a_waker_that_waits_again_and_then_commits_is_called_inside_its_own_commit() {
    ends(|| {
        let tree = with_host();
        let waker = Arc::new(WaitsAndCommits {
            tree: Arc::downgrade(&tree),
            subscription: Mutex::new(Some(tree.subscribe())),
            depth: AtomicUsize::new(0),
            deepest: AtomicUsize::new(0),
        });
        waker.wait();
        tree.set_generation("host", 1).unwrap();
        assert_eq!(waker.deepest.load(SeqCst), WaitsAndCommits::DEEPEST);
        assert_eq!(waker.depth.load(SeqCst), 0);
        drop(waker.subscription.lock().unwrap().take());
    });
}

/// Replaced, woken and dropped wakers all run the destructor of the value they hold.
#[test]
fn the_destructor_of_a_waker_can_commit_to_the_same_tree() {
    ends(|| {
        let tree = with_host();
        let commits = || {
            let last = CommitsAtDrop(Arc::clone(&tree));
            calls(move || {
                let _ = &last;
            })
        };
        let mut subscription = waiting(&tree, &commits());
        // Replaced: the subscriber sees the commit at once, so the new waker is dropped too.
        assert!(poll(&mut subscription, &commits()));
        assert_eq!(generation(&tree), 200);
        // Dropped with its subscription.
        assert!(poll(&mut subscription, Waker::noop()));
        assert!(!poll(&mut subscription, &commits()));
        drop(subscription);
        assert_eq!(generation(&tree), 300);
        // Woken by a commit.
        let subscription = waiting(&tree, &commits());
        tree.set_generation("host", 0).unwrap();
        assert_eq!(generation(&tree), 100);
        drop(subscription);
    });
}

#[test]
fn a_panicking_waker_neither_stops_other_wakes_nor_undoes_the_commit() {
    ends(|| {
        let tree = with_host();
        let woken = Arc::new(AtomicUsize::new(0));
        let panics = || calls(|| panic!("planned"));
        let mut subscriptions = Vec::new();
        for _ in 0..3 {
            subscriptions.push(waiting(&tree, &panics()));
            subscriptions.push(waiting(&tree, &counts(&woken)));
        }
        let committed = catch_unwind(AssertUnwindSafe(|| tree.set_generation("host", 1)));
        assert_eq!(committed.unwrap().unwrap().version, 2);
        assert_eq!(woken.load(SeqCst), 3);
        for subscription in &mut subscriptions {
            assert_eq!(subscription.try_changed().unwrap().after().version(), 2);
            assert!(!poll(subscription, &panics()));
            assert!(!poll(subscription, &counts(&woken)));
        }
        tree.collect();
        assert_eq!(tree.stats().versions, 1, "the replaced version was kept");
        subscriptions.push(waiting(&tree, &panics()));
        subscriptions.push(waiting(&tree, &counts(&woken)));
        // The same when the tree is dropped.
        let dropped = catch_unwind(AssertUnwindSafe(|| drop(tree)));
        assert!(dropped.is_ok());
        assert_eq!(woken.load(SeqCst), 3 + 6 + 1);
    });
}

/// A panic payload whose destructor panics too.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("planned");
    }
}

#[test]
fn a_panicking_panic_payload_is_contained() {
    ends(|| {
        let tree = with_host();
        let waker = calls(|| std::panic::panic_any(Payload));
        let _subscription = waiting(&tree, &waker);
        let committed = catch_unwind(AssertUnwindSafe(|| tree.set_generation("host", 1)));
        assert_eq!(committed.unwrap().unwrap().version, 2);
    });
}

#[test]
fn a_blocking_waker_does_not_block_other_writers() {
    ends(|| {
        let tree = with_host();
        let (blocked, is_blocked) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let released = Mutex::new(released);
        let waker = calls(move || {
            blocked.send(()).unwrap();
            released.lock().unwrap().recv().unwrap();
        });
        let subscription = waiting(&tree, &waker);
        thread::scope(|scope| {
            let blocked = scope.spawn(|| tree.set_generation("host", 1).unwrap());
            is_blocked.recv().unwrap();
            for generation in 2..100 {
                tree.set_generation("host", generation).unwrap();
            }
            let mut other = tree.subscribe();
            assert!(other.wait_timeout(Duration::from_millis(1)).is_err());
            release.send(()).unwrap();
            assert_eq!(blocked.join().unwrap().version, 2);
        });
        drop(subscription);
    });
}

#[test]
fn a_writer_releases_its_claim_before_it_wakes_subscribers() {
    ends(|| {
        let tree = with_host();
        let (sender, got_through) = mpsc::channel();
        let waker = calls({
            let tree = Arc::downgrade(&tree);
            move || {
                let got_through = others_can_commit(&tree.upgrade().unwrap());
                sender.send(got_through).unwrap();
            }
        });
        let mut subscription = tree.subscribe();
        update_with_a_claim(&tree, |transaction, attempt| {
            if attempt == 4 {
                while poll(&mut subscription, &waker) {}
            }
            transaction.set_generation("host", 100)
        });
        assert_eq!(got_through.try_iter().collect::<Vec<_>>(), [true]);
    });
}
