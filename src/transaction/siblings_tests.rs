//! Ordinals do not run out: unit tests use a small limit of siblings.

use std::collections::{BTreeSet, VecDeque};
use std::iter;

use uuid::Uuid;

use crate::error::Error;
use crate::forest::diff::change::Change;
use crate::provider::new::NewProvider;
use crate::provider::path::MAX_SIBLINGS;
use crate::provider::record::ProviderRecord;
use crate::snapshot::Snapshot;
use crate::transaction::transaction::Transaction;

const LIMIT: u128 = MAX_SIBLINGS as u128;

fn transaction() -> Transaction {
    let mut transaction = Transaction::new(Snapshot::default());
    transaction
        .new_root(NewProvider::new("host").uuid(uuid(0)))
        .unwrap();
    transaction
}

fn uuid(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn add(transaction: &mut Transaction, number: u128) -> Result<Uuid, Error> {
    transaction.new_child(
        NewProvider::new(&format!("child{number}")).uuid(uuid(number)),
        "host",
    )
}

fn children(transaction: &Transaction) -> Vec<u128> {
    let children = transaction.children("host").unwrap();
    children.map(|child| child.uuid().as_u128()).collect()
}

#[test]
fn years_of_adding_and_removing_children_keep_their_order() {
    let mut transaction = transaction();
    let mut model = VecDeque::new();
    for number in 1..20 * LIMIT {
        add(&mut transaction, number).unwrap();
        transaction
            .new_child(&format!("below{number}"), uuid(number))
            .unwrap();
        model.push_back(number);
        if model.len() > 5 {
            let oldest = model.pop_front().unwrap();
            assert_eq!(transaction.remove(uuid(oldest)), Ok(2));
        }
    }
    assert_eq!(children(&transaction), Vec::from(model.clone()));
    for number in model {
        let below: Vec<_> = transaction.descendants(uuid(number)).unwrap().collect();
        assert_eq!(below[0].name(), format!("below{number}"));
        assert_eq!(below.len(), 1);
    }
    transaction.check_invariants().unwrap();
}

#[test]
fn renumbered_children_are_no_change() {
    let mut transaction = transaction();
    for number in 1..=5 {
        add(&mut transaction, number).unwrap();
    }
    let mut renumbered = 0;
    for number in 6..3 * LIMIT {
        let older = transaction.next();
        let second = older.get(uuid(number - 4)).unwrap().path().clone();
        transaction.remove(uuid(number - 5)).unwrap();
        add(&mut transaction, number).unwrap();
        let newer = transaction.next();
        renumbered += usize::from(newer.get(uuid(number - 4)).unwrap().path() != &second);

        let changes = newer.diff(&older);
        assert!(matches!(
            &changes[..],
            [Change::Removed { .. }, Change::Added { .. }]
        ));
        let mut copy = Transaction::new(older);
        copy.apply(&changes).unwrap();
        assert_eq!(copy.next(), newer);
    }
    assert!(renumbered > 1);
}

#[test]
fn siblings_come_in_between_as_long_as_there_are_ordinals() {
    let state = |numbers: &mut dyn Iterator<Item = u128>| {
        let mut transaction = transaction();
        for number in numbers {
            add(&mut transaction, number).unwrap();
        }
        transaction
    };
    let (first, last) = (1, 2 * LIMIT);
    let between = |count| iter::once(first).chain(2..2 + count).chain([last]);
    let fits = state(&mut between(LIMIT - 2)).next();
    // All between two neighbours, or one in the place of a removed one.
    for there in [0, LIMIT - 3] {
        let mut copy = state(&mut between(there));
        if there > 0 {
            copy.remove(uuid(2)).unwrap();
        }
        copy.apply(fits.diff(&copy)).unwrap();
        assert_eq!(copy.next(), fits);
        copy.check_invariants().unwrap();
    }

    // With one that is already there, it is one too many.
    let mut copy = state(&mut [first, last, last + 1].into_iter());
    let before = copy.next();
    let changes = fits.diff(&state(&mut [first, last].into_iter()));
    let limit = u64::from(MAX_SIBLINGS);
    assert_eq!(copy.apply(changes), Err(Error::TooManySiblings { limit }));
    assert_eq!(copy.next(), before);
}

#[test]
fn siblings_that_come_in_between_one_by_one_seldom_move_the_others() {
    let numbers = || (0..12).map(|number| 2 * number + 1);
    let mut transaction = transaction();
    for number in numbers() {
        add(&mut transaction, number).unwrap();
    }
    let mut paths = BTreeSet::new();
    for number in numbers() {
        let older = transaction.next();
        let mut all: Vec<u128> = children(&transaction);
        let at = all.iter().position(|one| *one == number).unwrap();
        all.insert(at, number - 1 + LIMIT);
        let newer = {
            let mut newer = super::siblings_tests::transaction();
            for number in all {
                add(&mut newer, number).unwrap();
            }
            newer.next()
        };
        transaction.apply(newer.diff(&older)).unwrap();
        assert_eq!(transaction.next(), newer);
        let last = transaction.get(uuid(23)).unwrap();
        paths.insert(last.path().as_bytes().to_vec());
    }
    assert!(paths.len() < 4, "it has stood at {}", paths.len());
}

#[test]
fn years_of_adding_and_removing_roots_keep_their_order() {
    let mut transaction = transaction();
    for number in 1..5 * LIMIT {
        let name = format!("root{number}");
        transaction
            .new_root(NewProvider::new(&name).uuid(uuid(number)))
            .unwrap();
        transaction
            .new_child(&format!("below{number}"), uuid(number))
            .unwrap();
        if number > 1 {
            transaction.remove(uuid(number - 1)).unwrap();
        }
    }
    let names: Vec<_> = transaction
        .iter()
        .map(|one| one.name().to_owned())
        .collect();
    let last = 5 * LIMIT - 1;
    assert_eq!(
        names,
        [
            "host".to_owned(),
            format!("root{last}"),
            format!("below{last}")
        ]
    );
    transaction.check_invariants().unwrap();
}

#[test]
fn moves_and_populates_make_room_too() {
    let mut transaction = transaction();
    add(&mut transaction, 1).unwrap();
    add(&mut transaction, 2).unwrap();
    transaction
        .new_child(NewProvider::new("inner").uuid(uuid(3)), uuid(1))
        .unwrap();
    for round in 0..3 * LIMIT {
        transaction.move_to(uuid(3), "host").unwrap();
        transaction.move_to(uuid(3), uuid(1 + round % 2)).unwrap();
    }
    let mut record = ProviderRecord::new(uuid(3), "inner");
    for round in 0..3 * LIMIT {
        record.parent_uuid = Some(uuid(0));
        transaction.populate([&record]).unwrap();
        record.parent_uuid = Some(uuid(1 + round % 2));
        transaction.populate([&record]).unwrap();
    }
    assert_eq!(children(&transaction), [1, 2]);
    transaction.check_invariants().unwrap();
}

#[test]
fn as_many_siblings_as_there_are_ordinals_fit_and_no_more() {
    let mut transaction = transaction();
    for number in 1..=LIMIT {
        add(&mut transaction, number).unwrap();
    }
    let full = children(&transaction);
    assert_eq!(full.len() as u128, LIMIT);
    let limit = u64::from(MAX_SIBLINGS);
    let refused = Err(Error::TooManySiblings { limit });
    assert_eq!(add(&mut transaction, LIMIT + 1), refused);
    transaction
        .new_root(NewProvider::new("guest").uuid(uuid(LIMIT + 2)))
        .unwrap();
    assert_eq!(
        transaction.move_to("guest", "host"),
        Err(Error::TooManySiblings { limit })
    );
    let mut record = ProviderRecord::new(uuid(LIMIT + 3), "one too many");
    record.parent_uuid = Some(uuid(0));
    assert_eq!(
        transaction.populate([&record]),
        Err(Error::TooManySiblings { limit })
    );
    assert_eq!(children(&transaction), full);

    transaction.remove(uuid(1)).unwrap();
    transaction.populate([&record]).unwrap();
    assert_eq!(children(&transaction).last(), Some(&(LIMIT + 3)));
    transaction.check_invariants().unwrap();
}

#[test]
fn a_populate_of_too_many_new_siblings_is_refused_whole() {
    let mut transaction = transaction();
    let before = transaction.len();
    let mut records = vec![ProviderRecord::new(uuid(1), "full")];
    for number in 2..=LIMIT + 2 {
        let mut record = ProviderRecord::new(uuid(number), format!("child{number}"));
        record.parent_uuid = Some(uuid(1));
        records.push(record);
    }
    let limit = u64::from(MAX_SIBLINGS);
    assert_eq!(
        transaction.populate(&records),
        Err(Error::TooManySiblings { limit })
    );
    assert_eq!((transaction.len(), transaction.edits()), (before, 1));
    records.pop();
    transaction.populate(&records).unwrap();
    assert_eq!(
        transaction.children(uuid(1)).unwrap().count() as u128,
        LIMIT
    );
    transaction.check_invariants().unwrap();
}

/// Records of `host` and as many children as it can have, with UUIDs from `first` on.
fn full_parent(first: u128) -> Vec<ProviderRecord> {
    let host = ProviderRecord::new(uuid(0), "host");
    let children = (first..first + LIMIT).map(|number| {
        let mut record = ProviderRecord::new(uuid(number), format!("child{number}"));
        record.parent_uuid = Some(uuid(0));
        record
    });
    iter::once(host).chain(children).collect()
}

#[test]
fn a_full_parent_whose_children_are_all_replaced_is_accepted() {
    type Put = fn(&mut Transaction, &[ProviderRecord]) -> Result<(), Error>;
    let put: [Put; 2] = [
        |transaction, records| transaction.populate(records),
        |transaction, records| transaction.replace_all(records),
    ];
    for put in put {
        let mut transaction = transaction();
        put(&mut transaction, &full_parent(1)).unwrap();
        put(&mut transaction, &full_parent(1 + LIMIT)).unwrap();
        let replaced: Vec<u128> = (1 + LIMIT..1 + 2 * LIMIT).collect();
        assert_eq!(children(&transaction), replaced);
        transaction.check_invariants().unwrap();

        // One more than that is one too many.
        let mut records = full_parent(1);
        let mut extra = ProviderRecord::new(uuid(u128::MAX), "one too many");
        extra.parent_uuid = Some(uuid(0));
        records.push(extra);
        let limit = u64::from(MAX_SIBLINGS);
        let refused = put(&mut transaction, &records);
        assert_eq!(refused, Err(Error::TooManySiblings { limit }));
        assert_eq!(children(&transaction), replaced);
    }
}

#[test]
fn a_child_moves_away_from_a_full_parent_while_another_comes() {
    let mut transaction = transaction();
    transaction.populate(full_parent(1)).unwrap();
    transaction
        .new_root(NewProvider::new("guest").uuid(uuid(LIMIT + 1)))
        .unwrap();
    let mut leaves = ProviderRecord::new(uuid(1), "child1");
    leaves.parent_uuid = None;
    let mut comes = ProviderRecord::new(uuid(LIMIT + 1), "guest");
    comes.parent_uuid = Some(uuid(0));
    transaction.populate([&comes, &leaves]).unwrap();
    let expected: Vec<u128> = (2..=LIMIT + 1).collect();
    assert_eq!(children(&transaction), expected);
    transaction.check_invariants().unwrap();
}
