//! One provider, as a version of the forest shows it.

use std::fmt;
use std::ops::Deref;
use std::ptr;
use std::sync::Arc;

use arrayvec::ArrayString;
use uuid::Uuid;

use crate::error::Error;
use crate::provider::inventory::{Inventories, Inventory};
use crate::provider::key::ProviderKey;
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::path::Path;
use crate::provider::resource::Resource;

/// The longest name, in characters, as in Placement's schema.
const MAX_NAME: usize = 200;

/// One provider, as one version of the forest shows it. It never changes.
///
/// Two providers are equal if their fields are, whatever their order among siblings. Accessors
/// cost O(1) unless they say otherwise.
///
/// Queries return references. Clone a provider to keep it: that copies some 320 bytes,
/// including an inventory of up to three classes, and increments one reference count, for
/// the name, traits, aggregates and resources that all clones share. A longer inventory is
/// shared too. A clone keeps nothing else alive: neither the rest of its tree nor its
/// version.
#[doc(alias = "ProviderData")]
#[derive(Clone)]
#[repr(C)]
pub struct Provider {
    // The fields that reads need are close together: the last records and their count, then
    // the UUID and the generation.
    inventory: Records,
    head: Head,
}

/// Everything but the inventory.
#[derive(Clone)]
#[repr(C)]
pub(crate) struct Head {
    uuid: Uuid,
    pub(crate) generation: Option<u64>,
    pub(crate) path: Path,
    rest: Arc<Rest>,
    pub(crate) parent_uuid: Option<Uuid>,
}

/// Data that few reads need and few edits change, in an allocation of its own: copying a tree
/// increments one reference count for all of it.
#[derive(Clone, PartialEq)]
pub(crate) struct Rest {
    pub(crate) name: Name,
    pub(crate) traits: Arc<[Trait]>,
    pub(crate) aggregates: Arc<[Uuid]>,
    pub(crate) resources: Arc<[Resource]>,
}

/// A provider's name, checked.
#[derive(Clone, PartialEq)]
pub(crate) enum Name {
    /// Inline, next to the other data that a look-up by name reads.
    Short(ArrayString<SHORT>),
    Long(Arc<str>),
}

/// The longest name, in bytes, that is stored inline: with it a name takes a cache line.
const SHORT: usize = 56;

impl Deref for Name {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        match self {
            Self::Short(name) => name,
            Self::Long(name) => name,
        }
    }
}

impl Name {
    /// Checks a name: 1 to 200 characters of any kind.
    pub(crate) fn new(name: &str) -> Result<Self, Error> {
        let length = name.chars().count();
        if !(1..=MAX_NAME).contains(&length) {
            return Err(Error::InvalidName {
                name: crate::error::excerpt(name),
                length,
            });
        }
        Ok(match ArrayString::from(name) {
            Ok(short) => Self::Short(short),
            Err(_) => Self::Long(name.into()),
        })
    }
}

impl From<Name> for Rest {
    /// Only a name.
    fn from(name: Name) -> Self {
        Self {
            name,
            traits: Arc::default(),
            aggregates: Arc::default(),
            resources: Arc::default(),
        }
    }
}

impl Head {
    pub(crate) fn new(uuid: Uuid, rest: Rest) -> Self {
        Self {
            uuid,
            generation: None,
            path: Path::TOP,
            rest: Arc::new(rest),
            parent_uuid: None,
        }
    }

    pub(crate) fn name(&self) -> &str {
        &self.rest.name
    }

    /// The shared data, copied first if another version shares it.
    pub(crate) fn rest_mut(&mut self) -> &mut Rest {
        Arc::make_mut(&mut self.rest)
    }
}

/// All fields of a provider.
pub(crate) struct Parts<'a> {
    pub(crate) uuid: Uuid,
    pub(crate) name: &'a str,
    pub(crate) generation: Option<u64>,
    pub(crate) parent_uuid: Option<Uuid>,
    pub(crate) inventory: &'a Inventories,
    pub(crate) traits: &'a [Trait],
    pub(crate) aggregates: &'a [Uuid],
    pub(crate) resources: &'a [Resource],
}

