//! An individual item that an inventory counts.

use std::collections::BTreeMap;

use crate::provider::name::ResourceClass;

/// One of the items that an inventory counts, if they are not all alike: a
/// persistent-memory namespace, a virtual function ...
///
/// Placement knows only how many there are. Code that manages them keeps them here, as
/// Nova's libvirt driver does.
///
/// ```
/// use provider_tree::{ProviderTree, Resource, ResourceClass};
///
/// let tree = ProviderTree::new();
/// tree.new_root("host")?;
/// let class = ResourceClass::new("CUSTOM_PMEM_NAMESPACE_4GB")?;
/// let namespace = Resource::new(class, "ns_0").with_metadata("path", "/dev/dax0.0");
/// tree.update_resources("host", [namespace.clone()])?;
/// assert_eq!(tree.find("host").unwrap().resources(), [namespace]);
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Resource {
    /// Its class.
    pub class: ResourceClass,
    /// What distinguishes it from others of its class.
    pub identifier: String,
    /// Anything else that its manager records.
    pub metadata: BTreeMap<String, String>,
}

impl Resource {
    /// A resource without metadata.
    #[must_use]
    pub fn new(class: ResourceClass, identifier: impl Into<String>) -> Self {
        Self {
            class,
            identifier: identifier.into(),
            metadata: BTreeMap::new(),
        }
    }

    /// Adds an entry to the metadata, or replaces it.
    #[must_use]
    pub fn with_metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }
}
