//! Forests of the greatest depth.

use crate::cases::refusal::Refusal;
use std::thread;

use provider_tree::{Error, Forest, NewProvider, ProviderRecord};
use uuid::Uuid;

use super::NEW;
use crate::cases::{ProviderTree, new_tree};

/// The UUID of a chain's provider at a level; the root is at level 1.
fn at(level: usize) -> Uuid {
    Uuid::from_u128(0x1_0000 + level as u128)
}

/// Records of a chain between two levels, top-down.
fn chain(levels: std::ops::RangeInclusive<usize>) -> Vec<ProviderRecord> {
    let top = *levels.start();
    let of = |level: usize| {
        let mut record = ProviderRecord::new(at(level), format!("level {level}"));
        record.parent_uuid = (level > top).then(|| at(level - 1));
        record
    };
    levels.map(of).collect()
}

fn populated(levels: usize) -> ProviderTree {
    let tree = new_tree();
    tree.populate(chain(1..=levels)).unwrap();
    tree
}

/// Runs a test on a stack too small for a recursion of a thousand levels.
fn on_a_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(128 << 10).spawn(test);
    thread.unwrap().join().unwrap();
}

fn is_refused(tree: &ProviderTree, result: Result<(), Error>, uuid: Uuid) {
    let limit = Forest::MAX_LEVELS;
    assert_eq!(result, Refusal::TooDeep { uuid, limit });
    tree.snapshot().check_invariants().unwrap();
}

/// Checks every query and edit on a chain.
fn works_as_a_chain_of_a_thousand(tree: ProviderTree) {
    let snapshot = tree.snapshot();
    snapshot.check_invariants().unwrap();
    let all: Vec<Uuid> = (1..=1_000).map(at).collect();
    assert!(snapshot.provider_uuids().eq(all.iter().copied()));
    let deepest = "level 1000";
    assert_eq!(snapshot.depth(deepest), Ok(999));
    let ancestors = snapshot.ancestors(deepest).unwrap();
    assert!(
        ancestors
            .map(|above| above.uuid())
            .eq((1..1_000).rev().map(at))
    );
    assert_eq!(snapshot.root_of(deepest).unwrap().uuid(), at(1));
    assert_eq!(snapshot.tree_of(deepest).unwrap().count(), 1_000);
    assert_eq!(snapshot.descendants(at(1)).unwrap().count(), 999);
    assert_eq!(snapshot.children(at(999)).unwrap().count(), 1);
    assert_eq!(snapshot.roots().count(), 1);
    let drawing = snapshot.to_string();
    assert_eq!(drawing.lines().count(), 1_000);
    assert!(drawing.ends_with(&format!("└── {deepest} {}\n", at(1_000))));
    assert!(format!("{snapshot:?}").contains(deepest));

    let subtree = snapshot.subtree(at(1)).unwrap();
    assert_eq!(subtree, snapshot);
    subtree.check_invariants().unwrap();
    drop(subtree);

    tree.move_to_root(at(501)).unwrap();
    tree.snapshot().check_invariants().unwrap();
    assert_eq!(tree.snapshot().depth(deepest), Ok(499));
    tree.move_to(at(501), at(500)).unwrap();
    assert_eq!(tree.snapshot(), snapshot);
    let cycle = tree.move_to(at(1), at(1_000)).unwrap_err();
    let uuids = all.iter().rev().copied().collect();
    assert_eq!(cycle, Refusal::Cycle { uuids });

    assert_eq!(tree.remove(at(501)).unwrap().value, 500);
    assert_eq!(tree.remove(at(1)).unwrap().value, 500);
    assert!(tree.is_empty());
    tree.snapshot().check_invariants().unwrap();
    drop(snapshot);
}

#[test]
fn a_thousand_levels_work_added_one_by_one() {
    on_a_small_stack(|| {
        let tree = new_tree();
        tree.new_root(NewProvider::new("level 1").uuid(at(1)))
            .unwrap();
        for level in 2..=1_000 {
            let name = format!("level {level}");
            tree.new_child(NewProvider::new(&name).uuid(at(level)), at(level - 1))
                .unwrap();
        }
        works_as_a_chain_of_a_thousand(tree);
    });
}