/// How many inventory records are stored inline.
const INLINE: usize = 3;

/// The inventory of one provider.
#[repr(C)]
struct Records {
    /// All of them, if they do not fit inline.
    many: Option<Arc<Box<Inventories>>>,
    few: [(ResourceClass, Inventory); INLINE],
    /// How many are inline; the other slots are unused. More than the array has if they are
    /// in `many`.
    count: u8,
}

// Written by hand: the derived one copies the array in a loop, which takes twice as long.
impl Clone for Records {
    #[inline]
    fn clone(&self) -> Self {
        let [a, b, c] = &self.few;
        Self {
            many: self.many.clone(),
            few: [a.clone(), b.clone(), c.clone()],
            count: self.count,
        }
    }
}

impl Records {
    fn new(records: impl ExactSizeIterator<Item = (ResourceClass, Inventory)>) -> Self {
        const NOTHING: (ResourceClass, Inventory) = (ResourceClass::VCPU, Inventory::new(0));
        let mut new = Self {
            many: None,
            few: [NOTHING; INLINE],
            count: u8::MAX,
        };
        if records.len() > INLINE {
            new.many = Some(Arc::new(records.collect()));
        } else {
            new.count = records.len() as u8;
            for (slot, record) in new.few.iter_mut().zip(records) {
                *slot = record;
            }
        }
        new
    }
}

impl Deref for Records {
    type Target = Inventories;

    #[inline]
    fn deref(&self) -> &Inventories {
        match self.few.get(..usize::from(self.count)) {
            Some(few) => few,
            None => self.many.as_deref().map_or(&[], |many| many),
        }
    }
}

impl Provider {
    pub(crate) fn new(
        head: Head,
        inventory: impl ExactSizeIterator<Item = (ResourceClass, Inventory)>,
    ) -> Self {
        Self {
            inventory: Records::new(inventory),
            head,
        }
    }

    /// A copy with an edit.
    pub(crate) fn edited(&self, edit: impl FnOnce(&mut Head)) -> Self {
        let mut edited = self.clone();
        edit(&mut edited.head);
        edited
    }

    #[inline]
    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn head_mut(&mut self) -> &mut Head {
        &mut self.head
    }

    /// Replaces the inventory with one that has been checked.
    pub(crate) fn set_inventory(&mut self, records: &Inventories) {
        self.inventory = Records::new(records.iter().cloned());
    }

    /// Whether another provider shares its `Rest`.
    #[cfg(test)]
    pub(crate) fn is_shared(&self) -> bool {
        Arc::strong_count(&self.head.rest) > 1
    }

