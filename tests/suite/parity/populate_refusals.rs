//! `populate` with records that don't fit: everything is checked first, and an error changes
//! nothing.

use crate::cases::refusal::Refusal;
use provider_tree::{Error, NewProvider};
use uuid::Uuid;

use super::{C, C1, C2, G, NOBODY, R, S, one_root, record, refused, two_trees, uuids};
use crate::cases::{name_taken, new_tree};

#[test]
fn a_uuid_given_twice_is_refused() {
    // Nova: two dicts of one UUID -> the last one wins.
    // Differs: there is no telling which one is meant.
    let error = refused(&one_root(), |tree| {
        tree.populate([record(C, "k1", R), record(C, "k2", R)])
    });
    assert_eq!(error, Refusal::DuplicateProvider { uuid: C });
    let twice = record(C, "k1", R);
    let error = refused(&one_root(), |tree| tree.populate([&twice, &twice]));
    assert_eq!(error, Refusal::DuplicateProvider { uuid: C });
}

#[test]
fn all_missing_parents_are_listed() {
    // Nova: a parent that is neither given nor in the tree -> ValueError that
    // names the missing ones; nothing was added.
    let tree = one_root();
    let error = refused(&tree, |tree| {
        tree.populate([
            record(C, "c", NOBODY),
            record(C1, "c1", R),
            record(C2, "c2", S),
            record(G, "g", NOBODY),
        ])
    });
    let uuids = vec![S, NOBODY];
    assert_eq!(error, Refusal::MissingParents { uuids });
    assert!(!tree.exists("c1"));
}

#[test]
fn a_cycle_is_refused_together_with_the_valid_records() {
    // Nova: a valid record and two that are each other's parents
    // -> ValueError that names the two, but the valid one was added.
    // Differs: a populate is all or nothing.
    let tree = one_root();
    let error = refused(&tree, |tree| {
        tree.populate([
            record(C, "n2", R),
            record(C1, "x", C2),
            record(C2, "y", C1),
            record(G, "below the cycle", C2),
        ])
    });
    let Error::Cycle { uuids, .. } = error else {
        panic!("{error}");
    };
    assert!(uuids == [C1, C2] || uuids == [C2, C1], "{uuids:?}");
    assert!(!tree.exists("n2"));
}

