//! Names and UUIDs that are taken, and that are free again after a removal.

use crate::cases::refusal::Refusal;
use provider_tree::{Inventory, NewProvider, ProviderRecord, ResourceClass};
use uuid::Uuid;

use super::{C1, C2, NOBODY, R, S, one_root, refused, unknown, uuids};
use crate::cases::{name_taken, new_tree};

#[test]
fn new_root_returns_its_uuid() {
    // Nova: new_root("r", "R") -> "R".
    let committed = new_tree().new_root(NewProvider::new("r").uuid(R)).unwrap();
    assert_eq!(committed.value, R);
}

#[test]
fn a_second_root_with_a_uuid_is_refused() {
    // Nova: new_root() with an existing UUID and another name -> ValueError.
    let error = refused(&one_root(), |tree| {
        tree.new_root(NewProvider::new("other").uuid(R))
    });
    let name = "r".to_owned();
    assert_eq!(error, Refusal::UuidTaken { uuid: R, name });
}

#[test]
fn a_second_root_with_a_name_is_refused() {
    // Nova: new_root() with an existing name and another UUID -> added; the list
    // of all UUIDs then has both, and data() by that name finds the later one.
    // Differs: names are unique in the forest, as in Placement, so a look-up by
    // name does not depend on the order of additions.
    let tree = one_root();
    let error = refused(&tree, |tree| tree.new_root(NewProvider::new("r").uuid(S)));
    assert_eq!(error, name_taken("r", R));
    assert_eq!(uuids(&tree.snapshot()), [R]);
    assert_eq!(tree.find("r").unwrap().uuid(), R);
}

