//! One provider, as a version of the forest shows it.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;
use uuid::Uuid;

use crate::inventory::Inventories;
use crate::path::Path;
use crate::{Error, Inventory, Resource, ResourceClass, Trait};

/// The longest name, in characters, as in Placement's schema.
const MAX_NAME: usize = 200;

/// One provider, as one version of the forest shows it. It never changes.
///
/// Two are equal if they show the same, wherever they stand among their
/// siblings. Accessors cost O(1) unless they say otherwise.
#[derive(Clone)]
pub struct Provider {
    uuid: Uuid,
    pub(crate) parent_uuid: Option<Uuid>,
    pub(crate) generation: Option<u64>,
    pub(crate) path: Path,
    pub(crate) name: SmolStr,
    pub(crate) inventory: Arc<Inventories>,
    pub(crate) traits: Arc<[Trait]>,
    pub(crate) aggregates: Arc<[Uuid]>,
    pub(crate) resources: Arc<[Resource]>,
}

impl Provider {
    pub(crate) fn new(uuid: Uuid, name: SmolStr) -> Self {
        Self {
            uuid,
            parent_uuid: None,
            generation: None,
            path: Path::TOP,
            name,
            inventory: Arc::default(),
            traits: Arc::default(),
            aggregates: Arc::default(),
            resources: Arc::default(),
        }
    }

    /// The UUID, by which Placement knows it.
    #[inline]
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// The name, of which the forest has no other.
    #[inline]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Placement's counter of updates to this provider, where it is known.
    #[inline]
    pub fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// The parent; `None` for a root.
    #[inline]
    pub fn parent_uuid(&self) -> Option<Uuid> {
        self.parent_uuid
    }

    /// What it has of each resource class, sorted by class.
    #[inline]
    pub fn inventory(&self) -> &[(ResourceClass, Inventory)] {
        &self.inventory
    }

    /// What it has of one resource class. Cost: O(log of the number of
    /// classes).
    pub fn inventory_of(&self, class: &ResourceClass) -> Option<&Inventory> {
        let at = self
            .inventory
            .binary_search_by(|(candidate, _)| candidate.cmp(class))
            .ok()?;
        Some(&self.inventory[at].1)
    }

    /// The traits, sorted.
    #[inline]
    pub fn traits(&self) -> &[Trait] {
        &self.traits
    }

    /// Whether it has that trait. Cost: O(log of the number of traits).
    pub fn has_trait(&self, name: &str) -> bool {
        self.traits
            .binary_search_by(|candidate| candidate.as_str().cmp(name))
            .is_ok()
    }

    /// The aggregates that it is a member of, sorted.
    #[inline]
    pub fn aggregates(&self) -> &[Uuid] {
        &self.aggregates
    }

    /// Whether it is a member of that aggregate. Cost: O(log of the number of
    /// aggregates).
    pub fn in_aggregate(&self, aggregate: Uuid) -> bool {
        self.aggregates.binary_search(&aggregate).is_ok()
    }

    /// The single resources that its inventory counts, sorted by class, then
    /// by identifier.
    #[inline]
    pub fn resources(&self) -> &[Resource] {
        &self.resources
    }
}

impl PartialEq for Provider {
    fn eq(&self, other: &Self) -> bool {
        // Versions share most of their providers.
        std::ptr::eq(self, other)
            || self.uuid == other.uuid
                && self.parent_uuid == other.parent_uuid
                && self.generation == other.generation
                && self.name == other.name
                && self.inventory == other.inventory
                && self.traits == other.traits
                && self.aggregates == other.aggregates
                && self.resources == other.resources
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("uuid", &self.uuid)
            .field("name", &self.name)
            .field("generation", &self.generation)
            .field("parent_uuid", &self.parent_uuid)
            .field("inventory", &self.inventory)
            .field("traits", &self.traits)
            .field("aggregates", &self.aggregates)
            .field("resources", &self.resources)
            .finish()
    }
}

/// Checks a provider's name: 1 to 200 characters, any of them.
pub(crate) fn checked_name(name: &str) -> Result<SmolStr, Error> {
    let length = name.chars().count();
    if (1..=MAX_NAME).contains(&length) {
        Ok(SmolStr::new(name))
    } else {
        Err(Error::InvalidName {
            name: crate::error::excerpt(name),
            length,
        })
    }
}
