//! Real threads: no update is lost, no read is torn, and versions never go backwards.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use provider_tree::{Error, NewProvider, Snapshot, Transaction};

use crate::cases::{ProviderTree, new_tree};

const WRITERS: u64 = 4;
const COMMITS: u64 = 1_000;
/// How many commits writers make at most while they wait for readers.
const PATIENCE: u64 = 1_000_000;

fn counter_of(snapshot: &Snapshot) -> u64 {
    snapshot.find("counter").unwrap().generation().unwrap()
}

fn with_counter() -> ProviderTree {
    let tree = new_tree();
    tree.new_root(NewProvider::new("counter").generation(0))
        .unwrap();
    tree
}

/// Raises the counter by one, and yields now and then to provoke conflicts.
fn count(transaction: &mut Transaction) -> Result<u64, Error> {
    let next = transaction.find("counter").unwrap().generation().unwrap() + 1;
    if next.is_multiple_of(3) {
        thread::yield_now();
    }
    transaction.set_generation("counter", next)?;
    Ok(next)
}

#[test]
fn every_update_is_counted_once() {
    let tree = with_counter();
    let start = Barrier::new(WRITERS as usize);
    let committed: Vec<_> = thread::scope(|scope| {
        let write = || {
            start.wait();
            let count = |_| tree.update(count).unwrap();
            (0..COMMITS).map(count).collect::<Vec<_>>()
        };
        let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
        let committed = writers.into_iter().map(|writer| writer.join().unwrap());
        committed.flatten().collect()
    });
    assert_eq!(counter_of(&tree.snapshot()), WRITERS * COMMITS);
    assert_eq!(tree.version(), 1 + WRITERS * COMMITS);
    let versions: BTreeSet<u64> = committed.iter().map(|one| one.version).collect();
    assert!(versions.into_iter().eq(2..=1 + WRITERS * COMMITS));
    for one in &committed {
        assert_eq!(
            one.value + 1,
            one.version,
            "it was not computed from its base"
        );
    }
    let attempts: u64 = committed.iter().map(|one| one.attempts).sum();
    assert!(attempts > WRITERS * COMMITS, "no update ever lost");
}

#[test]
fn a_losing_transaction_is_retried_and_counted_once() {
    let tree = with_counter();
    let start = Barrier::new(WRITERS as usize);
    let conflicts: u64 = thread::scope(|scope| {
        let write = || {
            start.wait();
            (0..COMMITS).map(|_| commit_once(&tree)).sum::<u64>()
        };
        let writers: Vec<_> = (0..WRITERS).map(|_| scope.spawn(write)).collect();
        writers
            .into_iter()
            .map(|writer| writer.join().unwrap())
            .sum()
    });
    assert_eq!(counter_of(&tree.snapshot()), WRITERS * COMMITS);
    assert_eq!(tree.version(), 1 + WRITERS * COMMITS);
    assert!(conflicts > 0, "no transaction ever lost");
}

/// Raises the counter in a transaction; returns the number of conflicts.
fn commit_once(tree: &ProviderTree) -> u64 {
    let mut transaction = tree.begin();
    let mut conflicts = 0;
    loop {
        count(&mut transaction).unwrap();
        let base = transaction.base().version();
        match tree.commit(transaction) {
            Ok(committed) => {
                assert_eq!(committed.version, base + 1);
                return conflicts;
            }
            Err(conflict) => {
                assert!(conflict.newer().version() > base);
                conflicts += 1;
                transaction = conflict.restart();
            }
        }
    }
}

#[test]
fn a_failed_or_panicking_closure_leaves_no_trace_under_contention() {
    let tree = with_counter();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let tree = &tree;
            scope.spawn(move || {
                for round in 0..COMMITS {
                    let spoil = (writer + round) % 3;
                    let outcome = catch_unwind(AssertUnwindSafe(|| {
                        tree.update(|transaction| {
                            count(transaction)?;
                            match spoil {
                                0 => Ok(()),
                                1 => transaction.remove("nobody").map(drop),
                                // Unwinds without running the panic hook.
                                _ => std::panic::resume_unwind(Box::new("spoiled")),
                            }
                        })
                    }));
                    match (spoil, outcome) {
                        (0, Ok(Ok(_)))
                        | (1, Ok(Err(Error::UnknownProvider { .. })))
                        | (2, Err(_)) => {}
                        (spoil, outcome) => panic!("{spoil} gave {outcome:?}"),
                    }
                }
            });
        }
    });
    let good = (0..WRITERS)
        .flat_map(|writer| (0..COMMITS).map(move |round| writer + round))
        .filter(|sum| sum % 3 == 0)
        .count() as u64;
    assert_eq!(counter_of(&tree.snapshot()), good);
    assert_eq!(tree.version(), 1 + good);
}

