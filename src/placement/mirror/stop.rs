//! Stops a mirror, and wakes it.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

/// Stops [`Mirror::run`](super::Mirror::run) from another thread. Clones share one state.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Bell>);

#[derive(Debug, Default)]
struct Bell {
    state: Mutex<State>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopped: bool,
    rings: u64,
}

impl Stop {
    /// Creates a stop handle.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops every run that uses it. Requests in flight finish; no new ones are sent.
    pub fn stop(&self) {
        self.0.ring(|state| state.stopped = true);
    }

    /// Whether it has been stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.lock().stopped
    }

    /// Sleeps that long, or until stopped. Returns `false` if stopped.
    pub(super) fn sleep(&self, time: Duration) -> bool {
        let deadline = Instant::now().checked_add(time);
        let mut rings = self.rings();
        loop {
            if self.is_stopped() {
                return false;
            }
            if !self.wait(&mut rings, deadline) {
                return true;
            }
        }
    }

    /// How often it has rung so far. Read it before you check the condition that you wait for.
    pub(super) fn rings(&self) -> u64 {
        self.0.lock().rings
    }

    /// Wakes [`wait`](Self::wait).
    pub(super) fn waker(&self) -> Waker {
        Waker::from(Arc::clone(&self.0))
    }

    /// Waits until it has rung again since `rings`, and updates `rings`. Returns `false` at
    /// the deadline, however often it rings.
    pub(super) fn wait(&self, rings: &mut u64, deadline: Option<Instant>) -> bool {
        let mut state = self.0.lock();
        loop {
            let left = match deadline {
                None => Duration::MAX,
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
            };
            if left.is_zero() {
                return false;
            }
            if state.rings != *rings {
                *rings = state.rings;
                return true;
            }
            let woken = self.0.rung.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Bell {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.lock();
        change(&mut state);
        state.rings += 1;
        // Several mirrors may share it.
        self.rung.notify_all();
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring(|_| {});
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ring_puts_off_a_deadline() {
        let stop = Stop::new();
        let mut rings = stop.rings();
        stop.waker().wake();
        let later = Instant::now() + Duration::from_secs(60);
        assert!(stop.wait(&mut rings, Some(later)));
        stop.waker().wake();
        assert!(!stop.wait(&mut rings, Some(Instant::now())));
    }
}
