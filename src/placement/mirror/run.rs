//! Keeps a mirror in step until it is stopped.

use std::time::Duration;

use super::mirror::Mirror;
use super::report::{Pulled, Pushed};
use super::stop::Stop;
use crate::cell::cell::SnapshotCell;
use crate::placement::Error;

/// Settings of [`Mirror::run`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RunOptions {
    pub(super) interval: Duration,
    pub(super) max_pause: Duration,
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
    /// How often Placement is asked for changes; 60 s unless given.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// The longest pause between rounds that fail, unless the service asks for a longer
    /// one; 60 s unless given.
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
    /// What was read; nothing was asked for if only the tree had changed.
    pub pulled: Option<Pulled>,
    /// What was sent, if the reading succeeded.
    pub pushed: Option<Pushed>,
    /// What ended the round early.
    pub error: Option<Error>,
    /// How long it pauses before the next attempt, if Placement could not be reached.
    pub retry_in: Option<Duration>,
}

/// Why a round is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// It is the first.
    Start,
    /// The tree has changed.
    Change,
    /// The interval has passed.
    Timer,
    /// The last one failed.
    Retry,
}

impl<C: SnapshotCell> Mirror<C> {
    /// Follows both sides.
    pub fn run(
        &self,
        options: &RunOptions,
        stop: &Stop,
        mut report: impl FnMut(&Round),
    ) -> Result<(), Error> {
        let _ = (
            options.interval,
            options.max_pause,
            stop.is_stopped(),
            &mut report,
        );
        unreachable!()
    }
}
