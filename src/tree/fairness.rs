//! Which writer goes first when one has lost too often.
//!
//! A compare-and-swap favours short transactions: a long one loses to every
//! short one that commits meanwhile. So a writer that has lost a few times
//! lays a claim, and the others, before they start an attempt, wait for it for
//! a bounded time: about twice as long as its last attempt took. A claim that
//! runs out in vain is renewed with at least twice the patience.
//!
//! Writers stay lock-free: nobody waits for a claim longer than its patience,
//! whatever became of the claimant, and then takes it away. Nothing here
//! decides what is committed; that is the cell's compare-and-swap alone. So
//! every access may be relaxed: a claim that is seen late costs time, never
//! an update.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::Error;
use crate::sync::{AtomicU64, Backoff, Instant, Patience};

/// How often a writer loses before it lays a claim.
const CLAIM_AFTER: u64 = 4;

/// How long others wait for a claim at the least.
const LEAST_PATIENCE: Duration = Duration::from_micros(100);

/// How often that is doubled at the most: to 105 s.
const MAX_DOUBLINGS: u32 = 20;

/// How many claims of one update may run out in vain.
const MAX_EXPIRED: u32 = 16;

/// How often one update may lose. No number of threads makes that likely; a
/// closure that commits to its own tree does.
const MAX_ATTEMPTS: u64 = 10_000;

/// The low bits of a claim say how often its patience has doubled; the others
/// tell it from all other claims.
const DOUBLINGS: u64 = 0xff;

/// A tree's place for one claim.
#[derive(Debug, Default)]
pub(super) struct Fairness {
    /// The claim in force; 0 for none.
    claim: AtomicU64,
    tickets: AtomicU64,
}

impl Fairness {
    /// Waits for somebody else's claim, no longer than its patience.
    pub(super) fn give_way(&self, own: u64) {
        let claim = self.claim.load(Relaxed);
        if claim == 0 || claim == own {
            return;
        }
        let mut patience = Patience::new(LEAST_PATIENCE * (1 << (claim & DOUBLINGS)));
        let backoff = Backoff::new();
        while self.claim.load(Relaxed) == claim {
            if !backoff.is_completed() {
                backoff.snooze();
            } else if !patience.wait() {
                self.end(claim);
            }
        }
    }

    /// Lays a claim, unless there is one. Returns the claim in force.
    fn claim(&self, doublings: u32) -> u64 {
        let ticket = self.tickets.fetch_add(1, Relaxed) + 1;
        let claim = ticket << DOUBLINGS.count_ones() | u64::from(doublings);
        match self.claim.compare_exchange(0, claim, Relaxed, Relaxed) {
            Ok(_) => claim,
            Err(_) => 0,
        }
    }

    /// Ends a claim, unless it has been ended.
    fn end(&self, claim: u64) {
        let _ = self.claim.compare_exchange(claim, 0, Relaxed, Relaxed);
    }
}

/// One update's way through its attempts.
pub(super) struct Attempts<'a> {
    fairness: &'a Fairness,
    backoff: Backoff,
    made: u64,
    /// The claim that this update has laid; 0 for none.
    claim: u64,
    /// How often the patience of the last claim was doubled.
    doublings: u32,
    expired: u32,
    /// When the present attempt began, once the update has lost.
    started: Option<Instant>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(fairness: &'a Fairness) -> Self {
        Self {
            fairness,
            backoff: Backoff::new(),
            made: 0,
            claim: 0,
            doublings: 0,
            expired: 0,
            started: None,
        }
    }

    /// How many have been made, the present one included.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// Before an attempt: lets a writer that has lost too often go first.
    pub(super) fn start(&mut self) {
        self.fairness.give_way(self.claim);
        if self.made > 0 {
            self.started = Some(Instant::now());
        }
        self.made += 1;
    }

    /// After an attempt that lost: backs off, and lays a claim if need be.
    pub(super) fn lost(&mut self) -> Result<(), Error> {
        if self.claim != 0 && self.fairness.claim.load(Relaxed) != self.claim {
            self.claim = 0;
            self.expired += 1;
            self.doublings += 1;
        }
        if self.made >= MAX_ATTEMPTS || self.expired > MAX_EXPIRED {
            return Err(Error::Contended {
                attempts: self.made,
            });
        }
        if self.claim == 0 && self.made >= CLAIM_AFTER {
            let took = self.started.map_or(Duration::ZERO, |at| at.elapsed());
            let doublings = self.doublings.max(doublings_for(took * 2));
            self.doublings = doublings.min(MAX_DOUBLINGS);
            self.claim = self.fairness.claim(self.doublings);
        }
        if self.claim == 0 {
            // Exponential, from one spin to yielding the processor.
            self.backoff.snooze();
        }
        Ok(())
    }
}

impl Drop for Attempts<'_> {
    fn drop(&mut self) {
        if self.claim != 0 {
            self.fairness.end(self.claim);
        }
    }
}

/// How often the least patience is to be doubled to be as long as that.
fn doublings_for(wait: Duration) -> u32 {
    let times = wait.as_nanos() / LEAST_PATIENCE.as_nanos() + 1;
    times.next_power_of_two().ilog2()
}
