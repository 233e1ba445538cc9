//! What a tree asks of its cell.

use self::sealed::Cell;

/// How a [`ProviderTree`](crate::ProviderTree) keeps its newest snapshot.
///
/// | | [`ArcSwapCell`](crate::ArcSwapCell), the default | [`EpochCell`](crate::EpochCell) |
/// |---|---|---|
/// | rests on | `arc-swap` | `crossbeam-epoch` |
/// | model-checked | what is built on it; its inside is not | itself, see [`docs::models`](crate::docs::models) |
/// | `unsafe` code in this crate | none | this cell alone |
/// | [`snapshot`](crate::ProviderTree::snapshot) | 9 ns | 7 ns |
/// | [`read`](crate::ProviderTree::read) | 4 ns; dearer when nested more than 8 deep in one thread | 3 ns, however deep |
/// | [`Reader::load`](crate::Reader::load), nothing new | 1.6 ns | 1.6 ns |
/// | a commit of two edits among 1,000 providers | 1.4 µs | 2.1 µs |
/// | a replaced version that nobody holds is freed | at once | a few commits later; while any thread of the process stays inside `read`, not at all |
/// | pick it | unless something speaks for the other | if the model check counts, or `read` is nested or called most |
///
/// Times: medians of 15 rounds, alternating, one thread, 2-core AMD EPYC; commits as
/// `cargo bench --bench report` has them.
///
/// The trait is sealed: only this crate's cells implement it.
pub trait SnapshotCell: Cell {}

/// What outsiders can neither name nor call.
pub(crate) mod sealed {
    use crate::snapshot::Snapshot;

    /// What each call of a cell takes, so that only this crate can make one: a bound by
    /// [`SnapshotCell`](super::SnapshotCell) lets everybody name the methods.
    #[derive(Clone, Copy, Debug)]
    pub struct Token(());

    /// The only one.
    pub(crate) const TOKEN: Token = Token(());

    /// What a tree asks of its cell. A clone shares the newest snapshot.
    pub trait Cell: Clone + Send + Sync + Sized + Unpin + 'static {
        /// What one [`Reader`](crate::Reader) keeps between its loads.
        type Cache: Clone + Send + Sync + Unpin + 'static;

        /// A cell whose newest snapshot is the first.
        fn new(first: Snapshot, _: Token) -> Self;

        /// Shows the newest snapshot to a closure, without keeping it.
        fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R, _: Token) -> R;

        /// Puts `next` in the place of `base` if that is the newest snapshot
        /// still; otherwise gives the newest.
        fn compare_and_swap(
            &self,
            base: &Snapshot,
            next: Snapshot,
            _: Token,
        ) -> Result<(), Snapshot>;

        /// The newest snapshot. What happened before this call happens before the
        /// swap that replaces that snapshot returns.
        fn announce(&self, _: Token) -> Snapshot;

        /// Lets go of what was replaced, where that was put off.
        fn settle(&self, _: Token) {}

        /// A cache for one reader.
        fn cache(&self, _: Token) -> Self::Cache;

        /// The newest snapshot, by way of a cache.
        fn load(cache: &mut Self::Cache, _: Token) -> &Snapshot;
    }
}
