//! A provider's content: inventories, traits, aggregates. Each is read with the provider's
//! generation, and written at one.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Client;
use super::providers::provider;
use crate::placement::error::Error;
use crate::provider::inventory::Inventory;
use crate::provider::name::{ResourceClass, Trait};

/// A provider's inventory: a record for each resource class.
pub type Inventories = BTreeMap<ResourceClass, Inventory>;

/// A part of a provider's content, and the provider's generation with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtGeneration<T> {
    /// The provider's generation.
    pub generation: u64,
    /// The content read, or to write.
    pub content: T,
}

impl Client {
    /// Reads a provider's inventory. The service gives every field of a record.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such provider.
    pub fn get_inventories(&self, uuid: Uuid) -> Result<AtGeneration<Inventories>, Error> {
        let document: InventoriesDocument<Record> = self.get(&part(uuid, "inventories"))?;
        Ok(document.into())
    }

    /// Replaces a provider's inventory as a whole, and returns it as the service has it, with
    /// the new generation. The generation moves even if nothing changes.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](Error::is_conflict) if the provider has another generation;
    /// [`is_in_use`](Error::is_in_use) if a class that is left out has allocations;
    /// [`is_not_found`](Error::is_not_found); 400 if a class is unknown or a record is
    /// invalid.
    pub fn put_inventories(
        &self,
        uuid: Uuid,
        generation: u64,
        inventories: &Inventories,
    ) -> Result<AtGeneration<Inventories>, Error> {
        let document: InventoriesDocument<Record> = self.put(
            &part(uuid, "inventories"),
            &InventoriesDocument::new(generation, inventories),
        )?;
        Ok(document.into())
    }

    /// Reads a provider's traits.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such provider.
    pub fn get_traits(&self, uuid: Uuid) -> Result<AtGeneration<BTreeSet<Trait>>, Error> {
        let document: TraitsDocument = self.get(&part(uuid, "traits"))?;
        Ok(document.into())
    }

    /// Replaces a provider's traits, and returns them with the generation, which stays if
    /// nothing changes.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](Error::is_conflict) if the provider has another generation. If two
    /// clients write at the same moment, the loser may get a 500 instead: see
    /// [`is_unknown_outcome`](Error::is_unknown_outcome). 400 if a trait is unknown.
    pub fn put_traits(
        &self,
        uuid: Uuid,
        generation: u64,
        traits: &BTreeSet<Trait>,
    ) -> Result<AtGeneration<BTreeSet<Trait>>, Error> {
        let document: TraitsDocument = self.put(
            &part(uuid, "traits"),
            &TraitsDocument {
                resource_provider_generation: generation,
                traits: traits.clone(),
            },
        )?;
        Ok(document.into())
    }

    /// Reads the aggregates that a provider is a member of.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such provider.
    pub fn get_aggregates(&self, uuid: Uuid) -> Result<AtGeneration<BTreeSet<Uuid>>, Error> {
        let document: AggregatesDocument = self.get(&part(uuid, "aggregates"))?;
        Ok(document.into())
    }

    /// Replaces the aggregates that a provider is a member of, and returns them with the new
    /// generation, which moves even if nothing changes.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](Error::is_conflict) if the provider has another generation;
    /// [`is_not_found`](Error::is_not_found).
    pub fn put_aggregates(
        &self,
        uuid: Uuid,
        generation: u64,
        aggregates: &BTreeSet<Uuid>,
    ) -> Result<AtGeneration<BTreeSet<Uuid>>, Error> {
        let document: AggregatesDocument = self.put(
            &part(uuid, "aggregates"),
            &AggregatesDocument {
                resource_provider_generation: generation,
                aggregates: aggregates.clone(),
            },
        )?;
        Ok(document.into())
    }
}

fn part(uuid: Uuid, name: &str) -> String {
    format!("{}/{name}", provider(uuid))
}

/// Placement's JSON for inventories. `I` is the record of one class.
#[derive(Serialize, Deserialize)]
pub(super) struct InventoriesDocument<I> {
    resource_provider_generation: u64,
    inventories: BTreeMap<ResourceClass, I>,
}

#[derive(Serialize, Deserialize)]
struct TraitsDocument {
    resource_provider_generation: u64,
    traits: BTreeSet<Trait>,
}

#[derive(Serialize, Deserialize)]
struct AggregatesDocument {
    resource_provider_generation: u64,
    aggregates: BTreeSet<Uuid>,
}

impl InventoriesDocument<Inventory> {
    pub(super) fn new(generation: u64, inventories: &Inventories) -> Self {
        Self {
            resource_provider_generation: generation,
            inventories: inventories.clone(),
        }
    }
}

impl From<InventoriesDocument<Record>> for AtGeneration<Inventories> {
    fn from(document: InventoriesDocument<Record>) -> Self {
        let records = document.inventories.into_iter();
        Self {
            generation: document.resource_provider_generation,
            content: records
                .map(|(class, record)| (class, record.into()))
                .collect(),
        }
    }
}

impl From<TraitsDocument> for AtGeneration<BTreeSet<Trait>> {
    fn from(document: TraitsDocument) -> Self {
        Self {
            generation: document.resource_provider_generation,
            content: document.traits,
        }
    }
}

impl From<AggregatesDocument> for AtGeneration<BTreeSet<Uuid>> {
    fn from(document: AggregatesDocument) -> Self {
        Self {
            generation: document.resource_provider_generation,
            content: document.aggregates,
        }
    }
}

/// A record as the service answers it. Unknown fields are ignored here; [`Inventory`]'s own
/// `Deserialize` refuses them.
#[derive(Deserialize)]
struct Record {
    total: u32,
    reserved: Option<u32>,
    min_unit: Option<u32>,
    max_unit: Option<u32>,
    step_size: Option<u32>,
    allocation_ratio: Option<f64>,
}

impl From<Record> for Inventory {
    fn from(record: Record) -> Self {
        let Record {
            total,
            reserved,
            min_unit,
            max_unit,
            step_size,
            allocation_ratio,
        } = record;
        Self {
            total,
            reserved,
            min_unit,
            max_unit,
            step_size,
            allocation_ratio,
        }
    }
}
