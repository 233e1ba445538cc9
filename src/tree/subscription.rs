//! Waiting for the next version.
//!
//! No wake-up is lost, for two reasons. A commit that finds no subscriber has
//! replaced the very version that the next one to subscribe begins with, or an
//! older one: see [`Signal::changed`]. And a subscriber looks for a newer version
//! once more between registering with the event and waiting for it: both sides
//! have a fence in between, the event's own.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use event_listener::{Event, EventListener, Listener};

use super::ProviderTree;
use crate::cell::{ArcSwapCell, SnapshotCell};
use crate::sync::{Arc, AtomicBool, AtomicUsize};
use crate::{Change, Snapshot};

/// Where subscribers wait.
#[derive(Debug, Default)]
pub(super) struct Signal {
    subscribers: AtomicUsize,
    /// Whether the tree is gone.
    closed: AtomicBool,
    event: Event,
}

impl Signal {
    /// After a commit: wakes all that wait. Without subscribers it is one load.
    pub(super) fn changed(&self) {
        // Relaxed: a subscriber adds itself before it announces itself to the
        // cell. If the announcement came before this commit's swap, the addition
        // happens before it and so before this load, which sees it. If it came
        // after, the subscriber begins with this version or a newer one.
        if self.subscribers.load(Relaxed) > 0 {
            self.event.notify(usize::MAX);
        }
    }

    /// When the tree is dropped.
    pub(super) fn close(&self) {
        // Release pairs with the load in `is_closed`: who sees it sees the last
        // version too.
        self.closed.store(true, Release);
        self.event.notify(usize::MAX);
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Acquire)
    }
}

/// One subscriber's view of a tree: it waits for versions newer than the last that
/// it took. From [`ProviderTree::subscribe`].
///
/// It skips versions if it is slow, but never misses the last one. It waits in a
/// thread, with [`wait`](Self::wait), or in a task of any runtime, with
/// [`changed`](Self::changed). When the tree is dropped it gives its last version, and
/// `None` from then on. It holds the last version that it took, and borrows nothing.
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
/// let host = tree.new_root("host", None, None)?.value;
/// drop(tree);
/// assert_eq!(watcher.join().unwrap(), [format!("+ host ({host})")]);
/// # Ok::<(), provider_tree::Error>(())
/// ```
pub struct Subscription<C: SnapshotCell = ArcSwapCell> {
    cache: C::Cache,
    taken: Snapshot,
    signal: Arc<Signal>,
    /// What a task waits for, from one poll to the next.
    listener: Option<EventListener>,
}

/// The way from the version that a subscriber took last to the newest.
#[derive(Clone, Debug)]
pub struct Transition {
    before: Snapshot,
    after: Snapshot,
}

impl Transition {
    /// The version that the subscriber took last.
    pub fn before(&self) -> &Snapshot {
        &self.before
    }

    /// The newest version.
    pub fn after(&self) -> &Snapshot {
        &self.after
    }

    /// What has changed in between. Cost: as [`Forest::diff`](crate::Forest::diff).
    pub fn changes(&self) -> Vec<Change> {
        self.after.diff(&self.before)
    }
}

/// No newer version came in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no newer version came in time: wait again")]
pub struct TimedOut;

impl<C: SnapshotCell> ProviderTree<C> {
    /// A subscription that begins with the newest version: it waits for the next.
    /// Cost: O(1). While there is one, each commit takes a short lock to wake those
    /// that wait; without any it pays one atomic load.
    pub fn subscribe(&self) -> Subscription<C> {
        // Ordered before the announcement by that itself.
        self.signal.subscribers.fetch_add(1, Relaxed);
        let taken = self.cell.announce();
        Subscription {
            cache: self.cell.cache(),
            taken,
            signal: Arc::clone(&self.signal),
            listener: None,
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
        self.signal.is_closed()
    }

    /// Takes the newest version if it is newer than the last one taken. Never
    /// waits. Cost: one atomic load if there is none.
    pub fn try_changed(&mut self) -> Option<Transition> {
        let newest = C::load(&mut self.cache);
        if newest.ptr_eq(&self.taken) {
            return None;
        }
        let before = std::mem::replace(&mut self.taken, newest.clone());
        let after = self.taken.clone();
        Some(Transition { before, after })
    }

    /// Takes the newest version as soon as there is one that is newer than the last
    /// one taken. `None` once the tree has been dropped and its last version taken.
    ///
    /// It needs no particular runtime. A future that is dropped has taken nothing.
    pub async fn changed(&mut self) -> Option<Transition> {
        std::future::poll_fn(|context| self.poll_changed(context)).await
    }

    /// [`changed`](Self::changed) for those who poll. Wakes the task of the last
    /// call.
    pub fn poll_changed(&mut self, context: &mut Context<'_>) -> Poll<Option<Transition>> {
        loop {
            if let Some(ended) = self.look() {
                self.listener = None;
                return Poll::Ready(ended);
            }
            match &mut self.listener {
                // Looks again once it listens.
                None => self.listener = Some(self.signal.event.listen()),
                Some(listener) => {
                    ready!(Pin::new(listener).poll(context));
                    self.listener = None;
                }
            }
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
        // What no clock can show never comes.
        self.wait_until(Instant::now().checked_add(timeout))
    }

    fn wait_until(&mut self, deadline: Option<Instant>) -> Result<Option<Transition>, TimedOut> {
        loop {
            if let Some(ended) = self.look() {
                return Ok(ended);
            }
            let listener = self.signal.event.listen();
            if let Some(ended) = self.look() {
                return Ok(ended);
            }
            match deadline {
                None => listener.wait(),
                Some(deadline) => match listener.wait_deadline(deadline) {
                    Some(()) => {}
                    None => return self.look().ok_or(TimedOut),
                },
            }
        }
    }

    /// What there is to give without waiting: the next transition, or the end.
    fn look(&mut self) -> Option<Option<Transition>> {
        // Asked first: the last version was committed before the tree was closed.
        let closed = self.signal.is_closed();
        match self.try_changed() {
            None if !closed => None,
            ended => Some(ended),
        }
    }
}

impl<C: SnapshotCell> Drop for Subscription<C> {
    fn drop(&mut self) {
        self.signal.subscribers.fetch_sub(1, Relaxed);
    }
}

#[cfg(feature = "stream")]
impl<C: SnapshotCell> futures_core::Stream for Subscription<C> {
    type Item = Transition;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Transition>> {
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
