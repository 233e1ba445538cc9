//! Fairness among writers: one that keeps losing claims priority, and the others
//! defer to it until its claim ends or a deadline passes.
//!
//! A compare-and-swap favours short transactions: a long one loses to every short
//! one that commits meanwhile. So a writer that has lost *claims* priority before
//! it tries again: at once if its transaction is long, else after a few losses. Other
//! writers look for a claim before each attempt. They sleep until it ends or its
//! deadline passes, so that they do not take the processor from the claimant. A
//! [diagram](crate::docs::internals#a-commit-with-a-claim) shows both.
//!
//! Writers stay lock-free: no writer waits beyond a claim's deadline, whatever became
//! of the claimant, and any writer that finds an expired claim removes it. Nothing here
//! decides what is committed; that is the cell's compare-and-swap alone. So every
//! access may be relaxed: a claim that is seen late costs time, never an update.
//!
//! A claim is in force only while its update prepares, runs and commits an attempt. An
//! attempt that loses reports a conflict and drops what its closure returned, which runs
//! foreign code. The claim ends before that, and what was left of its time is claimed
//! again before the next attempt. Sleepers that wake in between find the new claim and
//! sleep on.
//!
//! A closure that waits for another writer of the same tree can't win: that writer
//! defers to the claim, and commits when it expires. Each claim that expires without a
//! commit makes the next one longer, up to [`MOST_PATIENCE`]; after [`MAX_EXPIRED`] the
//! update gives up. Only attempts without a claim are timed: a claimed attempt may have
//! spent its time waiting for a writer that deferred to it.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crate::error::Error;
use crate::sync::{AtomicU64, Backoff, Gate, Instant};

/// After how many losses an update claims priority.
const CLAIM_AFTER: u64 = 4;

/// A transaction that takes this long claims priority at its first loss.
const LONG: Duration = Duration::from_millis(1);

/// An upper estimate of the time per edit, for attempts that were not timed.
const AN_EDIT: Duration = Duration::from_micros(10);

/// The least time that others defer to a claim.
const LEAST_PATIENCE: Duration = Duration::from_micros(100);

/// The most time that others defer to a claim, and that one call defers in total. A closure
/// that runs longer does not get through while others keep committing.
pub(super) const MOST_PATIENCE: Duration = Duration::from_secs(1);

/// How many claims of one update may expire without a commit. With [`MOST_PATIENCE`] it
/// bounds how long others wait for one update.
const MAX_EXPIRED: u32 = 10;

/// How often one update may lose. Contention alone hardly ever gets close; a closure that
/// commits to its own tree does.
const MAX_ATTEMPTS: u64 = 10_000;

/// The low bits of a claim distinguish it from others with the same deadline.
const TICKET_BITS: u32 = 16;

/// The one claim that a tree can have in force.
#[derive(Debug)]
pub(super) struct Fairness {
    /// The claim in force, 0 for none: its deadline in microseconds since `began`,
    /// then a ticket.
    claim: AtomicU64,
    tickets: AtomicU64,
    began: Instant,
    /// Writers that defer sleep here.
    gate: Gate,
}

impl Default for Fairness {
    fn default() -> Self {
        Self {
            claim: AtomicU64::new(0),
            tickets: AtomicU64::new(0),
            began: Instant::now(),
            gate: Gate::default(),
        }
    }
}

impl Fairness {
    /// Defers to the claims of other writers until there is none, for at most `longest`.
    /// Returns how long it deferred.
    #[inline]
    pub(super) fn defer(&self, longest: Duration) -> Duration {
        if self.claim.load(Relaxed) == 0 {
            return Duration::ZERO;
        }
        self.defer_to_claims(longest)
    }

    #[cold]
    fn defer_to_claims(&self, longest: Duration) -> Duration {
        let started = self.began.elapsed();
        let limit = started + longest;
        loop {
            let claim = self.claim.load(Relaxed);
            let now = self.began.elapsed();
            if claim == 0 || now >= limit {
                return now - started;
            }
            let in_force = || self.claim.load(Relaxed) == claim;
            // Most claimants need only microseconds: not worth falling asleep.
            let backoff = Backoff::new();
            while in_force() && !backoff.is_completed() {
                backoff.snooze();
            }
            let deadline = deadline(claim);
            let left = deadline.min(limit).saturating_sub(self.began.elapsed());
            self.gate.wait_while(left, in_force);
            if deadline <= limit {
                self.end(claim);
            }
        }
    }

