//! Runs a model to its end and holds it to what it must have met.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use provider_tree::contract::{set_hand_over, take_freed};

/// The most points at which one execution may switch threads. A model that
/// meets it fails, so that none is cut short unseen.
const MAX_BRANCHES: usize = 100_000;

/// Explores every execution of a model that has no more preemptions than the
/// bound. The model returns the outcome of an execution; the outcomes that were
/// reached must be exactly the expected ones: one that is missing means that
/// the model does not explore what it claims to.
pub fn explore<O>(
    name: &str,
    preemptions: usize,
    expected: impl IntoIterator<Item = O>,
    model: impl Fn() -> O + Send + Sync + 'static,
) where
    O: Ord + Debug + Send + 'static,
{
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = MAX_BRANCHES;
    // The run begins at the beginning and ends when there is no execution left.
    builder.checkpoint_file = None;
    builder.max_permutations = None;
    builder.max_duration = None;

    let executions = Arc::new(AtomicU64::new(0));
    let reached = Arc::new(Mutex::new(BTreeSet::new()));
    let started = Instant::now();
    builder.check({
        let (executions, reached) = (Arc::clone(&executions), Arc::clone(&reached));
        move || {
            executions.fetch_add(1, Relaxed);
            take_freed();
            set_hand_over(false);
            let outcome = model();
            reached.lock().unwrap().insert(outcome);
        }
    });
    println!(
        "{name}: complete with {preemptions} preemptions, {} executions, {:.1} s",
        executions.load(Relaxed),
        started.elapsed().as_secs_f64()
    );
    let reached = reached.lock().unwrap();
    let expected: BTreeSet<O> = expected.into_iter().collect();
    assert_eq!(*reached, expected, "the outcomes of {name}");
}
