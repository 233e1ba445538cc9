//! Waiting for the next version, in a thread or a task.

mod view;

use std::fmt;
use std::sync::PoisonError;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use uuid::Uuid;

use self::view::View;
use crate::cell::arc_swap::ArcSwapCell;
use crate::cell::cell::SnapshotCell;
use crate::cell::cell::sealed::TOKEN;
use crate::error::Error;
use crate::forest::diff::change::Change;
use crate::provider::key::ProviderKey;
use crate::provider::provider::Provider;
use crate::snapshot::Snapshot;
use crate::sync::{Arc, Condvar, Mutex};
use crate::tree::registry::{Registry, Scope};
use crate::tree::tree::ProviderTree;

/// A subscriber's view of a tree: it waits for versions newer than the last one that it
/// took. Returned by [`ProviderTree::subscribe`] and [`ProviderTree::subscribe_to`].
///
/// A slow subscriber skips versions, but never misses the last one. Wait in a thread, with
/// [`wait`](Self::wait), or in a task of any runtime, with [`changed`](Self::changed). When
/// the tree is dropped, it returns the last version, and `None` from then on. It borrows
/// nothing. It keeps alive the version that it took last, or only the tree that it follows.
///
/// A commit calls and drops wakers once it is visible and done, outside every lock: a waker may
/// commit to the same tree, poll, or drop tasks and subscriptions. A waker that polls again and
/// then commits will recurse, since its commit wakes it. Do that in a task instead. If a waker
/// panics, the panic hook reports it and the panic ends there. The other subscribers are woken,
/// and the commit returns its result.
///
/// With the feature `stream` it is a `futures_core::Stream` of [`Transition`]s.
///
/// ```
/// use std::{sync::Arc, thread};
/// use provider_tree::ProviderTree;
///
/// let tree = Arc::new(ProviderTree::new());
/// let mut subscription = tree.subscribe();
/// let watcher = thread::spawn(move || {
///     let mut lines = Vec::new();
///     while let Some(transition) = subscription.wait() {
///         lines.extend(transition.changes().iter().map(|change| change.to_string()));
///     }
///     lines
/// });
/// let host = tree.new_root("host")?.value;
/// drop(tree);
/// assert_eq!(watcher.join().unwrap(), [format!("+ host ({host})")]);
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[must_use = "a dropped subscription sees no changes"]
pub struct Subscription<C: SnapshotCell = ArcSwapCell> {
    cell: C,
    taken: View,
    registry: Arc<Registry>,
    number: u64,
    /// The provider whose tree it follows; `None` for the whole forest.
    follows: Option<Uuid>,
    /// What the waker of the last poll waits for.
    waiting: Option<Scope>,
}

/// A step from the version that a subscriber took last to the newest one.
///
/// If the subscriber follows one provider, both are forests of only that provider's tree.
#[derive(Clone, Debug)]
pub struct Transition {
    before: View,
    after: View,
}

impl Transition {
    /// The version that the subscriber took last. Cost: O(1), but O(t) at the first call
    /// for a followed tree of t providers.
    #[must_use]
    pub fn before(&self) -> &Snapshot {
        self.before.snapshot()
    }

    /// The newest version. Cost: that of [`before`](Self::before).
    #[must_use]
    pub fn after(&self) -> &Snapshot {
        self.after.snapshot()
    }

    /// What changed between the two, as [`Forest::diff`](crate::Forest::diff) reports it.
    ///
    /// In a followed tree, a provider that has moved in from another tree is added, and one
    /// that has moved out is removed. Cost: that of `diff`; O(t) for a followed tree of t
    /// providers.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        self.after().diff(self.before())
    }
}

/// No newer version appeared in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no newer version appeared in time: wait again")]
pub struct TimedOut;

impl<C: SnapshotCell> ProviderTree<C> {
    /// Subscribes to the whole forest: starts with the newest version and waits for the
    /// next.
    ///
    /// Cost: O(1). While a subscription exists, each commit takes a short lock to take the
    /// wakers of those that wait, and calls them outside it; without subscriptions it pays
    /// one atomic load.
    pub fn subscribe(&self) -> Subscription<C> {
        let (number, first) = self.enter(false);
        self.subscription(number, &first, None)
    }

