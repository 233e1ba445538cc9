//! The types of a normal build.

use std::sync::PoisonError;
use std::time::Duration;

pub(crate) use crossbeam_queue::SegQueue as Queue;
pub(crate) use crossbeam_utils::Backoff;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub(crate) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
pub(crate) use std::thread_local;
pub(crate) use std::time::Instant;

/// The hasher of a forest's maps: keyed at random for each forest.
pub(crate) type HashState = foldhash::fast::RandomState;

/// How many versions epoch cells have retired and not released. Relaxed, without a partner:
/// the number only decides how often to flush.
pub(crate) mod waiting {
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

    static COUNT: AtomicUsize = AtomicUsize::new(0);

    pub(crate) fn add() {
        COUNT.fetch_add(1, Relaxed);
    }

    pub(crate) fn remove() {
        COUNT.fetch_sub(1, Relaxed);
    }

    pub(crate) fn count() -> usize {
        COUNT.load(Relaxed)
    }
}

/// Whether the epoch cell hands over what it has retired. Only models turn it off.
pub(crate) fn hands_over() -> bool {
    true
}

/// Where threads sleep while it is closed.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    lock: Mutex<()>,
    opened: Condvar,
}

impl Gate {
    /// Sleeps while it is closed, for at most `limit`.
    pub(crate) fn wait_while(&self, limit: Duration, closed: impl Fn() -> bool) {
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.opened.wait_timeout_while(guard, limit, |()| closed());
        drop(waited);
    }

    /// Wakes all sleepers, once it is no longer closed.
    pub(crate) fn open(&self) {
        // A thread that has found it closed is asleep by the time the lock is free.
        drop(self.lock.lock());
        self.opened.notify_all();
    }
}

/// Marks where a version is made and where it is read. Only a model checks that one happens
/// before the other.
pub(crate) struct Witness;

impl Witness {
    pub(crate) fn new(_version: u64) -> Self {
        Self
    }

    pub(crate) fn read(&self) {}
}
