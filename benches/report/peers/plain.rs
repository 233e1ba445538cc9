//! The best plain forest that we can write: what the locks, left-right and the
//! whole-map peer hold.
//!
//! A hash map leads from the UUID to a slot of a slab, and children are slots:
//! a tree takes one look-up and then no hashing. Trees that were added together
//! lie together.

use std::collections::hash_map::Entry as Place;

use foldhash::{HashMap, HashMapExt};
use provider_tree::ProviderRecord;
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
    entries: Vec<Option<Entry>>,
    free: Vec<u32>,
}

impl Plain {
    /// The forest of these providers, parents before children.
    pub fn new(records: &[ProviderRecord]) -> Self {
        let mut forest = Self {
            slots: HashMap::with_capacity(records.len()),
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
                Place::Occupied(_) => unreachable!("a UUID twice"),
                Place::Vacant(place) => place.insert(slot),
            };
            if let Some(parent) = provider.parent_uuid {
                let parent = self.slots[&parent];
                let siblings = &mut self.entry_mut(parent).children;
                siblings.push(slot);
            }
            self.entries[slot as usize] = Some(Entry {
                provider,
                children: Vec::new(),
            });
        }
    }

    /// Takes out a root and all below it; who drops them may do so without the
    /// lock.
    pub fn remove(&mut self, root: Uuid) -> Vec<Provider> {
        let mut removed = Vec::new();
        let mut pending: Vec<u32> = self.slots.get(&root).copied().into_iter().collect();
        while let Some(slot) = pending.pop() {
            let Some(entry) = self.entries[slot as usize].take() else {
                continue;
            };
            self.free.push(slot);
            self.slots.remove(&entry.provider.uuid);
            pending.extend(entry.children);
            removed.push(entry.provider);
        }
        removed
    }

    /// See [`Read::get`](super::Read::get).
    pub fn get(&self, uuid: Uuid) -> u64 {
        self.entry(self.slots[&uuid]).provider.summary()
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

    fn entry(&self, slot: u32) -> &Entry {
        self.entries[slot as usize].as_ref().expect("a used slot")
    }

    fn entry_mut(&mut self, slot: u32) -> &mut Entry {
        self.entries[slot as usize].as_mut().expect("a used slot")
    }
}