#[test]
fn a_removed_root_is_gone_by_name_and_by_uuid() {
    // Nova: two roots share a name; remove() of the first -> None; the name still
    // finds the second; remove() of the second -> KeyError for the name, after its
    // UUID has been removed.
    // Differs: names are unique, and no removal stops half-way.
    let tree = one_root();
    assert!(tree.new_root(NewProvider::new("r").uuid(S)).is_err());
    assert_eq!(tree.remove(R).unwrap().value, 1);
    assert!(!tree.exists("r") && !tree.exists(R) && !tree.exists(S));
    assert_eq!(refused(&tree, |tree| tree.remove(S)), unknown(S));
    assert!(tree.is_empty());
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn a_uuid_that_is_an_existing_name_is_refused() {
    // Nova: new_root() whose UUID is the name of a root -> ValueError.
    let tree = new_tree();
    tree.new_root(NewProvider::new(&NOBODY.to_string()).uuid(R))
        .unwrap();
    let error = refused(&tree, |tree| {
        tree.new_root(NewProvider::new("other").uuid(NOBODY))
    });
    let (uuid, named) = (NOBODY, R);
    assert_eq!(error, Refusal::UuidIsName { uuid, named });
}

#[test]
fn a_name_that_is_an_existing_uuid_is_refused() {
    // Nova: new_root() whose name is the UUID of a root -> added; data() of that
    // text finds the provider with that UUID.
    // Differs: names and UUIDs share a namespace, so text finds at most one
    // provider.
    let name = R.to_string();
    let tree = one_root();
    let error = refused(&tree, |tree| tree.new_root(NewProvider::new(&name).uuid(S)));
    assert_eq!(tree.find(&name).unwrap().uuid(), R);
    assert_eq!(error, Refusal::NameIsUuid { name, uuid: R });
}

#[test]
fn a_provider_may_have_its_own_uuid_as_its_name() {
    // Nova: new_root(uuid, uuid), as its Ironic driver does -> added.
    let tree = new_tree();
    tree.new_root(NewProvider::new(&R.to_string()).uuid(R))
        .unwrap();
    tree.new_child(NewProvider::new(&C1.to_string()).uuid(C1), R)
        .unwrap();
    assert_eq!(tree.find(&C1.to_string()), tree.find(C1));
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn a_child_without_a_uuid_needs_an_unused_name() {
    // Nova: new_child() without a UUID, with the name of any provider
    // -> ValueError.
    let tree = one_root();
    tree.new_root(NewProvider::new("s").uuid(S)).unwrap();
    let error = refused(&tree, |tree| tree.new_child("r", S));
    assert_eq!(error, name_taken("r", R));
}

#[test]
fn a_child_with_a_uuid_needs_an_unused_name() {
    // Nova: new_child() with a UUID of its own and the name of a sibling, of a
    // child of another root, or of its own root -> added each time; data() by
    // that name finds the root, else the first child in the order of roots.
    // Differs: names are unique in the forest, with a given UUID as without.
    let tree = one_root();
    tree.new_child(NewProvider::new("c").uuid(C1), "r").unwrap();
    tree.new_root(NewProvider::new("s").uuid(S)).unwrap();
    for (name, parent, uuid) in [("c", "r", C1), ("c", "s", C1), ("r", "r", R)] {
        let error = refused(&tree, |tree| {
            tree.new_child(NewProvider::new(name).uuid(C2), parent)
        });
        assert_eq!(error, name_taken(name, uuid));
    }
    assert_eq!(tree.find("c").unwrap().uuid(), C1);
    assert_eq!(tree.find("r").unwrap().uuid(), R);
}

#[test]
fn a_second_child_with_a_uuid_is_refused() {
    // Nova: new_child() with an existing UUID -> ValueError that names it.
    let tree = one_root();
    tree.new_child(NewProvider::new("c").uuid(C1), "r").unwrap();
    let taken = Refusal::UuidTaken {
        uuid: C1,
        name: "c".to_owned(),
    };
    let again = refused(&tree, |tree| {
        tree.new_child(NewProvider::new("d").uuid(C1), "r")
    });
    assert_eq!(again, taken);
    // Nova: the same under a parent that is missing -> the same ValueError.
    let orphan = refused(&tree, |tree| {
        tree.new_child(NewProvider::new("d").uuid(C1), "NOPE")
    });
    assert_eq!(orphan, taken);
}

#[test]
fn a_child_of_a_missing_parent_is_refused() {
    // Nova: new_child() under an unknown parent -> ValueError.
    let error = refused(&one_root(), |tree| {
        tree.new_child(NewProvider::new("c").uuid(C1), "NOPE")
    });
    assert_eq!(error, unknown("NOPE"));
    let error = refused(&one_root(), |tree| {
        tree.new_child(NewProvider::new("c").uuid(C1), NOBODY)
    });
    assert_eq!(error, unknown(NOBODY));
}

#[test]
fn remove_by_name_removes_only_that_provider() {
    // Nova: remove("c") with three children of that name -> removes the first,
    // the others stay.
    // Differs: only one can have that name; the others stay.
    let tree = one_root();
    tree.new_child(NewProvider::new("c").uuid(C1), "r").unwrap();
    tree.new_child(NewProvider::new("d").uuid(C2), "r").unwrap();
    assert_eq!(tree.remove("c").unwrap().value, 1);
    assert_eq!(uuids(&tree.snapshot()), [R, C2]);
    assert!(!tree.exists("c"));
}

#[test]
fn remove_removes_all_descendants() {
    // Nova: remove() -> removes the provider and all of its children.
    let tree = super::two_trees();
    assert_eq!(tree.remove("c").unwrap().value, 2);
    assert_eq!(uuids(&tree.snapshot()), [R, S]);
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn a_child_without_a_uuid_gets_a_random_one() {
    // Nova: new_child() without a UUID -> a version 4 UUID as a text of 36
    // characters.
    let tree = one_root();
    let uuid = tree.new_child("c", "r").unwrap().value;
    assert_eq!(uuid.get_version_num(), 4);
    assert_eq!(tree.find("c").unwrap().uuid(), uuid);
    assert_eq!(tree.find(&uuid.to_string()).unwrap().name(), "c");
}

#[test]
fn a_provider_that_is_added_again_starts_empty() {
    // Nova: remove(), then new_child() of the same name and UUID -> no
    // generation, inventory, traits, aggregates or resources.
    let tree = one_root();
    tree.new_child(NewProvider::new("c").uuid(C2).generation(7), "r")
        .unwrap();
    let inventory = [(ResourceClass::VCPU, Inventory::new(1))];
    tree.update_inventory("c", inventory, 8).unwrap();
    tree.add_traits("c", ["T"]).unwrap();
    tree.add_aggregates("c", [NOBODY]).unwrap();
    tree.remove("c").unwrap();
    tree.new_child(NewProvider::new("c").uuid(C2), "r").unwrap();
    let expected = super::record(C2, "c", R);
    assert_eq!(ProviderRecord::from(&tree.find("c").unwrap()), expected);
}

#[test]
fn a_root_without_a_uuid_gets_a_random_one() {
    // Nova: new_root() with a UUID of None -> returns a random UUID, but stores
    // the root under None; remove() by name -> KeyError, and it stays.
    // Differs: the returned UUID finds and removes it.
    let tree = new_tree();
    let uuid: Uuid = tree.new_root("n").unwrap().value;
    assert_eq!(uuid.get_version_num(), 4);
    assert_eq!(uuids(&tree.snapshot()), [uuid]);
    assert!(tree.exists(uuid) && tree.exists("n"));
    assert_eq!(tree.remove("n").unwrap().value, 1);
    assert!(tree.is_empty());
}
