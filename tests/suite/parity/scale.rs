//! Limits of Nova's class in size and locking.

use crate::cases::refusal::Refusal;
use std::sync::mpsc;
use std::thread;

use provider_tree::{Forest, NewProvider};
use uuid::Uuid;

use super::{one_root, record, refused};
use crate::cases::{fork, new_tree};

#[test]
fn the_last_of_many_children_is_found_by_uuid_and_by_name() {
    // Nova: a look-up of a child scans the forest.
    // Differs: it is one look-up in an index, whose cost the benchmarks show.
    let tree = one_root();
    let records = (1..=20_000_u128).map(|number| {
        let name = format!("child {number}");
        record(Uuid::from_u128(number << 64), &name, super::R)
    });
    tree.populate(records).unwrap();
    let last = Uuid::from_u128(20_000 << 64);
    let snapshot = tree.snapshot();
    assert_eq!(snapshot.get(last).unwrap().name(), "child 20000");
    assert_eq!(snapshot.find("child 20000").unwrap().uuid(), last);
}

#[test]
fn a_chain_may_have_as_many_levels_as_documented() {
    // Nova: a chain of 1,200 -> RecursionError at level 995.
    // Differs: nothing recurses; past the limit it is an error.
    let tree = new_tree();
    let committed = tree.update(|transaction| {
        let mut parent = transaction.new_root("1")?;
        for level in 2..=Forest::MAX_LEVELS {
            parent = transaction.new_child(&level.to_string(), parent)?;
        }
        Ok(parent)
    });
    let deepest = committed.unwrap().value;
    assert_eq!(tree.snapshot().depth(deepest), Ok(Forest::MAX_LEVELS - 1));
    let uuid = Uuid::from_u128(1);
    let error = refused(&tree, |tree| {
        tree.new_child(NewProvider::new("below").uuid(uuid), deepest)
    });
    let limit = Forest::MAX_LEVELS;
    assert_eq!(error, Refusal::TooDeep { uuid, limit });

    // Nova: deepcopy() fails past level 164, a subtree past 165.
    let snapshot = tree.snapshot();
    for copy in [
        fork(snapshot.clone()).snapshot(),
        snapshot.subtree("1").unwrap(),
    ] {
        assert_eq!(copy, snapshot);
        copy.check_invariants().unwrap();
    }
}

#[test]
fn updates_of_different_trees_do_not_wait_for_each_other() {
    // Nova: one lock for all trees of the process: while one is changed, none
    // can be read.
    // Differs: trees are independent, and readers never wait.
    let held = one_root();
    let free = one_root();
    let (entered, is_entered) = mpsc::channel();
    let (leave, may_leave) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // A failing assertion drops it, which ends the writer too.
        let leave = leave;
        let writer = scope.spawn(|| {
            let may_leave = may_leave;
            held.update(|transaction| {
                transaction.add_traits("r", ["T"])?;
                entered.send(()).unwrap();
                may_leave.recv().unwrap();
                Ok(())
            })
        });
        is_entered.recv().unwrap();
        free.add_traits("r", ["T"]).unwrap();
        assert!(free.snapshot().has_traits("r", ["T"]).unwrap());
        assert!(!held.snapshot().has_traits("r", ["T"]).unwrap());
        leave.send(()).unwrap();
        assert_eq!(writer.join().unwrap().unwrap().attempts, 1);
    });
    assert!(held.snapshot().has_traits("r", ["T"]).unwrap());
}
