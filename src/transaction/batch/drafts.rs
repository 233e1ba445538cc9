//! Records as providers, with repeated parts stored once.

use std::hash::Hash;
use std::sync::Arc;

use foldhash::HashSet;
use uuid::Uuid;

use crate::error::Error;
use crate::provider::inventory::{self, Inventory};
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::provider::{Head, Name, Provider};
use crate::provider::record::ProviderRecord;

/// A provider in the making.
pub(super) struct Draft {
    head: Head,
    inventory: Vec<(ResourceClass, Inventory)>,
}

impl Draft {
    /// Whether a provider shows the same.
    pub(super) fn is_shown_by(&self, provider: &Provider) -> bool {
        *provider.head() == self.head && *provider.inventory() == *self.inventory
    }

    pub(super) fn finish(self) -> Provider {
        Provider::new(self.head, self.inventory.into_iter())
    }
}

/// What the records of one call have in common, stored once.
#[derive(Default)]
pub(super) struct Interner {
    classes: HashSet<ResourceClass>,
    trait_names: HashSet<Trait>,
    traits: HashSet<Arc<[Trait]>>,
    aggregates: HashSet<Arc<[Uuid]>>,
}

impl Interner {
    pub(super) fn draft(&mut self, record: &ProviderRecord) -> Result<Draft, Error> {
        let ProviderRecord {
            uuid,
            name,
            generation,
            parent_uuid,
            root_uuid: _,
            inventory,
            traits,
            aggregates,
            resources,
        } = record;
        let invalid = |reason| Error::InvalidRecord {
            uuid: *uuid,
            reason: Box::new(reason),
        };
        let mut head = Head::new(*uuid, Name::new(name).map_err(invalid)?);
        head.parent_uuid = *parent_uuid;
        head.generation = *generation;
        let inventory = inventory.iter();
        let inventory = inventory.map(|(class, one)| (one_of(&mut self.classes, class), *one));
        let inventory = inventory::checked(inventory).map_err(invalid)?;
        let traits = traits.iter();
        let traits = traits.map(|name| one_of(&mut self.trait_names, name));
        let rest = head.rest_mut();
        rest.traits = one_slice_of(&mut self.traits, traits.collect());
        let aggregates = aggregates.iter().copied().collect();
        rest.aggregates = one_slice_of(&mut self.aggregates, aggregates);
        rest.resources = resources.iter().cloned().collect();
        Ok(Draft { head, inventory })
    }
}

fn one_of<T: Clone + Eq + Hash>(seen: &mut HashSet<T>, item: &T) -> T {
    if let Some(first) = seen.get(item) {
        return first.clone();
    }
    seen.insert(item.clone());
    item.clone()
}

fn one_slice_of<T: Eq + Hash>(seen: &mut HashSet<Arc<[T]>>, items: Vec<T>) -> Arc<[T]> {
    if items.is_empty() {
        return Arc::default();
    }
    if let Some(first) = seen.get(&*items) {
        return Arc::clone(first);
    }
    let items: Arc<[T]> = items.into();
    seen.insert(Arc::clone(&items));
    items
}
