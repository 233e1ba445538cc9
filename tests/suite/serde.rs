//! Placement's JSON: what is written is read back equal, what is wrong is
//! refused with the provider's name.

use proptest::prelude::*;
use provider_tree::{Inventory, ProviderRecord, Resource, ResourceClass, Snapshot};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::cases::new_tree;

/// Six real machines; the file beside it says where they come from.
const MACHINES: &str = include_str!("../../examples/fleet/machines.json");

#[test]
fn real_machines_are_read_and_written_back_as_they_were() {
    let snapshot: Snapshot = serde_json::from_str(MACHINES).unwrap();
    snapshot.check_invariants().unwrap();
    assert_eq!((snapshot.len(), snapshot.roots().count()), (100, 6));
    let written = serde_json::to_string(&snapshot).unwrap();
    let again: Snapshot = serde_json::from_str(&written).unwrap();
    assert_eq!(again, snapshot);
    assert_eq!(serde_json::to_string(&again).unwrap(), written);

    let by_uuid = |document: &Value| {
        let mut providers = document["resource_providers"].as_array().unwrap().clone();
        providers.sort_by_key(|provider| provider["uuid"].to_string());
        for provider in &mut providers {
            let traits = provider["traits"].as_array_mut().unwrap();
            traits.sort_by_key(Value::to_string);
        }
        providers
    };
    let read: Value = serde_json::from_str(MACHINES).unwrap();
    let written: Value = serde_json::from_str(&written).unwrap();
    assert_eq!(by_uuid(&read), by_uuid(&written));
}

#[test]
fn every_field_survives_a_round_trip() {
    let tree = new_tree();
    let host = tree
        .new_root("h\u{f6}st \"1\"\n", None, u64::MAX)
        .unwrap()
        .value;
    tree.new_child("child", host, None, None).unwrap();
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
    let text = serde_json::to_string(&snapshot).unwrap();
    let again: Snapshot = serde_json::from_str(&text).unwrap();
    assert_eq!(again, snapshot);
    let records: Vec<ProviderRecord> = snapshot.to_records().collect();
    let fork = new_tree();
    fork.populate(&records).unwrap();
    assert_eq!(fork.snapshot(), snapshot);
}

proptest! {
    #[test]
    fn every_allocation_ratio_survives_a_round_trip(ratio in f64::MIN_POSITIVE..1e9) {
        let tree = new_tree();
        tree.new_root("host", None, None).unwrap();
        let mut record = Inventory::new(8);
        record.allocation_ratio = Some(ratio);
        tree.update_inventory("host", [(ResourceClass::VCPU, record)], None).unwrap();
        let text = serde_json::to_string(&tree.snapshot()).unwrap();
        prop_assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), tree.snapshot());
    }
}

#[test]
fn a_record_is_written_in_placements_field_names() {
    let tree = new_tree();
    let host = Uuid::from_u128(1);
    tree.new_root("host", host, 1).unwrap();
    tree.new_child("numa0", "host", Uuid::from_u128(2), None)
        .unwrap();
    tree.update_inventory("numa0", [(ResourceClass::VCPU, Inventory::new(8))], None)
        .unwrap();
    let written = serde_json::to_value(tree.snapshot()).unwrap();
    assert_eq!(
        written["resource_providers"][1],
        json!({
            "uuid": "00000000-0000-0000-0000-000000000002",
            "name": "numa0",
            "generation": null,
            "parent_provider_uuid": "00000000-0000-0000-0000-000000000001",
            "root_provider_uuid": "00000000-0000-0000-0000-000000000001",
            "inventories": {"VCPU": {"total": 8}},
            "traits": [],
            "aggregates": [],
        })
    );
}

#[test]
fn what_placement_gives_besides_is_passed_over() {
    let text = r#"{"resource_providers": [{
        "links": [{"rel": "self", "href": "/resource_providers/x"}],
        "resource_provider_generation": 3,
        "uuid": "00000000-0000-0000-0000-000000000001", "name": "host"
    }]}"#;
    let snapshot: Snapshot = serde_json::from_str(text).unwrap();
    assert_eq!(snapshot.len(), 1);
}

fn error_of(text: &str) -> String {
    serde_json::from_str::<Snapshot>(text)
        .unwrap_err()
        .to_string()
}