#[test]
fn a_cycle_lists_each_provider_before_its_parent() {
    // Nova: lists all records left over, including those below a cycle.
    // Differs: lists the cycle itself, in its order.
    let parents = [(C, C1), (C1, C2), (C2, C), (G, C)];
    let names = ["c", "c1", "c2", "g"];
    let records = parents.iter().zip(names);
    let records = records.map(|(&(uuid, parent), name)| record(uuid, name, parent));
    let error = refused(&one_root(), |tree| tree.populate(records));
    let Error::Cycle { uuids, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(uuids.len(), 3);
    for (at, uuid) in uuids.iter().enumerate() {
        assert!(parents.contains(&(*uuid, uuids[(at + 1) % 3])), "{uuids:?}");
    }
}

#[test]
fn a_provider_as_its_own_parent_is_refused() {
    // Nova: a dict whose parent is its own UUID -> ValueError that names it.
    let error = refused(&one_root(), |tree| tree.populate([record(C, "z", C)]));
    let uuids = vec![C];
    assert_eq!(error, Refusal::Cycle { uuids });
    let error = refused(&one_root(), |tree| tree.populate([record(R, "r", R)]));
    let uuids = vec![R];
    assert_eq!(error, Refusal::Cycle { uuids });
}

#[test]
fn a_record_with_an_invalid_name_does_not_remove_its_provider() {
    // Nova: a dict of an existing provider without the key "name"
    // -> KeyError, and the provider is gone.
    // Differs: a record has a name; the closest to none is the empty one, which
    // is refused.
    let tree = one_root();
    let error = refused(&tree, |tree| tree.populate([record(R, "", None)]));
    let reason = Box::new(Refusal::InvalidName {
        name: String::new(),
        length: 0,
    });
    assert_eq!(error, Refusal::InvalidRecord { uuid: R, reason });
    assert!(tree.exists("r"));
}

#[test]
fn a_record_may_have_the_nil_uuid() {
    // Nova: a dict without the key "uuid" -> KeyError.
    // Differs: a record has a UUID; nil is an ordinary one.
    let tree = new_tree();
    let nil = Uuid::nil();
    tree.populate([record(nil, "nil", None)]).unwrap();
    assert_eq!(tree.find(nil).unwrap().name(), "nil");
}

#[test]
fn the_nil_uuid_as_a_parent_is_not_the_same_as_none() {
    // Nova: a dict whose parent is the empty string -> ValueError.
    // Differs: a parent is a UUID or none; the closest to an empty one is nil.
    let nil = Uuid::nil();
    let error = refused(&one_root(), |tree| tree.populate([record(C, "c", nil)]));
    let uuids = vec![nil];
    assert_eq!(error, Refusal::MissingParents { uuids });
}

#[test]
fn a_root_under_its_own_grandchild_is_refused_and_the_tree_is_kept() {
    // Nova: only the root r is given, with its grandchild g as its parent
    // -> ValueError, and the whole tree is gone.
    // Differs: g would be dropped, as it is below r and not given, so r would
    // lack a parent; nothing changes.
    let tree = two_trees();
    let error = refused(&tree, |tree| tree.populate([record(R, "r", G)]));
    let missing = vec![G];
    assert_eq!(error, Refusal::MissingParents { uuids: missing });
    assert_eq!(uuids(&tree.snapshot()), [R, C, G, S]);
    // With all three given it is a cycle.
    let error = refused(&tree, |tree| {
        tree.populate([record(R, "r", G), record(C, "c", R), record(G, "g", C)])
    });
    let cycle = vec![G, C, R];
    assert_eq!(error, Refusal::Cycle { uuids: cycle });
}

#[test]
fn a_uuid_that_is_the_name_of_another_is_refused() {
    // Nova: a dict replaces what its name or UUID finds -> a provider whose
    // name is the given UUID is replaced by "B" named "b".
    // Differs: names and UUIDs share a namespace; neither replaces the other.
    let tree = new_tree();
    tree.new_root(NewProvider::new(&NOBODY.to_string()).uuid(R))
        .unwrap();
    let error = refused(&tree, |tree| tree.populate([record(NOBODY, "b", None)]));
    let (uuid, named) = (NOBODY, R);
    assert_eq!(error, Refusal::UuidIsName { uuid, named });
    // The same between two records.
    let name = R.to_string();
    let error = refused(&new_tree(), |tree| {
        tree.populate([record(R, "r", None), record(S, &name, None)])
    });
    assert_eq!(error, Refusal::NameIsUuid { name, uuid: R });
}

#[test]
fn two_records_with_one_name_are_refused() {
    // Nova: two root dicts with one name -> both are added, and the name finds
    // the later one.
    // Differs: names are unique, as in Placement.
    let error = refused(&new_tree(), |tree| {
        tree.populate([record(R, "same", None), record(S, "same", None)])
    });
    let taken = [R, S].map(|uuid| name_taken("same", uuid));
    assert!(taken.iter().any(|one| error == *one), "{error}");
}

#[test]
fn the_name_of_a_provider_that_stays_is_refused() {
    // Nova: the root s is given as g, which is the name of another -> renamed;
    // the name finds s.
    // Differs: names are unique, as in Placement.
    let error = refused(&two_trees(), |tree| tree.populate([record(S, "g", None)]));
    assert_eq!(error, name_taken("g", G));
}

#[test]
fn a_parent_that_the_same_records_drop_is_missing() {
    // Nova: r is given without its child c, and a new provider below c's child
    // g -> ValueError, but c and g are gone.
    // Differs: parents are looked up in the resulting forest.
    let error = refused(&two_trees(), |tree| {
        tree.populate([record(R, "r", None), record(C1, "c1", G)])
    });
    let uuids = vec![G];
    assert_eq!(error, Refusal::MissingParents { uuids });
}

#[test]
fn a_record_whose_parents_lead_to_another_root_is_refused() {
    // Nova: ignores the root that Placement names.
    // Differs: if given, the root is checked.
    let mut moved = record(C, "c", S);
    moved.root_uuid = Some(R);
    let error = refused(&two_trees(), |tree| tree.populate([&moved]));
    let (uuid, given, actual) = (C, R, S);
    let expected = Refusal::RootMismatch {
        uuid,
        given,
        actual,
    };
    assert_eq!(error, expected);
    moved.root_uuid = Some(S);
    two_trees().populate([&moved]).unwrap();
}
