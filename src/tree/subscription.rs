//! Waiting for the next version, in a thread or a task.

use std::fmt;
use std::sync::PoisonError;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::registry::{Registry, Scope};
use super::tree::ProviderTree;
use crate::cell::arc_swap::ArcSwapCell;
use crate::cell::cell::SnapshotCell;
use crate::cell::cell::sealed::TOKEN;
use crate::error::Error;
use crate::forest::diff::change::Change;
use crate::provider::key::ProviderKey;
use crate::provider::provider::Provider;
use crate::snapshot::Snapshot;
use crate::sync::{Arc, Condvar, Mutex};

/// One subscriber's view of a tree: it waits for versions newer than the last that
/// it took. From [`ProviderTree::subscribe`] or [`ProviderTree::subscribe_to`].
///
/// A slow subscriber skips versions, but never misses the last one. It waits in a
/// thread, with [`wait`](Self::wait), or in a task of any runtime, with
/// [`changed`](Self::changed). When the tree is dropped it gives its last version, and
/// `None` from then on. It keeps the version that it looked at last alive, and borrows
/// nothing.
///
/// A commit calls and drops wakers when it is visible and done, outside every lock: a
/// waker may commit to the same tree, poll, or drop tasks and subscriptions. One that
/// panics has its panic reported by the panic hook and ended there. The other subscribers are
/// woken, and the commit returns its result.
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
pub struct Subscription<C: SnapshotCell = ArcSwapCell> {
    cache: C::Cache,
    taken: Snapshot,
    registry: Arc<Registry>,
    number: u64,
    /// The provider whose tree it follows, if not the whole forest.
    follows: Option<Uuid>,
    /// Whether that provider has gone.
    gone: bool,
    /// What a waker of the last poll waits for.
    waiting: Option<Scope>,
}

/// What lies between the version that a subscriber took last and the newest.
#[derive(Clone, Debug)]
pub struct Transition {
    before: Snapshot,
    after: Snapshot,
    follows: Option<Uuid>,
}

impl Transition {
    /// The version that the subscriber looked at last.
    #[must_use]
    pub fn before(&self) -> &Snapshot {
        &self.before
    }

    /// The newest version.
    #[must_use]
    pub fn after(&self) -> &Snapshot {
        &self.after
    }

    /// What has changed in between: in the whole forest, or in the tree of the provider
    /// that was subscribed to, before and after. Cost: as
    /// [`Forest::diff`](crate::Forest::diff), of that tree alone if it is one.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        match self.follows {
            None => self.after.diff(&self.before),
            Some(uuid) => self.after.diff_of_tree(&self.before, uuid),
        }
    }
}

/// No newer version came in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no newer version came in time: wait again")]
pub struct TimedOut;

impl<C: SnapshotCell> ProviderTree<C> {
    /// A subscription to the whole forest: it begins with the newest version and waits
    /// for the next.
    ///
    /// Cost: O(1). While there is one, each commit takes a short lock to take out the
    /// wakers of those that wait, then calls them outside it; with no subscription it
    /// pays one atomic load.
    pub fn subscribe(&self) -> Subscription<C> {
        let (number, taken) = self.enter(false);
        self.subscription(number, taken, None)
    }

    /// A subscription to the tree of one provider: it begins with the newest version and
    /// waits for the next in which anything in that tree has changed, or in which the
    /// provider has gone. After that it gives `None`.
    ///
    /// If the provider moves to another tree, it follows that one. Trees are compared
    /// whole: what was changed and changed back before the subscriber looked is no
    /// change, nor is where the tree stands among others.
    ///
    /// While it waits it keeps the version alive that it looked at last: 10,000 that look at
    /// as many versions keep these. Call [`Subscription::try_changed`] now and then if
    /// its tree hardly ever changes.
    ///
    /// Cost: one look-up. Commits wake those whose trees they change, and those whose roots
    /// are numbered anew to make room between them: a commit pays for these, and one look-up
    /// for each tree that it changes.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
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
        let (number, taken) = self.enter(true);
        match taken.require(key).map(Provider::uuid) {
            Ok(uuid) => Ok(self.subscription(number, taken, Some(uuid))),
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

    fn subscription(&self, number: u64, taken: Snapshot, follows: Option<Uuid>) -> Subscription<C> {
        Subscription {
            cache: self.cell.cache(TOKEN),
            taken,
            registry: Arc::clone(&self.registry),
            number,
            follows,
            gone: false,
            waiting: None,
        }
    }
}

impl<C: SnapshotCell> Subscription<C> {
    /// The version that it took last. Cost: O(1).
    pub fn snapshot(&self) -> &Snapshot {
        &self.taken
    }

    /// Whether the tree has been dropped. There may be a last version to take.
    pub fn is_closed(&self) -> bool {
        self.registry.is_closed()
    }

    /// Takes the newest version if it is newer than the last one taken and concerns this
    /// subscription. Never waits. Cost: one atomic load if there is none; else that of
    /// comparing the tree, if it follows one.
    pub fn try_changed(&mut self) -> Option<Transition> {
        let newest = C::load(&mut self.cache, TOKEN);
        if newest.ptr_eq(&self.taken) || self.gone {
            return None;
        }
        let before = std::mem::replace(&mut self.taken, newest.clone());
        let after = self.taken.clone();
        if let Some(uuid) = self.follows {
            if after.has_same_tree(&before, uuid) {
                return None;
            }
            self.gone = after.get(uuid).is_none();
        }
        Some(Transition {
            before,
            after,
            follows: self.follows,
        })
    }

    /// Takes the newest version as soon as there is one that is newer than the last
    /// one taken. `None` once the tree has been dropped and its last version taken.
    ///
    /// It needs no particular runtime. A future that is dropped has taken nothing and
    /// leaves no waker behind.
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

    /// [`changed`](Self::changed) as a function to poll, for futures and streams of your
    /// own. The task of the last call is woken.
    pub fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<Option<Transition>> {
        match self.look_or_wait(|| context.waker().clone()) {
            Some(ended) => Poll::Ready(ended),
            None => Poll::Pending,
        }
    }

    /// [`changed`](Self::changed) for threads: blocks until then.
    pub fn wait(&mut self) -> Option<Transition> {
        self.wait_until(None).unwrap_or_default()
    }

    /// As [`wait`](Self::wait), but no longer than that.
    ///
    /// # Errors
    ///
    /// [`TimedOut`] if no newer version came.
    pub fn wait_timeout(&mut self, timeout: Duration) -> Result<Option<Transition>, TimedOut> {
        // A deadline beyond what the clock can show never passes.
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

    /// What there is to give, or leaves a waker. See [`registry`].
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

    /// What there is to give without waiting: the next transition, or the end.
    fn look(&mut self) -> Option<Option<Transition>> {
        // Asked first: the last version was committed before the tree was closed.
        let closed = self.registry.is_closed();
        match self.try_changed() {
            None if !closed && !self.gone => None,
            ended => Some(ended),
        }
    }

    /// What concerns it: commits that change the tree in which its provider is now.
    fn scope(&self) -> Scope {
        let root = self.taken.root_of(self.follows?).ok()?;
        Some(root.uuid())
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
    /// Sleeps until it rings, and sets it again. False if the deadline comes first.
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
