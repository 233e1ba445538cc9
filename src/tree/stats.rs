//! How many versions a tree keeps.

use super::tree::ProviderTree;
use crate::cell::cell::SnapshotCell;
use crate::cell::cell::sealed::TOKEN;

/// How much a tree keeps. Returned by [`ProviderTree::stats`].
///
/// The numbers are momentary: other threads may change each of them before the next is
/// read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The number of commits that changed something.
    pub version: u64,
    /// How many providers the newest version shows.
    pub providers: usize,
    /// How many versions are kept, in whole or in part: the newest, those that are held,
    /// and those that wait to be freed.
    pub versions: usize,
}

impl<C: SnapshotCell> ProviderTree<C> {
    /// How many versions and providers the tree keeps. Cost: O(1).
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root("host")?;
    /// let held = tree.snapshot();
    /// tree.set_generation("host", 1)?;
    /// let stats = tree.stats();
    /// assert_eq!(stats.versions, 2);
    ///
    /// drop(held); // frees nothing: the next commit does, or you do
    /// tree.collect();
    /// assert_eq!(tree.stats().versions, 1);
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        let waiting = self.backlog.len();
        self.read(|snapshot| Stats {
            version: snapshot.version(),
            providers: snapshot.len(),
            versions: waiting + 1,
        })
    }

    /// Frees all old versions that nobody holds, except what other threads are freeing at
    /// the same time.
    ///
    /// You need not call it: each commit frees some. But if you rarely commit, you may want
    /// the memory back earlier, and a thread that calls it now and then takes that work off
    /// the writers.
    ///
    /// Cost: O(v) for v versions that are held, plus time proportional to the edits that
    /// replaced what it frees.
    pub fn collect(&self) {
        self.cell.settle(TOKEN);
        self.backlog.collect();
    }
}
