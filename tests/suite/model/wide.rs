//! A root with 100,000 children, and thousands of roots, against plain lists.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng};
use provider_tree::{Error, NewProvider, ProviderRecord};
use uuid::Uuid;

use crate::cases::{ProviderTree, new_tree};

const CHILDREN: u128 = 100_000;

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn name(number: u128) -> String {
    format!("child {number}")
}

/// A root with children, and one without.
fn wide() -> ProviderTree {
    let root = ProviderRecord::new(uuid(0), "root");
    let other = ProviderRecord::new(uuid(u128::MAX), "other");
    let children = (1..=CHILDREN).map(|number| {
        let mut record = ProviderRecord::new(uuid(number), name(number));
        record.parent_uuid = Some(root.uuid);
        record
    });
    let all: Vec<_> = [root.clone(), other].into_iter().chain(children).collect();
    let tree = new_tree();
    tree.populate(&all).unwrap();
    tree
}

fn numbers(tree: &ProviderTree, parent: &str) -> Vec<u128> {
    let snapshot = tree.snapshot();
    let children = snapshot.children(parent).unwrap();
    children.map(|child| child.uuid().as_u128()).collect()
}

#[test]
fn a_hundred_thousand_children_are_ordered_like_a_list() {
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let tree = wide();
    let mut here: Vec<u128> = (1..=CHILDREN).collect();
    let mut there: Vec<u128> = Vec::new();
    let mut next = CHILDREN + 1;
    for step in 0..400 {
        let at = random.random_range(0..here.len());
        let number = here[at];
        match random.random_range(0..5) {
            0 => {
                tree.remove(uuid(number)).unwrap();
                here.remove(at);
            }
            1 => {
                tree.new_child(NewProvider::new(&name(next)).uuid(uuid(next)), "root")
                    .unwrap();
                here.push(next);
                next += 1;
            }
            2 => {
                tree.move_to(uuid(number), "other").unwrap();
                there.push(here.remove(at));
            }
            3 if !there.is_empty() => {
                let back = there.remove(random.random_range(0..there.len()));
                tree.move_to(name(back).as_str(), "root").unwrap();
                here.push(back);
            }
            _ => {
                let older = tree.snapshot();
                tree.update(|transaction| {
                    transaction.set_generation(uuid(number), step)?;
                    transaction.rename(uuid(number), "in between")?;
                    transaction.rename("in between", &name(number))?;
                    Ok::<_, Error>(())
                })
                .unwrap();
                assert_eq!(tree.snapshot().diff(&older).len(), 1);
                let found = tree.find(name(number).as_str()).unwrap();
                assert_eq!(
                    (found.uuid(), found.generation()),
                    (uuid(number), Some(step))
                );
            }
        }
        if step % 80 == 0 {
            assert_eq!(numbers(&tree, "root"), here);
            assert_eq!(numbers(&tree, "other"), there);
        }
    }
    tree.snapshot().check_invariants().unwrap();
    assert_eq!(numbers(&tree, "root"), here);
    // Removing all but a few in one commit makes the tree small again.
    tree.update(|transaction| {
        here[10..]
            .iter()
            .try_for_each(|number| transaction.remove(uuid(*number)).map(drop))
    })
    .unwrap();
    here.truncate(10);
    assert_eq!(numbers(&tree, "root"), here);
    tree.snapshot().check_invariants().unwrap();
}

const ROOTS: u128 = 3_000;

/// Adds, removes and moves many roots, so that the blocks of their ordinals grow, empty and
/// are renumbered.
#[test]
fn thousands_of_roots_are_ordered_like_a_list() {
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let tree = new_tree();
    let mut here: Vec<u128> = Vec::new();
    let mut next = 0;
    for round in 0..8 {
        let older = tree.snapshot();
        let come = if round % 2 == 0 { ROOTS } else { 10 };
        let all = next..next + come;
        next += come;
        tree.populate(
            all.clone()
                .map(|number| ProviderRecord::new(uuid(number), name(number))),
        )
        .unwrap();
        here.extend(all);
        // Some move, to the order of a fork that was filled in another order.
        let mut order = here.clone();
        for _ in 0..300 {
            let moved = order.remove(random.random_range(0..order.len()));
            order.insert(random.random_range(0..=order.len()), moved);
        }
        let other = new_tree();
        let records = order
            .iter()
            .map(|number| ProviderRecord::new(uuid(*number), name(*number)));
        other.populate(records).unwrap();
        let changes = other.snapshot().diff(&tree.snapshot());
        assert!((1..=300).contains(&changes.len()), "{}", changes.len());
        tree.update(|transaction| transaction.apply(&changes))
            .unwrap();
        assert_eq!(tree.snapshot(), other.snapshot());
        here = order;
        assert_shows(&tree, &here);
        // Remove most: from the front, from the back, or in between.
        let kept: Vec<u128> = match round % 4 {
            0 => here[here.len() - 100..].to_vec(),
            1 => here[..50].to_vec(),
            2 => here.iter().copied().step_by(97).collect(),
            _ => here
                .iter()
                .copied()
                .filter(|number| number % 2 == 0)
                .collect(),
        };
        tree.update(|transaction| {
            let mut gone = here.iter().filter(|number| !kept.contains(number));
            gone.try_for_each(|number| transaction.remove(uuid(*number)).map(drop))
        })
        .unwrap();
        here = kept;
        assert_shows(&tree, &here);
        older.check_invariants().unwrap();
    }
}

fn assert_shows(tree: &ProviderTree, roots: &[u128]) {
    let snapshot = tree.snapshot();
    snapshot.check_invariants().unwrap();
    let shown: Vec<u128> = snapshot.roots().map(|root| root.uuid().as_u128()).collect();
    assert_eq!(shown, roots);
}