#[test]
fn a_thousand_levels_work_populated_at_once() {
    on_a_small_stack(|| {
        works_as_a_chain_of_a_thousand(populated(1_000));
        let tree = new_tree();
        tree.populate(chain(1..=1_000).iter().rev()).unwrap();
        works_as_a_chain_of_a_thousand(tree);
    });
}

#[test]
fn a_child_below_the_deepest_level_is_refused() {
    let tree = populated(Forest::MAX_LEVELS - 1);
    let above = at(Forest::MAX_LEVELS - 1);
    tree.new_child(
        NewProvider::new("deepest").uuid(at(Forest::MAX_LEVELS)),
        above,
    )
    .unwrap();
    assert_eq!(tree.snapshot().depth("deepest"), Ok(Forest::MAX_LEVELS - 1));
    let before = tree.snapshot();
    let result = tree
        .new_child(NewProvider::new("below").uuid(NEW), "deepest")
        .map(drop);
    is_refused(&tree, result, NEW);
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn a_move_below_the_deepest_level_is_refused() {
    let tree = populated(Forest::MAX_LEVELS - 2);
    tree.new_root(NewProvider::new("top").uuid(NEW)).unwrap();
    let lower = tree.new_child("lower", NEW).unwrap().value;
    assert!(
        tree.move_to("top", at(Forest::MAX_LEVELS - 2))
            .unwrap()
            .value
    );
    assert_eq!(tree.snapshot().depth("lower"), Ok(Forest::MAX_LEVELS - 1));
    tree.snapshot().check_invariants().unwrap();

    // One level more: the moved provider fits, but its descendants are too deep.
    tree.move_to_root("top").unwrap();
    tree.new_child("between", at(Forest::MAX_LEVELS - 2))
        .unwrap();
    let before = tree.snapshot();
    is_refused(&tree, tree.move_to("top", "between").map(drop), lower);
    tree.move_to_root("lower").unwrap();
    tree.move_to("lower", "between").unwrap();
    is_refused(&tree, tree.move_to("top", "lower").map(drop), NEW);
    assert_eq!(before.len(), tree.len());
}

#[test]
fn a_populate_below_the_deepest_level_is_refused() {
    let tree = new_tree();
    let before = tree.snapshot();
    let result = tree.populate(chain(1..=Forest::MAX_LEVELS + 1)).map(drop);
    is_refused(&tree, result, at(Forest::MAX_LEVELS + 1));
    assert!(tree.snapshot().ptr_eq(&before));
    tree.populate(chain(1..=Forest::MAX_LEVELS)).unwrap();
    tree.snapshot().check_invariants().unwrap();

    // Below an existing chain, and with a part of it moved.
    let mut one = ProviderRecord::new(NEW, "below");
    one.parent_uuid = Some(at(Forest::MAX_LEVELS));
    is_refused(&tree, tree.populate([&one]).map(drop), NEW);
    let mut moved = chain(2..=Forest::MAX_LEVELS);
    moved[0].parent_uuid = Some(NEW);
    one.parent_uuid = Some(at(1));
    moved.push(one);
    let before = tree.snapshot();
    is_refused(
        &tree,
        tree.populate(&moved).map(drop),
        at(Forest::MAX_LEVELS),
    );
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn a_populate_of_far_too_many_levels_is_refused_quickly() {
    on_a_small_stack(|| {
        let tree = new_tree();
        let result = tree.populate(chain(1..=100_000)).map(drop);
        is_refused(&tree, result, at(Forest::MAX_LEVELS + 1));
        let mut cycle = chain(1..=100_000);
        cycle[0].parent_uuid = Some(at(100_000));
        let error = tree.populate(&cycle).unwrap_err();
        assert!(matches!(&error, Error::Cycle { uuids, .. } if uuids.len() == 100_000));
        assert!(
            error
                .to_string()
                .ends_with(" and 99990 more: change the parent of one")
        );
    });
}
