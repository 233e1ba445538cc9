//! Carries out a plan in a few threads, and records the outcome of each step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::agreed::Agreed;
use super::report::{Failure, Pushed, Reason};
use super::session::Session;
use super::{events, parallel};
use crate::placement::error::Error;
use crate::placement::merge::{ConflictKind, FieldConflict, Policy};
use crate::placement::plan::{Call, Step};
use crate::placement::state::{Scope, State};

/// A plan under way, shared by its threads.
pub(super) struct Push<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) scope: &'a Scope,
    pub(super) policy: Policy,
    /// What the tree had when the plan was made.
    pub(super) ours: &'a State,
    steps: &'a [Step],
    /// For each step, the steps that depend on it.
    dependents: Vec<Vec<usize>>,
    progress: Mutex<Progress<'a>>,
    pub(super) changed: Condvar,
}

/// How far a plan has got.
pub(super) struct Progress<'a> {
    pub(super) agreed: &'a mut Agreed,
    pub(super) conflicts: Conflicts,
    /// How often a provider was read and merged again.
    pub(super) redone: u64,
    /// For each step, how many it still waits for.
    waits_for: Vec<usize>,
    ready: BTreeSet<usize>,
    /// The steps under way.
    running: BTreeSet<usize>,
    outcomes: BTreeMap<usize, Result<(), Reason>>,
    /// Whether a resource class is being created.
    pub(super) creates_class: bool,
    /// Placement can't be reached, or refuses every request.
    is_halted: bool,
}

/// The conflicts found, each once.
#[derive(Default)]
pub(super) struct Conflicts(BTreeMap<(Uuid, ConflictKind), FieldConflict>);

impl Conflicts {
    pub(super) fn add(&mut self, conflicts: &[FieldConflict]) {
        for conflict in conflicts {
            let key = (conflict.uuid, conflict.kind.clone());
            self.0.insert(key, conflict.clone());
        }
    }

    pub(super) fn into_vec(self) -> Vec<FieldConflict> {
        self.0.into_values().collect()
    }
}

impl<'a> Push<'a> {
    pub(super) fn new(
        session: &'a Session<'a>,
        scope: &'a Scope,
        policy: Policy,
        ours: &'a State,
        steps: &'a [Step],
        agreed: &'a mut Agreed,
    ) -> Self {
        let mut dependents = vec![Vec::new(); steps.len()];
        for (at, step) in steps.iter().enumerate() {
            for &before in &step.after {
                dependents[before].push(at);
            }
        }
        let waits_for: Vec<usize> = steps.iter().map(|step| step.after.len()).collect();
        let ready = (0..steps.len()).filter(|&at| waits_for[at] == 0).collect();
        Self {
            session,
            scope,
            policy,
            ours,
            steps,
            dependents,
            progress: Mutex::new(Progress {
                agreed,
                conflicts: Conflicts::default(),
                redone: 0,
                waits_for,
                ready,
                running: BTreeSet::new(),
                outcomes: BTreeMap::new(),
                creates_class: false,
                is_halted: false,
            }),
            changed: Condvar::new(),
        }
    }

