//! Placement's JSON, read and written. These tests also run with `serde_json`'s
//! feature `arbitrary_precision`: see `tests/arbitrary_precision`.

use proptest::prelude::*;
use provider_tree::{
    Change, Inventory, NewProvider, Provider, ProviderRecord, Resource, ResourceClass,
};
use provider_tree::{Snapshot, Trait};
use serde_json::{Value, from_str, from_value, json, to_string, to_value};
use uuid::Uuid;

use crate::cases::new_tree;

/// Six real machines; the README next to the file has their sources.
const MACHINES: &str = include_str!("../../../examples/fleet/machines.json");

const ONE: &str = "00000000-0000-0000-0000-000000000001";

/// Writes a snapshot and reads it back, as text and as a value.
fn assert_round_trip(snapshot: &Snapshot) {
    let text = to_string(snapshot).unwrap();
    assert_eq!(from_str::<Snapshot>(&text).unwrap(), *snapshot);
    let value = to_value(snapshot).unwrap();
    assert_eq!(from_value::<Snapshot>(value).unwrap(), *snapshot);
}

#[test]
fn real_machines_round_trip_unchanged() {
    let snapshot: Snapshot = from_str(MACHINES).unwrap();
    snapshot.check_invariants().unwrap();
    assert_eq!((snapshot.len(), snapshot.roots().count()), (100, 6));
    assert_round_trip(&snapshot);
    let written = to_string(&snapshot).unwrap();
    let again: Snapshot = from_str(&written).unwrap();
    assert_eq!(to_string(&again).unwrap(), written);

    let by_uuid = |document: &Value| {
        let mut providers = document["resource_providers"].as_array().unwrap().clone();
        providers.sort_by_key(|provider| provider["uuid"].to_string());
        for provider in &mut providers {
            let traits = provider["traits"].as_array_mut().unwrap();
            traits.sort_by_key(Value::to_string);
        }
        providers
    };
    let read: Value = from_str(MACHINES).unwrap();
    let written: Value = from_str(&written).unwrap();
    assert_eq!(by_uuid(&read), by_uuid(&written));
}

#[test]
fn every_field_survives_a_round_trip() {
    let tree = new_tree();
    let host = tree
        .new_root(NewProvider::new("h\u{f6}st \"1\"\n").generation(u64::MAX))
        .unwrap()
        .value;
    tree.new_child("child", host).unwrap();
    let mut full = Inventory::new(1);
    full.reserved = Some(0);
    full.min_unit = Some(1);
    full.max_unit = Some(2_147_483_647);
    full.step_size = Some(2);
    full.allocation_ratio = Some(0.1);
    let bare = (ResourceClass::FPGA, Inventory::new(2_147_483_647));
    tree.update_inventory("child", [(ResourceClass::VCPU, full), bare], 0)
        .unwrap();
    tree.update_traits(host, ["B", "A_1"], None).unwrap();
    tree.update_aggregates(host, [Uuid::max(), Uuid::nil()], None)
        .unwrap();
    let mut namespace = Resource::new(ResourceClass::FPGA, "ns_0");
    namespace
        .metadata
        .insert("path".to_owned(), "/dev/dax0.0".to_owned());
    tree.update_resources("child", [namespace]).unwrap();

    let snapshot = tree.snapshot();
    assert_round_trip(&snapshot);
    let records: Vec<ProviderRecord> = snapshot.to_records().collect();
    let fork = new_tree();
    fork.populate(&records).unwrap();
    assert_eq!(fork.snapshot(), snapshot);
}

proptest! {
    #[test]
    fn every_allocation_ratio_survives_a_round_trip(
        ratio in prop_oneof![f64::MIN_POSITIVE..1e9, 1e9..3.40282e38]
    ) {
        let tree = new_tree();
        tree.new_root("host").unwrap();
        let mut record = Inventory::new(8);
        record.allocation_ratio = Some(ratio);
        tree.update_inventory("host", [(ResourceClass::VCPU, record)], None).unwrap();
        let text = to_string(&tree.snapshot()).unwrap();
        prop_assert_eq!(from_str::<Snapshot>(&text).unwrap(), tree.snapshot());
    }
}

