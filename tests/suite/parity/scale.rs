//! Limits of Nova's class in size and locking.

use crate::cases::refusal::Refusal;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::{Forest, NewProvider};
use uuid::Uuid;

use super::{one_root, record, refused};
use crate::cases::{fork, new_tree};

/// The shortest of a few runs, so that a busy machine doesn't matter.
fn shortest(mut run: impl FnMut()) -> Duration {
    let timed = (0..5).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed()
    });
    timed.min().unwrap()
}

#[test]
fn a_hundred_lookups_cost_less_than_one_scan() {
    // Nova: a look-up of a child scans the forest.
    // Differs: each is one look-up in a hash map, by UUID and by name.
    let tree = one_root();
    let records = (1..=20_000_u128).map(|number| {
        let name = format!("child {number}");
        record(Uuid::from_u128(number << 64), &name, super::R)
    });
    tree.populate(records).unwrap();
    let snapshot = tree.snapshot();
    let last = Uuid::from_u128(20_000 << 64);
    let scan = shortest(|| {
        let found = snapshot.iter().find(|provider| provider.uuid() == last);
        assert!(found.is_some());
    });
    let lookups = shortest(|| {
        for _ in 0..50 {
            assert!(snapshot.get(last).is_some());
            assert!(snapshot.find("child 20000").is_some());
        }
    });
    assert!(lookups < scan, "{lookups:?} and {scan:?}");
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
