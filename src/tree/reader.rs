//! A thread's own handle for reading.

use std::fmt;

use crate::cell::arc_swap::ArcSwapCell;
use crate::cell::cell::SnapshotCell;
use crate::cell::cell::sealed::TOKEN;
use crate::snapshot::Snapshot;

/// One thread's handle for reading a tree, and the fastest way to read: it keeps the newest
/// snapshot that it has seen and only checks whether there is a newer one.
///
/// It keeps that snapshot alive until the next [`load`](Self::load), and still returns the
/// last one after the tree is dropped. It borrows nothing: store it in the thread's own
/// state.
///
/// ```
/// use std::{sync::Arc, thread};
/// use provider_tree::ProviderTree;
///
/// let tree = Arc::new(ProviderTree::new());
/// tree.new_root("host")?;
/// let mut reader = tree.reader();
/// let names = thread::spawn(move || {
///     let snapshot = reader.load();
///     snapshot.iter().map(|provider| provider.name().to_owned()).collect::<Vec<_>>()
/// });
/// assert_eq!(names.join().unwrap(), ["host"]);
/// # Ok::<(), provider_tree::Error>(())
/// ```
pub struct Reader<C: SnapshotCell = ArcSwapCell> {
    cache: C::Cache,
}

impl<C: SnapshotCell> Reader<C> {
    pub(super) fn new(cache: C::Cache) -> Self {
        Self { cache }
    }

    /// The newest snapshot. Versions never go back from one call to the next.
    ///
    /// Cost: one atomic load if nothing has changed; otherwise that of
    /// [`ProviderTree::snapshot`](crate::ProviderTree::snapshot).
    pub fn load(&mut self) -> &Snapshot {
        C::load(&mut self.cache, TOKEN)
    }
}

/// A reader for another thread, starting from the same snapshot. Cost: O(1).
impl<C: SnapshotCell> Clone for Reader<C> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
        }
    }
}

impl<C: SnapshotCell> fmt::Debug for Reader<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}
