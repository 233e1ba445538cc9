//! `replace_all` makes the forest exactly the given records and leaves unchanged providers
//! alone.

use crate::cases::refusal::Refusal;
use provider_tree::{
    Change, Forest, Inventory, NewProvider, Place, Provider, ProviderRecord, ResourceClass,
    Snapshot,
};
use uuid::Uuid;

use crate::cases::{ProviderTree, name_taken, new_tree};

const A: Uuid = Uuid::from_u128(0xa0);
const A1: Uuid = Uuid::from_u128(0xa1);
const A2: Uuid = Uuid::from_u128(0xa2);
const B: Uuid = Uuid::from_u128(0xb0);
const B1: Uuid = Uuid::from_u128(0xb1);
const NEW: Uuid = Uuid::from_u128(0xc0);

fn record(uuid: Uuid, name: &str, parent: impl Into<Option<Uuid>>) -> ProviderRecord {
    let mut record = ProviderRecord::new(uuid, name);
    record.parent_uuid = parent.into();
    record
}

/// A root `a` with the children `a1` and `a2`, and a root `b` with the child `b1`.
fn two_hosts() -> Vec<ProviderRecord> {
    let mut records = vec![
        record(A, "a", None),
        record(A1, "a1", A),
        record(A2, "a2", A),
        record(B, "b", None),
        record(B1, "b1", B),
    ];
    for record in &mut records {
        record.generation = Some(1);
        let inventory = &mut record.inventory;
        inventory.insert(ResourceClass::VGPU, Inventory::new(4));
    }
    records
}

fn forest() -> ProviderTree {
    let tree = new_tree();
    tree.populate(two_hosts()).unwrap();
    tree
}

fn without(uuid: Uuid) -> Vec<ProviderRecord> {
    let mut records = two_hosts();
    records.retain(|record| record.uuid != uuid);
    records
}

fn uuids(forest: &Snapshot) -> Vec<Uuid> {
    forest.provider_uuids().collect()
}

/// All permutations of some items.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = items.split_first() else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for order in orders(rest) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, first.clone());
            all.push(order);
        }
    }
    all
}

/// Whether both are the same allocation.
fn is_shared(one: &Provider, other: &Provider) -> bool {
    std::ptr::eq(one.name(), other.name())
}

#[test]
fn providers_and_trees_not_given_are_removed() {
    let tree = forest();
    let records = [record(B, "b", None), record(NEW, "new", B)];
    let committed = tree.replace_all(&records).unwrap();
    assert_eq!((committed.version, committed.attempts), (2, 1));
    let snapshot = tree.snapshot();
    let left: Vec<_> = snapshot.iter().map(ProviderRecord::from).collect();
    assert_eq!(left, records);
    snapshot.check_invariants().unwrap();
    // `populate` leaves other trees alone.
    let tree = forest();
    tree.populate(&records).unwrap();
    assert!(tree.exists(A) && !tree.exists(B1));
}

#[test]
fn the_same_content_in_any_order_commits_nothing() {
    let tree = forest();
    let before = tree.snapshot();
    let exported: Vec<_> = before.to_records().collect();
    for records in [two_hosts(), exported] {
        for order in orders(&records) {
            assert_eq!(tree.replace_all(order).unwrap().version, 1);
            assert!(tree.snapshot().ptr_eq(&before));
        }
    }
}

#[test]
fn in_any_order_existing_providers_keep_their_place_and_new_ones_are_last() {
    let mut records = without(A1);
    records.push(record(NEW, "new", A));
    records.push(record(A1, "root", None));
    for order in orders(&records) {
        let tree = forest();
        let before = tree.snapshot();
        tree.replace_all(order).unwrap();
        let after = tree.snapshot();
        assert_eq!(uuids(&after), [A, A2, NEW, B, B1, A1]);
        // And the diff has no other changes.
        let mut changes = after.diff(&before).into_iter();
        let is_last = |change| match change {
            Some(Change::Added {
                provider, place, ..
            }) => (provider.uuid(), Some(place)),
            Some(Change::Updated { after, place, .. }) => (after.uuid(), place),
            other => panic!("{other:?}"),
        };
        assert_eq!(is_last(changes.next()), (NEW, Some(Place::Last)));
        assert_eq!(is_last(changes.next()), (A1, Some(Place::Last)));
        assert_eq!(changes.next(), None);
    }
}

