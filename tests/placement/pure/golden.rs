//! Plans as they print.

use provider_tree::placement::{Plan, State, Vocabulary};
use provider_tree::{Inventory, ProviderRecord, ResourceClass, Trait};
use uuid::Uuid;

use crate::states::uuid;

fn record(at: u128, name: &str, parent: u128) -> ProviderRecord {
    let mut record = ProviderRecord::new(uuid(at), name);
    record.parent_uuid = (parent != 0).then(|| uuid(parent));
    record
}

fn with_inventory(mut record: ProviderRecord, class: &str, total: u32) -> ProviderRecord {
    let class = ResourceClass::new(class).unwrap();
    record.inventory.insert(class, Inventory::new(total));
    record
}

fn with_traits(mut record: ProviderRecord, traits: &[&str]) -> ProviderRecord {
    let traits = traits.iter().map(|name| Trait::new(name).unwrap());
    record.traits = traits.collect();
    record
}

fn state<const N: usize>(records: [ProviderRecord; N]) -> State {
    records.into_iter().collect()
}

/// The plan as text, with short UUIDs.
fn text(plan: &Plan) -> String {
    plan.to_string()
        .replace(&Uuid::nil().to_string()[..35], "#")
}

fn check(from: &State, to: &State, expected: &str) {
    assert_eq!(text(&Plan::new(from, to, &Vocabulary::default())), expected);
}

/// A host with two NUMA nodes and a card, with content.
fn host() -> State {
    let mut memory = Inventory::new(65_536);
    memory.reserved = Some(512);
    memory.allocation_ratio = Some(1.5);
    let mut numa0 = with_inventory(record(2, "host_numa0", 1), "VCPU", 8);
    numa0.inventory.insert(ResourceClass::MEMORY_MB, memory);
    let mut card = with_inventory(record(4, "host_numa1_fpga", 3), "CUSTOM_FPGA", 2);
    card.aggregates = [uuid(7), uuid(8)].into();
    state([
        record(1, "host", 0),
        with_traits(numa0, &["HW_NUMA_ROOT", "CUSTOM_GOLD"]),
        with_traits(record(3, "host_numa1", 1), &["CUSTOM_GOLD"]),
        card,
    ])
}

#[test]
fn a_host_is_created_top_down_then_filled() {
    check(
        &State::default(),
        &host(),
        "\
PUT /resource_classes/CUSTOM_FPGA
PUT /traits/CUSTOM_GOLD
POST /resource_providers uuid=#1 name=`host`
POST /resource_providers uuid=#2 name=`host_numa0` parent=#1
POST /resource_providers uuid=#3 name=`host_numa1` parent=#1
POST /resource_providers uuid=#4 name=`host_numa1_fpga` parent=#3
PUT /resource_providers/#2/inventories MEMORY_MB: 65536 reserved=512 allocation_ratio=1.5, VCPU: 8  # host_numa0
PUT /resource_providers/#2/traits CUSTOM_GOLD, HW_NUMA_ROOT  # host_numa0
PUT /resource_providers/#3/traits CUSTOM_GOLD  # host_numa1
PUT /resource_providers/#4/inventories CUSTOM_FPGA: 2  # host_numa1_fpga
PUT /resource_providers/#4/aggregates #7, #8  # host_numa1_fpga
",
    );
}

#[test]
fn steps_depend_on_what_they_need_alone() {
    let plan = Plan::new(&State::default(), &host(), &Vocabulary::default());
    let expected: [&[usize]; 11] = [
        &[],
        &[],
        &[],
        &[2],
        &[2],
        &[4],
        &[3],
        &[1, 6],
        &[1, 4],
        &[0, 5],
        &[9],
    ];
    assert_eq!(after(&plan), expected);
}

#[test]
fn what_the_service_is_known_to_have_is_not_created() {
    let mut known = Vocabulary::default();
    known
        .classes
        .insert(ResourceClass::new("CUSTOM_FPGA").unwrap());
    known.traits.insert(Trait::new("CUSTOM_GOLD").unwrap());
    let plan = Plan::new(&State::default(), &host(), &known);
    assert!(plan.to_string().starts_with("POST /resource_providers "));
    // It has what its providers use.
    let mut more = host();
    more.insert(with_traits(record(5, "other", 0), &["CUSTOM_GOLD"]));
    check(
        &host(),
        &more,
        "\
POST /resource_providers uuid=#5 name=`other`
PUT /resource_providers/#5/traits CUSTOM_GOLD  # other
",
    );
}