#[test]
fn a_fractional_allocation_ratio_is_read_back() {
    let tree = new_tree();
    tree.new_root("host").unwrap();
    for ratio in [0.1, 1.5, 16.0, 5e-324, 1e-46, 3.40282e38] {
        let mut record = Inventory::new(8);
        record.allocation_ratio = Some(ratio);
        tree.update_inventory("host", [(ResourceClass::VCPU, record)], None)
            .unwrap();
        assert_round_trip(&tree.snapshot());
    }
}

#[test]
fn a_record_is_written_in_placements_field_names() {
    let tree = new_tree();
    let host = Uuid::from_u128(1);
    tree.new_root(NewProvider::new("host").uuid(host).generation(1))
        .unwrap();
    tree.new_child(NewProvider::new("numa0").uuid(Uuid::from_u128(2)), "host")
        .unwrap();
    tree.update_inventory("numa0", [(ResourceClass::VCPU, Inventory::new(8))], None)
        .unwrap();
    let written = to_value(tree.snapshot()).unwrap();
    let expected = json!({
        "uuid": "00000000-0000-0000-0000-000000000002",
        "name": "numa0",
        "generation": null,
        "parent_provider_uuid": "00000000-0000-0000-0000-000000000001",
        "root_provider_uuid": "00000000-0000-0000-0000-000000000001",
        "inventories": {"VCPU": {"total": 8}},
        "traits": [],
        "aggregates": [],
    });
    assert_eq!(written["resource_providers"][1], expected);
    let records: Vec<ProviderRecord> = tree.snapshot().to_records().collect();
    assert_eq!(to_value(&records).unwrap(), written["resource_providers"]);
}

/// A child with every kind of content.
fn child() -> Provider {
    let tree = new_tree();
    tree.new_root(NewProvider::new("host").uuid(Uuid::from_u128(1)))
        .unwrap();
    let child = Uuid::from_u128(2);
    tree.new_child(NewProvider::new("child").uuid(child).generation(7), "host")
        .unwrap();
    let mut cpus = Inventory::new(8);
    cpus.allocation_ratio = Some(1.5);
    let inventory = [(ResourceClass::VCPU, cpus)];
    tree.update_inventory(child, inventory, None).unwrap();
    tree.update_traits(child, ["GOLD"], None).unwrap();
    tree.update_aggregates(child, [Uuid::nil()], None).unwrap();
    tree.update_resources(child, [Resource::new(ResourceClass::VCPU, "0")])
        .unwrap();
    tree.find(child).unwrap().clone()
}

#[test]
fn a_provider_is_written_as_its_record() {
    let provider = child();
    let text = to_string(&provider).unwrap();
    let record = ProviderRecord::from(&provider);
    assert_eq!(text, to_string(&record).unwrap());
    assert_eq!(from_str::<ProviderRecord>(&text).unwrap(), record);
}

#[test]
fn a_change_is_externally_tagged() {
    let provider = to_value(child()).unwrap();
    let tree = new_tree();
    let empty = tree.snapshot();
    tree.new_root(NewProvider::new("other").uuid(Uuid::from_u128(3)))
        .unwrap();
    tree.new_root(NewProvider::new("host").uuid(Uuid::from_u128(1)))
        .unwrap();
    let roots = tree.snapshot();
    tree.populate([ProviderRecord::new(Uuid::from_u128(1), "host"), {
        from_value(provider).unwrap()
    }])
    .unwrap();
    let added = tree.snapshot();
    tree.set_generation("host", 4).unwrap();
    let updated = tree.snapshot();

    let written = |changes: Vec<Change>| to_value(changes).unwrap();
    let [other, host] = ["other", "host"].map(|name| to_value(roots.find(name)).unwrap());
    let both = written(roots.diff(&empty));
    assert_eq!(both[0]["added"]["provider"], other);
    assert_eq!(both[1]["added"]["provider"], host);
    assert!(both[1]["added"].as_object().unwrap().contains_key("place"));
    assert_eq!(
        written(added.diff(&roots)),
        json!([{"added": {"provider": to_value(added.find("child")).unwrap(), "place": "last"}}])
    );
    assert_eq!(
        written(updated.diff(&added)),
        json!([{"updated": {
            "before": host,
            "after": to_value(updated.find("host")).unwrap(),
            "place": null,
        }}])
    );
    assert_eq!(
        written(roots.diff(&added)),
        json!([{"removed": {"provider": to_value(added.find("child")).unwrap()}}])
    );
    // A root that precedes another is placed before it.
    let place = provider_tree::Place::Before(Uuid::from_u128(1));
    assert_eq!(to_value(place).unwrap(), json!({"before": ONE}));
}

