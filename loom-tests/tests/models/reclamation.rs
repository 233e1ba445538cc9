//! Old versions are freed while others are read, and none that is read.

use loom::sync::Arc;
use loom::thread;
use loom_tests::explore;
use provider_tree::contract::{set_hand_over, take_freed};
use provider_tree::{ArcSwapCell, EpochCell, SnapshotCell};
use uuid::Uuid;

use crate::common::{
    A, B, Eyes, Way, catches_by_each_way, cell_name, is, on_both_cells, on_both_cells_by_each_way,
    preemptions_of_reclamation, with_host,
};

/// One thread reads while another commits, and asks for what can be freed. The
/// outcome: which version was read, and whether version 1 was freed by then.
fn versions_are_freed_while_they_are_read<C: SnapshotCell>(way: Way) {
    let name = format!("reclamation, by {way:?}, {}", cell_name::<C>());
    let mut expected = vec![(1, true), (1, false), (2, true)];
    if !is::<C, ArcSwapCell>() || matches!(way, Way::Reader) {
        // The reader may have held it before it read.
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
                    let mut eyes = Eyes::new(&tree, way);
                    eyes.see(way, |snapshot| {
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

/// Two threads commit, and so free what was replaced, while one of them holds a
/// version. The outcome: their attempts. loom itself fails what is freed twice, or
/// never.
fn each_version_is_freed_once<C: SnapshotCell>() {
    let name = format!("freed once, {}", cell_name::<C>());
    // The others leave some to the end.
    let at_once = is::<C, ArcSwapCell>();
    explore(&name, 2, [(1, 1), (1, 2), (2, 1)], move || {
        let tree = with_host::<C>();
        take_freed();
        let held = tree.snapshot();
        let writer = thread::spawn({
            let tree = Arc::clone(&tree);
            move || {
                let committed = tree.new_root("other", B, None).unwrap();
                drop(held);
                committed.attempts
            }
        });
        let attempts = tree.set_generation(A, 2).unwrap().attempts;
        let others = writer.join().unwrap();
        tree.collect();
        let mut freed: Vec<_> = take_freed().iter().map(|(version, _)| *version).collect();
        freed.sort_unstable();
        // A version that lost its compare-and-swap goes as well.
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

/// A version in which three providers were replaced is freed in steps by commits that
/// replace one, once the thread that reads it has let go of it. The outcome: whether
/// the last of these commits has freed it.
fn a_large_version_is_freed_in_steps<C: SnapshotCell>() {
    let name = format!("freed in steps, {}", cell_name::<C>());
    // That cell hands it over at the end only.
    let expected: &[bool] = if is::<C, EpochCell>() {
        &[false]
    } else {
        &[false, true]
    };
    explore(&name, 2, expected.iter().copied(), || {
        let tree = with_host::<C>();
        tree.new_root("other", B, 1).unwrap();
        let third = tree
            .new_root("third", Uuid::from_u128(0xc), 1)
            .unwrap()
            .value;
        let held = tree.snapshot();
        take_freed();
        let reader = thread::spawn(move || {
            let generations = [A, B].map(|uuid| held.get(uuid).unwrap().generation());
            assert_eq!(generations, [Some(1); 2]);
        });
        tree.update(|transaction| {
            transaction.set_generation(A, 2)?;
            transaction.set_generation(B, 2)?;
            transaction.set_generation(third, 2)
        })
        .unwrap();
        // If nobody held it any more, that commit has freed it at once.
        take_freed();
        let mut freed_by = Vec::new();
        for generation in 3..6 {
            tree.set_generation(A, generation).unwrap();
            let freed = take_freed();
            freed_by.extend(
                freed
                    .iter()
                    .filter(|(version, _)| *version == 3)
                    .map(|_| generation),
            );
        }
        assert!(
            freed_by.iter().all(|last| *last > 3),
            "not in steps: {freed_by:?}"
        );
        reader.join().unwrap();
        !freed_by.is_empty()
    });
}

on_both_cells! {
    each_version_is_freed_once
    a_large_version_is_freed_in_steps
}

on_both_cells_by_each_way! {
    versions_are_freed_while_they_are_read
}

catches_by_each_way! {
    a_version_is_freed_at_once: versions_are_freed_while_they_are_read on FreedAtOnce,
        saying "Causality violation";
}
