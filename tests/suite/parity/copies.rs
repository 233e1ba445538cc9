//! Copies, subtrees, and what they share with the forest they come from.

use crate::cases::refusal::Refusal;
use std::sync::Arc;

use provider_tree::NewProvider;

use super::{C, G, R, S, names, one_root, two_trees, unknown, uuids};
use crate::cases::{fork, new_tree};

#[test]
fn a_copy_is_equal_until_one_of_the_two_changes() {
    // Nova: copy.deepcopy(tree) == tree -> False, as it compares identities;
    // both use the process-wide lock.
    // Differs: snapshots compare by content, and there is no lock.
    let tree = two_trees();
    let copy = fork(tree.snapshot());
    assert_eq!(copy.snapshot(), tree.snapshot());
    copy.set_generation("g", 1).unwrap();
    assert_ne!(copy.snapshot(), tree.snapshot());
}

#[test]
fn snapshots_with_the_same_content_are_equal_whatever_their_versions() {
    // Nova: no two trees are equal.
    // Differs: snapshots compare by content, which includes the order of siblings.
    let tree = two_trees();
    let before = tree.snapshot();
    tree.set_generation("g", 1).unwrap();
    tree.populate(before.to_records()).unwrap();
    assert_eq!(tree.snapshot(), before);
    assert!(tree.version() > before.version());
    tree.move_to("s", "r").unwrap();
    tree.move_to_root("s").unwrap();
    assert_eq!(tree.snapshot(), before);
    tree.remove("r").unwrap();
    assert_ne!(tree.snapshot(), before);
}

#[test]
fn a_copy_is_independent() {
    // Nova: a root is added to a deepcopy -> the original doesn't have it.
    let tree = one_root();
    let copy = fork(tree.snapshot());
    copy.new_root("q").unwrap();
    copy.update_traits("r", ["T"], None).unwrap();
    assert!(copy.exists("q") && !tree.exists("q"));
    assert_eq!(tree.find("r").unwrap().traits(), []);
    assert_eq!((tree.version(), copy.version()), (1, 3));
}

#[test]
fn copying_copies_nothing() {
    // Nova: copy.deepcopy() copies every provider: 36 ms for 1,000.
    // Differs: a copy shares all providers with the original.
    let snapshot = two_trees().snapshot();
    let copy = fork(snapshot.clone()).snapshot();
    assert_eq!(copy.len(), snapshot.len());
    let mut both = snapshot.iter().zip(&*copy);
    assert!(both.all(|(provider, copied)| std::ptr::eq(provider, copied)));
}

#[test]
fn a_forest_survives_a_round_trip_through_records() {
    // Nova: pickle.loads(pickle.dumps(tree)) -> the same UUIDs.
    // Differs: a forest is exported and imported as records.
    let tree = two_trees();
    tree.update_traits("g", ["T"], 3).unwrap();
    let out = tree.snapshot();
    let back = new_tree();
    back.populate(out.to_records()).unwrap();
    assert_eq!(back.snapshot(), out);
}

#[test]
fn a_shared_handle_shares_the_forest() {
    // Nova: copy.copy(tree) shares its dicts: a root added to one is in both.
    // Differs: a tree can't be copied; it is shared in an `Arc`.
    let tree = Arc::new(one_root());
    let handle = Arc::clone(&tree);
    handle.new_root("w").unwrap();
    assert!(tree.exists("w"));
}

#[test]
fn a_subtree_is_an_independent_copy_of_one_tree() {
    // Nova: subtree("r") -> a ProviderSubTree that keeps "r" as its scope, with
    // r and c.
    // Differs: it is an ordinary snapshot; its only root is the scope.
    let tree = two_trees();
    for key in ["r", &R.to_string()] {
        let subtree = tree.snapshot().subtree(key).unwrap();
        assert_eq!(uuids(&subtree), [R, C, G]);
        assert_eq!(subtree.version(), 0);
        subtree.check_invariants().unwrap();
    }
    let subtree = tree.snapshot().subtree("s").unwrap();
    assert_eq!(uuids(&subtree), [S]);
    assert!(!subtree.exists("r"));
    tree.remove("s").unwrap();
    assert!(subtree.exists("s"));
    let own = fork(subtree);
    own.new_root(NewProvider::new("r").uuid(R)).unwrap();
    assert_eq!(names(own.snapshot().iter()), ["s", "r"]);
}

#[test]
fn a_subtree_starts_at_a_root() {
    // Nova: subtree("c") of a child -> ValueError.
    let snapshot = two_trees().snapshot();
    let error = Refusal::NotARoot { uuid: G, root: R };
    assert_eq!(snapshot.subtree("g"), error);
    assert_eq!(snapshot.subtree("nope"), unknown("nope"));
}

#[test]
fn a_copy_of_a_subtree_is_an_ordinary_forest() {
    // Nova: copy.deepcopy() of a subtree -> a ProviderSubTree with the same
    // scope.
    // Differs: it can take more roots.
    let subtree = two_trees().snapshot().subtree("r").unwrap();
    let copy = fork(subtree.clone());
    assert_eq!(copy.snapshot(), subtree);
    copy.new_root(NewProvider::new("s").uuid(S)).unwrap();
    assert_eq!(names(copy.snapshot().roots()), ["r", "s"]);
}

#[test]
fn roots_are_those_of_one_version() {
    // Nova: roots is a live view of the private providers.
    // Differs: an iterator over the roots of one version.
    let tree = one_root();
    let snapshot = tree.snapshot();
    let mut roots = snapshot.roots();
    tree.new_root("later").unwrap();
    tree.remove("r").unwrap();
    assert_eq!(roots.next().map(|root| root.name()), Some("r"));
    assert!(roots.next().is_none());
}
