//! States of a few providers, and edits that lead from one to another.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use provider_tree::placement::{ProviderState, State};
use provider_tree::{Inventory, ProviderRecord, ResourceClass, Trait};
use uuid::Uuid;

/// How many providers there can be.
const SIZE: u128 = 7;

const NAMES: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "h"];
const CLASSES: &[&str] = &["VCPU", "DISK_GB", "CUSTOM_FPGA"];
const TRAITS: &[&str] = &["CUSTOM_GOLD", "CUSTOM_SILVER", "HW_GPU"];

/// Providers as a service or a forest holds them: names unique, parents there, no cycle.
pub type World = BTreeMap<Uuid, ProviderRecord>;

#[derive(Clone, Debug)]
pub enum Edit {
    Add(Uuid, &'static str, Option<Uuid>),
    Remove(Uuid),
    Rename(Uuid, &'static str),
    Swap(Uuid, Uuid),
    Move(Uuid, Option<Uuid>),
    Inventory(Uuid, &'static str, Option<Inventory>),
    Trait(Uuid, &'static str, bool),
    Aggregate(Uuid, Uuid, bool),
    Generation(Uuid, u64),
}

pub fn uuid(at: u128) -> Uuid {
    Uuid::from_u128(at)
}

/// The world as a state.
pub fn state(world: &World) -> State {
    world.values().cloned().collect()
}

/// The state as a world.
pub fn world(state: &State) -> World {
    let record = |(uuid, provider): (Uuid, &ProviderState)| {
        let mut record = ProviderRecord::new(uuid, provider.name());
        record.parent_uuid = provider.parent_uuid();
        record.generation = provider.generation();
        record.inventory = provider.inventory().clone();
        record.traits = provider.traits().clone();
        record.aggregates = provider.aggregates().clone();
        (uuid, record)
    };
    state.iter().map(record).collect()
}

/// Whether names are unique, parents there, and no provider is its own ancestor.
pub fn is_forest(world: &World) -> bool {
    let names: BTreeSet<&str> = world.values().map(|one| one.name.as_str()).collect();
    names.len() == world.len()
        && world.keys().all(|uuid| {
            let mut above = *uuid;
            let mut levels = 0;
            while let Some(parent) = world.get(&above).and_then(|one| one.parent_uuid) {
                above = parent;
                levels += 1;
                if levels > world.len() {
                    return false;
                }
            }
            world.contains_key(&above)
        })
}

/// Makes the edits, except those that would leave no forest.
pub fn edited(world: &World, edits: &[Edit]) -> World {
    let mut world = world.clone();
    for edit in edits {
        let mut next = world.clone();
        make(edit, &mut next);
        if is_forest(&next) {
            world = next;
        }
    }
    world
}

/// Makes the edits though they leave no forest.
pub fn unchecked(edits: &[Edit]) -> World {
    let mut world = World::new();
    edits.iter().for_each(|edit| make(edit, &mut world));
    world
}

fn make(edit: &Edit, world: &mut World) {
    match *edit {
        Edit::Add(uuid, name, parent) => {
            if let Entry::Vacant(free) = world.entry(uuid) {
                let mut record = ProviderRecord::new(uuid, name);
                record.parent_uuid = parent;
                free.insert(record);
            }
        }
        Edit::Remove(uuid) => remove(uuid, world),
        Edit::Swap(a, b) => {
            if let (Some(x), Some(y)) = (world.get(&a).cloned(), world.get(&b).cloned()) {
                world.entry(a).and_modify(|one| one.name = y.name);
                world.entry(b).and_modify(|one| one.name = x.name);
            }
        }
        Edit::Rename(uuid, name) => {
            world
                .entry(uuid)
                .and_modify(|one| one.name = name.to_owned());
        }
        Edit::Move(uuid, parent) => {
            world.entry(uuid).and_modify(|one| one.parent_uuid = parent);
        }
        Edit::Inventory(uuid, class, record) => {
            let class = ResourceClass::new(class).unwrap();
            world.entry(uuid).and_modify(|one| {
                match record {
                    Some(record) => one.inventory.insert(class, record),
                    None => one.inventory.remove(&class),
                };
            });
        }
        Edit::Trait(uuid, name, is_there) => {
            world.entry(uuid).and_modify(|one| {
                put(&mut one.traits, Trait::new(name).unwrap(), is_there);
            });
        }
        Edit::Aggregate(uuid, aggregate, is_there) => {
            world.entry(uuid).and_modify(|one| {
                put(&mut one.aggregates, aggregate, is_there);
            });
        }
        Edit::Generation(uuid, generation) => {
            world
                .entry(uuid)
                .and_modify(|one| one.generation = Some(generation));
        }
    }
}

fn put<T: Ord>(set: &mut BTreeSet<T>, item: T, is_there: bool) {
    if is_there {
        set.insert(item);
    } else {
        set.remove(&item);
    }
}

fn remove(uuid: Uuid, world: &mut World) {
    world.remove(&uuid);
    let below = world.values().filter(|one| one.parent_uuid == Some(uuid));
    for child in below.map(|one| one.uuid).collect::<Vec<_>>() {
        remove(child, world);
    }
}

/// Records that are told apart by value alone: two of them have the same effect.
pub fn inventory() -> impl Strategy<Value = Inventory> {
    (1..3_u32, option::of(0..2_u32), option::of(1..3_u8)).prop_map(|(total, reserved, ratio)| {
        let mut record = Inventory::new(total);
        record.reserved = reserved;
        record.allocation_ratio = ratio.map(f64::from);
        record
    })
}

/// An edit of one of the first providers.
fn edit(most: u128) -> impl Strategy<Value = Edit> {
    let one = || (1..=most).prop_map(uuid);
    let parent = || option::weighted(0.8, (1..=most).prop_map(uuid));
    prop_oneof![
        5 => (one(), select(NAMES), parent()).prop_map(|(a, n, p)| Edit::Add(a, n, p)),
        1 => one().prop_map(Edit::Remove),
        5 => (one(), select(NAMES)).prop_map(|(a, name)| Edit::Rename(a, name)),
        2 => (one(), one()).prop_map(|(a, b)| Edit::Swap(a, b)),
        7 => (one(), parent()).prop_map(|(a, parent)| Edit::Move(a, parent)),
        9 => (one(), select(CLASSES), option::weighted(0.7, inventory()))
            .prop_map(|(a, class, record)| Edit::Inventory(a, class, record)),
        2 => (one(), select(TRAITS), any::<bool>()).prop_map(|(a, t, is)| Edit::Trait(a, t, is)),
        2 => (one(), one(), any::<bool>()).prop_map(|(a, b, is)| Edit::Aggregate(a, b, is)),
        1 => (one(), 0..9_u64).prop_map(|(a, to)| Edit::Generation(a, to)),
    ]
}

pub fn edits(most: usize) -> impl Strategy<Value = Vec<Edit>> {
    vec(edit(SIZE), 0..most)
}

/// A world of some of the providers.
pub fn sparse_world() -> impl Strategy<Value = World> {
    world_of(1..6)
}

/// A world of most of the providers.
pub fn any_world() -> impl Strategy<Value = World> {
    world_of(6..8)
}

fn world_of(providers: Range<usize>) -> impl Strategy<Value = World> {
    let all = (1..=SIZE).map(uuid).collect::<Vec<_>>();
    let names = Just(NAMES.to_vec()).prop_shuffle();
    (subsequence(all, providers), names, edits(20)).prop_map(|(uuids, names, edits)| {
        let add = |(uuid, name)| Edit::Add(uuid, name, None);
        let all: Vec<Edit> = uuids.into_iter().zip(names).map(add).collect();
        edited(&edited(&World::new(), &all), &edits)
    })
}

/// What both sides agreed on, and what each has made of it: often of the same few providers.
pub fn three_worlds() -> impl Strategy<Value = [World; 3]> {
    let sides = prop_oneof![Just(2), Just(3), Just(SIZE)]
        .prop_flat_map(|most| (vec(edit(most), 1..10), vec(edit(most), 1..10)));
    (any_world(), sides).prop_map(|(base, (here, there))| {
        let ours = edited(&base, &here);
        let theirs = edited(&base, &there);
        [base, ours, theirs]
    })
}
