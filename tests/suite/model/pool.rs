//! Strategies for arguments, drawn from small pools so that they often coincide.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use provider_tree::{Inventory, ProviderRecord, Resource, ResourceClass, Trait};
use uuid::Uuid;

use super::edit::{Edit, Key};

/// The number of UUIDs, and of plain names.
pub const SIZE: usize = 8;

/// The number of spellings of a UUID, upper case included.
pub const SPELLINGS: usize = 8;

/// The UUIDs: the first is nil, the others have letters and digits. No provider has the one
/// at `SIZE`, but names may spell it.
pub fn uuid_at(at: usize) -> Uuid {
    Uuid::from_u128(0x0abc_def0_1234_5678_9abc_def0_1234_5678 * at as u128)
}

pub fn name_at(at: usize) -> String {
    format!("name-{at}")
}

/// One of the spellings of a UUID.
pub fn spelling(uuid: Uuid, at: usize) -> String {
    let text = match at / 2 {
        0 => uuid.hyphenated().to_string(),
        1 => uuid.simple().to_string(),
        2 => uuid.braced().to_string(),
        _ => uuid.urn().to_string(),
    };
    if at.is_multiple_of(2) {
        text
    } else {
        text.to_uppercase()
    }
}

/// Near misses of legal names, of UUIDs and of those in the pool.
pub const ODD: &[&str] = &[
    "NAME-0",
    "name-0 ",
    "00000000-0000-0000-0000-00000000000",
    "00000000-0000-0000-0000-000000000000 ",
    "0000000-00000-0000-0000-000000000000",
    "+0000000000000000000000000000000",
    "{00000000000000000000000000000000}",
    "{00000000-0000-0000-0000-000000000000",
    "line\nbreak",
];

pub fn uuid() -> impl Strategy<Value = Uuid> {
    (0..SIZE).prop_map(uuid_at)
}

fn long_name() -> impl Strategy<Value = String> {
    // Two bytes per character: the limit counts characters.
    (198..=203_usize).prop_map(|length| "ä".repeat(length))
}

pub fn name() -> BoxedStrategy<String> {
    prop_oneof![
        40 => (0..SIZE).prop_map(name_at),
        12 => (uuid(), 0..SPELLINGS).prop_map(|(uuid, at)| spelling(uuid, at)),
        8 => (0..SPELLINGS).prop_map(|at| spelling(uuid_at(SIZE), at)),
        1 => Just(String::new()),
        1 => long_name(),
        1 => select(ODD).prop_map(str::to_owned),
    ]
    .boxed()
}

pub fn key() -> BoxedStrategy<Key> {
    prop_oneof![
        24 => uuid().prop_map(Key::Uuid),
        10 => name().prop_map(Key::Text),
        12 => (uuid(), 0..SPELLINGS).prop_map(|(uuid, at)| Key::Text(spelling(uuid, at))),
        1 => Just(Key::Uuid(Uuid::max())),
        1 => Just(Key::Text("a text of ten, ".repeat(20))),
    ]
    .boxed()
}

fn generation() -> impl Strategy<Value = u64> {
    prop_oneof![9 => 0..3_u64, 1 => Just(u64::MAX)]
}

pub fn class() -> impl Strategy<Value = ResourceClass> {
    let custom = ResourceClass::new("CUSTOM_CLASS_OF_MORE_THAN_23_BYTES");
    let custom = custom.expect("it is legal");
    prop_oneof![
        4 => Just(ResourceClass::VCPU),
        1 => Just(ResourceClass::DISK_GB),
        1 => Just(custom),
    ]
}

/// Rarely an invalid one; most differ in a field or two.
fn inventory() -> impl Strategy<Value = Inventory> {
    let total = prop_oneof![
        40 => Just(1),
        4 => Just(2_147_483_647),
        1 => Just(0),
        1 => Just(2_147_483_648),
    ];
    let field = |other: u32, bad: u32| {
        let value = prop_oneof![20 => Just(1), 6 => Just(other), 1 => Just(bad)];
        option::weighted(0.25, value)
    };
    let unit = || field(2, 0);
    let bad_ratio = select(vec![-1.0, 3.40283e38, f64::NAN, f64::INFINITY]);
    let ratio = option::weighted(
        0.25,
        prop_oneof![15 => select(vec![0.0, 1.0, 16.0]), 1 => bad_ratio],
    );
    // Most totals are 1, so 2 is too much.
    let reserved = prop_oneof![20 => Just(1), 6 => Just(0), 1 => Just(u32::MAX), 2 => Just(2)];
    let reserved = option::weighted(0.25, reserved);
    (total, reserved, unit(), unit(), unit(), ratio).prop_map(
        |(total, reserved, min_unit, max_unit, step_size, allocation_ratio)| {
            let mut inventory = Inventory::new(total);
            inventory.reserved = reserved;
            inventory.min_unit = min_unit;
            inventory.max_unit = max_unit;
            inventory.step_size = step_size;
            inventory.allocation_ratio = allocation_ratio;
            inventory
        },
    )
}

