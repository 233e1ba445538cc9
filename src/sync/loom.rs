//! The types of a model.

use std::collections::VecDeque;
use std::time::Duration;

use ::loom::sync::atomic::Ordering::AcqRel;
pub(crate) use ::loom::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
pub(crate) use ::loom::sync::{Arc, Condvar, Mutex, MutexGuard};

/// loom's thread-locals, whose macro has no constant initialisers.
macro_rules! model_thread_local {
    ($($(#[$doc:meta])* static $name:ident: $type:ty = const { $first:expr };)*) => {
        ::loom::thread_local! { $(static $name: $type = $first;)* }
    };
}
pub(crate) use model_thread_local as thread_local;

/// The hasher of a forest's maps: the same in each execution.
pub(crate) type HashState = foldhash::fast::FixedState;

/// A twin of crossbeam's queue: loom sees each call as one read-modify-write, and does not
/// see the lock inside.
pub(crate) struct Queue<T> {
    calls: AtomicUsize,
    items: std::sync::Mutex<VecDeque<T>>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            calls: AtomicUsize::new(0),
            items: std::sync::Mutex::default(),
        }
    }
}

impl<T> Queue<T> {
    pub(crate) fn push(&self, item: T) {
        self.calls.fetch_add(1, AcqRel);
        self.items.lock().unwrap().push_back(item);
    }

    pub(crate) fn pop(&self) -> Option<T> {
        self.calls.fetch_add(1, AcqRel);
        self.items.lock().unwrap().pop_front()
    }

    pub(crate) fn len(&self) -> usize {
        self.calls.fetch_add(0, AcqRel);
        self.items.lock().unwrap().len()
    }
}

/// Time does not pass in a model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Instant;

impl Instant {
    pub(crate) fn now() -> Self {
        Self
    }

    pub(crate) fn elapsed(self) -> Duration {
        Duration::ZERO
    }
}

/// Where threads wait while it is closed: for some turns of other threads, instead of some
/// time.
#[derive(Debug, Default)]
pub(crate) struct Gate;

impl Gate {
    pub(crate) fn wait_while(&self, _: Duration, closed: impl Fn() -> bool) {
        const TURNS: u32 = 2;
        for _ in 0..TURNS {
            if closed() {
                ::loom::thread::yield_now();
            }
        }
    }

    pub(crate) fn open(&self) {}
}

/// A back-off that does nothing: a thread that yields would continue only after another,
/// and executions in which it does not would be missed.
pub(crate) struct Backoff;

impl Backoff {
    pub(crate) fn new() -> Self {
        Self
    }

    pub(crate) fn snooze(&self) {}

    pub(crate) fn is_completed(&self) -> bool {
        true
    }
}

/// Stands for the content of a version: written when it is made and freed, read when it is
/// read. A model fails if these can race.
pub(crate) struct Witness {
    version: u64,
    content: ::loom::cell::UnsafeCell<()>,
}

// SAFETY: it contains nothing that could be shared; the cell only tells loom of accesses,
// from any thread.
#[allow(unsafe_code)]
unsafe impl Sync for Witness {}

impl Witness {
    pub(crate) fn new(version: u64) -> Self {
        let content = ::loom::cell::UnsafeCell::new(());
        content.with_mut(|_| ());
        Self { version, content }
    }

    pub(crate) fn read(&self) {
        self.content.with(|_| ());
    }

    pub(crate) fn write(&self) {
        self.content.with_mut(|_| ());
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        self.write();
        hooks::note_freed(self.version);
    }
}

/// How many versions epoch cells have retired and not released. Not part of the model; each
/// model has its own, since it runs on one OS thread.
#[cfg(crossbeam_loom)]
pub(crate) mod waiting {
    use std::cell::Cell;

    std::thread_local! {
        static COUNT: Cell<usize> = const { Cell::new(0) };
    }

    pub(crate) fn add() {
        COUNT.set(COUNT.get() + 1);
    }

    pub(crate) fn remove() {
        COUNT.set(COUNT.get() - 1);
    }

    pub(crate) fn count() -> usize {
        COUNT.get()
    }
}

/// Whether the epoch cell hands over what it has retired. That multiplies a model's
/// executions by a hundred, so only the models of reclamation turn it on.
#[cfg(crossbeam_loom)]
pub(crate) fn hands_over() -> bool {
    hooks::HANDS_OVER.get()
}

/// What the models in `loom-tests` call.
pub mod hooks {
    use std::cell::{Cell, RefCell};

    // A model runs all its threads on one OS thread.
    std::thread_local! {
        static FREED: RefCell<Vec<(u64, Option<u64>)>> = const { RefCell::new(Vec::new()) };
        static THREADS: Cell<u64> = const { Cell::new(0) };
        pub(super) static HANDS_OVER: Cell<bool> = const { Cell::new(false) };
    }

    ::loom::thread_local! {
        static THREAD: u64 = THREADS.replace(THREADS.get() + 1);
    }

    /// The number of this thread of the model; none while its execution is torn down.
    pub fn this_thread() -> Option<u64> {
        THREAD.try_with(|number| *number).ok()
    }

    /// Which versions have been freed since the last call, and by which threads.
    pub fn take_freed() -> Vec<(u64, Option<u64>)> {
        FREED.take()
    }

    pub(super) fn note_freed(version: u64) {
        FREED.with_borrow_mut(|all| all.push((version, this_thread())));
    }

    /// Whether commits hand over what they have retired, as they do outside
    /// models.
    pub fn set_hand_over(on: bool) {
        HANDS_OVER.set(on);
    }
}
