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
/// Share it by reference or in an [`Arc`](std::sync::Arc); every call takes
/// `&self`. Reads come in three ways: [`snapshot`](Self::snapshot) to own a
/// version, [`read`](Self::read) to look at one in place, and
/// [`reader`](Self::reader) for a thread that reads often. Changes are
/// transactions: [`update`](Self::update), or one of the shorthands below for a
/// single edit.
///
/// A call that is refused with an error has changed nothing. No call panics, unless
/// your own closure or iterator does, or the operating system has no random numbers for
/// a new provider without a UUID.
pub struct ProviderTree<C: SnapshotCell = ArcSwapCell> {
    pub(super) cell: C,
    // On a cache line of its own: readers look at the cell alone.
    fairness: CachePadded<Fairness>,
    // After the cell, so that it is dropped last and frees what the cell has let
    // go of.
    pub(super) backlog: Box<Backlog<Arc<Version>>>,
    pub(super) registry: Arc<Registry>,
}

impl ProviderTree {
    /// An empty forest at version 0.
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

    /// Shows the newest version to a closure and returns what that returns.
    /// Cost: O(1); no reference count.
    ///
    /// The version is kept alive while the closure runs; clone the snapshot to
    /// keep it longer.
    pub fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R {
        self.cell.read(reader, TOKEN)
    }

    /// A handle for one thread that reads often. Cost: O(1).
    #[must_use]
    pub fn reader(&self) -> Reader<C> {
        Reader::new(self.cell.cache(TOKEN))
    }

    /// Commits what a closure makes of the newest version: all its edits in one
    /// step, or nothing if it returns an error or panics. Every read that
    /// starts after this has returned sees them.
    ///
    /// **The closure may run again.** If another commit comes first, the edits
    /// are forgotten and the closure runs on the newer version. So let it do
    /// nothing but read and edit its transaction: what it counts, sends or
    /// prints would happen once an attempt.
    ///
    /// A closure that changes nothing commits nothing (but one that adds a provider
    /// and removes it again has made two edits that change something). Commits are
    /// serialisable: what the closure read still held when its edits became visible.
    /// Cost: that of the edits, times the attempts.
    ///
    /// It may wait: while a writer that keeps losing claims priority, others defer to
    /// it before they begin, for 1 s at most, so that long transactions get through; see
    /// [`docs::consistency`](crate::docs::consistency#fairness). When it has committed it
    /// calls the wakers of subscribers, outside every lock: see
    /// [`Subscription`](crate::Subscription).
    ///
    /// # Errors
    ///
    /// Whatever the closure returns. [`Error::NestedUpdate`] inside the closure
    /// of an update of the same tree: edit through that one's transaction.
    /// [`Error::Contended`] after 10,000 attempts, or when others have deferred to this
    /// one ten times in vain: its closure waits for one of them, or runs for too long.
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

    /// [`update`](Self::update) for a closure with an error type of its own, which can be
    /// made from an [`Error`].
    ///
    /// # Errors
    ///
    /// As [`update`](Self::update), converted.
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
        if nesting::is_inside(self) {
            return Err(Error::NestedUpdate.into());
        }
        let mut attempts = Attempts::new(&self.fairness);
        loop {
            attempts.start();
            let mut transaction = Transaction::new(self.snapshot());
            let value = nesting::run(self, || edits(&mut transaction))?;
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
    /// Cost: O(1). It may wait, for 1 s at most, while a writer that keeps losing claims
    /// priority; see [`docs::consistency`](crate::docs::consistency#fairness).
    ///
    /// Prefer [`update`](Self::update) unless the edits can't be made in a
    /// closure: it retries, and it gets through where short commits keep
    /// coming.
    pub fn begin(&self) -> Transaction {
        // Inside the closure of an update of this tree the claim may be that update's.
        if !nesting::is_inside(self) {
            self.fairness.defer(MOST_PATIENCE);
        }
        Transaction::new(self.snapshot())
    }

    /// Tries once to commit a transaction. Never waits for other writers. Cost: O(1), and
    /// that of the wakers of subscribers, which it calls outside every lock.
    ///
    /// # Errors
    ///
    /// [`Conflict`] if the newest version is no longer the one that the
    /// transaction began from, or if the transaction was begun on another tree
    /// ([`Conflict::is_foreign`]). It gives the transaction back.
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// let mut transaction = tree.begin();
    /// transaction.new_root("mine")?;
    /// tree.new_root("theirs")?; // comes first
    ///
    /// let conflict = tree.commit(transaction).unwrap_err();
    /// assert!(conflict.transaction().exists("mine"));
    /// let mut transaction = conflict.restart();
    /// transaction.new_root("mine")?;
    /// assert_eq!(tree.commit(transaction).unwrap().version, 2);
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    pub fn commit(&self, transaction: Transaction) -> Result<Committed<()>, Conflict> {
        // Without edits there is nothing to swap, but what the transaction has
        // read must hold still.
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

    /// The provider with that name or UUID, as the newest version shows it.
    /// Cost: as [`Forest::find`](crate::Forest::find), and one
    /// reference count.
    #[must_use]
    pub fn find<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Option<Provider> {
        self.read(|snapshot| snapshot.find(key).cloned())
    }

    /// Whether there is a provider with that name or UUID. Cost: as
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

    /// Whether there is no provider. Cost: O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.read(|snapshot| snapshot.is_empty())
    }

    /// The number of commits that changed something. Cost: O(1).
    #[must_use]
    pub fn version(&self) -> u64 {
        self.read(Snapshot::version)
    }

    /// A forest that begins as the snapshot is and keeps its versions in a cell
    /// of the given kind. Cost: O(1).
    #[doc(alias = "deepcopy")]
    #[must_use]
    pub fn from_snapshot(first: Snapshot) -> Self {
        // A version of its own: it is told by its references whether anybody reads
        // it, which two trees can't share.
        let own = Snapshot::new(first.version(), first.fork());
        Self {
            cell: C::new(own, TOKEN),
            fairness: CachePadded::default(),
            backlog: Box::default(),
            registry: Arc::new(Registry::default()),
        }
    }

    /// Makes a transaction the newest version if its base still is, and returns the
    /// number of that version; otherwise returns the newest. Without edits there is
    /// nothing to swap.
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

    /// After the swap: hands the old version over, then tells subscribers and `tracing`.
    /// All that is ours is done before their code runs.
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

/// An empty forest at version 0, in any cell.
impl<C: SnapshotCell> Default for ProviderTree<C> {
    fn default() -> Self {
        Self::from_snapshot(Snapshot::default())
    }
}

/// A forest of its own that begins as the snapshot is, at its version: changes
/// to one are never seen in the other. Cost: O(1).
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
