//! Commits, generation changes and conflicts are events; reads are not.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread;

use provider_tree::{Error, NewProvider};
use uuid::Uuid;

use super::events::{listen, stop_listening};
use super::foreign::{others_can_commit, update_with_a_claim, with_host};
use crate::cases::{ends, new_tree};

#[test]
fn commits_are_reported_and_reads_are_not() {
    let lines = Rc::new(RefCell::new(Vec::new()));
    listen({
        let lines = Rc::clone(&lines);
        move |line| lines.borrow_mut().push(line)
    });
    let host = Uuid::from_u128(1);
    let tree = new_tree();
    tree.new_root(NewProvider::new("host").uuid(host).generation(3))
        .unwrap();
    tree.update(|transaction| {
        transaction.update_traits("host", ["CUSTOM_GOLD"], 4)?;
        transaction.set_generation("host", 5)
    })
    .unwrap();

    let mut loser = tree.begin();
    loser.set_generation("host", 9).unwrap();
    tree.rename("host", "renamed").unwrap();
    let mut again = tree.commit(loser).unwrap_err().restart();
    again.new_child("child", "renamed").unwrap();
    tree.commit(again).unwrap();

    tree.set_generation(host, 5).unwrap();
    let failed = tree.update(|transaction| {
        transaction.set_generation(host, 6)?;
        transaction.remove("nobody")
    });
    assert!(matches!(failed, Err(Error::UnknownProvider { .. })));
    tree.read(|snapshot| assert!(snapshot.exists("renamed")));
    assert!(tree.snapshot().exists("child"));
    assert_eq!(tree.reader().load().version(), 4);
    let older = tree.snapshot();
    tree.set_generation(host, 8).unwrap();
    let back = older.diff(&tree.snapshot());
    tree.update(|transaction| transaction.apply(&back)).unwrap();
    let mut records: Vec<_> = older.to_records().collect();
    records[0].generation = Some(9);
    tree.replace_all(&records).unwrap();
    tree.populate(&records).unwrap();
    assert_eq!(
        *lines.borrow(),
        [
            "commit version=1 edits=1 attempts=1",
            "generation version=1 uuid=00000000-0000-0000-0000-000000000001 to=3 operation=\"new\"",
            "commit version=2 edits=2 attempts=1",
            "generation version=2 uuid=00000000-0000-0000-0000-000000000001 from=3 to=4 \
             operation=\"update_traits\"",
            "generation version=2 uuid=00000000-0000-0000-0000-000000000001 from=4 to=5 \
             operation=\"set_generation\"",
            "commit version=3 edits=1 attempts=1",
            "conflict base=2 newer=3 attempts=1",
            "commit version=4 edits=1 attempts=1",
            "commit version=5 edits=1 attempts=1",
            "generation version=5 uuid=00000000-0000-0000-0000-000000000001 from=5 to=8 \
             operation=\"set_generation\"",
            "commit version=6 edits=1 attempts=1",
            "generation version=6 uuid=00000000-0000-0000-0000-000000000001 from=8 to=5 \
             operation=\"apply\"",
            "commit version=7 edits=1 attempts=1",
            "generation version=7 uuid=00000000-0000-0000-0000-000000000001 from=5 to=9 \
             operation=\"replace_all\"",
        ]
    );
}

/// The layer commits to the tree whose commits it handles, also after a lost attempt whose
/// update may have claimed priority.
#[test]
fn a_layer_can_commit_to_the_same_tree() {
    ends(|| {
        let tree = Arc::new(new_tree());
        let host = tree
            .new_root(NewProvider::new("host").generation(0))
            .unwrap()
            .value;
        let (sender, receiver) = mpsc::channel();
        listen({
            let tree = Arc::clone(&tree);
            move |line| {
                tree.update(|transaction| {
                    let now = transaction.require(host)?.generation().unwrap_or(0);
                    transaction.set_generation(host, now + 1)
                })
                .unwrap();
                sender.send(line).unwrap();
            }
        });
        tree.new_root("first").unwrap();
        let mut runs = 0;
        let committed = tree.update(|transaction| {
            runs += 1;
            if runs <= 6 {
                let mut first = tree.begin();
                first.rename("first", &format!("first{runs}"))?;
                first.rename(&format!("first{runs}"), "first")?;
                // In another thread: in this one the layer would run inside the closure.
                thread::scope(|scope| {
                    scope.spawn(|| tree.commit(first).unwrap());
                });
            }
            transaction.new_root("last")
        });
        assert_eq!(committed.unwrap().attempts, 7);
        stop_listening();
        let lines: Vec<String> = receiver.iter().collect();
        let conflicts = lines.iter().filter(|line| line.starts_with("conflict"));
        assert_eq!(conflicts.count(), 6);
        let generation = tree.find(host).unwrap().generation();
        assert_eq!(generation, Some(lines.len() as u64));
    });
}

#[test]
fn a_panicking_layer_does_not_undo_the_commit() {
    ends(|| {
        let tree = new_tree();
        let panics = || listen(|_| panic!("planned"));
        panics();
        let committed = catch_unwind(AssertUnwindSafe(|| {
            tree.new_root(NewProvider::new("host").generation(0))
        }));
        assert_eq!(committed.unwrap().unwrap().version, 1);
        panics();
        let mut loser = tree.begin();
        loser.set_generation("host", 1).unwrap();
        tree.set_generation("host", 2).unwrap();
        panics();
        let conflict = catch_unwind(AssertUnwindSafe(|| tree.commit(loser)));
        assert!(conflict.unwrap().is_err());
        tree.collect();
        assert_eq!(tree.stats().versions, 1);
    });
}

#[test]
fn a_blocking_layer_does_not_block_other_writers() {
    ends(|| {
        let tree = Arc::new(new_tree());
        tree.new_root(NewProvider::new("host").generation(0))
            .unwrap();
        let (blocked, is_blocked) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let writer = thread::spawn({
            let tree = Arc::clone(&tree);
            move || {
                listen(move |_| {
                    blocked.send(()).unwrap();
                    let _ = released.recv();
                });
                tree.set_generation("host", 1).unwrap().version
            }
        });
        is_blocked.recv().unwrap();
        for generation in 2..100 {
            tree.set_generation("host", generation).unwrap();
        }
        drop(release);
        assert_eq!(writer.join().unwrap(), 2);
    });
}

/// Both events of an update that claimed priority: the conflict and the commit.
#[test]
fn a_blocking_layer_does_not_hold_the_claim_of_an_update() {
    ends(|| {
        let tree = with_host();
        let got_through = Rc::new(RefCell::new(Vec::new()));
        update_with_a_claim(&tree, |transaction, attempt| {
            if attempt >= 3 {
                let (tree, got_through) = (Arc::clone(&tree), Rc::clone(&got_through));
                listen(move |line| {
                    let event = line.split(' ').next().unwrap_or_default().to_owned();
                    got_through
                        .borrow_mut()
                        .push((event, others_can_commit(&tree)));
                });
            }
            transaction.rename("host", "renamed")
        });
        stop_listening();
        let expected = ["conflict", "commit"].map(|event| (event.to_owned(), true));
        assert_eq!(got_through.take(), expected);
    });
}
