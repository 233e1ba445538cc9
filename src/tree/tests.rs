//! What only a test on the inside can show: writers that stop in the middle of a commit,
//! and when claims are in force.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, mpsc};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::Duration;

use super::*;
use crate::cell::epoch::EpochCell;
use crate::provider::new::NewProvider;
use crate::tree::subscription::{Subscription, Transition};

#[test]
fn a_writer_stopped_between_its_swap_and_its_clean_up_holds_nothing_back() {
    let tree = ProviderTree::new();
    tree.new_root(NewProvider::new("host").generation(0))
        .unwrap();
    let mut stopped = tree.begin();
    stopped.set_generation("host", 1).unwrap();
    let version = tree.swap(&stopped).unwrap();
    // It has not retired the old version and has woken nobody.
    let mut subscription = tree.subscribe();
    for generation in 2..10_000 {
        tree.set_generation("host", generation).unwrap();
        assert!(subscription.try_changed().is_some());
        assert!(tree.stats().versions < 20, "{:?}", tree.stats());
    }
    tree.publish(stopped, version, 1);
    tree.set_generation("host", 0).unwrap();
    drop(subscription);
    tree.collect();
    assert_eq!(tree.stats().versions, 1);
}

/// The same under loads: the largest backlog, as the writers see it after each commit.
fn most_versions_beside_a_stopped_writer<C: SnapshotCell>(
    (readers, writers): (u64, u64),
    commits: u64,
) -> usize {
    const HOSTS: u64 = 64;
    let tree = ProviderTree::<C>::default();
    tree.update(|transaction| {
        (0..HOSTS).try_for_each(|host| transaction.new_root(&format!("host{host}")).map(drop))
    })
    .unwrap();
    let mut stopped = tree.begin();
    stopped.set_generation("host0", 1).unwrap();
    let version = tree.swap(&stopped).unwrap();
    let last = version + commits;
    let most = AtomicUsize::new(0);
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..readers {
            threads.push(scope.spawn(|| {
                let mut reader = tree.reader();
                while reader.load().version() < last {
                    assert_eq!(reader.load().iter().count() as u64, HOSTS);
                }
            }));
        }
        for writer in 0..writers {
            let (tree, most) = (&tree, &most);
            threads.push(scope.spawn(move || {
                let host = format!("host{writer}");
                for generation in 0.. {
                    let committed = tree.set_generation(&host, generation).unwrap();
                    most.fetch_max(tree.stats().versions, SeqCst);
                    if committed.version >= last {
                        break;
                    }
                }
            }));
        }
        // The scope would not wait for their thread-locals to be dropped, which pins the
        // epoch once more.
        for thread in threads {
            thread.join().unwrap();
        }
    });
    tree.publish(stopped, version, 1);
    tree.collect();
    assert_eq!(tree.stats().versions, 1);
    most.into_inner()
}

/// On epoch cells, any thread that is preempted in the middle of a read or a commit holds back
/// what the others replace until it runs again.
#[test]
fn beside_a_stopped_writer_many_others_keep_pace() {
    for threads in [(8, 8), (16, 16), (2, 32)] {
        let most = most_versions_beside_a_stopped_writer::<ArcSwapCell>(threads, 2_000);
        assert!(most < 200, "{threads:?}: {most}");
    }
    // All are freed in the end. How many wait meanwhile depends on the scheduler.
    most_versions_beside_a_stopped_writer::<EpochCell>((1, 1), 2_000);
}

fn with_host() -> Arc<ProviderTree> {
    let tree = ProviderTree::new();
    tree.new_root(NewProvider::new("host").generation(0))
        .unwrap();
    Arc::new(tree)
}

/// Commits to the tree from inside the closure of an update, which loses to it.
fn commit_first(tree: &ProviderTree) {
    let mut first = tree.begin();
    first.set_generation("host", 7).unwrap();
    first.set_generation("host", 8).unwrap();
    tree.commit(first).unwrap();
}

