//! A provider as plain data, on its way into a forest or out of it.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::provider::inventory::Inventory;
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::provider::Provider;
use crate::provider::resource::Resource;

/// A provider as plain data: what `populate` and `replace_all` take and an export gives.
///
/// With the feature `serde` it reads and writes Placement's field names.
///
/// ```
/// use provider_tree::{Inventory, ProviderRecord, ProviderTree, ResourceClass};
/// use uuid::Uuid;
///
/// let mut host = ProviderRecord::new(Uuid::from_u128(1), "host");
/// host.generation = Some(0);
/// let mut numa0 = ProviderRecord::new(Uuid::from_u128(2), "host_numa0");
/// numa0.parent_uuid = Some(host.uuid);
/// numa0.inventory.insert(ResourceClass::VCPU, Inventory::new(8));
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
    /// Its generation, where it is known.
    pub generation: Option<u64>,
    /// Its parent; `None` for a root.
    pub parent_uuid: Option<Uuid>,
    /// The root of its tree. `populate` and `replace_all` refuse a wrong one and do not
    /// miss one that is not given.
    pub root_uuid: Option<Uuid>,
    /// Its inventory, by resource class.
    pub inventory: BTreeMap<ResourceClass, Inventory>,
    /// Its traits.
    pub traits: BTreeSet<Trait>,
    /// The aggregates that it is a member of.
    pub aggregates: BTreeSet<Uuid>,
    /// The single resources that its inventory counts. Placement has no such
    /// field.
    pub resources: BTreeSet<Resource>,
}

impl ProviderRecord {
    /// A root without a generation, an inventory, traits or aggregates.
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
}

impl From<&Provider> for ProviderRecord {
    /// A copy as plain data. The root is left out: only the forest knows it.
    /// Cost: O(size of the provider).
    fn from(provider: &Provider) -> Self {
        let mut record = Self::new(provider.uuid(), provider.name());
        record.generation = provider.generation();
        record.parent_uuid = provider.parent_uuid();
        record.inventory = provider.inventory().iter().cloned().collect();
        record.traits = provider.traits().iter().cloned().collect();
        record.aggregates = provider.aggregates().iter().copied().collect();
        record.resources = provider.resources().iter().cloned().collect();
        record
    }
}
