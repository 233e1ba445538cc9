//! The stand-in for the default cell in models: a twin that keeps the contract that
//! arc-swap documents, on loom's types. It says nothing about the inside of arc-swap.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use super::cell::SnapshotCell;
use super::cell::sealed::{Cell, Token};
use crate::snapshot::Snapshot;
use crate::sync::Arc;

/// The twin of the default cell.
#[derive(Clone, Debug)]
pub struct ArcSwapCell(Arc<Swap>);

/// The newest snapshot, by its key in a table. The table is not part of the model: its lock
/// and its counts are std's, which loom does not see, so they order nothing. No thread
/// holds the lock where loom may switch to another. Between the exchange and the removal of
/// the replaced snapshot, readers may still find that one in the table.
#[derive(Debug)]
struct Swap {
    newest: AtomicUsize,
    /// Counts accesses to the table, so that loom may run another thread before each of
    /// them: it does not see the table itself.
    looks: AtomicUsize,
    table: Mutex<Table>,
}

#[derive(Debug)]
struct Table {
    next_key: usize,
    snapshots: BTreeMap<usize, std::sync::Arc<Snapshot>>,
}

/// A reader's snapshot, and the cell to ask for a newer one.
#[derive(Clone, Debug)]
pub struct SwapCache {
    swap: Arc<Swap>,
    key: usize,
    snapshot: Snapshot,
}

impl SnapshotCell for ArcSwapCell {}

impl Cell for ArcSwapCell {
    type Cache = SwapCache;

    fn new(first: Snapshot, _: Token) -> Self {
        let table = Table {
            next_key: 1,
            snapshots: BTreeMap::from([(0, first.into())]),
        };
        Self(Arc::new(Swap {
            newest: AtomicUsize::new(0),
            looks: AtomicUsize::new(0),
            table: Mutex::new(table),
        }))
    }

    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R, _: Token) -> R {
        reader(&self.0.load().1)
    }

    fn compare_and_swap(&self, base: &Snapshot, next: Snapshot, _: Token) -> Result<(), Snapshot> {
        let swap = &self.0;
        let Some(base) = swap.table().key_of(base) else {
            return Err(swap.load().1);
        };
        let next = swap.table().keep(next);
        match swap.newest.compare_exchange(base, next, AcqRel, Acquire) {
            Ok(_) => {
                swap.forget(base);
                Ok(())
            }
            Err(_) => {
                swap.forget(next);
                Err(swap.load().1)
            }
        }
    }

    fn announce(&self, _: Token) -> Snapshot {
        // arc-swap's compare-and-swap of the newest for itself.
        let newest = self.0.newest.fetch_add(0, AcqRel);
        self.0.shown(newest).1
    }

    fn cache(&self, _: Token) -> SwapCache {
        let (key, snapshot) = self.0.load();
        SwapCache {
            swap: Arc::clone(&self.0),
            key,
            snapshot,
        }
    }

    fn load(cache: &mut SwapCache, _: Token) -> &Snapshot {
        // Like arc-swap's `Cache`: a relaxed load of the address, then a full load.
        if cache.swap.newest.load(Relaxed) != cache.key {
            (cache.key, cache.snapshot) = cache.swap.load();
        }
        &cache.snapshot
    }
}

impl Swap {
    /// What an acquiring load returns: not always the newest snapshot, but never one that
    /// has been replaced and released. It counts a reference even where arc-swap records a
    /// debt instead: both keep the snapshot alive.
    fn load(&self) -> (usize, Snapshot) {
        let seen = self.newest.load(Acquire);
        self.shown(seen)
    }

    fn shown(&self, seen: usize) -> (usize, Snapshot) {
        let mut seen = seen;
        loop {
            if let Some(kept) = self.table().get(seen) {
                return (seen, Snapshot::clone(&kept));
            }
            // arc-swap notices that it could not protect what it saw, and tries again. This
            // read-modify-write then sees the newest.
            seen = self.newest.fetch_add(0, Acquire);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.looks.fetch_add(1, Relaxed);
        self.table.lock().unwrap()
    }

    fn forget(&self, key: usize) {
        let forgotten = self.table().snapshots.remove(&key);
        drop(forgotten);
    }
}

impl Table {
    fn keep(&mut self, snapshot: Snapshot) -> usize {
        let key = self.next_key;
        self.next_key += 1;
        self.snapshots.insert(key, snapshot.into());
        key
    }

    fn get(&self, key: usize) -> Option<std::sync::Arc<Snapshot>> {
        self.snapshots.get(&key).cloned()
    }

    fn key_of(&self, snapshot: &Snapshot) -> Option<usize> {
        let mut all = self.snapshots.iter();
        all.find(|(_, kept)| kept.ptr_eq(snapshot))
            .map(|(key, _)| *key)
    }
}
