//! A single thing that a provider's inventory counts.

use std::collections::BTreeMap;

use crate::provider::name::ResourceClass;

/// One of the things that an inventory counts, where they are not all alike:
/// a persistent-memory namespace, a virtual function ...
///
/// Placement knows only their number; who manages them keeps them here, as
/// Nova's libvirt driver does.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Resource {
    /// What it is one of.
    pub class: ResourceClass,
    /// What tells it from the others of its class.
    pub identifier: String,
    /// Whatever else its manager notes of it.
    pub metadata: BTreeMap<String, String>,
}

impl Resource {
    /// A resource without metadata.
    pub fn new(class: ResourceClass, identifier: impl Into<String>) -> Self {
        Self {
            class,
            identifier: identifier.into(),
            metadata: BTreeMap::new(),
        }
    }
}