    /// Subscribes to the tree of one provider: starts with the newest version and waits for
    /// the next in which anything in that tree has changed, or the provider has been
    /// removed. After the removal it returns `None`.
    ///
    /// It sees only that tree, in its [`snapshot`](Subscription::snapshot) and in each
    /// [`Transition`]. If the provider moves to another tree, it follows that one. It does
    /// not report changes that are undone between two looks, or a new order of the roots.
    ///
    /// Cost: one look-up. While it waits it keeps only that tree alive, not the version. A
    /// commit wakes subscribers of the trees that it changes or renumbers; its cost grows with
    /// their number. If there are any followers, it also finds the roots of the trees
    /// that it changed, O(log n) each, and looks them up among those that are waited for.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if no provider has that name or UUID.
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root("host")?;
    /// tree.new_root("other")?;
    /// let mut subscription = tree.subscribe_to("host")?;
    ///
    /// tree.set_generation("other", 1)?;
    /// assert!(subscription.try_changed().is_none());
    /// tree.new_child("host_gpu0", "host")?;
    /// assert_eq!(subscription.try_changed().unwrap().changes().len(), 1);
    ///
    /// tree.remove("host")?;
    /// let gone = subscription.wait().unwrap();
    /// assert!(!gone.after().exists("host"));
    /// assert!(subscription.wait().is_none());
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    pub fn subscribe_to<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
    ) -> Result<Subscription<C>, Error> {
        let key = key.into();
        let (number, first) = self.enter(true);
        match first.require(key).map(Provider::uuid) {
            Ok(uuid) => Ok(self.subscription(number, &first, Some(uuid))),
            Err(error) => {
                self.registry.leave(true);
                Err(error)
            }
        }
    }

    /// The number of a new subscriber, and the version that it begins with.
    fn enter(&self, follows: bool) -> (u64, Snapshot) {
        let number = self.registry.enter(follows);
        (number, self.cell.announce(TOKEN))
    }

    fn subscription(
        &self,
        number: u64,
        first: &Snapshot,
        follows: Option<Uuid>,
    ) -> Subscription<C> {
        Subscription {
            cell: self.cell.clone(),
            taken: View::of(first, follows),
            registry: Arc::clone(&self.registry),
            number,
            follows,
            waiting: None,
        }
    }
}

