//! A provider as plain data, for import and export.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::provider::inventory::Inventory;
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::provider::{Parts, Provider};
use crate::provider::resource::Resource;

/// A provider as plain data: the input of `populate` and `replace_all`, and the output of
/// an export.
///
/// With the feature `serde` it reads and writes Placement's field names.
///
/// ```
/// use provider_tree::{Inventory, ProviderRecord, ProviderTree, ResourceClass};
/// use uuid::Uuid;
///
/// let host = ProviderRecord::new(Uuid::from_u128(1), "host").with_generation(0);
/// let numa0 = ProviderRecord::new(Uuid::from_u128(2), "host_numa0")
///     .with_parent(host.uuid)
///     .with_inventory([(ResourceClass::VCPU, Inventory::new(8))]);
///
/// let tree = ProviderTree::new();
/// tree.populate([numa0.clone(), host])?; // in any order
/// assert_eq!(ProviderRecord::from(&tree.find("host_numa0").unwrap()), numa0);
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProviderRecord {
    /// The provider's UUID.
    pub uuid: Uuid,
    /// Its name, of 1 to 200 characters.
    pub name: String,
    /// Its generation, if known.
    pub generation: Option<u64>,
    /// Its parent's UUID; `None` for a root.
    pub parent_uuid: Option<Uuid>,
    /// The root of its tree. It may be left out; `populate` and `replace_all` refuse a
    /// wrong one.
    pub root_uuid: Option<Uuid>,
    /// Its inventory, by resource class.
    pub inventory: BTreeMap<ResourceClass, Inventory>,
    /// Its traits.
    pub traits: BTreeSet<Trait>,
    /// The aggregates that it is a member of.
    pub aggregates: BTreeSet<Uuid>,
    /// The individual resources that its inventory counts. Placement has no such field.
    pub resources: BTreeSet<Resource>,
}

impl ProviderRecord {
    /// A root without a generation or content.
    #[must_use]
    pub fn new(uuid: Uuid, name: impl Into<String>) -> Self {
        Self {
            uuid,
            name: name.into(),
            generation: None,
            parent_uuid: None,
            root_uuid: None,
            inventory: BTreeMap::new(),
            traits: BTreeSet::new(),
            aggregates: BTreeSet::new(),
            resources: BTreeSet::new(),
        }
    }

    /// Sets the generation.
    #[must_use]
    pub fn with_generation(mut self, generation: u64) -> Self {
        self.generation = Some(generation);
        self
    }

    /// Sets the parent.
    #[must_use]
    pub fn with_parent(mut self, parent_uuid: Uuid) -> Self {
        self.parent_uuid = Some(parent_uuid);
        self
    }

    /// Sets the root of its tree.
    #[must_use]
    pub fn with_root(mut self, root_uuid: Uuid) -> Self {
        self.root_uuid = Some(root_uuid);
        self
    }

    /// Sets the inventory. If a class has two records, the last one counts.
    #[must_use]
    pub fn with_inventory(
        mut self,
        inventory: impl IntoIterator<Item = (ResourceClass, Inventory)>,
    ) -> Self {
        self.inventory = inventory.into_iter().collect();
        self
    }

    /// Sets the traits.
    #[must_use]
    pub fn with_traits(mut self, traits: impl IntoIterator<Item = Trait>) -> Self {
        self.traits = traits.into_iter().collect();
        self
    }

    /// Sets the aggregates.
    #[must_use]
    pub fn with_aggregates(mut self, aggregates: impl IntoIterator<Item = Uuid>) -> Self {
        self.aggregates = aggregates.into_iter().collect();
        self
    }

    /// Sets the resources.
    #[must_use]
    pub fn with_resources(mut self, resources: impl IntoIterator<Item = Resource>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }
}

impl From<&Provider> for ProviderRecord {
    /// A copy as plain data, without the root, which only the forest knows. Cost: O(size of
    /// the provider).
    fn from(provider: &Provider) -> Self {
        let Parts {
            uuid,
            name,
            generation,
            parent_uuid,
            inventory,
            traits,
            aggregates,
            resources,
        } = provider.parts();
        Self {
            uuid,
            name: name.to_owned(),
            generation,
            parent_uuid,
            root_uuid: None,
            inventory: inventory.iter().cloned().collect(),
            traits: traits.iter().cloned().collect(),
            aggregates: aggregates.iter().copied().collect(),
            resources: resources.iter().cloned().collect(),
        }
    }
}
