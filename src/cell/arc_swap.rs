//! The default cell, built on the crate `arc-swap`.

use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::cell::SnapshotCell;
use super::cell::sealed::{Cell, Token};
use crate::snapshot::Snapshot;

/// The default cell: the newest snapshot in an [`arc_swap::ArcSwap`].
///
/// Reads through a closure or a [`Reader`](crate::Reader) touch no reference count and wait
/// for nothing. arc-swap protects up to eight snapshots per thread without counting
/// references; reads that are nested deeper count them.
#[derive(Clone, Debug)]
pub struct ArcSwapCell(Arc<ArcSwap<Snapshot>>);

/// A reader's snapshot, and the cell to ask for a newer one.
#[derive(Clone, Debug)]
pub struct ArcSwapCache(Cache<Arc<ArcSwap<Snapshot>>, Arc<Snapshot>>);

impl SnapshotCell for ArcSwapCell {}

impl Cell for ArcSwapCell {
    type Cache = ArcSwapCache;

    fn new(first: Snapshot, _: Token) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(first)))
    }

    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R, _: Token) -> R {
        // Acquires what the swap below released, so a reader of a version sees everything
        // that its writer wrote. Otherwise it could follow pointers to nodes whose content
        // is not visible yet.
        reader(&self.0.load())
    }

    fn compare_and_swap(&self, base: &Snapshot, next: Snapshot, _: Token) -> Result<(), Snapshot> {
        let current = self.0.load();
        if !current.ptr_eq(base) {
            return Err(Snapshot::clone(&current));
        }
        // Releases the new version to the loads above and in `Cache`. There is no ABA:
        // `current` and `base` are held until the end of this function, so no other version
        // can have their addresses.
        let previous = self.0.compare_and_swap(&*current, Arc::new(next));
        if Arc::ptr_eq(&previous, &current) {
            Ok(())
        } else {
            Err(Snapshot::clone(&previous))
        }
    }

    fn announce(&self, _: Token) -> Snapshot {
        loop {
            // Swaps the newest for itself. In arc-swap both this swap and the one that
            // replaces it later are sequentially consistent read-modify-writes: the later
            // one acquires what this one releases.
            let newest = self.0.load_full();
            let previous = self.0.compare_and_swap(&newest, Arc::clone(&newest));
            if Arc::ptr_eq(&previous, &newest) {
                return Snapshot::clone(&newest);
            }
        }
    }

    fn cache(&self, _: Token) -> Self::Cache {
        ArcSwapCache(Cache::new(Arc::clone(&self.0)))
    }

    #[inline]
    fn load(cache: &mut Self::Cache, _: Token) -> &Snapshot {
        // A relaxed load that compares addresses, then nothing or a full load as in `read`.
        // By coherence the relaxed load can't see a version older than one that this thread
        // has seen, or that happened before it. That is why the reads of one thread never
        // go back.
        cache.0.load()
    }
}
