//! A reader sees all of a transaction or nothing, by every way to read.

use loom::thread;
use loom_tests::explore;
use provider_tree::{Error, NewProvider, ProviderTree, Snapshot, SnapshotCell, Transaction};
use uuid::Uuid;

use crate::common::{
    A, B, PREEMPTIONS, Tree, View, Way, catches, catches_by_each_way, cell_name, empty,
    on_both_cells_by_each_way,
};

type Edit = fn(&mut Transaction) -> Result<(), Error>;

/// Edits that belong together, and a check whether a version has none or all of them.
struct Edits {
    name: &'static str,
    before: Edit,
    parts: [Edit; 2],
    shows: fn(&Snapshot) -> [bool; 2],
}

const ADD: Edits = Edits {
    name: "parent and child",
    before: |_| Ok(()),
    parts: [
        |transaction| {
            transaction
                .new_root(NewProvider::new("parent").uuid(A))
                .map(drop)
        },
        |transaction| {
            transaction
                .new_child(NewProvider::new("child").uuid(B), A)
                .map(drop)
        },
    ],
    shows: |snapshot| [snapshot.exists("parent"), snapshot.exists(B)],
};

const REMOVE: Edits = Edits {
    name: "a subtree",
    before: |transaction| {
        transaction.new_root(NewProvider::new("parent").uuid(A))?;
        transaction.new_child(NewProvider::new("child").uuid(B), A)?;
        transaction
            .new_root(NewProvider::new("other").uuid(Uuid::from_u128(0xc)))
            .map(drop)
    },
    parts: [
        |transaction| {
            assert_eq!(transaction.remove("parent")?, 2);
            Ok(())
        },
        |transaction| transaction.remove("other").map(drop),
    ],
    shows: |snapshot| {
        let gone = !snapshot.exists("parent");
        assert_eq!(!snapshot.exists(B), gone, "the subtree was torn");
        [gone, !snapshot.exists("other")]
    },
};

const CHANGE: Edits = Edits {
    name: "two providers",
    before: |transaction| {
        transaction.new_root(NewProvider::new("left").uuid(A).generation(1))?;
        transaction
            .new_root(NewProvider::new("right").uuid(B).generation(1))
            .map(drop)
    },
    parts: [
        |transaction| transaction.set_generation("left", 2).map(drop),
        |transaction| transaction.set_generation("right", 2).map(drop),
    ],
    shows: |snapshot| [A, B].map(|uuid| snapshot.get(uuid).unwrap().generation() == Some(2)),
};

fn all_or_nothing<C: SnapshotCell>(
    edits: &'static Edits,
    way: Way,
    write: fn(&ProviderTree<C>, &Edits),
) {
    let name = format!("{}, by {way:?}, {}", edits.name, cell_name::<C>());
    explore(&name, PREEMPTIONS, [false, true], move || {
        let tree: Tree<C> = empty();
        tree.update(edits.before).unwrap();
        let mut view = View::new(&tree, way);
        let reader = thread::spawn(move || view.see(way, edits.shows));
        write(&tree, edits);
        assert_eq!((edits.shows)(&tree.snapshot()), [true, true]);
        let seen = reader.join().unwrap();
        assert_eq!(seen[0], seen[1], "the transaction was torn");
        seen[0]
    });
}

fn in_one_step<C: SnapshotCell>(tree: &ProviderTree<C>, edits: &Edits) {
    tree.update(|transaction| edits.parts.iter().try_for_each(|edit| edit(transaction)))
        .unwrap();
}

fn adding_a_parent_and_a_child<C: SnapshotCell>(way: Way) {
    all_or_nothing::<C>(&ADD, way, in_one_step);
}

fn removing_a_subtree<C: SnapshotCell>(way: Way) {
    all_or_nothing::<C>(&REMOVE, way, in_one_step);
}

fn changing_two_providers<C: SnapshotCell>(way: Way) {
    all_or_nothing::<C>(&CHANGE, way, in_one_step);
}

on_both_cells_by_each_way! {
    adding_a_parent_and_a_child
    removing_a_subtree
    changing_two_providers
}

/// A caller's bug: two commits for edits that belong together.
fn in_two_steps<C: SnapshotCell>(tree: &ProviderTree<C>, edits: &Edits) {
    for edit in edits.parts {
        tree.update(edit).unwrap();
    }
}

macro_rules! catches_two_steps {
    ($($name:ident: $edits:ident;)*) => {
        $(mod $name {
            use super::*;

            fn torn(way: Way) {
                all_or_nothing::<provider_tree::ArcSwapCell>(&$edits, way, in_two_steps);
            }

            #[test]
            #[should_panic(expected = "the transaction was torn")]
            fn by_snapshot() {
                torn(Way::Snapshot);
            }

            #[test]
            #[should_panic(expected = "the transaction was torn")]
            fn in_place() {
                torn(Way::InPlace);
            }

            #[test]
            #[should_panic(expected = "the transaction was torn")]
            fn by_reader() {
                torn(Way::Reader);
            }
        })*
    };
}

catches_two_steps! {
    two_commits_show_a_parent_without_its_child: ADD;
    two_commits_show_half_a_subtree_removed: REMOVE;
    two_commits_show_one_of_two_changed: CHANGE;
}

catches! {
    a_version_freed_at_once_is_read: changing_two_providers(InPlace) on FreedAtOnce,
        saying "Causality violation";
}

catches_by_each_way! {
    a_relaxed_load_reads_what_is_not_there_yet: adding_a_parent_and_a_child on RelaxedLoad,
        saying "Causality violation";
}
