//! Short transactions that never pause don't starve a long one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use provider_tree::{Inventory, NewProvider, ResourceClass};
use uuid::Uuid;

use crate::cases::new_tree;

const PROVIDERS: u128 = 10_000;
const SHORT_WRITERS: u128 = 3;

/// At most four attempts precede the first claim, to which others defer for twice the length
/// of an attempt. On a busy machine the claim may expire and be renewed a few times. Without
/// claims the transaction would lose thousands of times.
const ENOUGH_ATTEMPTS: u64 = 16;

#[test]
fn ten_thousand_edits_commit_in_a_few_attempts() {
    let tree = new_tree();
    tree.update(|transaction| {
        for number in 0..PROVIDERS {
            transaction.new_root(
                NewProvider::new(&format!("host{number}"))
                    .uuid(Uuid::from_u128(number))
                    .generation(0),
            )?;
        }
        Ok(())
    })
    .unwrap();
    let done = AtomicBool::new(false);
    let short_commits = AtomicU64::new(0);
    let long = thread::scope(|scope| {
        for writer in 0..SHORT_WRITERS {
            let (tree, done, short_commits) = (&tree, &done, &short_commits);
            scope.spawn(move || {
                let mut next = 1;
                while !done.load(Ordering::Relaxed) {
                    tree.set_generation(Uuid::from_u128(writer), next).unwrap();
                    short_commits.fetch_add(1, Ordering::Relaxed);
                    next += 1;
                }
            });
        }
        while short_commits.load(Ordering::Relaxed) < 100 {
            thread::yield_now();
        }
        // Reads all providers that the short writers change, and writes every provider.
        let long = tree.update(|transaction| {
            let sum: u64 = (0..SHORT_WRITERS)
                .map(|writer| transaction.get(Uuid::from_u128(writer)).unwrap())
                .map(|provider| provider.generation().unwrap())
                .sum();
            for number in 0..PROVIDERS {
                let inventory = [(ResourceClass::VCPU, Inventory::new(8))];
                transaction.update_inventory(Uuid::from_u128(number), inventory, None)?;
            }
            Ok(sum)
        });
        done.store(true, Ordering::Relaxed);
        long.unwrap()
    });
    // Each earlier short commit raised one generation by one; the first version built the
    // forest.
    assert_eq!(long.value, long.version - 2, "not serialisable");
    assert!(
        long.attempts <= ENOUGH_ATTEMPTS,
        "it took {} attempts",
        long.attempts
    );
    assert_eq!(tree.version(), 2 + short_commits.into_inner());
    println!("{} attempts", long.attempts);
}

/// All updates that have lost compete for the next claim, so the longest is not always last.
#[test]
fn a_long_update_commits_among_others_nearly_as_long() {
    let tree = new_tree();
    for writer in 0..4 {
        tree.new_root(NewProvider::new(&format!("host{writer}")).generation(0))
            .unwrap();
    }
    let done = AtomicBool::new(false);
    let long = thread::scope(|scope| {
        for writer in 0..4 {
            let (tree, done) = (&tree, &done);
            scope.spawn(move || {
                let mut next = 1;
                while !done.load(Ordering::Relaxed) {
                    tree.update(|transaction| {
                        thread::sleep(Duration::from_millis(20));
                        transaction.set_generation(&format!("host{writer}"), next)
                    })
                    .unwrap();
                    next += 1;
                }
            });
        }
        thread::sleep(Duration::from_millis(100));
        let mut attempts = 0;
        let long = tree.update(|transaction| {
            attempts += 1;
            if attempts > 2 * ENOUGH_ATTEMPTS {
                done.store(true, Ordering::Relaxed);
            }
            thread::sleep(Duration::from_millis(30));
            transaction.new_root("long")
        });
        done.store(true, Ordering::Relaxed);
        long.unwrap()
    });
    assert!(
        long.attempts <= 2 * ENOUGH_ATTEMPTS,
        "it took {} attempts",
        long.attempts
    );
    println!("{} attempts", long.attempts);
}
