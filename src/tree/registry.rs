//! Where subscribers leave their wakers for commits to take.
//!
//! A lock guards the wakers. It is held only to insert or remove some, never while one is
//! cloned, called or dropped: that is foreign code, which may call the registry again. See
//! [`foreign`].
//!
//! No wake-up is lost. A subscriber checks for a newer version, leaves its waker, and
//! checks again. A commit swaps its version in, then takes the wakers:
//!
//! ```text
//!   subscriber   check ── lock: leave waker ── check ── sleep
//!   commit          swap ── lock: take wakers ── wake
//! ```
//!
//! If the commit takes the lock after the subscriber, it finds the waker. If it does so
//! before, its swap happens before the subscriber's second check, which sees the version.
//! Dropping the tree acts like a commit.
//!
//! It is `pub` for the models in `loom-tests`, which break that protocol in several ways;
//! users can't name it.

use std::collections::BTreeMap;
use std::mem;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::Waker;

use uuid::Uuid;

use crate::provider::sorted::sorted;
use crate::sync::{AtomicBool, AtomicU64, AtomicUsize, HashState, Mutex, MutexGuard};
use crate::tree::foreign;

/// What a subscriber waits for: a commit that changes the tree of this root, or any commit.
pub type Scope = Option<Uuid>;

/// The subscribers of one tree.
#[derive(Default)]
pub struct Registry {
    /// How many subscribers exist, waiting or not.
    subscribers: AtomicUsize,
    /// How many of them follow the tree of one provider.
    followers: AtomicUsize,
    numbers: AtomicU64,
    /// Whether the tree has been dropped.
    closed: AtomicBool,
    waiting: Mutex<Waiting>,
}

/// Wakers by what they wait for, then by the numbers of their subscribers, so that
/// subscribers of the same scope are woken in the order in which they subscribed.
type Waiting = std::collections::HashMap<Scope, BTreeMap<u64, Waker>, HashState>;

/// Wakers that a commit has taken, to call.
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
    /// Adds a subscriber and returns its number. The caller must read the newest version by
    /// [`Cell::announce`](crate::cell::cell::sealed::Cell::announce) after this.
    pub fn enter(&self, follows: bool) -> u64 {
        // Relaxed: the announcement that follows it orders it.
        self.subscribers.fetch_add(1, Relaxed);
        self.followers.fetch_add(usize::from(follows), Relaxed);
        self.numbers.fetch_add(1, Relaxed)
    }

    /// Removes a subscriber. Relaxed: a commit that still counts it finds no waker.
    pub fn leave(&self, follows: bool) {
        self.subscribers.fetch_sub(1, Relaxed);
        self.followers.fetch_sub(usize::from(follows), Relaxed);
    }

    /// Leaves a waker, replacing an earlier one of the same subscriber.
    pub fn wait(&self, scope: Scope, subscriber: u64, waker: Waker) {
        let mut waiting = self.lock();
        let replaced = waiting.entry(scope).or_default().insert(subscriber, waker);
        drop(waiting);
        foreign::run(|| drop(replaced));
    }

    /// Removes a waker, if no commit has taken it.
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
        foreign::run(|| drop(waker));
    }

    /// Call it after a swap: it takes the wakers of the subscribers concerned.
    /// `changed_roots` is called only if a tree is followed.
    #[inline]
    pub fn take(&self, changed_roots: impl FnOnce() -> Vec<Uuid>) -> Taken {
        // Relaxed: a subscriber adds itself before it announces itself to the cell. If the
        // announcement preceded this commit's swap, the addition happens before this load,
        // which sees it. Otherwise the subscriber begins with this version or a newer one.
        if self.subscribers.load(Relaxed) == 0 {
            return Taken(Vec::new());
        }
        // Relaxed: for the same reason.
        let roots = if self.followers.load(Relaxed) == 0 {
            Vec::new()
        } else {
            sorted(changed_roots())
        };
        self.take_from(&roots)
    }

    /// Looks up the roots or scans the scopes, whichever are fewer, since other commits may
    /// be waiting for the lock.
    #[cold]
    fn take_from(&self, roots: &[Uuid]) -> Taken {
        let mut waiting = self.lock();
        let mut taken = Vec::from_iter(waiting.remove(&None));
        if roots.len() <= waiting.len() {
            taken.extend(roots.iter().filter_map(|&root| waiting.remove(&Some(root))));
        } else {
            let concerns =
                |scope: &Scope| scope.is_some_and(|root| roots.binary_search(&root).is_ok());
            taken.extend(
                waiting
                    .extract_if(|scope, _| concerns(scope))
                    .map(|(_, all)| all),
            );
        }
        Taken(taken)
    }

    /// Wakes all, when the tree is dropped.
    pub fn close(&self) {
        // Release pairs with the load in `is_closed`: a subscriber that sees the flag also
        // sees the last version.
        self.closed.store(true, Release);
        let waiting = mem::take(&mut *self.lock());
        Taken(waiting.into_values().collect()).wake();
    }

    /// Whether the tree has been dropped. Acquire pairs with the release in `close`.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Acquire)
    }

    /// How many subscribers exist, how many of them follow a tree, and how many wait.
    #[cfg(test)]
    pub(in crate::tree) fn counts(&self) -> [usize; 3] {
        let waiting = self.lock().values().map(BTreeMap::len).sum();
        [
            self.subscribers.load(Relaxed),
            self.followers.load(Relaxed),
            waiting,
        ]
    }

    /// No foreign code runs under the lock, so nothing panics there.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::task::Wake;

    use super::*;

    struct Says(u64, mpsc::Sender<u64>);

    impl Wake for Says {
        fn wake(self: Arc<Self>) {
            self.1.send(self.0).unwrap();
        }
    }

    /// A registry in which one subscriber waits for each scope, and the numbers of those
    /// that are woken.
    fn waiting(scopes: impl IntoIterator<Item = Scope>) -> (Registry, mpsc::Receiver<u64>) {
        let registry = Registry::default();
        let (sender, woken) = mpsc::channel();
        for scope in scopes {
            let number = registry.enter(scope.is_some());
            let says = Arc::new(Says(number, sender.clone()));
            registry.wait(scope, number, Waker::from(says));
        }
        (registry, woken)
    }

    fn roots(numbers: impl IntoIterator<Item = u128>) -> Vec<Uuid> {
        numbers.into_iter().map(Uuid::from_u128).collect()
    }

    #[test]
    fn a_commit_wakes_those_it_concerns_whether_few_or_many_wait() {
        // Many roots and few scopes, then the other way round.
        for (waiting_for, changed) in [(0..4, 2..100), (0..100, 98..102)] {
            let scopes = waiting_for.map(|root| Some(Uuid::from_u128(root)));
            let (registry, woken) = waiting(scopes.chain([None]));
            let all = registry.numbers.load(Relaxed);
            registry.take(|| roots(changed.rev())).wake();
            let mut woken: Vec<u64> = woken.try_iter().collect();
            woken.sort_unstable();
            assert_eq!(woken, Vec::from_iter(all - 3..all));
            assert_eq!(registry.lock().len() as u64, all - 3);
        }
    }

    #[test]
    fn subscribers_are_woken_in_the_order_in_which_they_came() {
        for scope in [None, Some(Uuid::nil())] {
            let (registry, woken) = waiting([scope; 100]);
            registry.take(|| roots([0])).wake();
            assert!(woken.try_iter().eq(0..100));
        }
    }
}
