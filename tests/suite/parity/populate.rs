//! `populate`, Nova's `populate_from_iterable`: adds, replaces and drops providers.

use provider_tree::{Inventory, NewProvider, ProviderRecord, ResourceClass, Trait};

use super::{C, C1, C2, G, NOBODY, R, S, names, one_root, record, two_trees, uuids};
use crate::cases::new_tree;

#[test]
fn populating_with_no_records_changes_nothing() {
    // Nova: populate_from_iterable() of None, [], () or {} -> nothing is added.
    let tree = one_root();
    let before = tree.snapshot();
    tree.populate(None::<ProviderRecord>).unwrap();
    tree.populate([] as [ProviderRecord; 0]).unwrap();
    tree.populate(Vec::<ProviderRecord>::new()).unwrap();
    let nothing = tree.populate(&[] as &[ProviderRecord]).unwrap();
    assert_eq!(nothing.version, before.version());
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn records_may_come_from_any_iterator() {
    // Nova: a generator of dicts -> both are added.
    let tree = new_tree();
    let numbered = [(R, "r", None), (C, "c", Some(R))];
    let records = numbered.map(|(uuid, name, parent)| record(uuid, name, parent));
    tree.populate(records.iter().filter(|record| record.uuid != NOBODY))
        .unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, C]);
}

#[test]
fn the_order_of_the_records_does_not_matter() {
    // Nova: grandchild, child, root -> all three are added, after the existing
    // tree.
    let tree = new_tree();
    tree.populate([record(R, "r", None), record(C, "c", R)])
        .unwrap();
    tree.populate([
        record(G, "g3", C2),
        record(C2, "c3", S),
        record(S, "r3", None),
    ])
    .unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, C, S, C2, G]);
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn new_siblings_have_the_order_of_their_records() {
    // Nova: adds siblings in the order given.
    let tree = one_root();
    tree.populate([
        record(C2, "c2", R),
        record(S, "s", None),
        record(C1, "c1", R),
    ])
    .unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, C2, C1, S]);
}

#[test]
fn a_replaced_provider_keeps_no_content() {
    // Nova: a record of an existing provider -> its inventory, traits and
    // aggregates are emptied, and its generation is set, even to None.
    let tree = two_trees();
    let inventory = [(ResourceClass::VCPU, Inventory::new(1))];
    tree.update_inventory("g", inventory, 4).unwrap();
    tree.update_traits("g", ["T"], None).unwrap();
    tree.update_aggregates("g", [NOBODY], None).unwrap();
    tree.populate([record(G, "g", C)]).unwrap();
    assert_eq!(
        ProviderRecord::from(&tree.find("g").unwrap()),
        record(G, "g", C)
    );
}

#[test]
fn a_record_sets_inventory_traits_and_aggregates() {
    // Nova: reads name, UUID, generation and parent of a dict and ignores all
    // other keys -> the provider is empty.
    // Differs: a record has no other keys, and all of its fields are stored.
    let tree = one_root();
    let mut full = record(C, "c", R);
    full.generation = Some(9);
    full.inventory
        .insert(ResourceClass::VCPU, Inventory::new(8));
    full.traits.insert(Trait::new("T").unwrap());
    full.aggregates.insert(NOBODY);
    tree.populate([&full]).unwrap();
    assert_eq!(ProviderRecord::from(&tree.find(C).unwrap()), full);
}