    /// All its fields. Destructure them, so that a new field does not compile until it is
    /// printed, written and compared everywhere.
    pub(crate) fn parts(&self) -> Parts<'_> {
        Parts {
            uuid: self.uuid(),
            name: self.name(),
            generation: self.generation(),
            parent_uuid: self.parent_uuid(),
            inventory: self.inventory(),
            traits: self.traits(),
            aggregates: self.aggregates(),
            resources: self.resources(),
        }
    }

    /// Its position in the forest.
    #[inline]
    pub(crate) fn path(&self) -> &Path {
        &self.head().path
    }

    /// The UUID by which Placement knows it.
    #[inline]
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        self.head().uuid
    }

    /// The name, unique in the forest.
    #[inline]
    #[must_use]
    pub fn name(&self) -> &str {
        self.head().name()
    }

    /// Placement's counter of updates to this provider, if known.
    #[inline]
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        self.head().generation
    }

    /// The parent's UUID; `None` for a root.
    #[inline]
    #[must_use]
    pub fn parent_uuid(&self) -> Option<Uuid> {
        self.head().parent_uuid
    }

    /// Its inventory, sorted by resource class.
    #[inline]
    #[must_use]
    pub fn inventory(&self) -> &[(ResourceClass, Inventory)] {
        &self.inventory
    }

    /// Its inventory of one resource class. Cost: O(log k) for k classes.
    #[must_use]
    pub fn inventory_of(&self, class: &ResourceClass) -> Option<&Inventory> {
        let inventory = self.inventory();
        let at = inventory.binary_search_by(|(candidate, _)| candidate.cmp(class));
        Some(&inventory[at.ok()?].1)
    }

    /// The traits, sorted.
    #[inline]
    #[must_use]
    pub fn traits(&self) -> &[Trait] {
        &self.head().rest.traits
    }

    /// Whether it has that trait. Cost: O(log k) for k traits.
    #[must_use]
    pub fn has_trait(&self, name: &str) -> bool {
        self.traits()
            .binary_search_by(|candidate| candidate.as_str().cmp(name))
            .is_ok()
    }

    /// The aggregates that it is a member of, sorted.
    #[inline]
    #[must_use]
    pub fn aggregates(&self) -> &[Uuid] {
        &self.head().rest.aggregates
    }

    /// Whether it is a member of that aggregate. Cost: O(log k) for k aggregates.
    #[must_use]
    pub fn in_aggregate(&self, aggregate: Uuid) -> bool {
        self.aggregates().binary_search(&aggregate).is_ok()
    }

    /// The individual resources that its inventory counts, sorted by class, then by
    /// identifier.
    #[inline]
    #[must_use]
    pub fn resources(&self) -> &[Resource] {
        &self.head().rest.resources
    }
}

/// Equal whatever their positions.
impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        let Self {
            uuid,
            generation,
            path: _,
            rest,
            parent_uuid,
        } = self;
        *uuid == other.uuid
            && *generation == other.generation
            && *parent_uuid == other.parent_uuid
            && (Arc::ptr_eq(rest, &other.rest) || *rest == other.rest)
    }
}

impl From<&Provider> for ProviderKey<'_> {
    #[inline]
    fn from(provider: &Provider) -> Self {
        Self::Uuid(provider.uuid())
    }
}

impl PartialEq for Provider {
    fn eq(&self, other: &Self) -> bool {
        // Versions share most of their trees.
        let Self { head, inventory } = self;
        ptr::eq(self, other) || *head == other.head && **inventory == *other.inventory
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts {
            uuid,
            name,
            generation,
            parent_uuid,
            inventory,
            traits,
            aggregates,
            resources,
        } = self.parts();
        f.debug_struct("Provider")
            .field("uuid", &uuid)
            .field("name", &name)
            .field("generation", &generation)
            .field("parent_uuid", &parent_uuid)
            .field("inventory", &inventory)
            .field("traits", &traits)
            .field("aggregates", &aggregates)
            .field("resources", &resources)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inventory_of_any_size_is_kept_whole() {
        let name = Name::new("host").unwrap();
        let mut provider = Provider::new(Head::new(Uuid::nil(), name.into()), [].into_iter());
        let classes = || ResourceClass::STANDARD.iter().cloned().zip(1..);
        for count in (0..8).chain((0..8).rev()) {
            let records = classes().take(count);
            let records: Vec<_> = records
                .map(|(class, total)| (class, Inventory::new(total)))
                .collect();
            let before = provider.clone();
            provider.set_inventory(&records);
            assert_eq!(provider.inventory(), records);
            assert_eq!(provider.clone().inventory(), records);
            assert_eq!(provider == before, before.inventory() == records);
            assert_eq!(provider.inventory.many.is_some(), count > 3);
        }
    }

    #[test]
    fn a_provider_takes_as_many_bytes_as_its_docs_say_and_no_more() {
        // Memory use and the cost of a copy depend on it.
        assert!(size_of::<Provider>() <= 320, "{}", size_of::<Provider>());
    }
}