impl<C: SnapshotCell> Subscription<C> {
    /// The version that it took last, or only the followed tree of it. Cost: O(1), but O(t)
    /// at the first call for a followed tree of t providers.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        self.taken.snapshot()
    }

    /// Whether the tree has been dropped. There may still be a last version to take.
    /// Cost: O(1).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.registry.is_closed()
    }

    /// Takes the newest version if it is newer than the last one taken and concerns this
    /// subscription. Never waits.
    ///
    /// Cost: that of [`ProviderTree::read`]. If there is a newer version and it follows a
    /// tree, also one look-up and a comparison of the tree.
    pub fn try_changed(&mut self) -> Option<Transition> {
        if self.taken.is_gone() {
            return None;
        }
        let (taken, follows) = (self.taken.version(), self.follows);
        let after = self.cell.read(
            |newest| {
                let is_newer = newest.version() != taken;
                is_newer.then(|| View::of(newest, follows))
            },
            TOKEN,
        )?;
        let before = std::mem::replace(&mut self.taken, after.clone());
        (!after.has_tree_of(&before)).then_some(Transition { before, after })
    }

    /// Takes the newest version as soon as there is one that is newer than the last
    /// one taken. `None` once the tree has been dropped and its last version taken.
    ///
    /// Cost: that of [`try_changed`](Self::try_changed), twice if it has to wait, and a short
    /// lock to leave the waker.
    ///
    /// It works with any runtime. A dropped future has taken nothing and leaves no waker
    /// behind.
    pub async fn changed(&mut self) -> Option<Transition> {
        struct Waiting<'a, C: SnapshotCell>(&'a mut Subscription<C>);

        impl<C: SnapshotCell> Drop for Waiting<'_, C> {
            fn drop(&mut self) {
                self.0.cancel();
            }
        }

        let waiting = Waiting(self);
        std::future::poll_fn(|context| waiting.0.poll_changed(context)).await
    }

    /// [`changed`](Self::changed) as a poll function, for futures and streams of your own.
    /// It wakes the task of the last call. Cost: that of `changed`.
    pub fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<Option<Transition>> {
        match self.look_or_wait(|| context.waker().clone()) {
            Some(ended) => Poll::Ready(ended),
            None => Poll::Pending,
        }
    }

    /// [`changed`](Self::changed) for threads: blocks until then. Cost: that of
    /// `changed`.
    pub fn wait(&mut self) -> Option<Transition> {
        self.wait_until(None).unwrap_or_default()
    }

    /// [`wait`](Self::wait) for at most `timeout`. Cost: that of `changed`.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if no newer version appeared.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Result<Option<Transition>, TimedOut> {
        // A deadline beyond the clock's range never passes.
        self.wait_until(Instant::now().checked_add(timeout))
    }

    fn wait_until(&mut self, deadline: Option<Instant>) -> Result<Option<Transition>, TimedOut> {
        let alarm = std::sync::Arc::new(Alarm::default());
        loop {
            if let Some(ended) = self.look_or_wait(|| Waker::from(alarm.clone())) {
                return Ok(ended);
            }
            if !alarm.wait(deadline) {
                let ended = self.look().ok_or(TimedOut);
                self.cancel();
                return ended;
            }
        }
    }

    /// The next transition or the end; if there is neither, leaves a waker. See
    /// [`registry`](crate::tree::registry).
    fn look_or_wait(&mut self, waker: impl FnOnce() -> Waker) -> Option<Option<Transition>> {
        let mut ended = self.look();
        if ended.is_none() {
            let scope = self.scope();
            if self.waiting.is_some_and(|earlier| earlier != scope) {
                self.cancel();
            }
            self.registry.wait(scope, self.number, waker());
            self.waiting = Some(scope);
            ended = self.look();
        }
        if ended.is_some() {
            self.cancel();
        }
        ended
    }

    /// The next transition or the end, without waiting.
    fn look(&mut self) -> Option<Option<Transition>> {
        // Checked first: the last version was committed before the tree was closed.
        let closed = self.registry.is_closed();
        match self.try_changed() {
            None if !closed && !self.taken.is_gone() => None,
            ended => Some(ended),
        }
    }

    /// What it waits for: commits that change the tree in which its provider is now.
    fn scope(&self) -> Scope {
        self.taken.root()
    }

    fn cancel(&mut self) {
        if let Some(scope) = self.waiting.take() {
            self.registry.cancel(scope, self.number);
        }
    }
}

impl<C: SnapshotCell> Drop for Subscription<C> {
    fn drop(&mut self) {
        self.registry.leave(self.follows.is_some());
        self.cancel();
    }
}

/// Wakes a thread.
#[derive(Default)]
struct Alarm {
    rung: Mutex<bool>,
    bell: Condvar,
}

impl Wake for Alarm {
    fn wake(self: std::sync::Arc<Self>) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.bell.notify_one();
    }
}

impl Alarm {
    /// Sleeps until it rings, then resets it. False if the deadline passes first.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        while !*rung {
            let woken = match deadline {
                None => self.bell.wait(rung),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    let woken = self.bell.wait_timeout(rung, left);
                    woken
                        .map(|(rung, _)| rung)
                        .map_err(|poisoned| PoisonError::new(poisoned.into_inner().0))
                }
            };
            rung = woken.unwrap_or_else(PoisonError::into_inner);
        }
        *rung = false;
        true
    }
}

#[cfg(feature = "stream")]
impl<C: SnapshotCell> futures_core::Stream for Subscription<C> {
    type Item = Transition;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Transition>> {
        self.get_mut().poll_changed(context)
    }
}

impl<C: SnapshotCell> fmt::Debug for Subscription<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("taken", &self.taken.version())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