#[test]
fn a_changed_or_renamed_provider_keeps_its_place() {
    let mut records = two_hosts();
    records[0].name = "renamed".to_owned();
    records[1].generation = Some(2);
    records.reverse();
    let tree = forest();
    let before = tree.snapshot();
    tree.replace_all(&records).unwrap();
    let after = tree.snapshot();
    assert_eq!(uuids(&after), uuids(&before));
    assert_eq!(after.find("renamed").unwrap().uuid(), A);
    assert!(!after.exists("a"));
    let changed: Vec<_> = after.diff(&before).iter().map(Change::uuid).collect();
    assert_eq!(changed, [A, A1]);
}

#[test]
fn children_of_a_moved_provider_keep_their_order_whatever_the_records_order() {
    let mut records = two_hosts();
    records[0].parent_uuid = Some(B);
    for order in orders(&records) {
        let tree = forest();
        tree.replace_all(order).unwrap();
        assert_eq!(uuids(&tree.snapshot()), [B, B1, A, A1, A2]);
        tree.snapshot().check_invariants().unwrap();
    }
}

#[test]
fn unchanged_providers_keep_their_allocation() {
    let tree = forest();
    let before = tree.snapshot();
    let mut records = without(B1);
    records[1].generation = Some(2);
    records.push(record(NEW, "new", A));
    records.reverse();
    tree.replace_all(&records).unwrap();
    let after = tree.snapshot();
    for (uuid, shared) in [(A, true), (A1, false), (A2, true), (B, true)] {
        let [old, new] = [&before, &after].map(|state| state.get(uuid).unwrap());
        assert_eq!(is_shared(old, new), shared, "{uuid}");
    }
}

#[test]
fn unchanged_trees_keep_their_allocation() {
    let tree = forest();
    let before = tree.snapshot();
    let mut records: Vec<_> = before.to_records().collect();
    records
        .iter_mut()
        .filter(|one| one.uuid == A1)
        .for_each(|one| one.generation = Some(2));
    tree.replace_all(&records).unwrap();
    let after = tree.snapshot();
    for (uuid, same) in [(A, false), (A1, false), (B, true), (B1, true)] {
        let [old, new] = [&before, &after].map(|state| state.get(uuid).unwrap());
        assert_eq!(std::ptr::eq(old, new), same, "{uuid}");
    }
}

#[test]
fn no_records_empty_the_forest() {
    let tree = forest();
    tree.replace_all(None::<ProviderRecord>).unwrap();
    assert!(tree.is_empty());
    assert_eq!(tree.version(), 2);
    tree.snapshot().check_invariants().unwrap();
    // With nothing left to remove, it commits nothing.
    assert_eq!(
        tree.replace_all([] as [ProviderRecord; 0]).unwrap().version,
        2
    );
    // `populate` of no records changes nothing.
    let tree = forest();
    tree.populate(None::<ProviderRecord>).unwrap();
    assert_eq!(tree.len(), 5);
}

#[test]
fn a_rebuilt_host_with_a_new_uuid_keeps_its_name() {
    let tree = forest();
    // The child keeps its UUID; only its parent is new.
    let records = [record(NEW, "b", None), record(B1, "b1", NEW)];
    let mut all = two_hosts();
    all.truncate(3);
    all.extend(records.clone());
    all.reverse();
    tree.replace_all(&all).unwrap();
    let snapshot = tree.snapshot();
    assert_eq!(uuids(&snapshot), [A, A1, A2, NEW, B1]);
    assert_eq!(snapshot.find("b").unwrap().uuid(), NEW);
    assert!(!snapshot.exists(B));
    snapshot.check_invariants().unwrap();

    // `populate` keeps the old holder of the name, so it refuses.
    let tree = forest();
    let refused = tree.populate(&records).unwrap_err();
    assert_eq!(refused, name_taken("b", B));
    // It works if the same update removes the old holder.
    tree.update(|transaction| {
        transaction.remove(B)?;
        transaction.populate(&records)
    })
    .unwrap();
    assert_eq!(tree.find("b").unwrap().uuid(), NEW);
}

