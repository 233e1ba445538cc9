//! Which updates count as a change of inventory, and ownership of the records.

use std::collections::BTreeMap;

use provider_tree::{Error, Inventory, ProviderRecord, ResourceClass};

use super::{one_root, refused, unknown};
use crate::cases::ProviderTree;

type Records = BTreeMap<ResourceClass, Inventory>;

const NONE: [(ResourceClass, Inventory); 0] = [];

/// A root with 8 VCPU and a stored allocation ratio.
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
    // Nova: total and allocation_ratio stored, only the same total given
    // -> has_inventory_changed() and update_inventory() False; the stored
    // record keeps both.
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
    // Differs: a record can't lack its total, so the total is always compared.
    let snapshot = with_cpus().snapshot();
    assert!(snapshot.inventory_changed("r", [cpus(9, None)]).unwrap());
    assert!(!snapshot.inventory_changed("r", [cpus(8, None)]).unwrap());
}

#[test]
fn an_added_field_is_a_change_and_replaces_the_whole_record() {
    // Nova: total and allocation_ratio stored, total and reserved given
    // -> True; the record then has only total and reserved.
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
fn any_added_or_different_field_is_a_change() {
    // Nova: any field that the stored record lacks, or has with another value
    // -> True.
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
    // Differs: each field has one type, so equal means the same value.
    let snapshot = with_cpus().snapshot();
    let ratio = Some(f64::from(16));
    assert!(!snapshot.inventory_changed("r", [cpus(8, ratio)]).unwrap());
    let ratio = Some(16.000_000_1);
    assert!(snapshot.inventory_changed("r", [cpus(8, ratio)]).unwrap());
}

#[test]
fn an_absent_inventory_is_an_empty_one() {
    // Nova: update_inventory(None) -> TypeError.
    // Differs: it takes an iterator of records, and `None` is an empty one.
    let tree = with_cpus();
    assert!(tree.update_inventory("r", None, None).unwrap().value);
    assert!(!tree.snapshot().has_inventory("r").unwrap());
}

#[test]
fn other_classes_are_a_change() {
    // Nova: an added, missing or different class -> has_inventory_changed() True.
    let tree = with_cpus();
    let memory = (ResourceClass::MEMORY_MB, Inventory::new(8));
    let snapshot = tree.snapshot();
    let more = [cpus(8, None), memory.clone()];
    assert!(snapshot.inventory_changed("r", more.clone()).unwrap());
    assert!(snapshot.inventory_changed("r", [memory]).unwrap());
    assert!(snapshot.inventory_changed("r", NONE).unwrap());
    // In any order.
    tree.update_inventory("r", more.clone(), None).unwrap();
    let [first, second] = more;
    let reversed = tree.update_inventory("r", [second, first], None).unwrap();
    assert!(!reversed.value);
}

#[test]
fn changing_the_arguments_later_changes_nothing() {
    // Nova: update_inventory() deep-copies the caller's dict.
    let tree = one_root();
    let mut given = Records::from([cpus(1, None)]);
    tree.update_inventory("r", given.clone(), None).unwrap();
    given.insert(ResourceClass::VCPU, Inventory::new(2));
    assert_eq!(stored(&tree), Records::from([cpus(1, None)]));
}

#[test]
fn changing_values_read_from_the_tree_changes_nothing() {
    // Nova: data() is a detached copy.
    let tree = with_cpus();
    tree.add_traits("r", ["T"]).unwrap();
    let before = tree.find("r").unwrap();
    let mut copy = ProviderRecord::from(&before);
    copy.inventory.clear();
    copy.traits.clear();
    copy.name.push('2');
    assert_eq!(tree.find("r").unwrap(), before);
    // Nor does a later commit change values already read.
    tree.update_inventory("r", NONE, 1).unwrap();
    assert_eq!(before.inventory(), [cpus(8, Some(16.0))]);
}

#[test]
fn values_that_placement_refuses_are_refused() {
    // Nova: stores names, traits and inventory fields unchecked.
    // Differs: names, classes, traits and fields are validated by
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
