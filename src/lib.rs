#![doc(test(attr(deny(warnings))))]
#![cfg_attr(docsrs, feature(doc_cfg))]

//! A forest of resource providers that many threads read without ever waiting while others
//! change it.
//!
//! OpenStack Nova keeps its *resource providers* (a compute host, its NUMA nodes, their
//! GPUs and network cards) in a `ProviderTree`: one lock guards it, a look-up scans it, and
//! a consistent read copies it. This crate reimplements all of it as a lock-free data
//! structure. The forest is an immutable persistent map, and a commit swaps in the next
//! version of it atomically. Readers see whole versions and never wait; writers commit
//! transactions by compare-and-swap and retry. A writer may defer, for a bounded time, to
//! one that keeps losing: see [`docs::consistency`].
//!
//! # A tour
//!
//! ```
//! use provider_tree::{Inventory, ProviderTree, ResourceClass};
//!
//! // Share it by reference or in an `Arc`: every call takes `&self`.
//! let tree = ProviderTree::new();
//!
//! // Several edits become visible in one step, or not at all.
//! tree.update(|transaction| {
//!     let host = transaction.new_root("host")?;
//!     transaction.new_child("host_numa0", host)?;
//!     transaction.new_child("host_gpu0", "host_numa0")?;
//!     let cpus = Inventory::new(8).with_allocation_ratio(4.0);
//!     transaction.update_inventory("host_numa0", [(ResourceClass::VCPU, cpus)], None)?;
//!     transaction.add_traits("host_gpu0", ["CUSTOM_GOLD"])
//! })?;
//!
//! // A snapshot is one version: everything in it agrees.
//! let snapshot = tree.snapshot();
//! let capacity: f64 = snapshot
//!     .tree_of("host_gpu0")?
//!     .filter_map(|provider| provider.inventory_of(&ResourceClass::VCPU))
//!     .map(Inventory::capacity)
//!     .sum();
//! assert_eq!(capacity, 32.0);
//! assert!(snapshot.has_traits("host_gpu0", ["CUSTOM_GOLD"])?);
//!
//! // It stays the same while others commit.
//! tree.remove("host_numa0")?;
//! assert_eq!((snapshot.len(), tree.len()), (3, 1));
//!
//! // A refused call says why, and changes nothing.
//! let error = tree.new_child("host_gpu1", "host_numa0").unwrap_err();
//! assert!(error.is_not_found());
//! # Ok::<(), provider_tree::Error>(())
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! |---|---|
//! | share, read and change a forest | [`ProviderTree`] |
//! | read in a loop, at the cost of one atomic load | [`Reader`] |
//! | look up, walk and query | [`Forest`], which [`Snapshot`] and [`Transaction`] dereference to |
//! | list a provider and everything below it | [`Forest::providers_in`] |
//! | edit several providers in one step | [`ProviderTree::update`], [`Transaction`] |
//! | return errors of your own from an update | [`ProviderTree::try_update`] |
//! | choose the UUID or generation of a new provider | [`NewProvider`] |
//! | know what to do about an error | [`Error::is_not_found`], [`Error::is_taken`], [`Error::is_conflict`], [`Error::is_invalid`] |
//! | compare two versions, and make the same changes elsewhere | [`Forest::diff`], [`Transaction::apply`] |
//! | wait for the next version, of the whole forest or of one tree | [`ProviderTree::subscribe`], [`ProviderTree::subscribe_to`] |
//! | import and export whole forests | [`ProviderRecord`], [`Transaction::replace_all`], [`Transaction::populate`], [`Forest::to_records`] |
//! | know what readers and writers may rely on | [`docs::consistency`] |
//! | see common tasks done right, and wrong | [`docs::patterns`] |
//! | run a whole program | the folder `examples/` of the repository, with an index |
//! | choose between the two cells | [`SnapshotCell`] |
//! | model-check a program that uses a tree | [`docs::models`] |
//! | keep a forest in step with OpenStack Placement | `placement` and `docs::placement`, with the feature |
//! | know what it can't do, and how it differs from Nova | [`docs::limits`] |
//! | know how it works inside, and where the costs come from | [`docs::internals`] |
//!
//! # Features
//!
//! None is on by default.
//!
//! - `serde`: [`Snapshot`], [`ProviderRecord`], [`Inventory`] and [`Resource`] are read and
//!   written with Placement's field names; [`Provider`] and [`Change`] are written.
//! - `placement`: keeps a forest in step with OpenStack Placement, over HTTP: the module
//!   `placement`. `placement-tls` adds HTTPS.
//! - `stream`: a [`Subscription`] is a `futures_core::Stream`.
//! - `tracing`: commits (version, edits, attempts), generation changes (from, to,
//!   operation) and conflicts are events of level `DEBUG` with the target `provider_tree`,
//!   and so is each request to Placement (method, path, status, ms). Reads of a tree report
//!   nothing.
//! - `loom`: nothing by itself. In a build with `--cfg loom` the tree runs on loom's types:
//!   see [`docs::models`].

// Tests and examples may print; the library may not.
#![warn(clippy::print_stderr, clippy::print_stdout)]
#![cfg_attr(
    not(all(loom, feature = "loom")),
    warn(missing_debug_implementations, unreachable_pub)
)]

pub mod docs;

// Runs the examples of the README as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod error;
mod text;

mod provider;

mod forest;

mod snapshot;

mod transaction;

mod cell;

mod tree;

#[cfg(feature = "placement")]
pub mod placement;
#[cfg(feature = "serde")]
mod serde;
mod sync;

#[cfg(all(loom, feature = "loom"))]
#[doc(hidden)]
pub mod contract;

pub use uuid;

pub use self::cell::arc_swap::ArcSwapCell;
pub use self::cell::cell::SnapshotCell;
#[cfg(any(not(all(loom, feature = "loom")), crossbeam_loom))]
pub use self::cell::epoch::EpochCell;
pub use self::error::Error;
pub use self::forest::diff::change::{Change, Differences, Place};
pub use self::forest::fmt::dot::Dot;
pub use self::forest::forest::Forest;
pub use self::provider::inventory::{EffectiveInventory, Inventory};
pub use self::provider::key::ProviderKey;
pub use self::provider::name::{ResourceClass, Trait};
pub use self::provider::new::NewProvider;
pub use self::provider::provider::Provider;
pub use self::provider::record::ProviderRecord;
pub use self::provider::resource::Resource;
pub use self::snapshot::Snapshot;
pub use self::transaction::transaction::Transaction;
pub use self::tree::commit::{Committed, Conflict};
pub use self::tree::reader::Reader;
pub use self::tree::stats::Stats;
pub use self::tree::subscription::{Subscription, TimedOut, Transition};
pub use self::tree::tree::ProviderTree;

/// Iterators over a [`Forest`].
pub mod iter {
    pub use crate::forest::iter::{Ancestors, Children, Descendants, ProviderUuids, Providers};
}
