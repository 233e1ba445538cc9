//! Walks: parents first, siblings and roots in the order of their addition.

use provider_tree::NewProvider;
use uuid::Uuid;

use super::{C1, C2, C3, R, S, names, refused, unknown, uuids};
use crate::cases::{ProviderTree, name_taken, new_tree};

const G1: Uuid = Uuid::from_u128(0xc1);
const G1B: Uuid = Uuid::from_u128(0xc2);
const G2: Uuid = Uuid::from_u128(0xc3);
const RS: Uuid = Uuid::from_u128(0xc4);

/// r: c1 (g1, g1b), c2 (g2), c3; s. Added level by level.
fn forest() -> ProviderTree {
    let tree = new_tree();
    tree.new_root(NewProvider::new("r").uuid(R)).unwrap();
    for (name, parent, uuid) in [
        ("c1", R, C1),
        ("c2", R, C2),
        ("c3", R, C3),
        ("g1", C1, G1),
        ("g2", C2, G2),
        ("g1b", C1, G1B),
    ] {
        tree.new_child(NewProvider::new(name).uuid(uuid), parent)
            .unwrap();
    }
    tree.new_root(NewProvider::new("s").uuid(S)).unwrap();
    tree
}

const TREE_OF_R: [Uuid; 7] = [R, C1, G1, G1B, C2, G2, C3];

#[test]
fn all_providers_are_top_down_in_the_order_of_addition() {
    // Nova: get_provider_uuids() -> R C1 G1 G1B C2 G2 C3 S.
    let snapshot = forest().snapshot();
    assert_eq!(uuids(&snapshot), [&TREE_OF_R[..], &[S]].concat());
    assert_eq!(
        names(snapshot.iter()),
        ["r", "c1", "g1", "g1b", "c2", "g2", "c3", "s"]
    );
    assert_eq!(names(snapshot.roots()), ["r", "s"]);
    assert_eq!(names(snapshot.children("r").unwrap()), ["c1", "c2", "c3"]);
}

#[test]
fn the_uuids_in_a_provider_are_its_own_and_its_descendants() {
    // Nova: get_provider_uuids("c1") -> C1 G1 G1B.
    let snapshot = forest().snapshot();
    let below: Vec<Uuid> = snapshot.provider_uuids_in("c1").unwrap().collect();
    assert_eq!(below, [C1, G1, G1B]);
    assert_eq!(names(snapshot.descendants("c1").unwrap()), ["g1", "g1b"]);
}

#[test]
fn the_tree_of_a_grandchild_is_the_whole_tree() {
    // Nova: get_provider_uuids_in_tree("g1") -> R C1 G1 G1B C2 G2 C3.
    let snapshot = forest().snapshot();
    for key in ["r", "c2", "g1"] {
        let tree: Vec<Uuid> = snapshot.provider_uuids_in_tree(key).unwrap().collect();
        assert_eq!(tree, TREE_OF_R);
        assert_eq!(snapshot.tree_of(key).unwrap().count(), TREE_OF_R.len());
        assert_eq!(snapshot.root_of(key).unwrap().uuid(), R);
    }
}

#[test]
fn the_tree_of_an_unknown_provider_is_an_error() {
    // Nova: get_provider_uuids_in_tree("nope") -> ValueError.
    let error = forest().snapshot().provider_uuids_in_tree("nope").map(drop);
    assert_eq!(error, unknown("nope"));
}

#[test]
fn the_tree_of_a_root_is_found_by_its_name() {
    // Nova: a child of "s" is also called "r";
    // get_provider_uuids_in_tree("r") -> the tree of the root "r".
    // Differs: no child can have that name.
    let tree = forest();
    let error = refused(&tree, |tree| {
        tree.new_child(NewProvider::new("r").uuid(RS), "s")
    });
    assert_eq!(error, name_taken("r", R));
    let snapshot = tree.snapshot();
    let uuids: Vec<Uuid> = snapshot.provider_uuids_in_tree("r").unwrap().collect();
    assert_eq!(uuids, TREE_OF_R);
}

#[test]
fn the_tree_of_a_child_of_the_second_root_is_the_second_tree() {
    // Nova: get_provider_uuids_in_tree("RS"), a child of "s" -> S RS.
    let tree = forest();
    tree.new_child(NewProvider::new("rs").uuid(RS), "s")
        .unwrap();
    let snapshot = tree.snapshot();
    let uuids: Vec<Uuid> = snapshot.provider_uuids_in_tree(RS).unwrap().collect();
    assert_eq!(uuids, [S, RS]);
}

