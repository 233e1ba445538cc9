//! One owned version of the forest.

use crate::error::Error;
use crate::forest::edit::Editor;
use crate::forest::forest::Forest;
use crate::forest::iter::Providers;
use crate::provider::key::ProviderKey;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::sync::{Arc, Witness};
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// One version of the forest. It never changes: every look-up, walk and iteration of it
/// agrees with every other.
///
/// You own it: keep it for hours, send it to another thread, hold it across `.await`. A
/// clone is O(1). It dereferences to [`Forest`], which has all the queries.
///
/// A snapshot keeps alive only what no other version in use contains. Dropping it costs one
/// reference count while its tree exists: writers of the tree free the content. Once the tree is
/// gone, or if there never was one, dropping the last snapshot of a version frees it.
///
/// Two snapshots are equal if they show equal providers in the same order, whatever their
/// versions.
///
/// ```
/// use provider_tree::ProviderTree;
///
/// let tree = ProviderTree::new();
/// tree.new_root("host")?;
/// let before = tree.snapshot();
/// tree.remove("host")?;
/// assert!(before.exists("host") && !tree.exists("host"));
/// assert_eq!((before.version(), tree.version()), (1, 2));
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone)]
pub struct Snapshot {
    version: Arc<Version>,
}

pub(crate) struct Version {
    number: u64,
    history: History,
    forest: Forest,
    witness: Witness,
}

impl Version {
    pub(crate) fn into_forest(self) -> Forest {
        self.forest
    }
}

/// Distinguishes the versions of one tree from those of all others.
#[derive(Clone, Copy, PartialEq)]
struct History(u64);

impl History {
    fn new() -> Self {
        // Std's atomic in models too: no thread acts on the order of the numbers.
        static BEGUN: AtomicU64 = AtomicU64::new(0);
        // Relaxed, without a partner: a number publishes nothing, and the addition alone
        // makes it unique. A load and a store instead could hand out one number twice.
        Self(BEGUN.fetch_add(1, Relaxed))
    }
}

impl Snapshot {
    /// The first version of a tree, or a version of no tree.
    pub(crate) fn new(number: u64, forest: Forest) -> Self {
        Self::in_history(History::new(), number, forest)
    }

    /// What tells this version from all others.
    pub(crate) fn identity(&self) -> impl PartialEq + use<> {
        (self.version.history, self.version.number)
    }

    /// The next version of the same tree.
    pub(crate) fn next(&self, forest: Forest) -> Self {
        Self::in_history(self.version.history, self.version() + 1, forest)
    }

    fn in_history(history: History, number: u64, forest: Forest) -> Self {
        Self {
            version: Arc::new(Version {
                number,
                history,
                forest,
                witness: Witness::new(number),
            }),
        }
    }

    /// Whether both are versions of one tree.
    pub(crate) fn has_history_of(&self, other: &Self) -> bool {
        self.version.history == other.version.history
    }

    #[cfg(any(not(all(loom, feature = "loom")), crossbeam_loom))]
    pub(crate) fn from_version(version: Arc<Version>) -> Self {
        Self { version }
    }

    #[cfg(any(not(all(loom, feature = "loom")), crossbeam_loom))]
    pub(crate) fn as_version(&self) -> &Arc<Version> {
        &self.version
    }

    pub(crate) fn into_version(self) -> Arc<Version> {
        self.version
    }

    #[cfg(all(loom, feature = "loom"))]
    pub(crate) fn references(&self) -> usize {
        Arc::strong_count(&self.version)
    }

    /// Tells loom that the content is freed. The memory stays.
    #[cfg(all(loom, feature = "loom"))]
    pub(crate) fn free_content(&self) {
        self.version.witness.write();
    }

    /// The number of commits that led to this version. Cost: O(1).
    #[inline]
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.witness.read();
        self.version.number
    }

    /// Whether both are the same version of the same forest. Cost: O(1).
    #[inline]
    #[must_use]
    pub fn ptr_eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.version, &other.version)
    }
}

impl Deref for Snapshot {
    type Target = Forest;

    #[inline]
    fn deref(&self) -> &Forest {
        self.version.witness.read();
        &self.version.forest
    }
}

impl Forest {
    /// The tree of a root, as an independent forest at version 0.
    ///
    /// Cost: O(size of the tree).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`], or [`Error::NotARoot`] if the provider is not a root.
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root("host")?;
    /// tree.new_root("other host")?;
    /// let what_if = ProviderTree::from(tree.snapshot().subtree("host")?);
    /// what_if.new_child("host_gpu0", "host")?;
    /// assert_eq!((what_if.len(), tree.len()), (2, 2));
    /// assert!(!tree.exists("host_gpu0") && !what_if.exists("other host"));
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    pub fn subtree<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<Snapshot, Error> {
        let root = self.require(key)?;
        if root.parent_uuid().is_some() {
            return Err(Error::NotARoot {
                uuid: root.uuid(),
                root: self.root_of(root)?.uuid(),
            });
        }
        let first = Path::TOP.child(0);
        let moved = self.tree_of(root)?.map(|provider| {
            let path = provider.path().rebased(root.path(), &first);
            provider.edited(|head| head.path = path)
        });
        Ok(Snapshot::new(0, Editor::forest_of(moved.collect())))
    }
}

/// An empty forest at version 0.
impl Default for Snapshot {
    fn default() -> Self {
        Self::new(0, Forest::new())
    }
}

impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        self.ptr_eq(other) || **self == **other
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl<'a> IntoIterator for &'a Snapshot {
    type Item = &'a Provider;
    type IntoIter = Providers<'a>;

    fn into_iter(self) -> Providers<'a> {
        self.iter()
    }
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("version", &self.version())
            .field("forest", &**self)
            .finish()
    }
}
