//! A held snapshot never changes, and forks are independent.

use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::Relaxed;
use loom::thread;
use loom_tests::explore;
use provider_tree::contract::{set_hand_over, take_freed, this_thread};
use provider_tree::{ArcSwapCell, EpochCell, NewProvider, ProviderTree, SnapshotCell};
use uuid::Uuid;

use crate::common::{
    A, B, PREEMPTIONS, Tree, catches, cell_name, is, on_both_cells, preemptions_of_reclamation,
    with_host,
};

/// One thread holds a snapshot while another replaces it, and both drop the tree. loom itself
/// reports a version that is freed twice or never.
fn a_held_snapshot_never_changes_and_is_freed_once<C: SnapshotCell>() {
    let name = format!("held snapshot, {}", cell_name::<C>());
    // Version 1 is freed by the last thread to drop it.
    let mut expected = vec![
        (1, Some("holder")),
        (1, Some("writer")),
        (2, Some("writer")),
    ];
    if !is::<C, ArcSwapCell>() {
        // On these cells the last thread to drop the tree may free it.
        expected.push((2, Some("holder")));
    }
    if is::<C, EpochCell>() {
        expected.push((1, None));
    }
    explore(&name, preemptions_of_reclamation::<C>(), expected, || {
        set_hand_over(true);
        let tree = with_host::<C>();
        let holder = thread::spawn({
            let tree = Arc::clone(&tree);
            move || {
                let held = tree.snapshot();
                drop(tree);
                let first = held.get(A).unwrap().generation();
                // The writer may continue here, or have finished.
                thread::yield_now();
                assert_eq!(
                    held.get(A).unwrap().generation(),
                    first,
                    "the snapshot has changed"
                );
                assert_eq!(first, Some(held.version()));
                held.version()
            }
        });
        tree.set_generation(A, 2).unwrap();
        drop(tree);
        let version = holder.join().unwrap();
        let freed = take_freed().into_iter().find(|(version, _)| *version == 1);
        let by_whom = freed.map(|(_, thread)| match thread {
            thread if thread == this_thread() => "writer",
            _ => "holder",
        });
        (version, by_whom)
    });
}

fn fork_of<C: SnapshotCell>(tree: &Tree<C>) -> Tree<C> {
    Arc::new(ProviderTree::from_snapshot(tree.snapshot()))
}

/// Two threads, one with a tree and one with its fork. The outcome: which one finished first.
fn forks_with<C: SnapshotCell>(fork: fn(&Tree<C>) -> Tree<C>) {
    let name = format!("forks, {}", cell_name::<C>());
    explore(
        &name,
        PREEMPTIONS,
        ["fork first", "tree first"],
        move || {
            let tree = with_host::<C>();
            let fork = fork(&tree);
            let done = Arc::new(AtomicBool::new(false));
            let other = thread::spawn({
                let done = Arc::clone(&done);
                move || {
                    let committed = fork.new_child(NewProvider::new("mine").uuid(B), A).unwrap();
                    let seen = fork.snapshot();
                    assert!(!seen.exists("theirs"), "a fork sees the other's commit");
                    assert_eq!((committed.attempts, seen.version()), (1, 2));
                    if done.swap(true, Relaxed) {
                        "tree first"
                    } else {
                        "fork first"
                    }
                }
            });
            let committed = tree
                .new_child(NewProvider::new("theirs").uuid(Uuid::from_u128(0xc)), A)
                .unwrap();
            let seen = tree.snapshot();
            assert!(!seen.exists("mine"), "a fork sees the other's commit");
            assert_eq!((committed.attempts, seen.version()), (1, 2));
            done.store(true, Relaxed);
            other.join().unwrap()
        },
    );
}

fn forks_do_not_see_each_other<C: SnapshotCell>() {
    forks_with::<C>(fork_of);
}

on_both_cells! {
    a_held_snapshot_never_changes_and_is_freed_once
    forks_do_not_see_each_other
}

catches! {
    a_version_freed_at_once_is_held: a_held_snapshot_never_changes_and_is_freed_once() on FreedAtOnce,
        saying "Causality violation";
}

#[test]
#[should_panic(expected = "a fork sees the other's commit")]
fn a_fork_that_shares_the_cell_is_caught() {
    forks_with::<ArcSwapCell>(Arc::clone);
}
