//! What a model has in place of the default cell: a twin that keeps the
//! contract that arc-swap documents, on loom's types. It says nothing of the
//! inside of arc-swap.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use loom::sync::atomic::AtomicUsize;

use super::{Cell, SnapshotCell};
use crate::Snapshot;
use crate::sync::Arc;

/// The twin of the default cell.
#[derive(Debug)]
pub struct ArcSwapCell(Arc<Swap>);

/// The newest snapshot, by the address of its version. The table of snapshots
/// is no part of the model: its lock and its counts are std's, which loom does
/// not see, so that they order nothing. No thread holds the lock at a point
/// where loom may switch to another.
#[derive(Debug)]
struct Swap {
    newest: AtomicUsize,
    snapshots: Mutex<BTreeMap<usize, std::sync::Arc<Snapshot>>>,
}

/// One reader's snapshot, and where to ask whether it is the newest.
#[derive(Debug)]
pub struct SwapCache {
    swap: Arc<Swap>,
    snapshot: Snapshot,
}

impl SnapshotCell for ArcSwapCell {}

impl Cell for ArcSwapCell {
    type Cache = SwapCache;

    fn new(first: Snapshot) -> Self {
        Self(Arc::new(Swap {
            newest: AtomicUsize::new(address(&first)),
            snapshots: Mutex::new(BTreeMap::from([(address(&first), first.into())])),
        }))
    }

    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R {
        reader(&self.0.load())
    }

    fn compare_and_swap(&self, base: &Snapshot, next: Snapshot) -> Result<(), Snapshot> {
        let swap = &self.0;
        swap.keep(&next);
        match swap
            .newest
            .compare_exchange(address(base), address(&next), Release, Acquire)
        {
            Ok(_) => {
                swap.forget(base);
                Ok(())
            }
            Err(_) => {
                swap.forget(&next);
                Err(swap.load())
            }
        }
    }

    fn cache(&self) -> SwapCache {
        SwapCache {
            swap: Arc::clone(&self.0),
            snapshot: self.0.load(),
        }
    }

    fn load(cache: &mut SwapCache) -> &Snapshot {
        // As arc-swap's `Cache`: a relaxed look at the address, then a load.
        if cache.swap.newest.load(Relaxed) != address(&cache.snapshot) {
            cache.snapshot = cache.swap.load();
        }
        &cache.snapshot
    }
}

impl Swap {
    /// arc-swap confirms that what it has loaded is still there: it gives the
    /// newest, as a read-modify-write does.
    fn load(&self) -> Snapshot {
        let newest = self.newest.fetch_add(0, Acquire);
        let kept = std::sync::Arc::clone(&self.snapshots.lock().unwrap()[&newest]);
        Snapshot::clone(&kept)
    }

    fn keep(&self, snapshot: &Snapshot) {
        let kept = std::sync::Arc::new(snapshot.clone());
        self.snapshots
            .lock()
            .unwrap()
            .insert(address(snapshot), kept);
    }

    fn forget(&self, snapshot: &Snapshot) {
        let forgotten = self.snapshots.lock().unwrap().remove(&address(snapshot));
        drop(forgotten);
    }
}

fn address(snapshot: &Snapshot) -> usize {
    Arc::as_ptr(snapshot.as_version()).addr()
}