/// Enough edits for an update to claim priority at its first loss.
fn edit(transaction: &mut Transaction) -> Result<(), Error> {
    for generation in 0..200 {
        transaction.set_generation("host", generation)?;
    }
    Ok(())
}

/// Records at its end whether a claim is in force.
struct Looks<'a> {
    tree: &'a ProviderTree,
    seen: &'a RefCell<Vec<bool>>,
}

impl Drop for Looks<'_> {
    fn drop(&mut self) {
        self.seen.borrow_mut().push(self.tree.fairness.is_claimed());
    }
}

#[test]
fn no_claim_is_in_force_while_the_value_of_a_lost_attempt_is_dropped() {
    let tree = with_host();
    let (inside, dropped) = <(RefCell<Vec<_>>, RefCell<Vec<_>>)>::default();
    let committed = tree.update(|transaction| {
        edit(transaction)?;
        let attempts = inside.borrow().len();
        inside.borrow_mut().push(tree.fairness.is_claimed());
        if attempts < 3 {
            commit_first(&tree);
        }
        let (tree, seen) = (&tree, &dropped);
        Ok::<_, Error>(Looks { tree, seen })
    });
    assert_eq!(inside.take(), [false, true, true, true]);
    drop(committed);
    assert_eq!(dropped.take(), [false; 4]);
}

thread_local! {
    static TREE: RefCell<Option<Arc<ProviderTree>>> = const { RefCell::new(None) };
    static CLAIMED: Cell<Option<bool>> = const { Cell::new(None) };
}

/// An error that records, when it is converted from ours, whether a claim is in force.
struct MadeOfOurs;

impl From<Error> for MadeOfOurs {
    fn from(_: Error) -> Self {
        TREE.with_borrow(|tree| {
            let claimed = tree.as_ref().map(|tree| tree.fairness.is_claimed());
            CLAIMED.set(claimed);
        });
        Self
    }
}

#[test]
fn no_claim_is_in_force_while_an_error_is_made_of_ours() {
    let tree = with_host();
    TREE.set(Some(Arc::clone(&tree)));
    let mut claimed = false;
    let failed: Result<_, MadeOfOurs> = tree.try_update(|transaction| {
        claimed = tree.fairness.is_claimed();
        commit_first(&tree);
        edit(transaction).map_err(|_| MadeOfOurs)
    });
    assert!(failed.is_err() && claimed);
    assert_eq!(CLAIMED.take(), Some(false));
    TREE.take();
}

/// A waker that reports whether a claim is in force.
struct Tells(Arc<ProviderTree>, mpsc::Sender<bool>);

impl Wake for Tells {
    fn wake(self: Arc<Self>) {
        self.1.send(self.0.fairness.is_claimed()).unwrap();
    }
}

#[test]
fn no_claim_is_in_force_while_wakers_run() {
    let tree = with_host();
    let (sender, told) = mpsc::channel();
    let waker = Waker::from(Arc::new(Tells(Arc::clone(&tree), sender)));
    let mut subscription = tree.subscribe();
    let mut claimed = false;
    let committed = tree.update(|transaction| {
        if !claimed {
            commit_first(&tree);
        }
        let mut context = Context::from_waker(&waker);
        while subscription.poll_changed(&mut context).is_ready() {}
        claimed = tree.fairness.is_claimed();
        edit(transaction)
    });
    assert!(claimed && committed.is_ok());
    assert_eq!(told.try_iter().last(), Some(false));
}

