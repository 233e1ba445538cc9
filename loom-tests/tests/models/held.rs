//! A held snapshot stays as it was, and forks go their own ways.

use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::AcqRel;
use loom::thread;
use loom_tests::explore;
use provider_tree::{ProviderTree, SnapshotCell};

use crate::common::{A, PREEMPTIONS, Tree, catches, cell_name, empty, on_both_cells, with_host};

/// One thread holds a snapshot while another replaces it and lets go of it
/// too. loom itself fails a version that is freed twice, or never.
fn a_held_snapshot_stays_and_is_freed_once<C: SnapshotCell>() {
    let name = format!("held snapshot, {}", cell_name::<C>());
    let expected = [
        (1, "holder last"),
        (1, "writer last"),
        (2, "holder last"),
        (2, "writer last"),
    ];
    explore(&name, PREEMPTIONS, expected, || {
        let tree = with_host::<C>();
        let turns = Arc::new(AtomicUsize::new(0));
        let holder = thread::spawn({
            let (tree, turns) = (Arc::clone(&tree), Arc::clone(&turns));
            move || {
                let held = tree.snapshot();
                drop(tree);
                let first = held.get(A).unwrap().generation();
                let turn = turns.fetch_add(1, AcqRel);
                assert_eq!(held.get(A).unwrap().generation(), first, "it has changed");
                assert_eq!(first, Some(held.version()));
                (held.version(), turn)
            }
        });
        tree.set_generation(A, 2).unwrap();
        drop(tree);
        turns.fetch_add(1, AcqRel);
        let (version, turn) = holder.join().unwrap();
        (
            version,
            if turn == 1 {
                "holder last"
            } else {
                "writer last"
            },
        )
    });
}

fn fork_of<C: SnapshotCell>(tree: &Tree<C>) -> Tree<C> {
    Arc::new(ProviderTree::from_snapshot(tree.snapshot()))
}

fn forks_with<C: SnapshotCell>(fork: fn(&Tree<C>) -> Tree<C>) {
    let name = format!("forks, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, [(1, 1)], move || {
        let tree = empty::<C>();
        let fork = fork(&tree);
        let other = thread::spawn(move || {
            let committed = fork.new_root("mine", None, None).unwrap();
            let seen = fork.snapshot();
            assert!(!seen.exists("theirs"), "a fork sees the other's commit");
            (seen.version(), committed.attempts)
        });
        let committed = tree.new_root("theirs", None, None).unwrap();
        let seen = tree.snapshot();
        assert!(!seen.exists("mine"), "a fork sees the other's commit");
        let (version, attempts) = other.join().unwrap();
        assert_eq!((seen.version(), version), (1, 1));
        (committed.attempts, attempts)
    });
}

fn forks_do_not_see_each_other<C: SnapshotCell>() {
    forks_with::<C>(fork_of);
}

on_both_cells! {
    a_held_snapshot_stays_and_is_freed_once
    forks_do_not_see_each_other
}

catches! {
    a_version_freed_at_once_is_held: a_held_snapshot_stays_and_is_freed_once on FreedAtOnce,
        saying "freed while it was read";
}

#[test]
#[should_panic(expected = "a fork sees the other's commit")]
fn a_fork_that_shares_the_cell_sees_the_others_commit() {
    forks_with::<provider_tree::ArcSwapCell>(Arc::clone);
}