#[test]
fn replacing_only_a_root_drops_its_descendants() {
    // Nova: only the root of the first of two trees is given -> it loses its
    // children, and moves behind the second tree.
    // Differs: it keeps its place, so that populating with the current content
    // changes nothing.
    let tree = two_trees();
    tree.populate([record(R, "r", None)]).unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, S]);
    assert!(!tree.exists("c") && tree.exists("s"));
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn a_replaced_child_keeps_its_place_among_its_siblings() {
    // Nova: the first of two children is given again -> R C2 C1.
    // Differs: as above; only a change of parent makes it last.
    let tree = one_root();
    tree.new_child(NewProvider::new("c1").uuid(C1), "r")
        .unwrap();
    tree.new_child(NewProvider::new("c2").uuid(C2), "r")
        .unwrap();
    tree.populate([record(C1, "renamed", R)]).unwrap();
    assert_eq!(names(tree.snapshot().iter()), ["r", "renamed", "c2"]);
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn populating_with_the_current_content_commits_nothing() {
    // Nova: removes and adds every provider again.
    // Differs: no new version, whatever the order of the records.
    let tree = two_trees();
    let before = tree.snapshot();
    let mut records: Vec<_> = before.to_records().collect();
    tree.populate(&records).unwrap();
    records.reverse();
    tree.populate(&records).unwrap();
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn a_child_moves_to_the_parent_that_its_record_names() {
    // Nova: c of r is given with parent s, its child g is not given -> c is
    // below s, g is removed.
    let tree = two_trees();
    tree.populate([record(C, "c", S)]).unwrap();
    let snapshot = tree.snapshot();
    assert_eq!(uuids(&snapshot), [R, S, C]);
    assert_eq!(snapshot.find(C).unwrap().parent_uuid(), Some(S));
    snapshot.check_invariants().unwrap();
}

#[test]
fn a_child_moves_with_its_given_descendants() {
    // Nova: c and its child g are given, c with parent s -> both are below s.
    let tree = two_trees();
    tree.populate([record(G, "g", C), record(C, "c", S)])
        .unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, S, C, G]);
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn a_child_becomes_a_root_if_its_record_names_no_parent() {
    // Nova: c of r is given without a parent -> a root after r and s, without
    // children.
    let tree = two_trees();
    tree.populate([record(C, "c", None)]).unwrap();
    let snapshot = tree.snapshot();
    assert_eq!(uuids(&snapshot), [R, S, C]);
    assert_eq!(names(snapshot.roots()), ["r", "s", "c"]);
    assert_eq!(names(snapshot.tree_of(C).unwrap()), ["c"]);
}

#[test]
fn a_root_becomes_a_child_if_its_record_names_a_parent() {
    // Nova: the root c is given with parent s -> below s, no longer a root.
    let tree = one_root();
    tree.new_root(NewProvider::new("c").uuid(C)).unwrap();
    tree.new_root(NewProvider::new("s").uuid(S)).unwrap();
    tree.populate([record(C, "c", S)]).unwrap();
    let snapshot = tree.snapshot();
    assert_eq!(uuids(&snapshot), [R, S, C]);
    assert_eq!(names(snapshot.roots()), ["r", "s"]);
}

#[test]
fn parent_and_child_can_be_swapped() {
    // Nova: r and its child c are given, c as a root and r below it, in either
    // order -> S C R.
    for swapped in [[0, 1], [1, 0]] {
        let tree = two_trees();
        let records = [record(R, "r", C), record(C, "c", None)];
        tree.populate(swapped.map(|at| &records[at])).unwrap();
        let snapshot = tree.snapshot();
        assert_eq!(uuids(&snapshot), [S, C, R]);
        snapshot.check_invariants().unwrap();
    }
}

#[test]
fn a_record_renames_its_provider() {
    // Nova: the root r is given as r2 -> r2 is found, r is not.
    let tree = two_trees();
    tree.populate([record(S, "s2", None)]).unwrap();
    assert!(tree.exists("s2") && !tree.exists("s"));
    assert_eq!(uuids(&tree.snapshot()), [R, C, G, S]);
}

#[test]
fn providers_can_swap_their_names() {
    // Nova: the root s is given as g, and g as s -> each is found by its new
    // name.
    let tree = two_trees();
    let uuid_of = |name: &str| tree.find(name).map(|found| found.uuid());
    tree.populate([record(S, "g", None), record(G, "s", C)])
        .unwrap();
    assert_eq!((uuid_of("s"), uuid_of("g")), (Some(G), Some(S)));
    assert_eq!(uuids(&tree.snapshot()), [R, C, G, S]);
    // A dropped provider's name is free, too.
    tree.populate([record(R, "c", None)]).unwrap();
    assert_eq!(uuid_of("c"), Some(R));
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn a_renamed_provider_stays_before_a_new_sibling_given_earlier() {
    // Nova: a new provider is given, then its renamed last sibling -> the new
    // provider comes first.
    // Differs: the existing provider keeps its place, the new one is last.
    let tree = two_trees();
    tree.populate([record(C1, "new", None), record(S, "renamed", None)])
        .unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, C, G, S, C1]);
    tree.snapshot().check_invariants().unwrap();
    let tree = two_trees();
    tree.populate([record(C1, "new", C), record(G, "renamed", C)])
        .unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, C, G, C1, S]);
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn other_trees_are_unchanged() {
    // Nova: providers outside the given trees are not touched.
    let tree = two_trees();
    let before = tree.find("s");
    tree.populate([record(R, "r", None), record(C1, "c1", R)])
        .unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, C1, S]);
    assert_eq!(tree.find("s"), before);
}

#[test]
fn a_populate_is_one_commit() {
    // Nova: changes one provider after the other, and an error stops it half-way.
    // Differs: all changes become visible at once.
    let tree = two_trees();
    let before = tree.version();
    let committed = tree
        .populate([record(R, "r", None), record(C2, "c2", R)])
        .unwrap();
    assert_eq!(
        (committed.version, tree.version()),
        (before + 1, before + 1)
    );
}
