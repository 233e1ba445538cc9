//! Where the newest snapshot lies: the only place with atomics that readers
//! meet. Nothing here knows what a snapshot shows.

mod arc_swap;

pub use self::arc_swap::ArcSwapCell;
pub(crate) use self::private::Cell;

/// How a [`ProviderTree`](crate::ProviderTree) keeps its newest snapshot.
///
/// The trait is sealed: only this crate's cells implement it.
pub trait SnapshotCell: Cell {}

mod private {
    use crate::Snapshot;

    /// What a tree asks of its cell.
    pub trait Cell: Send + Sync + Sized + 'static {
        /// What one [`Reader`](crate::Reader) keeps between its loads.
        type Cache: Send + Sync + 'static;

        fn new(first: Snapshot) -> Self;

        /// Shows the newest snapshot to a closure, without keeping it.
        fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R;

        /// Puts `next` in the place of `base` if that is the newest snapshot
        /// still; otherwise gives the newest.
        fn compare_and_swap(&self, base: &Snapshot, next: Snapshot) -> Result<(), Snapshot>;

        fn cache(&self) -> Self::Cache;

        /// The newest snapshot, by way of a cache.
        fn load(cache: &mut Self::Cache) -> &Snapshot;
    }
}
