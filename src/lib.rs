//! A forest of resource providers that many threads read without ever waiting
//! while others change it.

pub mod docs;

mod cell;
mod display;
mod error;
mod forest;
mod inventory;
mod key;
mod name;
mod path;
mod provider;
mod record;
mod resource;
#[cfg(feature = "serde")]
mod serde;
mod snapshot;
mod transaction;
mod tree;

pub use self::cell::{ArcSwapCell, SnapshotCell};
pub use self::error::Error;
pub use self::forest::{Forest, MAX_LEVELS};
pub use self::inventory::Inventory;
pub use self::key::ProviderKey;
pub use self::name::{ResourceClass, Trait};
pub use self::provider::Provider;
pub use self::record::ProviderRecord;
pub use self::resource::Resource;
pub use self::snapshot::Snapshot;
pub use self::transaction::Transaction;
pub use self::tree::{Committed, Conflict, ProviderTree, Reader};

/// The iterators that walk through a [`Forest`].
pub mod iter {
    pub use crate::forest::walk::{Ancestors, Children, Providers};
}