    /// Claims priority for `patience`, unless another claim is in force. Returns the new
    /// claim, or 0.
    pub(super) fn claim(&self, patience: Duration) -> u64 {
        let deadline = (self.began.elapsed() + patience).as_micros() as u64;
        let ticket = self.tickets.fetch_add(1, Relaxed) % (1 << TICKET_BITS);
        let claim = deadline << TICKET_BITS | ticket;
        match self.claim.compare_exchange(0, claim, Relaxed, Relaxed) {
            Ok(_) => claim,
            Err(_) => 0,
        }
    }

    /// Ends a claim. Returns how much of its time was left: none if it has expired.
    pub(super) fn end(&self, claim: u64) -> Duration {
        let ended = self.claim.compare_exchange(claim, 0, Relaxed, Relaxed);
        if ended.is_err() {
            return Duration::ZERO;
        }
        self.gate.open();
        deadline(claim).saturating_sub(self.began.elapsed())
    }

    /// Whether a claim is in force.
    #[cfg(test)]
    pub(super) fn is_claimed(&self) -> bool {
        self.claim.load(Relaxed) != 0
    }
}

/// When a claim expires, since the tree was created.
fn deadline(claim: u64) -> Duration {
    Duration::from_micros(claim >> TICKET_BITS)
}

/// The attempts of one update.
pub(super) struct Attempts<'a> {
    fairness: &'a Fairness,
    backoff: Backoff,
    made: u64,
    /// The claim of this update; 0 for none.
    claim: u64,
    /// How much time its last claim had left when that ended.
    left: Duration,
    /// How many of its claims have expired without a commit.
    expired: u32,
    /// How long it has deferred to others.
    deferred: Duration,
    /// When the current attempt began, if it is timed.
    started: Option<Instant>,
    /// How long an attempt takes, as far as known.
    length: Duration,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(fairness: &'a Fairness) -> Self {
        Self {
            fairness,
            backoff: Backoff::new(),
            made: 0,
            claim: 0,
            left: Duration::ZERO,
            expired: 0,
            deferred: Duration::ZERO,
            started: None,
            length: Duration::ZERO,
        }
    }

    /// How many attempts were made, including the current one.
    pub(super) fn made(&self) -> u64 {
        self.made
    }

    /// Call it after an attempt that won: it ends the claim, so that no other writer waits
    /// for the foreign code that runs next. Returns how many attempts were made.
    pub(super) fn end(self) -> u64 {
        self.made
    }

    /// Call it before an attempt: it defers to a writer that has claimed priority, and
    /// claims priority itself after enough losses. All that have lost compete for the next
    /// claim, so the one with the longest attempts is not always last.
    pub(super) fn start(&mut self) {
        loop {
            let patience = MOST_PATIENCE.saturating_sub(self.deferred);
            self.deferred += self.fairness.defer(patience);
            if self.has_lost_enough() {
                self.claim = self.fairness.claim(self.patience());
            }
            let is_done = self.claim != 0 || !self.has_lost_enough();
            if is_done || self.deferred >= MOST_PATIENCE {
                break;
            }
        }
        // The first attempt, usually the only one, does not read the clock.
        let is_timed = self.made > 0 && self.claim == 0 && self.expired == 0;
        self.started = is_timed.then(Instant::now);
        self.made += 1;
    }

    fn has_lost_enough(&self) -> bool {
        self.made >= CLAIM_AFTER || self.length >= LONG
    }

    /// Call it after an attempt that lost: it ends the claim until the next attempt, and
    /// backs off unless that one will claim priority.
    pub(super) fn lost(&mut self, edits: u64) -> Result<(), Error> {
        if self.claim != 0 {
            self.left = self.fairness.end(self.claim);
            self.claim = 0;
            self.expired += u32::from(self.left.is_zero());
        }
        if self.made >= MAX_ATTEMPTS || self.expired >= MAX_EXPIRED {
            return Err(Error::Contended {
                attempts: self.made,
            });
        }
        let took = match self.started.take() {
            Some(started) => started.elapsed(),
            None => AN_EDIT.saturating_mul(u32::try_from(edits).unwrap_or(u32::MAX)),
        };
        if self.expired == 0 {
            self.length = self.length.max(took);
        }
        if !self.has_lost_enough() {
            // Exponential, from one spin to yielding the processor.
            self.backoff.snooze();
        }
        Ok(())
    }

    /// How long others should defer: for the rest of a claim that has not expired, else
    /// twice as long as an attempt takes, and four times as long after each claim that
    /// expired.
    fn patience(&self) -> Duration {
        if !self.left.is_zero() {
            return self.left;
        }
        let once = (self.length * 2).max(LEAST_PATIENCE);
        once.saturating_mul(4_u32.saturating_pow(self.expired))
            .min(MOST_PATIENCE)
    }
}