    /// Carries out as many steps as possible.
    pub(super) fn finish(self) -> Pushed {
        let threads = self.session.connections().min(self.steps.len());
        parallel::run_in_threads(threads, || self.work());
        let progress = self.progress.into_inner();
        let mut progress = progress.unwrap_or_else(PoisonError::into_inner);
        let mut pushed = Pushed {
            redone: progress.redone,
            conflicts: progress.conflicts.into_vec(),
            ..Pushed::default()
        };
        for (at, step) in self.steps.iter().enumerate() {
            let step = step.clone();
            match progress.outcomes.remove(&at) {
                Some(Ok(())) => pushed.done.push(step),
                Some(Err(reason)) => pushed.failed.push(Failure { step, reason }),
                None => pushed.not_tried.push(step),
            }
        }
        pushed.is_halted = progress.is_halted;
        pushed
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Progress<'a>> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some(at) = self.next() {
            let running = Running { push: self, at };
            let outcome = self.carry_out(&self.steps[at].request);
            running.end(outcome);
        }
    }

    /// The next step to carry out; waits for one while others are under way.
    fn next(&self) -> Option<usize> {
        let mut progress = self.lock();
        loop {
            if progress.is_halted || self.session.is_stopped() {
                return None;
            }
            if let Some(at) = self.first_free(&progress) {
                progress.ready.remove(&at);
                progress.running.insert(at);
                return Some(at);
            }
            if progress.running.is_empty() {
                return None;
            }
            let woken = self.changed.wait(progress);
            progress = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Push<'_> {
    /// The first ready step that shares no provider with a step under way: what one step reads
    /// of a provider would be outdated by the other's change. Classes are created one at a
    /// time: see [`ClassTurn`](super::vocabulary::ClassTurn).
    fn first_free(&self, progress: &Progress<'_>) -> Option<usize> {
        let providers = |at: usize| providers(&self.steps[at].request);
        let busy: BTreeSet<Uuid> = progress
            .running
            .iter()
            .copied()
            .flat_map(providers)
            .collect();
        let creates_class =
            |at: usize| matches!(self.steps[at].request, Call::CreateResourceClass { .. });
        let is_class_busy = progress.running.iter().any(|&at| creates_class(at));
        let mut ready = progress.ready.iter().copied();
        ready.find(|&at| {
            let waits = is_class_busy && creates_class(at);
            !waits && providers(at).all(|uuid| !busy.contains(&uuid))
        })
    }
}

/// The providers that a request changes.
fn providers(call: &Call) -> impl Iterator<Item = Uuid> {
    let (one, several) = match call {
        Call::CreateResourceClass { .. } | Call::CreateTrait { .. } => (None, None),
        Call::Create { uuid, .. }
        | Call::Update { uuid, .. }
        | Call::PutInventories { uuid, .. }
        | Call::PutTraits { uuid, .. }
        | Call::PutAggregates { uuid, .. }
        | Call::Delete { uuid } => (Some(*uuid), None),
        Call::Reshape { inventories } => (None, Some(inventories.keys().copied())),
    };
    one.into_iter().chain(several.into_iter().flatten())
}

/// A step under way.
struct Running<'p, 'a> {
    push: &'p Push<'a>,
    at: usize,
}

impl Running<'_, '_> {
    fn end(self, outcome: Result<(), Reason>) {
        let Self { push, at } = self;
        let (done, left) = {
            let progress = &mut *push.lock();
            match &outcome {
                Ok(()) => {
                    for &next in &push.dependents[at] {
                        progress.waits_for[next] -= 1;
                        if progress.waits_for[next] == 0 {
                            progress.ready.insert(next);
                        }
                    }
                }
                Err(Reason::Refused(error)) => progress.is_halted |= concerns_all(error),
                Err(Reason::Conflict(_)) => {}
            }
            progress.outcomes.insert(at, outcome);
            let ended = progress.outcomes.len();
            (ended, push.steps.len() - ended)
        };
        drop(self);
        events::step(done, left);
    }
}

/// Runs even if a foreign transport panics.
impl Drop for Running<'_, '_> {
    fn drop(&mut self) {
        let progress = &mut *self.push.lock();
        progress.running.remove(&self.at);
        progress.is_halted |= !progress.outcomes.contains_key(&self.at);
        self.push.changed.notify_all();
    }
}

/// Whether every other request would fail the same way. Not so with a 403: Placement has a
/// policy for each kind of request.
pub(super) fn concerns_all(error: &Error) -> bool {
    match error {
        Error::Refused(refusal) => matches!(refusal.status, 401 | 429 | 502 | 503 | 504),
        Error::Transport { .. } => error.is_unavailable(),
        Error::UnsupportedMicroversion { .. } | Error::Login { .. } | Error::Stopped => true,
        _ => false,
    }
}
