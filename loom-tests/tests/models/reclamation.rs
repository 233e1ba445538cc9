//! Old versions are freed while others are read, but never one that is being read.

use loom::sync::Arc;
use loom::thread;
use loom_tests::explore;
use provider_tree::contract::{set_hand_over, take_freed};
use provider_tree::{ArcSwapCell, NewProvider, SnapshotCell};

use crate::common::{
    A, B, View, Way, catches_by_each_way, cell_name, is, on_both_cells, on_both_cells_by_each_way,
    preemptions_of_reclamation, with_host,
};

/// One thread reads while another commits and collects. The outcome: the version that was
/// read, and whether version 1 had been freed by then.
fn versions_are_freed_while_they_are_read<C: SnapshotCell>(way: Way) {
    let name = format!("reclamation, by {way:?}, {}", cell_name::<C>());
    let mut expected = vec![(1, true), (1, false), (2, true)];
    if !is::<C, ArcSwapCell>() || matches!(way, Way::Reader) {
        // The reader may have held it before the read.
        expected.push((2, false));
    }
    explore(
        &name,
        preemptions_of_reclamation::<C>(),
        expected,
        move || {
            set_hand_over(true);
            let tree = with_host::<C>();
            let reader = thread::spawn({
                let tree = Arc::clone(&tree);
                move || {
                    let mut view = View::new(&tree, way);
                    view.see(way, |snapshot| {
                        snapshot.get(A).unwrap().generation().unwrap()
                    })
                }
            });
            tree.set_generation(A, 2).unwrap();
            tree.collect();
            let freed = take_freed().iter().any(|(version, _)| *version == 1);
            (reader.join().unwrap(), freed)
        },
    );
}

/// Two threads commit, and so free replaced versions, while one of them holds a version. The
/// outcome: their attempts. loom itself reports a version that is freed twice or never.
fn each_version_is_freed_once<C: SnapshotCell>() {
    let name = format!("freed once, {}", cell_name::<C>());
    // The other cells leave some until the end.
    let at_once = is::<C, ArcSwapCell>();
    explore(&name, 2, [(1, 1), (1, 2), (2, 1)], move || {
        let tree = with_host::<C>();
        take_freed();
        let held = tree.snapshot();
        let writer = thread::spawn({
            let tree = Arc::clone(&tree);
            move || {
                let committed = tree.new_root(NewProvider::new("other").uuid(B)).unwrap();
                drop(held);
                committed.attempts
            }
        });
        let attempts = tree.set_generation(A, 2).unwrap().attempts;
        let others = writer.join().unwrap();
        tree.collect();
        let mut freed: Vec<_> = take_freed().iter().map(|(version, _)| *version).collect();
        freed.sort_unstable();
        // A version that lost its compare-and-swap is freed as well.
        let lost: &[u64] = if attempts + others > 2 { &[2] } else { &[] };
        let mut expected = [&[1, 2], lost].concat();
        expected.sort_unstable();
        assert!(
            !at_once || freed == expected,
            "freed {freed:?}, not {expected:?}"
        );
        (attempts, others)
    });
}

on_both_cells! {
    each_version_is_freed_once
}

on_both_cells_by_each_way! {
    versions_are_freed_while_they_are_read
}

catches_by_each_way! {
    a_version_is_freed_at_once: versions_are_freed_while_they_are_read on FreedAtOnce,
        saying "Causality violation";
}
