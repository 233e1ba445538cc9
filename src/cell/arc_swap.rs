//! The default cell, on top of the crate `arc-swap`.

use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};

use super::cell::SnapshotCell;
use super::cell::sealed::{Cell, Token};
use crate::snapshot::Snapshot;

/// The default cell: the newest snapshot in an [`arc_swap::ArcSwap`].
///
/// A read by closure or [`Reader`](crate::Reader) touches no reference count;
/// neither waits for anything. arc-swap keeps eight snapshots a thread safe
/// without counting references; reads that are nested deeper count them.
#[derive(Clone, Debug)]
pub struct ArcSwapCell(Arc<ArcSwap<Snapshot>>);

/// One reader's snapshot, and where to ask whether it is the newest.
#[derive(Clone, Debug)]
pub struct ArcSwapCache(Cache<Arc<ArcSwap<Snapshot>>, Arc<Snapshot>>);

impl SnapshotCell for ArcSwapCell {}

impl Cell for ArcSwapCell {
    type Cache = ArcSwapCache;

    fn new(first: Snapshot, _: Token) -> Self {
        Self(Arc::new(ArcSwap::from_pointee(first)))
    }

    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R, _: Token) -> R {
        // Acquires what the swap below released: a reader that meets a version
        // sees all that its writer wrote. Without that it could follow
        // pointers to nodes whose content has not arrived yet.
        reader(&self.0.load())
    }

    fn compare_and_swap(&self, base: &Snapshot, next: Snapshot, _: Token) -> Result<(), Snapshot> {
        let current = self.0.load();
        if !current.ptr_eq(base) {
            return Err(Snapshot::clone(&current));
        }
        // Releases the new version to the loads above and to those of `Cache`.
        // There is no ABA: `current` and `base` are held until the end of this
        // function, so that their addresses cannot be those of other versions.
        let previous = self.0.compare_and_swap(&*current, Arc::new(next));
        if Arc::ptr_eq(&previous, &current) {
            Ok(())
        } else {
            Err(Snapshot::clone(&previous))
        }
    }

    fn announce(&self, _: Token) -> Snapshot {
        loop {
            // Swaps the newest for itself. Both this swap and the one that
            // replaces it later are sequentially consistent read-modify-writes in
            // arc-swap: the later one acquires what this one releases.
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
        // A relaxed load that compares addresses, then nothing or a full load
        // as in `read`. Coherence lets the relaxed load not see an older
        // version than this thread has seen, or than happened before it, which
        // is what makes the reads of one thread never go back.
        cache.0.load()
    }
}