#[test]
fn each_error_names_the_provider_and_the_field() {
    let good = json!({
        "uuid": "00000000-0000-0000-0000-000000000001",
        "name": "host",
        "inventories": {"VCPU": {"total": 8}},
    });
    let subject = "provider `host` (00000000-0000-0000-0000-000000000001): ";
    for (field, value, wrong) in [
        (
            "generation",
            json!("1"),
            "generation: invalid type: string \"1\", expected u64",
        ),
        (
            "generation",
            json!(-1),
            "generation: invalid value: integer `-1`, expected u64",
        ),
        (
            "generation",
            json!(1.5),
            "generation: invalid type: floating point `1.5`, expected u64",
        ),
        (
            "parent_provider_uuid",
            json!("x"),
            "parent_provider_uuid: UUID parsing failed",
        ),
        (
            "parent_provider_uuid",
            json!(1),
            "parent_provider_uuid: invalid type: integer `1`",
        ),
        (
            "inventories",
            json!([]),
            "inventories: must be an object of resource classes",
        ),
        (
            "inventories",
            json!({"vcpu": {"total": 1}}),
            "inventories: `vcpu` is no resource class",
        ),
        (
            "inventories",
            json!({"VCPU": 8}),
            "inventories.VCPU: invalid type: integer `8`",
        ),
        (
            "inventories",
            json!({"VCPU": [8]}),
            "inventories.VCPU: invalid type: sequence",
        ),
        (
            "inventories",
            json!({"VCPU": {}}),
            "inventories.VCPU: missing field `total`",
        ),
        (
            "inventories",
            json!({"VCPU": {"totl": 8}}),
            "inventories.VCPU: unknown field `totl`",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 0}}),
            "inventories: total of VCPU is 0",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": "8"}}),
            "inventories.VCPU: invalid type: string",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 8.0}}),
            "inventories.VCPU: invalid type: float",
        ),
        (
            "inventories",
            json!({"VCPU": {"total": 1, "allocation_ratio": 0}}),
            "inventories: allocation_ratio of VCPU is 0",
        ),
        ("traits", json!(["gold"]), "traits: `gold` is no trait"),
        (
            "traits",
            json!("GOLD"),
            "traits: invalid type: string \"GOLD\"",
        ),
        (
            "traits",
            json!([true]),
            "traits: invalid type: boolean `true`",
        ),
        (
            "aggregates",
            json!(["one"]),
            "aggregates: UUID parsing failed",
        ),
        (
            "resources",
            json!([{"class": "vcpu", "identifier": "a"}]),
            "resources: `vcpu` is no",
        ),
    ] {
        let mut provider = good.clone();
        provider[field] = value;
        let error = error_of(&json!({"resource_providers": [provider]}).to_string());
        assert!(error.starts_with(&format!("{subject}{wrong}")), "{error}");
    }
}

#[test]
fn a_provider_that_can_not_be_named_whole_is_named_by_what_there_is() {
    for (provider, wrong) in [
        (r#"{"name": "host"}"#, "provider `host`: `uuid` is missing"),
        (
            r#"{"name": "host", "uuid": "x"}"#,
            "provider `host` (x): uuid: UUID parsing failed",
        ),
        (
            r#"{"name": "host", "uuid": null}"#,
            "provider `host`: uuid: ",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001"}"#,
            "provider 00000000-0000-0000-0000-000000000001: `name` is missing",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001", "name": ""}"#,
            "provider `` (00000000-0000-0000-0000-000000000001): the name `` has 0 characters",
        ),
        ("{}", "a provider without name and uuid: `uuid` is missing"),
        ("3", "a provider must be an object"),
        (
            r#"{"uuid": "x", "name": "host", "parent_uuid": null}"#,
            "provider `host` (x): uuid: UUID parsing failed",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001", "name": "host",
                "parent_uuid": null}"#,
            "provider `host` (00000000-0000-0000-0000-000000000001): \
             `parent_uuid` is no field of a provider",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001", "name": "host",
                "inventories": {"\u001b[2J": 5}}"#,
            "provider `host` (00000000-0000-0000-0000-000000000001): \
             inventories: `\\u{1b}[2J` is no resource class",
        ),
        (
            r#"{"name": "host", "name": "host"}"#,
            "provider `host`: `name` is given twice",
        ),
        (
            r#"{"uuid": "00000000-0000-0000-0000-000000000001", "name": "host",
                "inventories": {"VCPU": {"total": 1}, "VCPU": {"total": 2}}}"#,
            "provider `host` (00000000-0000-0000-0000-000000000001): \
             inventories: `VCPU` is given twice",
        ),
    ] {
        let error = error_of(&format!(r#"{{"resource_providers": [{provider}]}}"#));
        assert!(error.starts_with(wrong), "{error}");
    }
}

#[test]
fn providers_that_do_not_fit_together_are_refused() {
    let one = "00000000-0000-0000-0000-000000000001";
    let two = "00000000-0000-0000-0000-000000000002";
    for (providers, wrong) in [
        (
            json!([{"uuid": one, "name": "a"}, {"uuid": one, "name": "b"}]),
            "is given twice",
        ),
        (
            json!([{"uuid": one, "name": "a"}, {"uuid": two, "name": "a"}]),
            "has the name `a`",
        ),
        (
            json!([{"uuid": one, "name": "a", "parent_provider_uuid": two}]),
            "these parents are",
        ),
        (
            json!([{"uuid": one, "name": "a", "parent_provider_uuid": one}]),
            "own ancestors",
        ),
        (
            json!([{"uuid": one, "name": "a", "root_provider_uuid": two}]),
            "its root is",
        ),
    ] {
        let error = error_of(&json!({"resource_providers": providers}).to_string());
        let named = error.contains(one) || error.contains(two);
        assert!(error.contains(wrong) && named, "{error}");
    }
    assert!(error_of("{}").contains("missing field `resource_providers`"));
    for (text, wrong) in [
        ("{", "EOF"),
        (
            "[]",
            "expected an object with the field `resource_providers`",
        ),
        (
            r#"{"resource_providers": [], "resource_providers": []}"#,
            "duplicate field",
        ),
    ] {
        let error = error_of(text);
        assert!(error.contains(wrong), "{error}");
    }
}
