//! The shared handle: how to read, and the loop by which writers commit.

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

use std::fmt;

use crossbeam_utils::CachePadded;

use super::commit::{Committed, Conflict};
use super::contention::{Attempts, Fairness, MOST_PATIENCE};
use super::events;
use super::nesting;
use super::reader::Reader;
use super::reclaim::Backlog;
use super::registry::Registry;
use crate::cell::arc_swap::ArcSwapCell;
use crate::cell::cell::SnapshotCell;
use crate::cell::cell::sealed::TOKEN;
use crate::error::Error;
use crate::provider::key::ProviderKey;
use crate::provider::provider::Provider;
use crate::snapshot::{Snapshot, Version};
use crate::sync::Arc;
use crate::transaction::transaction::Transaction;

/// A forest of resource providers that many threads read without ever waiting
/// while others change it.
///
/// Share it by reference or in an [`Arc`](std::sync::Arc); every call takes `&self`. There
/// are three ways to read: [`snapshot`](Self::snapshot) to own a version,
/// [`read`](Self::read) to look at one in place, and [`reader`](Self::reader) for a thread
/// that reads often. Change it by transactions: [`update`](Self::update), or one of the
/// shorthands below for a single edit.
///
/// A call that returns an error has changed nothing. No call panics, unless your own
/// closure or iterator does, or the operating system has no random numbers for a new
/// provider without a UUID.
pub struct ProviderTree<C: SnapshotCell = ArcSwapCell> {
    pub(super) cell: C,
    // On a cache line of its own: readers touch only the cell.
    fairness: CachePadded<Fairness>,
    // After the cell, so that it is dropped last and frees what the cell releases.
    pub(super) backlog: Box<Backlog<Arc<Version>>>,
    pub(super) registry: Arc<Registry>,
}

impl ProviderTree {
    /// An empty forest at version 0. Cost: O(1).
    #[must_use]
    pub fn new() -> Self {
        Self::from_snapshot(Snapshot::default())
    }
}

