//! Old versions that come while they are read, or while another thread frees.

use uuid::Uuid;

use super::*;
use crate::Transaction;

/// More than a small commit frees.
const ALL: std::ops::Range<u128> = 0..280;

/// The next version, and what `add` is given of the one before it.
fn next(
    base: &Snapshot,
    changed: std::ops::Range<u128>,
    generation: u64,
) -> (Snapshot, (Snapshot, Vec<Replaced>)) {
    let mut transaction = Transaction::new(base.clone());
    for uuid in changed.map(Uuid::from_u128) {
        if transaction.get(uuid).is_none() {
            transaction.new_root(&uuid.to_string(), uuid, None).unwrap();
        }
        transaction.set_generation(uuid, generation).unwrap();
    }
    let next = transaction.next();
    let (base, replaced, _) = transaction.into_parts();
    (next, (base, replaced))
}

fn add(retired: &Retired, (version, replaced): (Snapshot, Vec<Replaced>)) {
    retired.add(version, replaced, 0);
}

#[test]
fn what_came_while_another_freed_keeps_what_newer_ones_leave_to_it() {
    let retired = Retired::default();
    let (first, _) = next(&Snapshot::default(), ALL, 0);
    let (second, old) = next(&first, ALL, 1);
    drop(first);
    add(&retired, old);
    let (third, old) = next(&second, 0..1, 2);
    // Another thread is at it.
    let busy = retired.kept.try_lock().unwrap();
    add(&retired, old);
    assert_eq!(retired.counts().0, 1);
    drop(busy);
    let (fourth, old) = next(&third, ALL, 3);
    drop(third);
    add(&retired, old);
    assert_eq!(retired.counts(), (1, 280));

    drop(second);
    let (_fifth, old) = next(&fourth, 0..1, 4);
    drop(fourth);
    add(&retired, old);
    assert_eq!(retired.counts(), (1, 280 - 258));
}

#[test]
fn who_gets_the_lock_frees_what_all_others_have_brought() {
    let retired = Retired::default();
    let busy = retired.kept.try_lock().unwrap();
    let (mut newest, _) = next(&Snapshot::default(), 0..1, 0);
    let mut read = Vec::new();
    for generation in 1..=1_000 {
        let (newer, old) = next(&newest, 0..1, generation);
        add(&retired, old);
        read.push(std::mem::replace(&mut newest, newer));
    }
    drop(busy);
    drop(read);
    assert_eq!(retired.counts().0, 1_000);
    let (newer, old) = next(&newest, 0..1, 2_000);
    newest = newer;
    add(&retired, old);
    let (_newer, old) = next(&newest, 0..1, 3_000);
    drop(newest);
    add(&retired, old);
    assert_eq!(retired.counts(), (0, 0));
}

#[test]
fn what_a_version_that_goes_whole_has_in_common_is_left_to_an_older_one() {
    let retired = Retired::default();
    let (first, _) = next(&Snapshot::default(), ALL, 0);
    let (second, old) = next(&first, 0..1, 1);
    add(&retired, old);
    let (third, old) = next(&second, ALL, 2);
    add(&retired, old);
    assert_eq!(retired.counts(), (2, 1 + 280));
    drop(second);
    let (fourth, old) = next(&third, 0..100, 3);
    drop(third);
    add(&retired, old);
    assert_eq!(retired.counts(), (1, 1 + 279));
    drop(fourth);
    drop(first);
}
