//! Where subscribers leave their wakers, and commits take them.
//!
//! A lock guards the wakers. It is held to put some in or to take some out, never
//! while one is cloned, called or dropped: those are code of others, which may come
//! back here. See [`foreign`].
//!
//! No wake-up is lost. A subscriber looks for a newer version, leaves its waker, and
//! looks once more. A commit swaps its version in, then takes the wakers:
//!
//! ```text
//!   subscriber   look ── lock: leave waker ── look ── sleep
//!   commit          swap ── lock: take wakers ── wake
//! ```
//!
//! If the commit takes the lock after the subscriber, it finds the waker. If it was
//! there before, its swap happens before the subscriber's second look, which sees the
//! version. The end of the tree takes the part of a commit.
//!
//! It is `pub` for the models in `loom-tests`, which break that protocol in several
//! ways; users can't name it.

use std::collections::BTreeMap;
use std::mem;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::Waker;

use uuid::Uuid;

use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, HashState, Mutex, MutexGuard};
use crate::tree::foreign;

/// What a subscriber waits for: a commit that changes the tree of this root, or any.
pub type Scope = Option<Uuid>;

/// The subscribers of one tree.
#[derive(Default)]
pub struct Registry {
    /// How many there are, waiting or not.
    subscribers: AtomicUsize,
    /// How many of them follow the tree of one provider.
    followers: AtomicUsize,
    numbers: AtomicU64,
    /// Whether the tree is gone.
    closed: AtomicBool,
    waiting: Mutex<Waiting>,
}

/// Wakers by what they wait for, then by the numbers of their subscribers, so that
/// those who came first are woken first.
type Waiting = std::collections::HashMap<Scope, BTreeMap<u64, Waker>, HashState>;

/// Wakers that a commit has taken out.
#[must_use]
pub struct Taken(Vec<BTreeMap<u64, Waker>>);

impl Taken {
    pub fn wake(self) {
        for waker in self.0.into_iter().flat_map(BTreeMap::into_values) {
            foreign::run(|| waker.wake());
        }
    }
}

impl Registry {
    /// Adds a subscriber and returns its number. It has to look at the newest version
    /// by [`Cell::announce`](crate::cell::Cell::announce) after this.
    pub fn enter(&self, follows: bool) -> u64 {
        // Relaxed: ordered before the announcement, by that itself.
        self.subscribers.fetch_add(1, Relaxed);
        self.followers.fetch_add(usize::from(follows), Relaxed);
        self.numbers.fetch_add(1, Relaxed)
    }

    /// Relaxed: a commit that still counts it finds no waker.
    pub fn leave(&self, follows: bool) {
        self.subscribers.fetch_sub(1, Relaxed);
        self.followers.fetch_sub(usize::from(follows), Relaxed);
    }

    /// Leaves a waker, in the place of an earlier one of the same subscriber.
    pub fn wait(&self, scope: Scope, subscriber: u64, waker: Waker) {
        let mut waiting = self.lock();
        let replaced = waiting.entry(scope).or_default().insert(subscriber, waker);
        drop(waiting);
        drop(replaced);
    }

    /// Takes a waker back, if it is still there.
    pub fn cancel(&self, scope: Scope, subscriber: u64) {
        let mut waiting = self.lock();
        let Some(wakers) = waiting.get_mut(&scope) else {
            return;
        };
        let waker = wakers.remove(&subscriber);
        if wakers.is_empty() {
            waiting.remove(&scope);
        }
        drop(waiting);
        drop(waker);
    }

    /// After a swap: takes out the wakers of those whom it concerns. Of which roots the
    /// trees have changed is asked only if somebody follows one.
    #[inline]
    pub fn take(&self, changed_roots: impl FnOnce() -> Vec<Uuid>) -> Taken {
        // Relaxed: a subscriber adds itself before it announces itself to the
        // cell. If the announcement came before this commit's swap, the addition
        // happens before it and so before this load, which sees it. If it came
        // after, the subscriber begins with this version or a newer one.
        if self.subscribers.load(Relaxed) == 0 {
            return Taken(Vec::new());
        }
        // Relaxed: likewise.
        let roots = if self.followers.load(Relaxed) == 0 {
            Vec::new()
        } else {
            changed_roots()
        };
        self.take_from(&roots)
    }

    #[cold]
    fn take_from(&self, roots: &[Uuid]) -> Taken {
        let mut waiting = self.lock();
        let scopes = roots.iter().copied().map(Some).chain([None]);
        Taken(scopes.filter_map(|scope| waiting.remove(&scope)).collect())
    }

    /// When the tree is dropped: wakes all.
    pub fn close(&self) {
        // Release pairs with the load in `is_closed`: whoever sees it sees the last
        // version too.
        self.closed.store(true, Release);
        let waiting = mem::take(&mut *self.lock());
        Taken(waiting.into_values().collect()).wake();
    }

    /// Whether the tree is gone.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Acquire)
    }

    /// No code of others runs under the lock, so that nothing panics there.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
