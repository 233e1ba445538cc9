//! Where the newest snapshot lies: the only place with atomics that readers
//! meet. Nothing here knows what a snapshot shows.

// A model has a twin of this cell: arc-swap can't run on loom's types.
#[cfg_attr(all(loom, feature = "loom"), path = "arc_swap_twin.rs")]
mod arc_swap;
#[cfg(not(all(loom, feature = "loom", not(crossbeam_loom))))]
mod epoch;

pub use self::arc_swap::ArcSwapCell;
#[cfg(not(all(loom, feature = "loom", not(crossbeam_loom))))]
pub use self::epoch::EpochCell;
pub(crate) use self::private::Cell;

/// How a [`ProviderTree`](crate::ProviderTree) keeps its newest snapshot.
///
/// | | [`ArcSwapCell`], the default | [`EpochCell`](crate::EpochCell) |
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

/// Out of users' reach, but for the models in `loom-tests`, which plant bugs in a
/// cell of their own.
pub mod private {
    use crate::Snapshot;
    #[cfg(all(loom, feature = "loom", provider_tree_models))]
    pub use crate::sync::model::hooks::{set_hand_over, take_freed, this_thread};
    #[cfg(all(loom, feature = "loom", provider_tree_models))]
    pub use crate::tree::{
        Registry,
        reclaim::{Backlog, Parts, Retired},
    };

    /// Frees the content of a snapshot in the eyes of loom if there are no more
    /// references to it than the given number. The memory stays, so that a model
    /// can be wrong about when and yet be sound.
    #[cfg(all(loom, feature = "loom", provider_tree_models))]
    pub fn free_content(snapshot: &Snapshot, references: usize) {
        if snapshot.references() <= references {
            snapshot.free_content();
        }
    }

    /// What a tree asks of its cell.
    pub trait Cell: Send + Sync + Sized + 'static {
        /// What one [`Reader`](crate::Reader) keeps between its loads.
        type Cache: Send + Sync + Unpin + 'static;

        /// A cell whose newest snapshot is the first.
        fn new(first: Snapshot) -> Self;

        /// Shows the newest snapshot to a closure, without keeping it.
        fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R;

        /// Puts `next` in the place of `base` if that is the newest snapshot
        /// still; otherwise gives the newest.
        fn compare_and_swap(&self, base: &Snapshot, next: Snapshot) -> Result<(), Snapshot>;

        /// The newest snapshot. What happened before this call happens before the
        /// swap that replaces that snapshot returns.
        fn announce(&self) -> Snapshot;

        /// Lets go of what was replaced, where that was put off.
        fn settle(&self) {}

        /// A cache for one reader.
        fn cache(&self) -> Self::Cache;

        /// The newest snapshot, by way of a cache.
        fn load(cache: &mut Self::Cache) -> &Snapshot;
    }
}
