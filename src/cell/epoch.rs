//! A cell built on the crate `crossbeam-epoch`: the only module with unsafe code outside of
//! models. Models run it as shipped; whether it hands old versions over ([`hand_over`]) is
//! the model's choice.

#![allow(unsafe_code)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crossbeam_epoch::{self as epoch, Atomic, Shared};

use super::cell::SnapshotCell;
use super::cell::sealed::{Cell, Token};
use crate::snapshot::{Snapshot, Version};
use crate::sync::{self, Arc, waiting};

/// How many flushes release a version that nobody reads: it may be released two epochs
/// after it was retired, and each flush advances the epoch by one.
const FLUSHES: usize = 3;

/// How many commits' versions crossbeam-epoch releases per flush: 8, minus what a flush
/// itself leaves behind.
const FREED_BY_A_FLUSH: usize = 6;

/// The cell whose shipped code is model-checked: the newest snapshot in a
/// [`crossbeam_epoch::Atomic`]. Old snapshots are freed when no reader can see them.
///
/// A read pins the thread's epoch, so nested reads cost no more at any depth. An old
/// version that nobody holds is freed a few commits later.
///
/// All users of crossbeam-epoch in a process share its default collector. So a long read,
/// of this tree or another, or a guard that another crate holds, keeps all versions that
/// are replaced in the meantime, even after their tree is dropped. And a read or a commit
/// may at times release what others have retired.
///
/// ```
/// use provider_tree::{EpochCell, ProviderTree, Snapshot};
///
/// let tree = ProviderTree::<EpochCell>::from_snapshot(Snapshot::default());
/// tree.new_root("host")?;
/// assert!(tree.exists("host"));
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EpochCell(Arc<Newest>);

/// Owns one reference to the newest version, and is never null.
#[derive(Debug)]
struct Newest {
    version: Atomic<Version>,
}

/// A reader's snapshot, and the cell to ask for a newer one.
#[derive(Clone)]
pub struct EpochCache {
    newest: Arc<Newest>,
    snapshot: Snapshot,
}

impl SnapshotCell for EpochCell {}

impl Cell for EpochCell {
    type Cache = EpochCache;

    fn new(first: Snapshot, _: Token) -> Self {
        let first = Arc::into_raw(first.into_version());
        Self(Arc::new(Newest {
            version: Atomic::from(first),
        }))
    }

    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R, _: Token) -> R {
        self.0.read(reader)
    }

    fn compare_and_swap(&self, base: &Snapshot, next: Snapshot, _: Token) -> Result<(), Snapshot> {
        let guard = epoch::pin();
        let current = Shared::from(Arc::as_ptr(base.as_version()));
        let next = Arc::into_raw(next.into_version());
        // Release pairs with the acquiring loads below and in `read`: a thread that loads `next`
        // sees its content. Acquire pairs with the release in `announce`. There is no ABA:
        // the caller holds `base`, so no other version can have its address.
        let swapped =
            self.0
                .version
                .compare_exchange(current, Shared::from(next), AcqRel, Acquire, &guard);
        match swapped {
            Ok(_) => {
                // SAFETY: the pointer came from `Arc::into_raw` when `base` was stored, and
                // the exchange has passed the cell's reference on to this function.
                let retired = unsafe { Arc::from_raw(current.as_raw()) };
                // Readers that loaded the pointer before the exchange are pinned: the
                // reference is kept until they have finished.
                waiting::add();
                guard.defer(move || {
                    drop(retired);
                    waiting::remove();
                });
                hand_over(&guard);
                Ok(())
            }
            Err(lost) => {
                // SAFETY: it came from `Arc::into_raw` above and was not stored, so the
                // reference is still this function's.
                drop(unsafe { Arc::from_raw(next) });
                // SAFETY: it was loaded from the cell under the guard.
                Err(unsafe { show(lost.current, Snapshot::clone) })
            }
        }
    }

    fn announce(&self, _: Token) -> Snapshot {
        let guard = epoch::pin();
        // Changes nothing, but as a read-modify-write it is ordered before or after each
        // exchange. Release pairs with the acquire of the exchange after it. Acquire as in
        // `read`.
        let newest = self.0.version.fetch_or(0, AcqRel, &guard);
        // SAFETY: it was loaded from the cell under the guard.
        unsafe { show(newest, Snapshot::clone) }
    }

    fn settle(&self, _: Token) {
        settle();
    }

    fn cache(&self, _: Token) -> EpochCache {
        EpochCache {
            newest: Arc::clone(&self.0),
            snapshot: self.0.read(Snapshot::clone),
        }
    }

    #[inline]
    fn load(cache: &mut EpochCache, _: Token) -> &Snapshot {
        // Relaxed: only the address is compared. Either it is that of the kept snapshot,
        // whose content this thread has acquired and whose address no other version can
        // have while it is kept; or `read` acquires a newer one. Coherence rules out a
        // version older than one that this thread has seen, or that happened before this
        // load.
        // SAFETY: the pointer is not dereferenced, and nothing is retired under the guard.
        let guard = unsafe { epoch::unprotected() };
        let newest = cache.newest.version.load(Relaxed, guard).as_raw();
        if newest != Arc::as_ptr(cache.snapshot.as_version()) {
            cache.snapshot = cache.newest.read(Snapshot::clone);
        }
        &cache.snapshot
    }
}

/// Passes what this thread has retired to whichever thread collects next, so that a thread
/// that rarely commits holds nothing back, and releases what no thread can read any more.
fn hand_over(guard: &epoch::Guard) {
    if sync::hands_over() {
        guard.flush();
    }
}

/// Releases everything that no thread can read any more. That includes other cells: all
/// share one queue.
fn settle() {
    if !sync::hands_over() {
        return;
    }
    // No more than waits now, so that it ends even if others keep committing.
    for _ in 0..FLUSHES + waiting::count() / FREED_BY_A_FLUSH {
        epoch::pin().flush();
    }
}

impl Newest {
    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R {
        let guard = epoch::pin();
        // Acquire pairs with the release of the exchange that stored it.
        let newest = self.version.load(Acquire, &guard);
        // SAFETY: it was loaded from the cell under the guard.
        unsafe { show(newest, reader) }
    }
}

impl Drop for Newest {
    fn drop(&mut self) {
        // SAFETY: only this thread has the cell now, and it retires nothing under the
        // guard.
        let guard = unsafe { epoch::unprotected() };
        // Relaxed: to drop the cell, this thread has synchronised with all others that used
        // it.
        let newest = self.version.load(Relaxed, guard).as_raw();
        // SAFETY: it came from `Arc::into_raw`; the cell's reference ends with the cell,
        // which nobody reads any more.
        drop(unsafe { Arc::from_raw(newest) });
        settle();
    }
}

/// Passes a version to a closure, without touching its reference count.
///
/// # Safety
///
/// The pointer must have been loaded from the cell under a guard that outlives this call.
/// Then the cell's reference, which came from `Arc::into_raw`, lasts until the call ends:
/// only what the exchange defers drops it, after all guards that existed at that time.
unsafe fn show<R>(version: Shared<'_, Version>, reader: impl FnOnce(&Snapshot) -> R) -> R {
    // SAFETY: see above. The reference is only borrowed: `ManuallyDrop` never drops it.
    let version = unsafe { Arc::from_raw(version.as_raw()) };
    reader(&ManuallyDrop::new(Snapshot::from_version(version)))
}

impl fmt::Debug for EpochCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.snapshot.fmt(f)
    }
}
