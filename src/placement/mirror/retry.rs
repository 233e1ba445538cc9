//! How often and how soon a mirror tries again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How often and how soon a [`Mirror`](super::Mirror) retries what may succeed later.
///
/// The n-th pause is 2ⁿ⁻¹ times the first, at most the cap, less a random part of up to half,
/// so that clients that failed together don't return together. A longer `Retry-After` of the
/// service's is honoured.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    pub(super) attempts: u32,
    pub(super) first: Duration,
    pub(super) cap: Duration,
}

impl Default for Retry {
    /// Eight attempts, 50 ms, 5 s.
    fn default() -> Self {
        Self {
            attempts: 8,
            first: Duration::from_millis(50),
            cap: Duration::from_secs(5),
        }
    }
}

impl Retry {
    /// The maximum number of attempts of a request within one call, at least 1.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// The first pause.
    pub fn first(mut self, pause: Duration) -> Self {
        self.first = pause;
        self
    }

    /// The longest pause. If the service asks for a longer one, the call fails instead.
    pub fn cap(mut self, pause: Duration) -> Self {
        self.cap = pause;
        self
    }

    /// The pause after that many failures, counted from 1.
    pub(super) fn pause(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        let whole = self.first.saturating_mul(doubled).min(self.cap);
        whole.mul_f64(1.0 - random() / 2.0)
    }
}

/// A random number from 0 to 1.
fn random() -> f64 {
    // Each `RandomState` has keys of its own.
    let bits = RandomState::new().hash_one(());
    bits as f64 / u64::MAX as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_cap_and_differ() {
        let retry = Retry::default()
            .first(Duration::from_millis(100))
            .cap(Duration::from_secs(1));
        for (failures, whole) in [(1, 100), (2, 200), (4, 800), (5, 1000), (u32::MAX, 1000)] {
            let pauses: Vec<_> = (0..50).map(|_| retry.pause(failures).as_millis()).collect();
            assert!(pauses.iter().all(|ms| (whole / 2..=whole).contains(ms)));
            assert!(pauses.iter().any(|ms| *ms != pauses[0]));
        }
    }
}
