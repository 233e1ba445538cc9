//! A cell on top of the crate `crossbeam-epoch`: the only module with unsafe
//! code in a build that is no model. A model runs it as it is; whether it hands
//! old versions over ([`hand_over`]) is the model's choice.

#![allow(unsafe_code)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crossbeam_epoch::{self as epoch, Atomic, Shared};

use super::cell::SnapshotCell;
use super::cell::sealed::{Cell, Token};
use crate::snapshot::{Snapshot, Version};
use crate::sync::{self, Arc, waiting};

/// How often to ask so that a version that nobody reads is let go of: it may go two
/// epochs after it was retired, and each time moves on by one.
const FLUSHES: usize = 3;

/// How many commits' versions crossbeam-epoch lets go of each time: 8, less what it
/// leaves behind itself.
const FREED_BY_A_FLUSH: usize = 6;

/// The cell whose shipped code is model-checked: the newest snapshot in a
/// [`crossbeam_epoch::Atomic`], old ones freed when no reader can see them.
///
/// A read pins the thread's epoch; reads can be nested to any depth at no more
/// cost. An old version that nobody holds is freed a few commits later.
///
/// All users of crossbeam-epoch in a process share its default collector. So a
/// read that goes on, of this tree or another, or a guard that another crate
/// holds, keeps all versions that are replaced meanwhile, also beyond the drop of
/// their tree; and a read or a commit may at times let go of what others have
/// retired.
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

/// Where the newest version lies. It owns one reference to that version, and is
/// never null.
#[derive(Debug)]
struct Newest {
    version: Atomic<Version>,
}

/// One reader's snapshot, and where to ask whether it is the newest.
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
        // Release pairs with the acquiring loads below and in `read`: whoever
        // meets `next` sees its content. Acquire pairs with the release in
        // `announce`. There is no ABA: the caller holds `base`, so that its
        // address can't be that of another version.
        let swapped =
            self.0
                .version
                .compare_exchange(current, Shared::from(next), AcqRel, Acquire, &guard);
        match swapped {
            Ok(_) => {
                // SAFETY: the pointer came from `Arc::into_raw` when `base`
                // was stored, and the exchange has made the cell's reference
                // to it this function's.
                let retired = unsafe { Arc::from_raw(current.as_raw()) };
                // Readers that loaded the pointer before the exchange are
                // pinned: the reference is kept until they are gone.
                waiting::add();
                guard.defer(move || {
                    drop(retired);
                    waiting::remove();
                });
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

    fn announce(&self, _: Token) -> Snapshot {
        let guard = epoch::pin();
        // Changes nothing, but as a read-modify-write it comes before or after
        // each exchange: Release pairs with the acquire of the exchange that comes
        // after it. Acquire as in `read`.
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
        // Relaxed: the address alone is looked at. Either it is that of the
        // kept snapshot, whose content this thread has acquired and whose
        // address is no other version's while it is kept; or `read` acquires a
        // newer one. Coherence rules out a version older than one that this
        // thread has seen, or that happened before this load.
        // SAFETY: the pointer is not followed, and nothing is retired under
        // the guard.
        let guard = unsafe { epoch::unprotected() };
        let newest = cache.newest.version.load(Relaxed, guard).as_raw();
        if newest != Arc::as_ptr(cache.snapshot.as_version()) {
            cache.snapshot = cache.newest.read(Snapshot::clone);
        }
        &cache.snapshot
    }
}

/// Hands what this thread has retired to whichever thread collects next, so that
/// a thread that seldom commits holds nothing back, and lets go of what nobody can
/// read any more.
fn hand_over(guard: &epoch::Guard) {
    if sync::hands_over() {
        guard.flush();
    }
}

/// Lets go of all that nobody can read any more: of all cells, for it waits in one
/// queue.
fn settle() {
    if !sync::hands_over() {
        return;
    }
    // Not more than waits now, so that it ends though others go on.
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
        // SAFETY: this thread alone has the cell now, and retires nothing under
        // the guard.
        let guard = unsafe { epoch::unprotected() };
        // Relaxed: to drop it, this thread has synchronised with all others
        // that used it.
        let newest = self.version.load(Relaxed, guard).as_raw();
        // SAFETY: it came from `Arc::into_raw`; the cell's reference goes with
        // the cell, which nobody reads any more.
        drop(unsafe { Arc::from_raw(newest) });
        settle();
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