/// A class may be repeated.
pub fn inventories() -> BoxedStrategy<Vec<(ResourceClass, Inventory)>> {
    let count = prop_oneof![1 => Just(0_usize), 6 => Just(1), 2 => Just(2)];
    count
        .prop_flat_map(|count| vec((class(), inventory()), count))
        .boxed()
}

const TRAITS: &[&str] = &["CUSTOM_GOLD", "HW_GPU", "MISC_SHARES_VIA_AGGREGATE"];

pub fn trait_names() -> BoxedStrategy<Vec<String>> {
    let legal = select(TRAITS).prop_map(str::to_owned);
    let illegal = select(vec![
        String::new(),
        "gold".to_owned(),
        "HW-GPU".to_owned(),
        "Ä".to_owned(),
        "A".repeat(256),
    ]);
    let longest = Just("A".repeat(255));
    vec(prop_oneof![15 => legal, 1 => illegal, 1 => longest], 0..4).boxed()
}

pub fn aggregates() -> impl Strategy<Value = Vec<Uuid>> {
    vec((1..4_u128).prop_map(Uuid::from_u128), 0..4)
}

fn resource() -> impl Strategy<Value = Resource> {
    (class(), 0..2_u8, any::<bool>()).prop_map(|(class, at, noted)| {
        let mut resource = Resource::new(class, at.to_string());
        let note = ("size".to_owned(), "1".to_owned());
        resource.metadata = noted.then_some(note).into_iter().collect();
        resource
    })
}

pub fn resources() -> impl Strategy<Value = Vec<Resource>> {
    vec(resource(), 0..3)
}

/// A record of a root with some content, rarely invalid.
pub fn record() -> BoxedStrategy<ProviderRecord> {
    let content = (
        option::weighted(0.6, inventories()),
        option::weighted(0.6, vec(select(TRAITS), 0..3)),
        option::weighted(0.6, aggregates()),
        option::weighted(0.6, resources()),
    );
    (uuid(), name(), option::of(generation()), content)
        .prop_map(
            |(uuid, name, generation, (inventories, traits, aggregates, resources))| {
                let traits = traits.unwrap_or_default();
                let mut record = ProviderRecord::new(uuid, name);
                record.generation = generation;
                record.inventory = BTreeMap::from_iter(inventories.unwrap_or_default());
                record.traits = traits.into_iter().flat_map(Trait::new).collect();
                record.aggregates = BTreeSet::from_iter(aggregates.unwrap_or_default());
                record.resources = BTreeSet::from_iter(resources.unwrap_or_default());
                record
            },
        )
        .boxed()
}

/// An edit of one provider.
pub fn edit() -> BoxedStrategy<Edit> {
    let given = || option::weighted(0.9, uuid());
    let at = || option::of(generation());
    let structure = prop_oneof![
        6 => (name(), given(), at()).prop_map(|(name, uuid, at)| Edit::NewRoot(name, uuid, at)),
        16 => (name(), key(), given(), at())
            .prop_map(|(name, parent, uuid, at)| Edit::NewChild(name, parent, uuid, at)),
        1 => key().prop_map(Edit::Remove),
        6 => (key(), name()).prop_map(|(key, name)| Edit::Rename(key, name)),
        9 => (key(), key()).prop_map(|(key, parent)| Edit::MoveTo(key, parent)),
        3 => key().prop_map(Edit::MoveToRoot),
    ];
    let content = prop_oneof![
        2 => (key(), inventories(), at())
            .prop_map(|(key, new, at)| Edit::UpdateInventory(key, new, at)),
        1 => (key(), trait_names(), at())
            .prop_map(|(key, new, at)| Edit::UpdateTraits(key, new, at)),
        1 => (key(), trait_names()).prop_map(|(key, more)| Edit::AddTraits(key, more)),
        1 => (key(), trait_names()).prop_map(|(key, those)| Edit::RemoveTraits(key, those)),
        1 => (key(), aggregates(), at())
            .prop_map(|(key, new, at)| Edit::UpdateAggregates(key, new, at)),
        1 => (key(), aggregates()).prop_map(|(key, more)| Edit::AddAggregates(key, more)),
        1 => (key(), aggregates()).prop_map(|(key, those)| Edit::RemoveAggregates(key, those)),
        1 => (key(), resources()).prop_map(|(key, new)| Edit::UpdateResources(key, new)),
        1 => (key(), generation()).prop_map(|(key, to)| Edit::SetGeneration(key, to)),
        1 => (key(), generation()).prop_map(|(key, at)| Edit::ExpectGeneration(key, at)),
    ];
    prop_oneof![3 => structure, 2 => content].boxed()
}