#[test]
fn children_are_found_past_any_number_of_their_siblings_descendants() {
    let tree = new_tree();
    tree.new_root("root").unwrap();
    let mut expected = Vec::new();
    for below in 0..40 {
        let child = format!("child{below}");
        tree.new_child(&child, "root").unwrap();
        for number in 0..below {
            // Half of them in a chain, half of them as siblings.
            let parent = match number {
                0 => child.clone(),
                _ if below % 2 == 0 => format!("{child}-{}", number - 1),
                _ => child.clone(),
            };
            let name = format!("{child}-{number}");
            tree.new_child(&name, &parent).unwrap();
        }
        expected.push(child);
    }
    let snapshot = tree.snapshot();
    let children: Vec<_> = snapshot
        .children("root")
        .unwrap()
        .map(|one| one.name())
        .collect();
    assert_eq!(children, expected);
}

#[test]
fn ancestors_lead_from_the_parent_to_the_root() {
    // Nova: has only parent_uuid to follow.
    let snapshot = forest().snapshot();
    assert_eq!(names(snapshot.ancestors("g1b").unwrap()), ["c1", "r"]);
    assert_eq!(snapshot.ancestors("r").unwrap().count(), 0);
    let depths = ["r", "c1", "g1b"].map(|name| snapshot.depth(name).unwrap());
    assert_eq!(depths, [0, 1, 2]);
}

/// Takes a walk to its end, checking its length before each step.
fn assert_length_is_known(mut walk: impl ExactSizeIterator, length: usize) {
    for left in (0..=length).rev() {
        assert_eq!(walk.len(), left);
        assert_eq!(walk.next().is_some(), left > 0);
    }
    assert_eq!(walk.len(), 0);
}

#[test]
fn walks_of_the_forest_and_of_whole_trees_know_their_length() {
    let tree = forest();
    // Trees of more than 32 providers are stored in another way.
    tree.update(|transaction| {
        (0..100).try_for_each(|number| {
            let child = transaction.new_child(&format!("s{number}"), "s")?;
            transaction
                .new_child(&format!("below s{number}"), child)
                .map(drop)
        })
    })
    .unwrap();
    let snapshot = tree.snapshot();
    assert_length_is_known(snapshot.iter(), 208);
    assert_length_is_known(snapshot.provider_uuids(), 208);
    for (key, length) in [("g1", 7), ("s50", 201)] {
        assert_length_is_known(snapshot.tree_of(key).unwrap(), length);
        assert_length_is_known(snapshot.provider_uuids_in_tree(key).unwrap(), length);
    }
    assert_length_is_known(new_tree().snapshot().iter(), 0);
}

#[test]
fn walks_of_a_part_of_a_tree_promise_no_more_than_they_have() {
    let tree = forest();
    for number in 0..40 {
        let name = format!("s{number}");
        tree.new_child(&name, "s").unwrap();
    }
    let snapshot = tree.snapshot();
    for (key, length) in [("r", 7), ("c1", 3), ("g2", 1), ("s", 41), ("s39", 1)] {
        let mut walk = snapshot.providers_in(key).unwrap();
        for left in (0..=length).rev() {
            let (least, most) = walk.size_hint();
            assert!(least <= left && most.is_some_and(|most| left <= most));
            assert_eq!(walk.next().is_some(), left > 0);
        }
    }
}

#[test]
fn a_provider_removed_and_added_again_is_last() {
    // Nova: remove("c1"), then new_child("c1", "r") -> after c2 and c3.
    let tree = forest();
    tree.remove("c1").unwrap();
    tree.new_child(NewProvider::new("c1").uuid(C1), "r")
        .unwrap();
    assert_eq!(uuids(&tree.snapshot()), [R, C2, G2, C3, C1, S]);
    tree.remove("r").unwrap();
    tree.new_root(NewProvider::new("r").uuid(R)).unwrap();
    assert_eq!(uuids(&tree.snapshot()), [S, R]);
}

#[test]
fn a_moved_provider_is_after_its_new_siblings() {
    // Nova: only populate_from_iterable() moves a provider, and adds it again
    // as the last.
    let tree = forest();
    assert!(tree.move_to("c1", "c2").unwrap().value);
    assert_eq!(uuids(&tree.snapshot()), [R, C2, G2, C1, G1, G1B, C3, S]);
    assert!(tree.move_to_root("c1").unwrap().value);
    assert_eq!(uuids(&tree.snapshot()), [R, C2, G2, C3, S, C1, G1, G1B]);
    tree.snapshot().check_invariants().unwrap();
}
