//! Records as providers, with what repeats among them stored once.

use std::hash::Hash;
use std::sync::Arc;

use foldhash::HashSet;
use uuid::Uuid;

use crate::provider::checked_name;
use crate::{Error, Provider, ProviderRecord, ResourceClass, Trait, inventory};

/// What the records of one `populate` have in common, stored once.
#[derive(Default)]
pub(super) struct Shared {
    classes: HashSet<ResourceClass>,
    trait_names: HashSet<Trait>,
    traits: HashSet<Arc<[Trait]>>,
    aggregates: HashSet<Arc<[Uuid]>>,
}

impl Shared {
    pub(super) fn provider(&mut self, record: &ProviderRecord) -> Result<Provider, Error> {
        let invalid = |reason| Error::InvalidRecord {
            uuid: record.uuid,
            reason: Box::new(reason),
        };
        let name = checked_name(&record.name).map_err(invalid)?;
        let mut provider = Provider::new(record.uuid, name);
        provider.parent_uuid = record.parent_uuid;
        provider.generation = record.generation;
        let inventory = record.inventory.iter();
        let inventory = inventory.map(|(class, one)| (one_of(&mut self.classes, class), *one));
        provider.inventory = inventory::checked(inventory).map_err(invalid)?.into();
        let traits = record.traits.iter();
        let traits = traits.map(|name| one_of(&mut self.trait_names, name));
        provider.traits = one_slice_of(&mut self.traits, traits.collect());
        let aggregates = record.aggregates.iter().copied().collect();
        provider.aggregates = one_slice_of(&mut self.aggregates, aggregates);
        provider.resources = record.resources.iter().cloned().collect();
        Ok(provider)
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
