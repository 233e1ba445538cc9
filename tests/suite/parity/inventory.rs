//! What counts as a change of inventory, and who owns the records.

use std::collections::BTreeMap;

use provider_tree::{Error, Inventory, ProviderRecord, ResourceClass};

use super::{one_root, refused, unknown};
use crate::cases::ProviderTree;

type Records = BTreeMap<ResourceClass, Inventory>;

const NONE: [(ResourceClass, Inventory); 0] = [];

/// A root with 8 VCPU, of which the allocation ratio is stored as well.
fn with_cpus() -> ProviderTree {
    let tree = one_root();
    let changed = tree.update_inventory("r", [cpus(8, Some(16.0))], None);
    assert!(changed.unwrap().value);
    tree
}

fn cpus(total: u32, allocation_ratio: Option<f64>) -> (ResourceClass, Inventory) {
    let mut record = Inventory::new(total);
    record.allocation_ratio = allocation_ratio;
    (ResourceClass::VCPU, record)
}

fn stored(tree: &ProviderTree) -> Records {
    ProviderRecord::from(&tree.find("r").unwrap()).inventory
}

#[test]
fn an_empty_inventory_is_none() {
    // Nova: update_inventory({}), then has_inventory() -> False.
    let tree = one_root();
    assert!(!tree.update_inventory("r", NONE, None).unwrap().value);
    assert!(!tree.snapshot().has_inventory("r").unwrap());
    assert!(with_cpus().snapshot().has_inventory("r").unwrap());
}

#[test]
fn fields_that_a_new_record_leaves_out_are_no_change() {
    // Nova: total and allocation_ratio stored, the same total given alone
    // -> has_inventory_changed() and update_inventory() False; the stored
    // record stays whole.
    let tree = with_cpus();
    let version = tree.version();
    let snapshot = tree.snapshot();
    assert!(!snapshot.inventory_changed("r", [cpus(8, None)]).unwrap());
    let updated = tree.update_inventory("r", [cpus(8, None)], None).unwrap();
    assert!(!updated.value);
    assert_eq!(stored(&tree), Records::from([cpus(8, Some(16.0))]));
    assert_eq!(tree.version(), version);
}

#[test]
fn a_record_has_a_total_that_always_counts() {
    // Nova: an empty record of a stored class -> has_inventory_changed() False.
    // Differs: a record can't lack its total, so that it is compared always.
    let snapshot = with_cpus().snapshot();
    assert!(snapshot.inventory_changed("r", [cpus(9, None)]).unwrap());
    assert!(!snapshot.inventory_changed("r", [cpus(8, None)]).unwrap());
}

#[test]
fn a_field_that_is_new_is_a_change_and_replaces_the_record_whole() {
    // Nova: total and allocation_ratio stored, total and reserved given
    // -> True; the record then has total and reserved alone.
    let tree = with_cpus();
    let mut record = Inventory::new(8);
    record.reserved = Some(0);
    let new = [(ResourceClass::VCPU, record)];
    let snapshot = tree.snapshot();
    assert!(snapshot.inventory_changed("r", new.clone()).unwrap());
    assert!(tree.update_inventory("r", new.clone(), None).unwrap().value);
    assert_eq!(stored(&tree), Records::from(new));
}

#[test]
fn each_field_that_is_new_or_another_is_a_change() {
    // Nova: any field that the new record has and the stored one lacks, or that
    // has another value -> True.
    let set: [fn(&mut Inventory, u32); 5] = [
        |record, value| record.reserved = Some(value),
        |record, value| record.min_unit = Some(value),
        |record, value| record.max_unit = Some(value),
        |record, value| record.step_size = Some(value),
        |record, value| record.allocation_ratio = Some(f64::from(value)),
    ];
    for field in set {
        let of = |value| {
            let mut record = Inventory::new(8);
            field(&mut record, value);
            [(ResourceClass::VCPU, record)]
        };
        let tree = one_root();
        tree.update_inventory("r", [cpus(8, None)], None).unwrap();
        assert!(tree.update_inventory("r", of(1), None).unwrap().value);
        assert!(!tree.update_inventory("r", of(1), None).unwrap().value);
        assert!(tree.update_inventory("r", of(2), None).unwrap().value);
        assert_eq!(stored(&tree), Records::from(of(2)));
    }
}

