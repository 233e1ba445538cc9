//! Inventory fields at and beyond the limits of their range.

use crate::cases::refusal::Refusal;
use provider_tree::{Inventory, ResourceClass};

use super::edit::{Edit, edit};
use super::{HOST, NEW, forest, record};

const MAX: u32 = 2_147_483_647;

type Set = fn(&mut Inventory, u32);

/// The integer fields, how to set them, and their minimum.
const INTEGERS: [(&str, Set, u32, &str); 5] = [
    (
        "total",
        |record, value| record.total = value,
        1,
        "1 to 2147483647",
    ),
    (
        "reserved",
        |record, value| record.reserved = Some(value),
        0,
        "0 to 2147483647",
    ),
    (
        "min_unit",
        |record, value| record.min_unit = Some(value),
        1,
        "1 to 2147483647",
    ),
    (
        "max_unit",
        |record, value| record.max_unit = Some(value),
        1,
        "1 to 2147483647",
    ),
    (
        "step_size",
        |record, value| record.step_size = Some(value),
        1,
        "1 to 2147483647",
    ),
];

const CLASS: ResourceClass = ResourceClass::MEMORY_MB;

fn is_refused(bad: Inventory, expected: &Refusal) {
    let good = (ResourceClass::VCPU, Inventory::new(8));
    edit!(update_inventory(HOST, [(CLASS, bad)], 8)).fails_with(expected);
    edit!(update_inventory(HOST, [good.clone(), (CLASS, bad)], 8)).fails_with(expected);
    let query = forest()
        .snapshot()
        .inventory_changed(HOST, [good, (CLASS, bad)]);
    assert_eq!(query, *expected);

    let mut given = record(NEW, "new");
    given.inventory.insert(CLASS, bad);
    let reason = Box::new(expected.clone());
    let expected = Refusal::InvalidRecord { uuid: NEW, reason };
    edit!(populate([&record(HOST, "host2"), &given])).fails_with(&expected);
}

fn works(good: Inventory) {
    let tree = edit!(update_inventory(HOST, [(CLASS, good)], 8)).works();
    let stored = tree.find(HOST).unwrap();
    assert_eq!(stored.inventory(), [(CLASS, good)]);
    assert!(stored.inventory()[0].1.capacity().is_finite());
    let mut given = record(NEW, "new");
    given.inventory.insert(CLASS, good);
    let tree = edit!(populate([&given])).works();
    assert_eq!(tree.find(NEW).unwrap().inventory_of(&CLASS), Some(&good));
}

#[test]
fn integers_out_of_range_are_refused() {
    for (field, set, least, range) in INTEGERS {
        for value in [0, MAX + 1, u32::MAX - 1, u32::MAX] {
            let mut inventory = Inventory::new(100);
            set(&mut inventory, value);
            if value >= least && value <= MAX {
                continue;
            }
            let expected = Refusal::InvalidInventory {
                class: CLASS,
                field,
                value: value.to_string(),
                range,
            };
            is_refused(inventory, &expected);
        }
    }
}

#[test]
fn integers_at_the_limits_work() {
    for (_, set, least, _) in INTEGERS {
        for value in [least, 1, 2, MAX - 1, MAX] {
            let mut inventory = Inventory::new(MAX);
            set(&mut inventory, value);
            works(inventory);
        }
    }
}

#[test]
fn allocation_ratios_are_at_least_zero_and_fit_a_database_float() {
    for ratio in [
        -1.0,
        -f64::MIN_POSITIVE,
        f64::MIN,
        f64::from_bits(3.40282e38_f64.to_bits() + 1),
        3.40283e38,
        1e100,
        f64::MAX,
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ] {
        let mut inventory = Inventory::new(100);
        inventory.allocation_ratio = Some(ratio);
        let expected = Refusal::InvalidInventory {
            class: CLASS,
            field: "allocation_ratio",
            value: format!("{ratio:?}"),
            range: "0 to 3.40282e38",
        };
        is_refused(inventory, &expected);
    }
    let least = f64::from_bits(1);
    for ratio in [
        0.0,
        -0.0,
        least,
        1e-46,
        f64::MIN_POSITIVE,
        0.5,
        1.0,
        16.0,
        3.40282e38,
    ] {
        let mut inventory = Inventory::new(MAX);
        inventory.allocation_ratio = Some(ratio);
        works(inventory);
        assert!(inventory.capacity() >= 0.0);
    }
}

#[test]
fn an_allocation_ratio_of_zero_means_no_capacity() {
    for ratio in [0.0, -0.0] {
        let mut inventory = Inventory::new(8);
        inventory.allocation_ratio = Some(ratio);
        assert_eq!(inventory.capacity().to_string(), "0");
    }
}

#[test]
fn the_whole_total_may_be_reserved_but_no_more() {
    for total in [1, 100, MAX] {
        let mut inventory = Inventory::new(total);
        inventory.reserved = Some(total);
        works(inventory);
        assert_eq!(inventory.capacity(), 0.0);
    }
    for (reserved, total) in [(2, 1), (101, 100), (MAX, 1), (MAX, MAX - 1)] {
        let mut inventory = Inventory::new(total);
        inventory.reserved = Some(reserved);
        let class = CLASS;
        let expected = Refusal::ReservedAboveTotal {
            class,
            reserved,
            total,
        };
        is_refused(inventory, &expected);
    }
}

#[test]
fn two_records_of_one_class_are_refused() {
    let custom = ResourceClass::new("CUSTOM_FPGA").unwrap();
    for class in [ResourceClass::VCPU, custom] {
        let one = (class.clone(), Inventory::new(1));
        let two = (class.clone(), Inventory::new(2));
        let other = (ResourceClass::DISK_GB, Inventory::new(1));
        let expected = Refusal::DuplicateResourceClass { class };
        let edits: [Edit<'_>; 2] = [
            edit!(update_inventory(
                HOST,
                [one.clone(), other.clone(), two.clone()],
                8
            )),
            edit!(update_inventory(HOST, [one.clone(), one.clone()], 8)),
        ];
        for edit in edits {
            edit.fails_with(&expected);
        }
        let query = forest()
            .snapshot()
            .inventory_changed(HOST, [one, other, two]);
        assert_eq!(query, expected);
    }
}

#[test]
fn thousands_of_classes_work() {
    let classes = (0..10_000).map(|number| {
        let class = ResourceClass::new(format!("CUSTOM_{number}")).unwrap();
        (class, Inventory::new(number + 1))
    });
    let mut inventory: Vec<_> = classes.collect();
    let tree = edit!(update_inventory(HOST, inventory.clone(), None)).works();
    let before = tree.snapshot();
    assert_eq!(before.find(HOST).unwrap().inventory().len(), 10_000);
    inventory.reverse();
    assert!(!tree.update_inventory(HOST, inventory, None).unwrap().value);
    assert!(tree.snapshot().ptr_eq(&before));
}