#[test]
fn single_values_can_be_read_and_written() {
    let mut record = Inventory::new(8);
    record.reserved = Some(0);
    record.allocation_ratio = Some(1.5);
    let text = r#"{"total":8,"reserved":0,"allocation_ratio":1.5}"#;
    assert_eq!(to_string(&record).unwrap(), text);
    assert_eq!(from_str::<Inventory>(text).unwrap(), record);
    // The forest checks the range, not the value.
    assert_eq!(
        from_str::<Inventory>(r#"{"total":0}"#).unwrap(),
        Inventory::new(0)
    );

    let resource = Resource::new(ResourceClass::VGPU, "0");
    let text = r#"{"class":"VGPU","identifier":"0","metadata":{}}"#;
    assert_eq!(to_string(&resource).unwrap(), text);
    assert_eq!(from_str::<Resource>(text).unwrap(), resource);
    let short = r#"{"class":"VGPU","identifier":"0"}"#;
    assert_eq!(from_str::<Resource>(short).unwrap(), resource);

    assert_eq!(
        from_str::<ResourceClass>("\"VGPU\"").unwrap(),
        ResourceClass::VGPU
    );
    assert!(from_str::<Trait>("\"gold\"").is_err());
    for wrong in [
        "{}",
        r#"{"total":8,"totl":8}"#,
        r#"{"total":8,"total":8}"#,
        "[8,0,1,1,1,1.0]",
    ] {
        assert!(from_str::<Inventory>(wrong).is_err(), "{wrong}");
    }
    for wrong in [r#"{"class":"VGPU"}"#, r#"["VGPU","0",{}]"#] {
        assert!(from_str::<Resource>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn other_fields_of_placement_are_ignored() {
    let text = r#"{"resource_providers": [{
        "links": [{"rel": "self", "href": "/resource_providers/x", "ratio": 0.5}],
        "resource_provider_generation": 3,
        "uuid": "00000000-0000-0000-0000-000000000001", "name": "host"
    }], "links": [0.5]}"#;
    let snapshot: Snapshot = from_str(text).unwrap();
    assert_eq!(snapshot.len(), 1);
}

#[test]
fn a_bare_list_is_read() {
    let whole: Snapshot = from_str(MACHINES).unwrap();
    let mut document: Value = from_str(MACHINES).unwrap();
    let list = document["resource_providers"].take();
    assert_eq!(from_str::<Snapshot>(&list.to_string()).unwrap(), whole);
    assert_eq!(from_value::<Snapshot>(list).unwrap(), whole);
    assert!(from_str::<Snapshot>("[]").unwrap().is_empty());
    for wrong in [
        "[[]]",
        "[3]",
        r#"[{"resource_providers": []}]"#,
        "3",
        "null",
    ] {
        assert!(from_str::<Snapshot>(wrong).is_err(), "{wrong}");
    }
}

/// A provider with an extra field.
fn with(field: &str, value: &str) -> String {
    format!(r#"{{"uuid": "{ONE}", "name": "host", "{field}": {value}}}"#)
}

#[test]
fn integers_may_be_written_as_floats() {
    for (written, number) in [
        ("16", 16),
        ("16.0", 16),
        ("1e1", 10),
        ("0.5e1", 5),
        ("160e-1", 16),
        ("2147483647.0", 2_147_483_647),
    ] {
        let record: ProviderRecord = from_str(&with("generation", written)).unwrap();
        assert_eq!(record.generation, Some(u64::from(number)), "{written}");
        let mut expected = Inventory::new(number);
        expected.reserved = Some(number);
        expected.min_unit = Some(number);
        expected.max_unit = Some(number);
        expected.step_size = Some(number);
        let text = format!(
            r#"{{"total": {written}, "reserved": {written}, "min_unit": {written},
                "max_unit": {written}, "step_size": {written}}}"#
        );
        assert_eq!(from_str::<Inventory>(&text).unwrap(), expected);
        let value: Value = from_str(&text).unwrap();
        assert_eq!(from_value::<Inventory>(value).unwrap(), expected);
    }
    for number in [0, 1, u64::MAX - 1, u64::MAX] {
        let record: ProviderRecord = from_str(&with("generation", &number.to_string())).unwrap();
        assert_eq!(record.generation, Some(number));
    }
}