#[test]
fn names_and_uuids_of_removed_providers_are_free() {
    let tree = new_tree();
    // The old provider's name is the UUID of a new one.
    tree.new_root(NewProvider::new(&NEW.to_string()).uuid(A))
        .unwrap();
    let records = [record(NEW, "b", None), record(B, &A.to_string(), None)];
    tree.replace_all(&records).unwrap();
    assert_eq!(uuids(&tree.snapshot()), [NEW, B]);
    // Names can also be swapped between providers that stay.
    tree.replace_all([record(NEW, &A.to_string(), None), record(B, "b", None)])
        .unwrap();
    let find = |name: &str| tree.find(name).unwrap().uuid();
    assert_eq!((find("b"), find(&A.to_string())), (B, NEW));
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn refused_records_change_nothing() {
    let parent_not_given = without(A);
    let mut cycle = two_hosts();
    cycle[0].parent_uuid = Some(A1);
    let mut root = two_hosts();
    root[1].root_uuid = Some(B);
    let mut twice = two_hosts();
    twice.push(record(B, "b again", None));
    let mut nameless = two_hosts();
    nameless[4].name = String::new();
    let mut same_name = two_hosts();
    same_name[4].name = "a2".to_owned();
    let mut as_uuid = two_hosts();
    as_uuid[4].name = A.to_string();
    let mut empty = two_hosts();
    empty[3]
        .inventory
        .insert(ResourceClass::VCPU, Inventory::new(0));
    let deep = (0..=Forest::MAX_LEVELS as u128).map(|level| {
        let parent = level.checked_sub(1).map(Uuid::from_u128);
        record(Uuid::from_u128(level), &format!("level {level}"), parent)
    });
    for (records, expected) in [
        (parent_not_given, Refusal::MissingParents { uuids: vec![A] }),
        (cycle, Refusal::Cycle { uuids: vec![A1, A] }),
        (
            root,
            Refusal::RootMismatch {
                uuid: A1,
                given: B,
                actual: A,
            },
        ),
        (twice, Refusal::DuplicateProvider { uuid: B }),
        (
            nameless,
            Refusal::InvalidRecord {
                uuid: B1,
                reason: Box::new(Refusal::InvalidName {
                    name: String::new(),
                    length: 0,
                }),
            },
        ),
        (same_name, name_taken("a2", A2)),
        (
            as_uuid,
            Refusal::NameIsUuid {
                name: A.to_string(),
                uuid: A,
            },
        ),
        (
            empty,
            Refusal::InvalidRecord {
                uuid: B,
                reason: Box::new(Refusal::InvalidInventory {
                    class: ResourceClass::VCPU,
                    field: "total",
                    value: "0".to_owned(),
                    range: "1 to 2147483647",
                }),
            },
        ),
        (
            deep.collect(),
            Refusal::TooDeep {
                uuid: Uuid::from_u128(Forest::MAX_LEVELS as u128),
                limit: Forest::MAX_LEVELS,
            },
        ),
    ] {
        let tree = forest();
        let before = tree.snapshot();
        // By itself, and after an edit that is kept.
        assert_eq!(tree.replace_all(&records), expected);
        assert!(tree.snapshot().ptr_eq(&before));
        let mut transaction = tree.begin();
        transaction.set_generation(A, 7).unwrap();
        let older = transaction.to_string();
        assert_eq!(transaction.replace_all(&records), expected);
        assert_eq!((transaction.edits(), transaction.to_string()), (1, older));
        transaction.check_invariants().unwrap();
    }
}

#[test]
fn it_replaces_edits_of_the_same_transaction() {
    let tree = forest();
    let before = tree.snapshot();
    tree.update(|transaction| {
        transaction.new_root(NewProvider::new("passing").uuid(NEW))?;
        transaction.remove(A)?;
        transaction.replace_all(two_hosts())
    })
    .unwrap();
    let after = tree.snapshot();
    assert_eq!(uuids(&after), [B, B1, A, A1, A2]);
    let again: Vec<_> = after.get(A).into_iter().chain(after.get(B1)).collect();
    assert_eq!(again, [before.get(A).unwrap(), before.get(B1).unwrap()]);
}