#[test]
fn inventories_of_several_providers_make_one_reshape() {
    let plan = Plan::with_reshape(&State::default(), &host(), &Vocabulary::default());
    let expected = "\
PUT /resource_classes/CUSTOM_FPGA
PUT /traits/CUSTOM_GOLD
POST /resource_providers uuid=#1 name=`host`
POST /resource_providers uuid=#2 name=`host_numa0` parent=#1
POST /resource_providers uuid=#3 name=`host_numa1` parent=#1
POST /resource_providers uuid=#4 name=`host_numa1_fpga` parent=#3
POST /reshaper #2 MEMORY_MB: 65536 reserved=512 allocation_ratio=1.5, VCPU: 8; #4 CUSTOM_FPGA: 2  # host_numa0, host_numa1_fpga
PUT /resource_providers/#2/traits CUSTOM_GOLD, HW_NUMA_ROOT  # host_numa0
PUT /resource_providers/#3/traits CUSTOM_GOLD  # host_numa1
PUT /resource_providers/#4/aggregates #7, #8  # host_numa1_fpga
";
    assert_eq!(text(&plan), expected);
    assert_eq!(plan.steps()[6].after, [0, 3, 5]);
}

#[test]
fn one_inventory_needs_no_reshape() {
    let from = state([with_inventory(record(1, "host", 0), "VCPU", 8)]);
    let plan = Plan::with_reshape(
        &from,
        &state([record(1, "host", 0)]),
        &Vocabulary::default(),
    );
    assert_eq!(
        text(&plan),
        "PUT /resource_providers/#1/inventories none  # host\n"
    );
}

#[test]
fn a_host_is_deleted_bottom_up() {
    check(
        &host(),
        &State::default(),
        "\
DELETE /resource_providers/#4  # host_numa1_fpga
DELETE /resource_providers/#3  # host_numa1
DELETE /resource_providers/#2  # host_numa0
DELETE /resource_providers/#1  # host
",
    );
}

#[test]
fn two_names_are_swapped_by_way_of_a_third() {
    check(
        &state([record(1, "a", 0), record(2, "b", 0)]),
        &state([record(1, "b", 0), record(2, "a", 0)]),
        "\
PUT /resource_providers/#1 name=`provider-tree-renaming-#1`  # a
PUT /resource_providers/#2 name=`a`  # b
PUT /resource_providers/#1 name=`b`  # provider-tree-renaming-#1
",
    );
}

#[test]
fn a_chain_of_names_needs_no_detour() {
    check(
        &state([record(1, "a", 0), record(2, "b", 0), record(3, "c", 0)]),
        &state([record(1, "b", 0), record(2, "c", 0), record(3, "d", 0)]),
        "\
PUT /resource_providers/#3 name=`d`  # c
PUT /resource_providers/#2 name=`c`  # b
PUT /resource_providers/#1 name=`b`  # a
",
    );
}

#[test]
fn a_parent_and_its_child_change_places() {
    check(
        &state([record(1, "a", 0), record(2, "b", 1), record(3, "c", 2)]),
        &state([
            record(1, "a", 2),
            record(2, "b", 0),
            record(3, "renamed", 1),
        ]),
        "\
PUT /resource_providers/#2 name=`b` parent=none
PUT /resource_providers/#1 name=`a` parent=#2
PUT /resource_providers/#3 name=`renamed` parent=#1  # c
",
    );
}

#[test]
fn a_provider_comes_between_and_takes_the_name() {
    check(
        &state([record(1, "host", 0), record(2, "card", 1)]),
        &state([
            record(1, "host", 0),
            record(3, "card", 1),
            record(2, "port", 3),
        ]),
        "\
PUT /resource_providers/#2 name=`port`  # card
POST /resource_providers uuid=#3 name=`card` parent=#1
PUT /resource_providers/#2 name=`port` parent=#3
",
    );
}

#[test]
fn a_host_whose_database_was_rebuilt_is_deleted_before_it_comes_back() {
    check(
        &state([
            record(1, "host", 0),
            record(2, "host_numa0", 1),
            record(3, "gone", 0),
        ]),
        &state([record(4, "host", 0), record(5, "host_numa0", 4)]),
        "\
DELETE /resource_providers/#2  # host_numa0
DELETE /resource_providers/#1  # host
POST /resource_providers uuid=#4 name=`host`
POST /resource_providers uuid=#5 name=`host_numa0` parent=#4
DELETE /resource_providers/#3  # gone
",
    );
}

