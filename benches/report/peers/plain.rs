//! The best plain forest that we can write, used by the locks, left-right and the whole map.
//!
//! Hash maps find the slot of a provider in a slab by UUID and by name, and children are
//! slots: reading a tree takes one look-up and no further hashing. Trees that were added
//! together are adjacent.

use std::collections::hash_map::Entry as MapEntry;

use foldhash::{HashMap, HashMapExt};
use provider_tree::ProviderRecord;
use smol_str::SmolStr;
use uuid::Uuid;

use super::provider::Provider;

#[derive(Clone)]
struct Entry {
    provider: Provider,
    children: Vec<u32>,
}

/// A forest for one thread at a time.
#[derive(Clone, Default)]
pub struct Plain {
    slots: HashMap<Uuid, u32>,
    names: HashMap<SmolStr, u32>,
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
}

impl Plain {
    /// The forest of these providers, parents before children.
    pub fn new(records: &[ProviderRecord]) -> Self {
        let mut forest = Self {
            slots: HashMap::with_capacity(records.len()),
            names: HashMap::with_capacity(records.len()),
            entries: Vec::with_capacity(records.len()),
            free: Vec::new(),
        };
        forest.add(Provider::all(records));
        forest
    }

    /// Adds providers, parents before children.
    pub fn add(&mut self, providers: impl IntoIterator<Item = Provider>) {
        for provider in providers {
            let slot = self.free.pop().unwrap_or_else(|| {
                self.entries.push(None);
                u32::try_from(self.entries.len() - 1).expect("fewer than four billion")
            });
            match self.slots.entry(provider.uuid) {
                MapEntry::Occupied(_) => unreachable!("a UUID twice"),
                MapEntry::Vacant(place) => place.insert(slot),
            };
            self.names.insert(provider.name.clone(), slot);
            if let Some(parent) = provider.parent_uuid {
                self.siblings(parent).push(slot);
            }
            self.entries[slot as usize] = Some(Entry {
                provider,
                children: Vec::new(),
            });
        }
    }

    /// Removes a provider and its descendants and returns them, for the caller to drop outside
    /// its lock.
    pub fn remove(&mut self, uuid: Uuid) -> Vec<Provider> {
        self.unlink(uuid);
        let mut removed = Vec::new();
        let mut pending = vec![self.slots[&uuid]];
        while let Some(slot) = pending.pop() {
            let Some(entry) = self.entries[slot as usize].take() else {
                continue;
            };
            self.free.push(slot);
            self.slots.remove(&entry.provider.uuid);
            self.names.remove(&entry.provider.name);
            pending.extend(entry.children);
            removed.push(entry.provider);
        }
        removed
    }

    /// Makes a provider the last child of another.
    pub fn move_to(&mut self, uuid: Uuid, parent: Uuid) {
        self.unlink(uuid);
        let slot = self.slots[&uuid];
        self.siblings(parent).push(slot);
        self.entry_mut(slot).provider.parent_uuid = Some(parent);
    }

    /// Removes a provider from its parent's children, if it has a parent.
    fn unlink(&mut self, uuid: Uuid) {
        let slot = self.slots[&uuid];
        if let Some(parent) = self.entry(slot).provider.parent_uuid {
            self.siblings(parent).retain(|&sibling| sibling != slot);
        }
    }

    /// See [`Read::get`](super::Read::get).
    pub fn get(&self, uuid: Uuid) -> u64 {
        self.entry(self.slots[&uuid]).provider.summary()
    }

    /// See [`Read::find`](super::Read::find).
    pub fn find(&self, name: &str) -> u64 {
        self.entry(self.names[name]).provider.summary()
    }

    /// See [`Read::has`](super::Read::has).
    pub fn has(&self, uuid: Uuid) -> bool {
        self.slots.contains_key(&uuid)
    }

    /// See [`Read::read_tree`](super::Read::read_tree).
    pub fn read_tree(&self, root: Uuid) -> u64 {
        self.sum(self.slots[&root])
    }

    /// See [`Peer::update_two`](super::Peer::update_two).
    pub fn update_two(&mut self, from: Uuid, to: Uuid) {
        let [from, to] = [from, to].map(|uuid| self.slots[&uuid]);
        let given = self.entry_mut(from).provider.give();
        self.entry_mut(to).provider.take(given);
    }

    fn sum(&self, slot: u32) -> u64 {
        let entry = self.entry(slot);
        let below: u64 = entry.children.iter().map(|&child| self.sum(child)).sum();
        u64::from(entry.provider.vcpus()) + below
    }

    /// The children of a provider.
    fn siblings(&mut self, parent: Uuid) -> &mut Vec<u32> {
        let parent = self.slots[&parent];
        &mut self.entry_mut(parent).children
    }

    fn entry(&self, slot: u32) -> &Entry {
        self.entries[slot as usize].as_ref().expect("a used slot")
    }

    fn entry_mut(&mut self, slot: u32) -> &mut Entry {
        self.entries[slot as usize].as_mut().expect("a used slot")
    }
}