impl Drop for Attempts<'_> {
    fn drop(&mut self) {
        if self.claim != 0 {
            self.fairness.end(self.claim);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Loses until the update gives up, with each claim expiring. Returns the number of
    /// attempts, and how long others deferred in total and to one claim.
    fn lose(edits: u64) -> (u64, Duration, Duration) {
        let fairness = Fairness::default();
        let mut attempts = Attempts::new(&fairness);
        let (mut all, mut most) = (Duration::ZERO, Duration::ZERO);
        loop {
            attempts.start();
            if attempts.claim != 0 {
                all += attempts.patience();
                most = most.max(attempts.patience());
            }
            fairness.end(fairness.claim.load(Relaxed));
            if attempts.lost(edits).is_err() {
                return (attempts.made(), all, most);
            }
        }
    }

    #[test]
    fn others_defer_for_a_bounded_time_to_a_short_update_that_can_not_win() {
        let (attempts, all, most) = lose(1);
        assert_eq!(attempts, CLAIM_AFTER + u64::from(MAX_EXPIRED));
        assert_eq!(most, MOST_PATIENCE);
        assert!(all < Duration::from_secs(5), "others waited for {all:?}");
    }

    #[test]
    fn others_defer_for_a_bounded_time_to_a_long_update_that_can_not_win() {
        let (attempts, all, most) = lose(1_000_000);
        // It claims at its first loss.
        assert_eq!(attempts, 1 + u64::from(MAX_EXPIRED));
        assert_eq!(most, MOST_PATIENCE);
        assert_eq!(all, MOST_PATIENCE * MAX_EXPIRED);
    }

    #[test]
    fn a_long_update_claims_at_its_first_loss_and_a_short_one_after_a_few() {
        let fairness = Fairness::default();
        let mut long = Attempts::new(&fairness);
        long.start();
        long.lost(100).unwrap();
        long.start();
        assert_ne!(long.claim, 0);
        assert_eq!(long.patience(), AN_EDIT * 200);
        drop(long);
        assert_eq!(fairness.claim.load(Relaxed), 0, "the claim was left behind");

        let mut short = Attempts::new(&fairness);
        for loss in 1..=CLAIM_AFTER {
            short.start();
            // A thread that is preempted would be taken for a long one.
            short.started = None;
            short.lost(1).unwrap();
            assert_eq!((short.claim, loss), (0, short.made()));
        }
        short.start();
        assert_ne!(short.claim, 0);
    }

    #[test]
    fn time_that_others_spend_deferring_does_not_count_as_the_length_of_an_attempt() {
        let fairness = Fairness::default();
        let mut attempts = Attempts::new(&fairness);
        attempts.start();
        attempts.lost(100).unwrap();
        let length = attempts.length;
        for expired in 1..=4 {
            attempts.start();
            assert!(attempts.started.is_none(), "a claimed attempt was measured");
            // Another writer waits for the claim to expire, then commits.
            fairness.defer(MOST_PATIENCE);
            attempts.lost(100).unwrap();
            assert_eq!((attempts.expired, attempts.length), (expired, length));
        }
    }

    #[test]
    fn nobody_defers_beyond_the_deadline_of_a_claim_whose_writer_was_stopped() {
        let fairness = Fairness::default();
        let claim = fairness.claim(LEAST_PATIENCE);
        fairness.defer(MOST_PATIENCE);
        assert!(!fairness.is_claimed());
        fairness.end(claim);
        // A claim in force is not replaced.
        assert_ne!(fairness.claim(MOST_PATIENCE), 0);
        assert_eq!(fairness.claim(MOST_PATIENCE), 0);
    }

    /// A writer finds the claim in force, and it ends before that writer sleeps.
    #[test]
    fn a_gate_that_opens_while_a_writer_falls_asleep_wakes_it() {
        const LIMIT: Duration = Duration::from_secs(10);
        let gate = Gate::default();
        let is_open = AtomicU64::new(0);
        let started = Instant::now();
        std::thread::scope(|scope| {
            let opener = std::cell::Cell::new(Some(|| {
                is_open.store(1, Relaxed);
                gate.open();
            }));
            gate.wait_while(LIMIT, || match opener.take() {
                Some(opener) => {
                    scope.spawn(opener);
                    std::thread::sleep(Duration::from_millis(50));
                    true
                }
                None => is_open.load(Relaxed) == 0,
            });
        });
        assert!(started.elapsed() < LIMIT / 2, "the wake-up was lost");
    }

    #[test]
    fn a_claim_lasts_for_the_time_that_was_asked_for() {
        let fairness = Fairness::default();
        let patience = Duration::from_millis(5);
        let before = fairness.began.elapsed();
        let claim = fairness.claim(patience);
        let after = fairness.began.elapsed();
        let micro = Duration::from_micros(1);
        assert!((before + patience - micro..=after + patience).contains(&deadline(claim)));
        assert!(fairness.end(claim) <= patience);
        assert_eq!(fairness.end(claim), Duration::ZERO);
    }

    #[test]
    fn a_claim_that_is_renewed_lasts_for_the_time_that_was_left() {
        let fairness = Fairness::default();
        let mut attempts = Attempts::new(&fairness);
        attempts.start();
        attempts.lost(10_000).unwrap();
        let whole = attempts.patience();
        let mut left = whole;
        for _ in 0..3 {
            attempts.start();
            assert!(fairness.is_claimed());
            attempts.lost(10_000).unwrap();
            assert!(!fairness.is_claimed());
            assert!(attempts.patience() < left, "its time began again");
            left = attempts.patience();
        }
        // What happens between two attempts does not shorten it.
        std::thread::sleep(whole);
        assert_eq!((attempts.patience(), attempts.expired), (left, 0));
        attempts.start();
        std::thread::sleep(left);
        attempts.lost(10_000).unwrap();
        assert_eq!((attempts.patience(), attempts.expired), (whole * 4, 1));
    }

    #[test]
    fn a_call_defers_for_a_second_in_all_however_many_claims_there_are() {
        let fairness = Fairness::default();
        let ended = AtomicU64::new(0);
        // By its number: each claim begins before the previous one expires.
        let claim = |number: u64| {
            let deadline = fairness.began.elapsed() + MOST_PATIENCE / 4;
            let claim = (deadline.as_micros() as u64) << TICKET_BITS | number;
            fairness.claim.store(claim, Relaxed);
        };
        claim(0);
        let deferred = std::thread::scope(|scope| {
            scope.spawn(|| {
                for number in 1.. {
                    std::thread::sleep(Duration::from_millis(10));
                    claim(number);
                    // Stops by itself, should the other one defer forever.
                    if ended.load(Relaxed) != 0 || number == 1_000 {
                        break;
                    }
                }
                fairness.claim.store(0, Relaxed);
            });
            let mut attempts = Attempts::new(&fairness);
            let deferred = [(); 2].map(|()| {
                attempts.start();
                let lost = attempts.lost(1);
                lost.map(|()| attempts.deferred)
            });
            ended.store(1, Relaxed);
            deferred
        });
        let [once, twice] = deferred.map(Result::unwrap);
        assert!(once >= MOST_PATIENCE, "it deferred for {once:?}");
        assert!(once < MOST_PATIENCE * 5, "it deferred for {once:?}");
        let again = twice - once;
        assert!(again < MOST_PATIENCE, "it deferred for {again:?} more");
    }
}
