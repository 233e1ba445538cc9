//! What a mirror's calls report.

use std::fmt;

use crate::placement::error::Error;
use crate::placement::merge::{FieldConflict, Policy};
use crate::placement::plan::Step;

/// What a pull or a refresh did.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Pulled {
    /// How many requests it took, not counting logins and repeats after a 401.
    pub requests: u64,
    /// How many providers Placement has in the scope.
    pub providers: usize,
    /// How many of them were read because they were new or had changed.
    pub read: usize,
    /// The version of the tree that shows them.
    pub version: u64,
    /// All conflicts.
    pub conflicts: Vec<FieldConflict>,
}

/// What a push did. A partly refused push is not an error: check
/// [`is_complete`](Self::is_complete).
#[derive(Debug, Default)]
#[non_exhaustive]
#[must_use = "some steps may have failed"]
pub struct Pushed {
    /// How many requests it took, not counting logins and repeats after a 401.
    pub requests: u64,
    /// The steps that are done, in the order of the plan, including those that another client
    /// has made or that a merge made unnecessary.
    pub done: Vec<Step>,
    /// The steps that failed, and why. Their edits stay pending in the tree.
    pub failed: Vec<Failure>,
    /// The steps that depend on failed ones, and those left when Placement could not be
    /// reached or the mirror was stopped.
    pub not_tried: Vec<Step>,
    /// How often a provider was read and merged again because another client had changed it.
    pub redone: u64,
    /// The version of the tree that shows the new generations.
    pub version: u64,
    /// All conflicts, however they were settled.
    pub conflicts: Vec<FieldConflict>,
    /// [`Error::Tree`] if the tree refuses what Placement has, so that nothing was committed and
    /// no new generation is visible. The steps are done all the same.
    pub error: Option<Error>,
    /// Placement can't be reached, or refuses every request.
    pub(super) is_halted: bool,
}

/// A step that failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The step.
    pub step: Step,
    /// Why it failed.
    pub reason: Reason,
}

/// Why a step failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum Reason {
    /// Placement refused it, or could not be reached.
    Refused(Error),
    /// Another client has changed the same provider in a way that can't be merged.
    Conflict(Vec<FieldConflict>),
}

/// What a refresh and the push after it did.
#[derive(Debug)]
#[non_exhaustive]
pub struct Synced {
    /// What the refresh did.
    pub pulled: Pulled,
    /// What the push did.
    pub pushed: Pushed,
}

impl Pushed {
    /// Whether every step is done, no conflict is left to settle, and the tree shows the
    /// outcome.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let stops = |conflict: &FieldConflict| conflict.outcome == Policy::Stop;
        let is_settled = !self.conflicts.iter().any(stops);
        self.failed.is_empty() && self.not_tried.is_empty() && is_settled && self.error.is_none()
    }
}

impl Synced {
    /// How many requests both took.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.pulled.requests + self.pushed.requests
    }

    /// Whether [the push](Pushed::is_complete) is.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.pushed.is_complete()
    }
}

/// Prints one line.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.reason)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Conflict(conflicts) => {
                f.write_str("conflict: ")?;
                for (at, conflict) in conflicts.iter().enumerate() {
                    let separator = if at == 0 { "" } else { "; " };
                    write!(f, "{separator}{conflict}")?;
                }
                Ok(())
            }
        }
    }
}

impl From<Error> for Reason {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}
