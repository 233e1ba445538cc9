//! A provider to add.

use uuid::Uuid;

/// A provider to add: its name, and its UUID and generation if you choose them.
///
/// Calls that take one also take a name alone. All methods cost O(1).
///
/// ```
/// use provider_tree::uuid::Uuid;
/// use provider_tree::{NewProvider, ProviderTree};
///
/// let tree = ProviderTree::new();
/// tree.new_root("host")?;
/// let numa0 = NewProvider::new("host_numa0").uuid(Uuid::from_u128(1)).generation(7);
/// assert_eq!(tree.new_child(numa0, "host")?.value, Uuid::from_u128(1));
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "it only describes a provider: pass it to `new_root` or `new_child`"]
pub struct NewProvider<'a> {
    pub(crate) name: &'a str,
    pub(crate) uuid: Option<Uuid>,
    pub(crate) generation: Option<u64>,
}

impl<'a> NewProvider<'a> {
    /// A provider with that name, a random UUID and no generation.
    pub const fn new(name: &'a str) -> Self {
        Self {
            name,
            uuid: None,
            generation: None,
        }
    }

    /// Sets the UUID; `None` means a random one.
    pub fn uuid(mut self, uuid: impl Into<Option<Uuid>>) -> Self {
        self.uuid = uuid.into();
        self
    }

    /// Sets the generation; `None` means that it is unknown.
    pub fn generation(mut self, generation: impl Into<Option<u64>>) -> Self {
        self.generation = generation.into();
        self
    }
}

impl<'a> From<&'a str> for NewProvider<'a> {
    fn from(name: &'a str) -> Self {
        Self::new(name)
    }
}

impl<'a> From<&'a String> for NewProvider<'a> {
    fn from(name: &'a String) -> Self {
        Self::new(name)
    }
}
