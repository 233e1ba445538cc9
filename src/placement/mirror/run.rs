//! Keeps a mirror in step until it is stopped.

use std::task::Context;
use std::time::{Duration, Instant};

use super::mirror::Mirror;
use super::push::concerns_all;
use super::report::{Pulled, Pushed, Reason};
use super::stop::Stop;
use crate::cell::cell::SnapshotCell;
use crate::placement::error::Error;
use crate::placement::plan::Plan;
use crate::tree::subscription::Subscription;

/// Settings of [`Mirror::run`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RunOptions {
    interval: Duration,
    max_pause: Duration,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(60),
            max_pause: Duration::from_secs(60),
        }
    }
}

impl RunOptions {
    /// How often Placement is asked for changes; 60 s by default.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The longest pause after failed rounds, unless the service asks for a longer one; 60 s
    /// by default.
    pub fn max_pause(mut self, pause: Duration) -> Self {
        self.max_pause = pause;
        self
    }
}

/// What a round of [`Mirror::run`] did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Round {
    /// Why it was made.
    pub trigger: Trigger,
    /// What was read; `None` if an edit of the tree started the round, or reading failed.
    pub pulled: Option<Pulled>,
    /// What was sent; `None` if an error ended the round first.
    pub pushed: Option<Pushed>,
    /// What ended the round.
    pub error: Option<Error>,
    /// How long `run` pauses before the next round, if Placement could not be reached.
    pub retry_in: Option<Duration>,
}

/// Why a round is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// It is the first round.
    Start,
    /// The tree has changed.
    Change,
    /// The interval has passed.
    Timer,
    /// The last round failed, and the pause after it has passed.
    Retry,
}

impl<C: SnapshotCell> Mirror<C> {
    /// Keeps both sides in step until stopped: syncs at the start and at each interval, pushes
    /// as soon as the tree has an edit to send, and reports each round.
    ///
    /// A round's own commit starts no other round, and neither does a change to `resources` or
    /// to the order of siblings. Edits made during a round are sent together in the next. An
    /// edit that Placement refuses is tried again with the next edit or at the next interval.
    /// While Placement can't be reached, the pauses between rounds grow, and nothing is lost.
    /// Once stopped, it returns when the requests under way have ended; the next push or run
    /// of this mirror sends what is left.
    ///
    /// `report` runs between rounds, outside every lock: it may use the mirror and the tree.
    pub fn run(&self, options: &RunOptions, stop: &Stop, mut report: impl FnMut(&Round)) {
        let mut subscription = self.tree().subscribe();
        let mut failures = 0;
        let mut trigger = Trigger::Start;
        let mut due = Instant::now().checked_add(options.interval);
        while !stop.is_stopped() {
            if trigger != Trigger::Change {
                due = Instant::now().checked_add(options.interval);
            }
            let mut round = self.round(trigger, stop);
            if stop.is_stopped() {
                report(&round);
                return;
            }
            failures = if round.fails() { failures + 1 } else { 0 };
            if failures > 0 {
                let pause = self.retry.clone().cap(options.max_pause).pause(failures);
                round.retry_in = Some(pause.max(round.retry_after()));
            }
            report(&round);
            let next = match round.retry_in {
                Some(pause) => stop.sleep(pause).then_some(Trigger::Retry),
                None => self.wait(&mut subscription, stop, due),
            };
            match next {
                Some(next) => trigger = next,
                None => return,
            }
        }
    }

    fn round(&self, trigger: Trigger, stop: &Stop) -> Round {
        let mut round = Round {
            trigger,
            pulled: None,
            pushed: None,
            error: None,
            retry_in: None,
        };
        round.error = self.fill(&mut round, stop).err();
        round
    }

    fn fill(&self, round: &mut Round, stop: &Stop) -> Result<(), Error> {
        let agreed = &mut *self.begin()?;
        if round.trigger != Trigger::Change {
            round.pulled = Some(self.pull_with(agreed, false, stop)?);
        }
        round.pushed = Some(self.push_with(agreed, Plan::new, stop)?);
        Ok(())
    }

    /// Waits for the next round; `None` once stopped.
    fn wait(
        &self,
        subscription: &mut Subscription<C>,
        stop: &Stop,
        due: Option<Instant>,
    ) -> Option<Trigger> {
        let waker = stop.waker();
        let is_due = || due.is_some_and(|due| due <= Instant::now());
        loop {
            // Counted before the check, so that no later ring is missed.
            let mut rings = stop.rings();
            if stop.is_stopped() {
                return None;
            }
            while subscription
                .poll_changed(&mut Context::from_waker(&waker))
                .is_ready()
            {}
            match self.begin() {
                // A tree that is always busy does not put off the timer.
                Ok(agreed) if self.has_news(&agreed) && !is_due() => return Some(Trigger::Change),
                _ => {}
            }
            if !stop.wait(&mut rings, due) {
                return Some(Trigger::Timer);
            }
        }
    }
}

impl Round {
    /// Whether Placement could not be reached, or refuses every request, or the tree refuses
    /// what Placement has.
    fn fails(&self) -> bool {
        let fails = |pushed: &Pushed| pushed.is_halted || pushed.error.is_some();
        self.error.is_some() || self.pushed.as_ref().is_some_and(fails)
    }

    fn retry_after(&self) -> Duration {
        let failed = self.pushed.iter().flat_map(|pushed| &pushed.failed);
        let refused = failed.filter_map(|failure| match &failure.reason {
            Reason::Refused(error) if concerns_all(error) => Some(error),
            _ => None,
        });
        let errors = self.error.iter().chain(refused);
        errors
            .filter_map(Error::retry_after)
            .max()
            .unwrap_or_default()
    }
}