impl<C: SnapshotCell> ProviderTree<C> {
    /// The newest version, owned. Cost: O(1); one reference count.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.cell.read(Snapshot::clone, TOKEN)
    }

    /// Passes the newest version to a closure and returns the result. Cost: O(1); no
    /// reference count.
    ///
    /// The version is kept alive while the closure runs; clone the snapshot to keep it
    /// longer.
    pub fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R {
        self.cell.read(reader, TOKEN)
    }

    /// A handle for one thread that reads often. Cost: O(1).
    #[must_use]
    pub fn reader(&self) -> Reader<C> {
        Reader::new(self.cell.cache(TOKEN))
    }

    /// Runs a closure on the newest version and commits its edits in one step. If the
    /// closure returns an error or panics, nothing is committed. Every read that starts
    /// after this call has returned sees the edits.
    ///
    /// **The closure may run again.** If another commit is first, the edits are discarded
    /// and the closure runs on the newer version. So it should only read and edit its
    /// transaction: whatever it counts, sends or prints would happen once per attempt. See
    /// the [wrong and the right way](crate::docs::patterns#what-a-closure-may-do).
    ///
    /// A closure that changes nothing commits nothing (but adding a provider and removing
    /// it again are two edits that change something). Commits are serialisable: what the
    /// closure read still held when its edits became visible.
    ///
    /// Cost: that of the edits, times the attempts, and that of one
    /// [`commit`](Self::commit), which frees its share of [old
    /// versions](crate::docs::consistency#old-versions). It may wait: while a writer that
    /// keeps losing claims priority, others defer to it before they begin, for at most 1 s,
    /// so that long transactions get through; see
    /// [`docs::consistency`](crate::docs::consistency#fairness). While a subscription
    /// exists, the commit takes a short lock to collect wakers, and calls them outside every
    /// lock: see [`Subscription`](crate::Subscription).
    ///
    /// # Errors
    ///
    /// Whatever the closure returns. [`Error::NestedUpdate`] inside the closure of an
    /// update of the same tree: edit through its transaction instead. [`Error::Contended`]
    /// after 10,000 attempts, or after others have deferred to this update ten times until
    /// the deadline: its closure waits for one of them, or runs too long.
    ///
    /// ```
    /// use provider_tree::{Error, ProviderTree};
    ///
    /// let tree = ProviderTree::new();
    /// let committed = tree.update(|transaction| {
    ///     let host = transaction.new_root("host")?;
    ///     transaction.new_child("host_gpu0", host)?;
    ///     transaction.new_child("host_gpu1", host)?;
    ///     Ok(host)
    /// })?;
    /// assert_eq!((committed.version, committed.attempts), (1, 1));
    /// assert_eq!(tree.snapshot().children(committed.value)?.count(), 2);
    /// # Ok::<(), Error>(())
    /// ```
    pub fn update<T>(
        &self,
        edits: impl FnMut(&mut Transaction) -> Result<T, Error>,
    ) -> Result<Committed<T>, Error> {
        self.try_update(edits)
    }

    /// Like [`update`](Self::update), for your own error type `E: From<Error>`. The closure may
    /// run again, as there. Cost: that of `update`.
    ///
    /// # Errors
    ///
    /// Those of [`update`](Self::update), converted.
    ///
    /// ```
    /// use provider_tree::{Error, ProviderTree};
    ///
    /// enum Refused {
    ///     Full,
    ///     Tree(Error),
    /// }
    ///
    /// impl From<Error> for Refused {
    ///     fn from(error: Error) -> Self {
    ///         Self::Tree(error)
    ///     }
    /// }
    ///
    /// let tree = ProviderTree::new();
    /// for name in ["host0", "host1", "host2"] {
    ///     let added = tree.try_update(|transaction| {
    ///         if transaction.len() == 2 {
    ///             return Err(Refused::Full);
    ///         }
    ///         Ok(transaction.new_root(name)?)
    ///     });
    ///     match added {
    ///         Ok(added) => println!("{name} has the UUID {}", added.value),
    ///         Err(Refused::Full) => assert_eq!(name, "host2"),
    ///         Err(Refused::Tree(error)) => panic!("{error}"),
    ///     }
    /// }
    /// ```
    pub fn try_update<T, E: From<Error>>(
        &self,
        mut edits: impl FnMut(&mut Transaction) -> Result<T, E>,
    ) -> Result<Committed<T>, E> {
        self.refuse_nested()?;
        let mut attempts = Attempts::new(&self.fairness);
        loop {
            attempts.start();
            let mut transaction = Transaction::new(self.snapshot());
            let base = transaction.base().identity();
            let value = nesting::run(self, || edits(&mut transaction))?;
            if transaction.base().identity() != base {
                return Err(Error::ForeignTransaction.into());
            }
            match self.swap(&transaction) {
                Ok(version) => {
                    let attempts = attempts.end();
                    self.publish(transaction, version, attempts);
                    return Ok(Committed {
                        value,
                        version,
                        attempts,
                    });
                }
                Err(newer) => {
                    let lost = attempts.lost(transaction.edits());
                    events::conflict(&transaction, newer.version(), attempts.made());
                    drop(value);
                    lost?;
                }
            }
        }
    }

    /// Begins a transaction on the newest version, for [`commit`](Self::commit).
    ///
    /// Prefer [`update`](Self::update) unless you can't make the edits in a closure: it
    /// retries, and it gets through even if short commits keep coming.
    ///
    /// Cost: O(1). It may wait, for at most 1 s, while a writer that keeps losing claims
    /// priority; see [`docs::consistency`](crate::docs::consistency#fairness).
    pub fn begin(&self) -> Transaction {
        // Inside the closure of an update of this tree, the claim may be that update's own.
        if !nesting::is_inside(self) {
            self.fairness.defer(MOST_PATIENCE);
        }
        Transaction::new(self.snapshot())
    }

    /// Tries once to commit a transaction. It does not defer to writers that claim priority;
    /// while a subscription exists, it takes a short lock to collect wakers.
    ///
    /// Cost: O(1); its share of freeing old versions (see
    /// [`docs::consistency`](crate::docs::consistency#old-versions)); with
    /// [`subscribe_to`](Self::subscribe_to), a comparison of the roots, O(c log n) for c
    /// changed trees; and that of the wakers of subscribers, which it calls outside every
    /// lock.
    ///
    /// # Errors
    ///
    /// [`Conflict`] if the newest version is no longer the one that the transaction began
    /// from, or if the transaction was begun on another tree ([`Conflict::is_foreign`]). It
    /// returns the transaction.
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// let mut transaction = tree.begin();
    /// transaction.new_root("mine")?;
    /// tree.new_root("theirs")?; // commits first
    ///
    /// let conflict = tree.commit(transaction).unwrap_err();
    /// assert!(conflict.transaction().exists("mine"));
    /// let mut transaction = conflict.restart();
    /// transaction.new_root("mine")?;
    /// assert_eq!(tree.commit(transaction).unwrap().version, 2);
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    pub fn commit(&self, transaction: Transaction) -> Result<Committed<()>, Conflict> {
        // Without edits there is nothing to swap, but what the transaction has read must
        // still hold.
        if transaction.edits() == 0 {
            let newest = self.snapshot();
            if !newest.ptr_eq(transaction.base()) {
                return Err(Conflict::new(transaction, newest));
            }
        }
        match self.swap(&transaction) {
            Ok(version) => {
                self.publish(transaction, version, 1);
                Ok(Committed {
                    value: (),
                    version,
                    attempts: 1,
                })
            }
            Err(newer) => {
                events::conflict(&transaction, newer.version(), 1);
                Err(Conflict::new(transaction, newer))
            }
        }
    }

    /// The provider with that name or UUID in the newest version. Cost: that of
    /// [`Forest::find`](crate::Forest::find), and of cloning the provider.
    #[doc(alias = "data")]
    #[must_use]
    pub fn find<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Option<Provider> {
        self.read(|snapshot| snapshot.find(key).cloned())
    }

    /// Whether the newest version has a provider with that name or UUID. Cost: that of
    /// [`Forest::find`](crate::Forest::find).
    #[must_use]
    pub fn exists<'k>(&self, key: impl Into<ProviderKey<'k>>) -> bool {
        self.read(|snapshot| snapshot.exists(key))
    }

    /// The number of providers. Cost: O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.read(|snapshot| snapshot.len())
    }

    /// Whether there are no providers. Cost: O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read(|snapshot| snapshot.is_empty())
    }

    /// The number of commits that changed something. Cost: O(1).
    #[must_use]
    pub fn version(&self) -> u64 {
        self.read(Snapshot::version)
    }

    /// A forest that starts from a snapshot and stores its versions in a cell of type `C`.
    /// Cost: O(1).
    #[doc(alias = "deepcopy")]
    #[must_use]
    pub fn from_snapshot(first: Snapshot) -> Self {
        // A version of its own: its reference count says whether anyone reads it, so two
        // trees can't share one.
        let own = Snapshot::new(first.version(), first.fork());
        Self {
            cell: C::new(own, TOKEN),
            fairness: CachePadded::default(),
            backlog: Box::default(),
            registry: Arc::new(Registry::default()),
        }
    }

    /// Refuses calls inside the closure of an update of this tree.
    pub(crate) fn refuse_nested(&self) -> Result<(), Error> {
        if nesting::is_inside(self) {
            return Err(Error::NestedUpdate);
        }
        Ok(())
    }

    /// Makes a transaction the newest version if its base still is, and returns the number
    /// of that version; otherwise returns the newest. Without edits there is nothing to
    /// swap.
    fn swap(&self, transaction: &Transaction) -> Result<u64, Snapshot> {
        if transaction.edits() == 0 {
            return Ok(transaction.base().version());
        }
        let next = transaction.next();
        let version = next.version();
        self.cell
            .compare_and_swap(transaction.base(), next, TOKEN)?;
        Ok(version)
    }

    /// Call it after the swap: it hands over the old version, then notifies subscribers and
    /// `tracing`. All our own work is done before their code runs.
    fn publish(&self, transaction: Transaction, version: u64, attempts: u64) {
        if transaction.edits() == 0 {
            return;
        }
        let wakers = self
            .registry
            .take(|| transaction.changed_roots(transaction.base()));
        let writes = transaction.writes();
        let (base, report) = transaction.into_parts();
        self.backlog.retire(base.into_version(), version, writes);
        wakers.wake();
        events::committed(&report, version, attempts);
    }
}

/// An empty forest at version 0, in any kind of cell.
impl<C: SnapshotCell> Default for ProviderTree<C> {
    fn default() -> Self {
        Self::from_snapshot(Snapshot::default())
    }
}

/// An independent forest that starts from the snapshot, at its version: neither sees the
/// other's changes. Cost: O(1).
impl From<Snapshot> for ProviderTree {
    fn from(first: Snapshot) -> Self {
        Self::from_snapshot(first)
    }
}

impl<C: SnapshotCell> Drop for ProviderTree<C> {
    fn drop(&mut self) {
        self.registry.close();
    }
}

impl<C: SnapshotCell> fmt::Debug for ProviderTree<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|snapshot| {
            f.debug_struct("ProviderTree")
                .field("version", &snapshot.version())
                .field("providers", &snapshot.len())
                .finish_non_exhaustive()
        })
    }
}

/// Prints the newest version as a tree.
impl<C: SnapshotCell> fmt::Display for ProviderTree<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|snapshot| fmt::Display::fmt(snapshot, f))
    }
}
