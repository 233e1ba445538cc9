//! What a tree needs from its cell.

use self::sealed::Cell;

/// How a [`ProviderTree`](crate::ProviderTree) stores its newest snapshot.
///
/// | | [`ArcSwapCell`](crate::ArcSwapCell), the default | [`EpochCell`](crate::EpochCell) |
/// |---|---|---|
/// | built on | `arc-swap` | `crossbeam-epoch` |
/// | model-checked | the code around it, not arc-swap itself | the cell itself, see [`docs::models`](crate::docs::models) |
/// | `unsafe` code in this crate | none | only in this cell |
/// | [`snapshot`](crate::ProviderTree::snapshot) | 9 ns | 7 ns |
/// | [`read`](crate::ProviderTree::read) | 4 ns; slower when nested more than 8 deep in one thread | 3 ns at any depth |
/// | [`Reader::load`](crate::Reader::load), nothing new | 1.6 ns | 1.6 ns |
/// | a commit of two edits among 1,000 providers | 1.4 µs | 1.8 µs |
/// | a replaced version that nobody holds is freed | at once | a few commits later, and not while any thread of the process stays inside `read` |
/// | choose it | by default | if you need the cell model-checked, or nest `read` or call it more than anything else |
///
/// Times are medians of 15 alternating rounds in one thread on a 2-core AMD EPYC; commits
/// as measured by `cargo bench --bench report`.
///
/// The trait is sealed: only this crate's cells implement it.
pub trait SnapshotCell: Cell {}

/// The interface of a cell, which other crates can neither name nor call.
pub(crate) mod sealed {
    use crate::snapshot::Snapshot;

    /// An argument of every method of a cell, which only this crate can make. Without it a
    /// bound by [`SnapshotCell`](super::SnapshotCell) would let anyone call the methods.
    #[derive(Clone, Copy, Debug)]
    pub struct Token(());

    /// The only token.
    pub(crate) const TOKEN: Token = Token(());

    /// What a tree needs from its cell. A clone shares the newest snapshot.
    pub trait Cell: Clone + Send + Sync + Sized + Unpin + 'static {
        /// What one [`Reader`](crate::Reader) keeps between its loads.
        type Cache: Clone + Send + Sync + Unpin + 'static;

        /// A cell with `first` as its newest snapshot.
        fn new(first: Snapshot, _: Token) -> Self;

        /// Passes the newest snapshot to a closure.
        fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R, _: Token) -> R;

        /// Replaces `base` by `next` if `base` is still the newest snapshot; otherwise
        /// returns the newest.
        fn compare_and_swap(
            &self,
            base: &Snapshot,
            next: Snapshot,
            _: Token,
        ) -> Result<(), Snapshot>;

        /// The newest snapshot. What happened before this call happens before the
        /// swap that replaces that snapshot returns.
        fn announce(&self, _: Token) -> Snapshot;

        /// Releases replaced versions, where that was deferred.
        fn settle(&self, _: Token) {}

        /// A cache for one reader.
        fn cache(&self, _: Token) -> Self::Cache;

        /// The newest snapshot, through a cache.
        fn load(cache: &mut Self::Cache, _: Token) -> &Snapshot;
    }
}
