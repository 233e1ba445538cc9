//! Times two operations alternately in slices of a few milliseconds, so that other load on the
//! machine affects both equally.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::median;
use crate::order::Random;

/// Nanoseconds per step of each, and the ratio of the first to the second.
pub struct Compared {
    pub first: f64,
    pub second: f64,
    /// The median of the rounds' ratios, not the ratio of the medians.
    pub ratio: f64,
}

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Shorter than the system's time slices, so that other processes don't shift the median.
    pub slice: Duration,
    /// The time for all rounds; a minimum number of rounds runs in any case.
    pub total: Duration,
}

/// The minimum number of rounds.
const FEW: usize = 5;

/// An operation to time: runs this many steps and returns their duration.
pub type Steps<'a> = dyn FnMut(usize) -> Duration + 'a;

/// Times this many calls.
pub fn timed<T>(count: usize, mut step: impl FnMut() -> T) -> Duration {
    let started = Instant::now();
    for _ in 0..count {
        black_box(step());
    }
    started.elapsed()
}

impl Effort {
    /// Times both alternately, with as many steps as fill a slice.
    pub fn compare(self, first: &mut Steps<'_>, second: &mut Steps<'_>) -> Compared {
        let counts = [self.fitting(first), self.fitting(second)];
        let mut dice = Random::new(1);
        let rounds: Vec<(f64, f64)> = self.rounds(|| {
            let mut one = || nanoseconds(first(counts[0]), counts[0]);
            let mut other = || nanoseconds(second(counts[1]), counts[1]);
            // In random order: with a fixed rhythm, the system's time slices could always hit
            // the same one.
            if dice.below(2) == 0 {
                let one = one();
                (one, other())
            } else {
                let other = other();
                (one(), other)
            }
        });
        Compared {
            first: median(rounds.iter().map(|round| round.0)),
            second: median(rounds.iter().map(|round| round.1)),
            ratio: median(rounds.iter().map(|round| round.0 / round.1)),
        }
    }

    /// Times one operation alone: nanoseconds per step, the median of the rounds.
    pub fn time(self, steps: &mut Steps<'_>) -> f64 {
        let count = self.fitting(steps);
        let rounds = self.rounds(|| nanoseconds(steps(count), count));
        median(rounds.into_iter())
    }

    fn rounds<T>(self, mut round: impl FnMut() -> T) -> Vec<T> {
        let started = Instant::now();
        let mut rounds = Vec::new();
        while rounds.len() < FEW || started.elapsed() < self.total {
            rounds.push(round());
        }
        rounds
    }

    /// How many steps fill a slice. Also warms the caches.
    fn fitting(self, steps: &mut Steps<'_>) -> usize {
        let mut count = 1;
        loop {
            // The fastest: a preempted one would make the slices so short that the clock dominates.
            let took = (0..FEW).map(|_| steps(count)).min().unwrap_or_default();
            if took * 2 > self.slice {
                let fitting = count as f64 * self.slice.as_secs_f64() / took.as_secs_f64();
                return (fitting as usize).max(1);
            }
            count *= 2;
        }
    }
}

fn nanoseconds(took: Duration, count: usize) -> f64 {
    took.as_secs_f64() * 1e9 / count as f64
}