/// Both ways to begin defer to the claim of another writer; inside the closure of the
/// claimant, `begin` does not.
#[test]
fn begin_and_update_defer_to_others_and_not_to_their_own_thread() {
    let tree = with_host();
    let begins: [fn(&ProviderTree); 2] = [
        |tree| drop(tree.begin()),
        |tree| drop(tree.update(|_| Ok::<_, Error>(()))),
    ];
    for begin in begins {
        let ended = AtomicBool::new(false);
        let claim = tree.fairness.claim(MOST_PATIENCE);
        thread::scope(|scope| {
            let other = scope.spawn(|| {
                begin(&tree);
                ended.load(SeqCst)
            });
            thread::sleep(Duration::from_millis(20));
            ended.store(true, SeqCst);
            tree.fairness.end(claim);
            assert!(other.join().unwrap(), "it did not wait");
        });
    }
    let mut claims = 0;
    let committed = tree.update(|transaction| {
        edit(transaction)?;
        if claims < 3 {
            let claimed = tree.fairness.is_claimed();
            commit_first(&tree);
            // One that deferred would have ended the claim.
            assert_eq!(tree.fairness.is_claimed(), claimed);
            claims += u32::from(claimed);
        }
        Ok::<_, Error>(())
    });
    assert_eq!(committed.unwrap().attempts, 5);
}

/// A waker whose destructor panics.
struct PanicsAtDrop;

impl Wake for PanicsAtDrop {
    fn wake(self: Arc<Self>) {}
}

impl Drop for PanicsAtDrop {
    fn drop(&mut self) {
        panic!("planned");
    }
}

fn poll(subscription: &mut Subscription, waker: impl Into<Waker>) -> Option<Transition> {
    let waker = waker.into();
    let mut context = Context::from_waker(&waker);
    match subscription.poll_changed(&mut context) {
        std::task::Poll::Ready(ended) => ended,
        std::task::Poll::Pending => None,
    }
}

/// The version is visible, but its writer has not yet taken the wakers.
#[test]
fn a_waker_whose_destructor_panics_loses_no_transition() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    let waker = Waker::from(Arc::new(PanicsAtDrop));
    assert!(poll(&mut subscription, waker.clone()).is_none());
    // From here on only the registry has it.
    let dropped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| drop(waker)));
    assert!(dropped.is_ok());
    let mut stopped = tree.begin();
    stopped.set_generation("host", 1).unwrap();
    let version = tree.swap(&stopped).unwrap();
    let transition = poll(&mut subscription, Waker::noop().clone());
    assert_eq!(transition.unwrap().after().version(), 2);
    assert_eq!(tree.registry.counts(), [1, 0, 0], "its waker was left");
    tree.publish(stopped, version, 1);
    // One is replaced, the other is dropped with its subscription.
    for _ in 0..2 {
        assert!(poll(&mut subscription, Arc::new(PanicsAtDrop)).is_none());
    }
    drop(subscription);
}

#[test]
fn subscribers_are_counted_while_they_are_there_and_no_longer() {
    let tree = with_host();
    assert!(tree.subscribe_to("nobody").is_err());
    assert_eq!(tree.registry.counts(), [0, 0, 0]);
    let (all, mut one) = (tree.subscribe(), tree.subscribe_to("host").unwrap());
    assert_eq!(tree.registry.counts(), [2, 1, 0]);
    assert!(poll(&mut one, Waker::noop().clone()).is_none());
    assert_eq!(tree.registry.counts(), [2, 1, 1]);
    drop(one);
    assert_eq!(tree.registry.counts(), [1, 0, 0]);
    drop(all);
    assert_eq!(tree.registry.counts(), [0, 0, 0]);
}

#[test]
fn a_wait_that_has_timed_out_and_a_future_that_is_dropped_leave_no_waker() {
    let tree = with_host();
    let mut subscription = tree.subscribe();
    assert!(subscription.wait_timeout(Duration::ZERO).is_err());
    assert_eq!(tree.registry.counts(), [1, 0, 0]);
    let mut context = Context::from_waker(Waker::noop());
    {
        let mut changed = std::pin::pin!(subscription.changed());
        assert!(changed.as_mut().poll(&mut context).is_pending());
        assert_eq!(tree.registry.counts(), [1, 0, 1]);
    }
    assert_eq!(tree.registry.counts(), [1, 0, 0]);
}
