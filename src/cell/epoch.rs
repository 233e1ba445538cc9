//! A cell on top of the crate `crossbeam-epoch`: the only module with unsafe
//! code. A model runs it as it is, down to how it frees old versions.

#![allow(unsafe_code)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crossbeam_epoch::{self as epoch, Atomic, Shared};

use super::{Cell, SnapshotCell};
use crate::Snapshot;
use crate::snapshot::Version;
use crate::sync::Arc;

/// How often a dropped cell asks for old versions to be freed: a version may go
/// two epochs after it was retired, and each time moves on by one.
const LAST_FLUSHES: usize = 4;

/// The cell whose shipped code is model-checked: the newest snapshot in a
/// [`crossbeam_epoch::Atomic`], old ones freed when no reader can see them.
///
/// A read pins the thread's epoch; reads can be nested to any depth at no more
/// cost. An old version that nobody holds is freed a few commits later; a read
/// that goes on keeps all that were replaced meanwhile.
///
/// ```
/// use provider_tree::{EpochCell, ProviderTree, Snapshot};
///
/// let tree = ProviderTree::<EpochCell>::from_snapshot(Snapshot::default());
/// tree.new_root("host", None, None)?;
/// assert!(tree.exists("host"));
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Debug)]
pub struct EpochCell(Arc<Newest>);

/// Where the newest version lies. It owns one reference to that version, and is
/// never null.
#[derive(Debug)]
struct Newest(Atomic<Version>);

/// One reader's snapshot, and where to ask whether it is the newest.
pub struct EpochCache {
    newest: Arc<Newest>,
    snapshot: Snapshot,
}

impl SnapshotCell for EpochCell {}

impl Cell for EpochCell {
    type Cache = EpochCache;

    fn new(first: Snapshot) -> Self {
        let first = Arc::into_raw(first.into_version());
        Self(Arc::new(Newest(Atomic::from(first))))
    }

    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R {
        self.0.read(reader)
    }

    fn compare_and_swap(&self, base: &Snapshot, next: Snapshot) -> Result<(), Snapshot> {
        let guard = epoch::pin();
        let current = Shared::from(Arc::as_ptr(base.as_version()));
        let next = Arc::into_raw(next.into_version());
        // Release pairs with the acquiring loads below and in `read`: whoever
        // meets `next` sees its content. There is no ABA: the caller holds
        // `base`, so that its address can't be that of another version.
        let swapped =
            self.0
                .0
                .compare_exchange(current, Shared::from(next), Release, Acquire, &guard);
        match swapped {
            Ok(_) => {
                // SAFETY: the pointer came from `Arc::into_raw` when `base`
                // was stored, and the exchange has made the cell's reference
                // to it this function's.
                let retired = unsafe { Arc::from_raw(current.as_raw()) };
                // Readers that loaded the pointer before the exchange are
                // pinned: the reference is kept until they are gone.
                guard.defer(move || drop(retired));
                hand_over(&guard);
                Ok(())
            }
            Err(lost) => {
                // SAFETY: it came from `Arc::into_raw` above and was not
                // stored, so that the reference is still this function's.
                drop(unsafe { Arc::from_raw(next) });
                // SAFETY: it was loaded from the cell under the guard.
                Err(unsafe { show(lost.current, Snapshot::clone) })
            }
        }
    }

    fn cache(&self) -> EpochCache {
        EpochCache {
            newest: Arc::clone(&self.0),
            snapshot: self.read(Snapshot::clone),
        }
    }

    fn load(cache: &mut EpochCache) -> &Snapshot {
        // Relaxed: the address alone is looked at. Either it is that of the
        // kept snapshot, whose content this thread has acquired and whose
        // address is no other version's while it is kept; or `read` acquires a
        // newer one. Coherence rules out a version older than one that this
        // thread has seen, or that happened before this load.
        let guard = epoch_free();
        let newest = cache.newest.0.load(Relaxed, guard).as_raw();
        if newest != Arc::as_ptr(cache.snapshot.as_version()) {
            cache.snapshot = cache.newest.read(Snapshot::clone);
        }
        &cache.snapshot
    }
}

/// Hands what this thread has retired to whichever thread collects next, so that
/// a thread that seldom commits holds nothing back, and frees what can be freed.
fn hand_over(guard: &epoch::Guard) {
    // Models call it where they ask for it: everywhere it would multiply their
    // executions by a hundred.
    #[cfg(not(crossbeam_loom))]
    guard.flush();
    #[cfg(crossbeam_loom)]
    let _ = guard;
}

/// A guard that protects nothing, for loads whose pointer is not followed.
fn epoch_free() -> &'static epoch::Guard {
    // SAFETY: no caller follows a pointer that it loads under this guard, nor
    // retires anything under it.
    unsafe { epoch::unprotected() }
}

impl Newest {
    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R {
        let guard = epoch::pin();
        // Acquire pairs with the release of the exchange that stored it.
        let newest = self.0.load(Acquire, &guard);
        // SAFETY: it was loaded from the cell under the guard.
        unsafe { show(newest, reader) }
    }
}

impl Drop for Newest {
    fn drop(&mut self) {
        // Relaxed: to drop it, this thread has synchronised with all others
        // that used it.
        let newest = self.0.load(Relaxed, epoch_free()).as_raw();
        // SAFETY: it came from `Arc::into_raw`; the cell's reference goes with
        // the cell, which nobody reads any more.
        drop(unsafe { Arc::from_raw(newest) });
        for _ in 0..LAST_FLUSHES {
            hand_over(&epoch::pin());
        }
    }
}

/// Shows a version to a closure, without touching its reference count.
///
/// # Safety
///
/// The pointer must have been loaded from the cell under a guard that lives as
/// long as this call. Then the cell's reference, which came from
/// `Arc::into_raw`, is there until the call ends: it is dropped only by what
/// the exchange defers, that is, after all guards that were there before.
unsafe fn show<R>(version: Shared<'_, Version>, reader: impl FnOnce(&Snapshot) -> R) -> R {
    // SAFETY: see above. The reference is borrowed, not taken: `ManuallyDrop`
    // never drops it.
    let version = unsafe { Arc::from_raw(version.as_raw()) };
    reader(&ManuallyDrop::new(Snapshot::from_version(version)))
}

impl fmt::Debug for EpochCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot.fmt(f)
    }
}