#[test]
fn fractions_and_overflowing_numbers_are_no_integers() {
    for written in [
        "0.5",
        "16.5",
        "1e-1",
        "-1",
        "-1.0",
        "18446744073709551616",
        "18446744073709551616.0",
        "1e300",
        "true",
        "\"8\"",
        "[]",
        "{}",
    ] {
        let record = from_str::<ProviderRecord>(&with("generation", written));
        assert!(record.is_err(), "{written}");
        for field in ["total", "reserved", "min_unit", "max_unit", "step_size"] {
            let total = if field == "total" {
                ""
            } else {
                r#""total": 8, "#
            };
            let text = format!(r#"{{{total}"{field}": {written}}}"#);
            assert!(from_str::<Inventory>(&text).is_err(), "{text}");
            let value: Value = from_str(&text).unwrap();
            assert!(from_value::<Inventory>(value).is_err(), "{text}");
        }
    }
    let text = r#"{"total": 4294967296}"#;
    assert!(from_str::<Inventory>(text).is_err());
}

/// From 2^53 on, two integers can have the same float.
#[test]
fn a_generation_that_a_float_does_not_hold_exactly_is_refused() {
    let generation = |written| {
        let record = from_str::<ProviderRecord>(&with("generation", written));
        record.map(|record| record.generation)
    };
    for written in [
        "9007199254740992.0",
        "9007199254740993.0",
        "9007199254740992e0",
        "1e18",
    ] {
        assert!(generation(written).is_err(), "{written}");
    }
    for (written, expected) in [
        ("9007199254740991.0", 9_007_199_254_740_991),
        ("9007199254740993", 9_007_199_254_740_993),
    ] {
        assert_eq!(generation(written).unwrap(), Some(expected));
    }
}

#[test]
fn null_is_refused_in_an_inventory() {
    for field in [
        "total",
        "reserved",
        "min_unit",
        "max_unit",
        "step_size",
        "allocation_ratio",
    ] {
        let total = if field == "total" {
            ""
        } else {
            r#""total": 8, "#
        };
        let text = format!(r#"{{{total}"{field}": null}}"#);
        assert!(from_str::<Inventory>(&text).is_err(), "{text}");
        let value: Value = from_str(&text).unwrap();
        assert!(from_value::<Inventory>(value).is_err(), "{text}");
    }
}

#[test]
fn null_means_no_generation_parent_or_root() {
    for field in ["generation", "parent_provider_uuid", "root_provider_uuid"] {
        let record: ProviderRecord = from_str(&with(field, "null")).unwrap();
        assert_eq!(record, ProviderRecord::new(Uuid::from_u128(1), "host"));
    }
}

#[test]
fn a_uuid_is_text_in_any_spelling_and_nothing_else() {
    let bytes = "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]";
    assert!(from_str::<Uuid>(bytes).is_err());
    let text = format!(r#"{{"uuid": {bytes}, "name": "host"}}"#);
    assert!(from_str::<ProviderRecord>(&text).is_err());
    for field in ["parent_provider_uuid", "root_provider_uuid"] {
        assert!(from_str::<ProviderRecord>(&with(field, bytes)).is_err());
    }
    let list = format!("[{bytes}]");
    assert!(from_str::<ProviderRecord>(&with("aggregates", &list)).is_err());
    let braces = ONE.replace("-", "");
    for spelling in [
        ONE.to_owned(),
        braces.clone(),
        format!("{{{ONE}}}"),
        format!("urn:uuid:{ONE}"),
    ] {
        let list = format!("[\"{spelling}\"]");
        let record: ProviderRecord = from_str(&with("aggregates", &list)).unwrap();
        assert_eq!(record.aggregates.first().copied(), Some(Uuid::from_u128(1)));
    }
}
