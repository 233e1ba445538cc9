//! The tests, for the cell that the crate chooses.

use provider_tree::Snapshot;

pub type ProviderTree = provider_tree::ProviderTree<crate::Cell>;

mod auto_traits;
mod bad_input;
mod changes;
mod dot;
mod long_transaction;
mod model;
mod parity;
mod placement;
mod serde;
mod stress;
mod subscription;
#[cfg(feature = "tracing")]
mod tracing;

/// An empty forest.
pub fn new_tree() -> ProviderTree {
    fork(Snapshot::default())
}

/// A forest of its own that begins as the snapshot is.
pub fn fork(first: Snapshot) -> ProviderTree {
    ProviderTree::from_snapshot(first)
}