#[test]
fn a_field_has_one_type() {
    // Nova: 8 stored, 8.0 given -> False; 1 stored, True given -> False.
    // Differs: each field has one type, so that equal means the same value.
    let snapshot = with_cpus().snapshot();
    let ratio = Some(f64::from(16));
    assert!(!snapshot.inventory_changed("r", [cpus(8, ratio)]).unwrap());
    let ratio = Some(16.000_000_1);
    assert!(snapshot.inventory_changed("r", [cpus(8, ratio)]).unwrap());
}

#[test]
fn an_absent_inventory_is_an_empty_one() {
    // Nova: update_inventory(None) -> TypeError.
    // Differs: what is asked for is an iterator of records, and an absent
    // option is one of none.
    let tree = with_cpus();
    assert!(tree.update_inventory("r", None, None).unwrap().value);
    assert!(!tree.snapshot().has_inventory("r").unwrap());
}

#[test]
fn other_classes_are_a_change() {
    // Nova: a class more, less or another one -> has_inventory_changed() True.
    let tree = with_cpus();
    let memory = (ResourceClass::MEMORY_MB, Inventory::new(8));
    let snapshot = tree.snapshot();
    let more = [cpus(8, None), memory.clone()];
    assert!(snapshot.inventory_changed("r", more.clone()).unwrap());
    assert!(snapshot.inventory_changed("r", [memory]).unwrap());
    assert!(snapshot.inventory_changed("r", NONE).unwrap());
    // In whatever order they are given.
    tree.update_inventory("r", more.clone(), None).unwrap();
    let [first, second] = more;
    let reversed = tree.update_inventory("r", [second, first], None).unwrap();
    assert!(!reversed.value);
}

#[test]
fn changing_what_was_given_changes_nothing_here() {
    // Nova: update_inventory() copies the caller's dict deeply.
    let tree = one_root();
    let mut given = Records::from([cpus(1, None)]);
    tree.update_inventory("r", given.clone(), None).unwrap();
    given.insert(ResourceClass::VCPU, Inventory::new(2));
    assert_eq!(stored(&tree), Records::from([cpus(1, None)]));
}

#[test]
fn changing_what_was_read_changes_nothing_here() {
    // Nova: data() is a detached copy.
    let tree = with_cpus();
    tree.add_traits("r", ["T"]).unwrap();
    let before = tree.find("r").unwrap();
    let mut copy = ProviderRecord::from(&before);
    copy.inventory.clear();
    copy.traits.clear();
    copy.name.push('2');
    assert_eq!(tree.find("r").unwrap(), before);
    // Nor does a later change show in what was read.
    tree.update_inventory("r", NONE, 1).unwrap();
    assert_eq!(before.inventory(), [cpus(8, Some(16.0))]);
}

#[test]
fn what_placement_would_refuse_is_refused_here() {
    // Nova: stores names, traits and inventory fields as they are given.
    // Differs: names, classes, traits and fields are validated as in
    // Placement's schemas.
    let tree = one_root();
    let error = refused(&tree, |tree| tree.new_root(""));
    assert!(matches!(error, Error::InvalidName { .. }));
    let error = refused(&tree, |tree| tree.update_traits("r", ["lower"], 1));
    assert!(matches!(error, Error::InvalidTrait { .. }));
    let error = ResourceClass::new("lower").unwrap_err();
    assert!(matches!(error, Error::InvalidResourceClass { .. }));
    for bad in [cpus(0, None), cpus(8, Some(-1.0))] {
        let error = refused(&tree, |tree| tree.update_inventory("r", [bad], 1));
        assert!(matches!(error, Error::InvalidInventory { .. }));
    }
}

#[test]
fn the_inventory_of_an_unknown_provider_is_an_error() {
    // Nova: has_inventory(), has_inventory_changed() and update_inventory() of
    // an unknown provider -> ValueError.
    let tree = one_root();
    let snapshot = tree.snapshot();
    assert_eq!(snapshot.has_inventory("nope"), unknown("nope"));
    let changed = snapshot.inventory_changed("nope", NONE);
    assert_eq!(changed, unknown("nope"));
    let error = refused(&tree, |tree| tree.update_inventory("nope", NONE, 1));
    assert_eq!(error, unknown("nope"));
}
