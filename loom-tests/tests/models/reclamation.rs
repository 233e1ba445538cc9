//! Old versions are freed while others are read, and none that is read.

use loom::sync::Arc;
use loom::thread;
use loom_tests::explore;
use provider_tree::contract::{set_hand_over, take_freed};
use provider_tree::{ArcSwapCell, SnapshotCell};

use crate::common::{
    A, Eyes, Way, catches_by_each_way, cell_name, is, on_both_cells_by_each_way,
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

on_both_cells_by_each_way! {
    versions_are_freed_while_they_are_read
}

catches_by_each_way! {
    a_version_is_freed_at_once: versions_are_freed_while_they_are_read on FreedAtOnce,
        saying "Causality violation";
}
