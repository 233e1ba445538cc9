//! One provider, as a version of the forest shows it.

use std::fmt;
use std::sync::Arc;

use smol_str::SmolStr;
use triomphe::ThinArc;
use uuid::Uuid;

use crate::path::Path;
use crate::{Error, Inventory, Resource, ResourceClass, Trait};

/// The longest name, in characters, as in Placement's schema.
const MAX_NAME: usize = 200;

/// One provider, as one version of the forest shows it. It never changes.
///
/// Two are equal if they show the same, wherever they stand among their
/// siblings. Clones share what they show. Accessors cost O(1) unless they say
/// otherwise.
// One allocation for all that reads of a large forest wait for: in it the inventory
// follows the head.
#[derive(Clone)]
pub struct Provider(ThinArc<Head, (ResourceClass, Inventory)>);

/// All of a provider but its inventory.
///
/// What reads look at most comes last, beside the inventory.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Head {
    pub(crate) name: SmolStr,
    pub(crate) aggregates: Arc<[Uuid]>,
    pub(crate) resources: Arc<[Resource]>,
    pub(crate) traits: Arc<[Trait]>,
    uuid: Uuid,
    pub(crate) parent_uuid: Option<Uuid>,
    pub(crate) path: Path,
    pub(crate) generation: Option<u64>,
}

impl Head {
    pub(crate) fn new(uuid: Uuid, name: SmolStr) -> Self {
        Self {
            name,
            aggregates: Arc::default(),
            resources: Arc::default(),
            traits: Arc::default(),
            uuid,
            parent_uuid: None,
            path: Path::TOP,
            generation: None,
        }
    }

    pub(crate) fn uuid(&self) -> Uuid {
        self.uuid
    }
}

impl Provider {
    pub(crate) fn new(
        head: Head,
        inventory: impl ExactSizeIterator<Item = (ResourceClass, Inventory)>,
    ) -> Self {
        Self(ThinArc::from_header_and_iter(head, inventory))
    }

    /// The same but for an edit.
    pub(crate) fn edited(&self, edit: impl FnOnce(&mut Head)) -> Self {
        let mut head = self.head().clone();
        edit(&mut head);
        Self::new(head, self.inventory().iter().cloned())
    }

    #[inline]
    pub(crate) fn head(&self) -> &Head {
        &self.0.header.header
    }

    /// Where it stands.
    #[inline]
    pub(crate) fn path(&self) -> &Path {
        &self.head().path
    }

    /// Whether both are one and the same.
    #[inline]
    pub(crate) fn ptr_eq(&self, other: &Self) -> bool {
        self.0.as_ptr() == other.0.as_ptr()
    }

    /// Whether there are other clones of it.
    pub(crate) fn is_shared(&self) -> bool {
        ThinArc::strong_count(&self.0) > 1
    }

    /// The UUID, by which Placement knows it.
    #[inline]
    pub fn uuid(&self) -> Uuid {
        self.head().uuid
    }

    /// The name, of which the forest has no other.
    #[inline]
    pub fn name(&self) -> &str {
        &self.head().name
    }

    /// Placement's counter of updates to this provider, where it is known.
    #[inline]
    pub fn generation(&self) -> Option<u64> {
        self.head().generation
    }

    /// The parent; `None` for a root.
    #[inline]
    pub fn parent_uuid(&self) -> Option<Uuid> {
        self.head().parent_uuid
    }

    /// What it has of each resource class, sorted by class.
    #[inline]
    pub fn inventory(&self) -> &[(ResourceClass, Inventory)] {
        &self.0.slice
    }

    /// What it has of one resource class. Cost: O(log of the number of
    /// classes).
    pub fn inventory_of(&self, class: &ResourceClass) -> Option<&Inventory> {
        let inventory = self.inventory();
        let at = inventory.binary_search_by(|(candidate, _)| candidate.cmp(class));
        Some(&inventory[at.ok()?].1)
    }

    /// The traits, sorted.
    #[inline]
    pub fn traits(&self) -> &[Trait] {
        &self.head().traits
    }

    /// Whether it has that trait. Cost: O(log of the number of traits).
    pub fn has_trait(&self, name: &str) -> bool {
        self.traits()
            .binary_search_by(|candidate| candidate.as_str().cmp(name))
            .is_ok()
    }

    /// The aggregates that it is a member of, sorted.
    #[inline]
    pub fn aggregates(&self) -> &[Uuid] {
        &self.head().aggregates
    }

    /// Whether it is a member of that aggregate. Cost: O(log of the number of
    /// aggregates).
    pub fn in_aggregate(&self, aggregate: Uuid) -> bool {
        self.aggregates().binary_search(&aggregate).is_ok()
    }

    /// The single resources that its inventory counts, sorted by class, then
    /// by identifier.
    #[inline]
    pub fn resources(&self) -> &[Resource] {
        &self.head().resources
    }
}

/// Equal wherever they stand.
impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
            && self.parent_uuid == other.parent_uuid
            && self.generation == other.generation
            && self.name == other.name
            && self.traits == other.traits
            && self.aggregates == other.aggregates
            && self.resources == other.resources
    }
}

impl PartialEq for Provider {
    fn eq(&self, other: &Self) -> bool {
        // Versions share most of their providers.
        self.ptr_eq(other) || self.head() == other.head() && self.inventory() == other.inventory()
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("uuid", &self.uuid())
            .field("name", &self.name())
            .field("generation", &self.generation())
            .field("parent_uuid", &self.parent_uuid())
            .field("inventory", &self.inventory())
            .field("traits", &self.traits())
            .field("aggregates", &self.aggregates())
            .field("resources", &self.resources())
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
