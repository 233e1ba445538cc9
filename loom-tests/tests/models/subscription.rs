//! A subscriber wakes for the last version, and when the tree is dropped. A lost wake-up is a
//! deadlock, which loom reports.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Context, Wake, Waker};

use loom::sync::Arc;
use loom::thread;
use loom_tests::explore;
use provider_tree::{NewProvider, Snapshot, SnapshotCell};

use crate::common::{A, B, PREEMPTIONS, catches, cell_name, on_both_cells, with_host};

fn generation(snapshot: &Snapshot) -> u64 {
    snapshot.get(A).unwrap().generation().unwrap()
}

/// One thread commits while another subscribes and waits for the commit, unless it starts at
/// it. The outcome: the version at which it started.
fn a_subscriber_wakes_for_a_commit<C: SnapshotCell>() {
    let name = format!("subscription, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, [1, 2], || {
        let tree = with_host::<C>();
        let subscriber = thread::spawn({
            let tree = Arc::clone(&tree);
            move || {
                let mut subscription = tree.subscribe();
                let begun = subscription.snapshot().version();
                if begun == 1 {
                    let transition = subscription.wait().unwrap();
                    assert_eq!(generation(transition.after()), 2);
                }
                begun
            }
        });
        tree.set_generation(A, 2).unwrap();
        subscriber.join().unwrap()
    });
}

/// One thread waits for versions until the end, while another commits and drops the tree. The
/// outcome: how many it took.
fn a_subscriber_takes_the_last_version_of_a_tree<C: SnapshotCell>() {
    let name = format!("end of a subscription, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, [1], || {
        let tree = with_host::<C>();
        let mut subscription = tree.subscribe();
        let subscriber = thread::spawn(move || {
            let mut taken = 0;
            while let Some(transition) = subscription.wait() {
                assert_eq!(generation(transition.after()), 2);
                taken += 1;
            }
            assert_eq!(
                generation(subscription.snapshot()),
                2,
                "the last was missed"
            );
            taken
        });
        tree.set_generation(A, 2).unwrap();
        drop(tree);
        subscriber.join().unwrap()
    });
}

/// One thread commits to two trees in turn while another follows the second and waits. The
/// outcome: the version at which it started.
fn a_follower_wakes_for_a_commit_to_its_tree<C: SnapshotCell>() {
    let name = format!("follower, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, [2, 3, 4], || {
        let tree = with_host::<C>();
        tree.new_root(NewProvider::new("other").uuid(B).generation(1))
            .unwrap();
        let follower = thread::spawn({
            let tree = Arc::clone(&tree);
            move || {
                let mut subscription = tree.subscribe_to(A).unwrap();
                let begun = subscription.snapshot().version();
                if begun < 4 {
                    let transition = subscription.wait().unwrap();
                    assert_eq!(generation(transition.after()), 2, "woken for another tree");
                }
                begun
            }
        });
        tree.set_generation(B, 2).unwrap();
        tree.set_generation(A, 2).unwrap();
        follower.join().unwrap()
    });
}

/// Whether a task was woken. Not part of the model: it is only read at the end.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// One thread commits while another subscribes and polls once, both inside a read: a nested
/// pin of crossbeam-epoch is no fence, so the cell must order by itself. The outcome: the
/// version at which it started, and whether it took another at once.
fn a_task_is_woken_for_a_commit<C: SnapshotCell>() {
    let name = format!("subscription of a task, {}", cell_name::<C>());
    let expected = [(1, false), (1, true), (2, false)];
    explore(&name, PREEMPTIONS, expected, || {
        let tree = with_host::<C>();
        let woken = std::sync::Arc::new(Woken::default());
        let subscriber = thread::spawn({
            let (tree, waker) = (Arc::clone(&tree), Waker::from(woken.clone()));
            move || {
                let mut subscription = tree.read(|_| tree.subscribe());
                let begun = subscription.snapshot().version();
                let mut context = Context::from_waker(&waker);
                let taken = subscription.poll_changed(&mut context).is_ready();
                (begun, taken, subscription)
            }
        });
        tree.read(|_| tree.set_generation(A, 2)).unwrap();
        let (begun, taken, subscription) = subscriber.join().unwrap();
        let at_newest = subscription.snapshot().version() == 2;
        assert!(at_newest || woken.0.load(Relaxed), "the wake-up was lost");
        (begun, taken)
    });
}

on_both_cells! {
    a_task_is_woken_for_a_commit
    a_subscriber_wakes_for_a_commit
    a_follower_wakes_for_a_commit_to_its_tree
    a_subscriber_takes_the_last_version_of_a_tree
}

catches! {
    a_quiet_announcement_loses_a_wake_up: a_task_is_woken_for_a_commit() on QuietAnnouncement,
        saying "the wake-up was lost";
    a_relaxed_load_shows_a_subscriber_a_version_half_made:
        a_subscriber_takes_the_last_version_of_a_tree()
        on RelaxedLoad, saying "Causality violation";
}