#[test]
fn a_provider_whose_child_stays_gives_up_its_name_before_it_is_deleted() {
    check(
        &state([record(1, "host", 0), record(2, "card", 1)]),
        &state([record(3, "host", 0), record(2, "card", 3)]),
        "\
PUT /resource_providers/#1 name=`provider-tree-renaming-#1`  # host
POST /resource_providers uuid=#3 name=`host`
PUT /resource_providers/#2 name=`card` parent=#3
DELETE /resource_providers/#1  # provider-tree-renaming-#1
",
    );
}

/// The steps that each step of a plan comes after.
fn after(plan: &Plan) -> Vec<&[usize]> {
    plan.steps().iter().map(|step| &*step.after).collect()
}

#[test]
fn a_move_comes_after_the_rename_and_the_parent() {
    let from = state([record(1, "k", 0), record(2, "p", 0), record(3, "x", 2)]);
    let to = state([record(1, "z", 0), record(4, "p", 0), record(3, "k", 4)]);
    let plan = Plan::new(&from, &to, &Vocabulary::default());
    let expected = "\
PUT /resource_providers/#1 name=`z`  # k
PUT /resource_providers/#3 name=`k`  # x
PUT /resource_providers/#2 name=`provider-tree-renaming-#2`  # p
POST /resource_providers uuid=#4 name=`p`
PUT /resource_providers/#3 name=`k` parent=#4
DELETE /resource_providers/#2  # provider-tree-renaming-#2
";
    assert_eq!(text(&plan), expected);
    let expected: [&[usize]; 6] = [&[], &[0], &[], &[2], &[1, 3], &[2, 4]];
    assert_eq!(after(&plan), expected);
}

#[test]
fn a_deletion_comes_after_the_temporary_name() {
    let from = [
        record(1, "a", 0),
        record(2, "c", 1),
        record(3, "b", 0),
        record(4, "d", 3),
    ];
    let to = [
        record(5, "a", 0),
        record(6, "b", 0),
        record(2, "c", 6),
        record(4, "d", 6),
    ];
    let plan = Plan::new(&state(from), &state(to), &Vocabulary::default());
    let expected = "\
PUT /resource_providers/#1 name=`provider-tree-renaming-#1`  # a
POST /resource_providers uuid=#5 name=`a`
PUT /resource_providers/#3 name=`provider-tree-renaming-#3`  # b
POST /resource_providers uuid=#6 name=`b`
PUT /resource_providers/#2 name=`c` parent=#6
PUT /resource_providers/#4 name=`d` parent=#6
DELETE /resource_providers/#3  # provider-tree-renaming-#3
DELETE /resource_providers/#1  # provider-tree-renaming-#1
";
    assert_eq!(text(&plan), expected);
    let expected: [&[usize]; 8] = [&[], &[0], &[], &[2], &[3], &[3], &[2, 5], &[0, 4]];
    assert_eq!(after(&plan), expected);
}

#[test]
fn a_parent_that_neither_state_has_is_taken_to_exist() {
    check(
        &state([record(1, "host", 0), record(2, "card", 1)]),
        &state([
            record(1, "host", 0),
            record(2, "card", 8),
            record(3, "port", 9),
        ]),
        "\
PUT /resource_providers/#2 name=`card` parent=#8
POST /resource_providers uuid=#3 name=`port` parent=#9
",
    );
}

#[test]
fn names_can_not_forge_lines() {
    check(
        &state([record(1, "host\nDELETE /", 0)]),
        &state([with_inventory(record(1, "host\nDELETE /", 0), "VCPU", 1)]),
        "PUT /resource_providers/#1/inventories VCPU: 1  # host\\nDELETE /\n",
    );
}

#[test]
fn a_target_that_is_no_forest_ends_with_what_the_service_will_refuse() {
    // Two of one name to begin with, and a cycle to end with.
    check(
        &state([record(1, "x", 0), record(2, "x", 0), record(3, "c", 0)]),
        &state([record(1, "x", 3), record(2, "y", 0), record(3, "c", 1)]),
        "\
PUT /resource_providers/#2 name=`y`  # x
PUT /resource_providers/#3 name=`c` parent=#1
PUT /resource_providers/#1 name=`x` parent=#3
",
    );
}