/// The invariant of every version: both halves have the same generation, and `guest` exists
/// with its `device` or not at all.
fn check(snapshot: &Snapshot, seen: &mut Vec<u64>) {
    let last_seen = *seen.last().unwrap_or(&0);
    assert!(snapshot.version() >= last_seen, "returned an older version");
    if snapshot.version() > last_seen {
        seen.push(snapshot.version());
    }
    let half = |name| snapshot.find(name).unwrap().generation();
    assert_eq!(half("left"), half("right"), "torn");
    assert_eq!(snapshot.exists("guest"), snapshot.exists("device"), "torn");
    let names: Vec<_> = snapshot
        .tree_of("host")
        .unwrap()
        .map(|one| one.name())
        .collect();
    let expected: &[&str] = if snapshot.exists("guest") {
        &["host", "left", "right", "guest", "device"]
    } else {
        &["host", "left", "right"]
    };
    assert_eq!(names, expected);
    assert_eq!(snapshot.len(), expected.len());
}

#[test]
fn all_three_ways_to_read_see_whole_transactions_in_order() {
    let tree = new_tree();
    tree.update(|transaction| {
        transaction.new_root("host")?;
        transaction.new_child(NewProvider::new("left").generation(0), "host")?;
        transaction.new_child(NewProvider::new("right").generation(0), "host")
    })
    .unwrap();
    let done = AtomicBool::new(false);
    let first = tree.snapshot();
    let first_text = first.to_string();
    // Readers that have not seen two versions yet; the writers continue until they have.
    let waiting = AtomicUsize::new(3);
    let mut commits = 0;
    thread::scope(|scope| {
        let by_reader = || {
            let mut reader = tree.reader();
            read_until(&done, &waiting, |seen| check(reader.load(), seen));
        };
        let in_place = || {
            read_until(&done, &waiting, |seen| {
                tree.read(|snapshot| check(snapshot, seen));
            });
        };
        let owned = || read_until(&done, &waiting, |seen| check(&tree.snapshot(), seen));
        scope.spawn(by_reader);
        scope.spawn(in_place);
        scope.spawn(owned);
        let writers = [(); 2].map(|()| scope.spawn(|| write_pairs(&tree, &waiting)));
        let outcomes = writers.map(|writer| writer.join());
        done.store(true, Ordering::Relaxed);
        for outcome in outcomes {
            commits += outcome.unwrap();
        }
    });
    assert_eq!(tree.find("left").unwrap().generation(), Some(commits));
    assert_eq!(first.version(), 1);
    assert_eq!(first.to_string(), first_text, "a held snapshot has changed");
    tree.snapshot().check_invariants().unwrap();
}

/// Reads until the writers are done, which is after it has seen two versions.
fn read_until(done: &AtomicBool, waiting: &AtomicUsize, mut read: impl FnMut(&mut Vec<u64>)) {
    let mut seen = Vec::new();
    while seen.len() < 2 {
        read(&mut seen);
    }
    waiting.fetch_sub(1, Ordering::Relaxed);
    while !done.load(Ordering::Relaxed) {
        read(&mut seen);
    }
    read(&mut seen);
}

/// Returns the number of its commits.
fn write_pairs(tree: &ProviderTree, waiting: &AtomicUsize) -> u64 {
    let mut reader = tree.reader();
    let mut commits = 0;
    while commits < COMMITS || waiting.load(Ordering::Relaxed) > 0 && commits < PATIENCE {
        commits += 1;
        let committed = tree
            .update(|transaction| {
                let next = transaction.find("left").unwrap().generation().unwrap() + 1;
                transaction.set_generation("left", next)?;
                transaction.set_generation("right", next)?;
                if transaction.exists("guest") {
                    transaction.remove("guest")?;
                } else {
                    transaction.new_child("guest", "host")?;
                    transaction.new_child("device", "guest")?;
                }
                Ok(next)
            })
            .unwrap();
        for seen in [
            tree.version(),
            tree.snapshot().version(),
            reader.load().version(),
        ] {
            assert!(seen >= committed.version, "it does not see its own commit");
        }
    }
    commits
}

#[test]
fn a_reader_outlives_its_tree() {
    let tree = with_counter();
    let mut reader = tree.reader();
    tree.set_generation("counter", 7).unwrap();
    drop(tree);
    assert_eq!(counter_of(reader.load()), 7);
}

#[test]
fn a_transaction_that_only_read_conflicts_when_it_is_stale() {
    let tree = with_counter();
    let reading = tree.begin();
    reading.expect_generation("counter", 0).unwrap();
    let idle = tree.begin();
    assert_eq!(tree.commit(idle).unwrap().version, 1);
    tree.set_generation("counter", 1).unwrap();
    let conflict = tree.commit(reading).unwrap_err();
    assert_eq!(conflict.newer().version(), 2);
}
