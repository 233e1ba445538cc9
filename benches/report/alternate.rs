//! Times two things in turns, in slices of a few milliseconds, so that what the
//! machine does meanwhile meets both alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::median;
use crate::order::Random;

/// Nanoseconds for one step of each, and the ratio of the first to the second.
pub struct Compared {
    pub first: f64,
    pub second: f64,
    /// The median of the rounds' ratios, which is not the medians' ratio.
    pub ratio: f64,
}

/// How long to measure.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Short beside the turns that the system gives to programs: then a median
    /// is not shifted where others run as well.
    pub slice: Duration,
    /// All rounds together, but a few rounds in any case.
    pub total: Duration,
}

/// The fewest rounds.
const FEW: usize = 5;

/// Something to time: takes that many steps, and says how long they took.
pub type Steps<'a> = dyn FnMut(usize) -> Duration + 'a;

/// Times that many calls.
pub fn timed<T>(count: usize, mut step: impl FnMut() -> T) -> Duration {
    let started = Instant::now();
    for _ in 0..count {
        black_box(step());
    }
    started.elapsed()
}

impl Effort {
    /// Times both in turns. Each slice takes as many steps as fill it.
    pub fn compare(self, first: &mut Steps<'_>, second: &mut Steps<'_>) -> Compared {
        let counts = [self.fitting(first), self.fitting(second)];
        let mut dice = Random::new(1);
        let rounds: Vec<(f64, f64)> = self.rounds(|| {
            let mut one = || nanoseconds(first(counts[0]), counts[0]);
            let mut other = || nanoseconds(second(counts[1]), counts[1]);
            // By chance, not in a rhythm: the turns that the system gives to programs
            // have one, too, and would always come upon the same of the two.
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

    /// Times one thing alone: nanoseconds a step, the median of the rounds.
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

    /// How many steps fill a slice; it warms the caches, too.
    fn fitting(self, steps: &mut Steps<'_>) -> usize {
        let mut count = 1;
        loop {
            // The fastest: one that the system has put off would make the slices as
            // short as the clock's own cost.
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
