//! Runs a model to its end and holds it to what it must have met.
//!
//! Each model runs in a process of its own. A model that fails can't unwind: its destructors
//! use loom's types, which panic again once an execution has failed, and that aborts the
//! process before anything says which model it was. So the child ends in its panic hook, and
//! the test in the parent panics with the name of the model and the message.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use std::{env, io, panic, process, thread};

use provider_tree::contract::{set_hand_over, take_freed};

/// The environment variable that names the model which a child explores.
const MODEL: &str = "EXPLORED_MODEL";

/// The most points at which one execution may switch threads. A model that
/// meets it fails, so that none is cut short unseen.
const MAX_BRANCHES: usize = 100_000;

/// Explores every execution of a model that has no more preemptions than the
/// bound. The model returns the outcome of an execution; the outcomes that were
/// reached must be exactly the expected ones: one that is missing means that
/// the model does not explore what it claims to.
#[track_caller]
pub fn explore<O>(
    name: &str,
    preemptions: usize,
    expected: impl IntoIterator<Item = O>,
    model: impl Fn() -> O + Send + Sync + 'static,
) where
    O: Ord + Debug + Send + 'static,
{
    match env::var(MODEL) {
        Err(_) => return explore_in_child(name),
        Ok(explored) if explored != name => return,
        Ok(_) => {}
    }
    panic::set_hook(Box::new(|panic| {
        eprintln!("{panic}");
        process::exit(1);
    }));

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
    eprintln!(
        "{name}: complete with {preemptions} preemptions, {} executions, {:.1} s",
        executions.load(Relaxed),
        started.elapsed().as_secs_f64()
    );
    let reached = reached.lock().unwrap();
    let expected: BTreeSet<O> = expected.into_iter().collect();
    assert_eq!(*reached, expected, "the outcomes of {name}");
    process::exit(0);
}

/// Runs this test again in a child, up to the model of that name.
#[track_caller]
fn explore_in_child(name: &str) {
    let test = thread::current();
    let child = Command::new(env::current_exe().unwrap())
        .args([test.name().unwrap(), "--exact", "--nocapture"])
        .env(MODEL, name)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    // A child that explored nothing has said nothing.
    if !child.status.success() || !said.starts_with(name) {
        panic!("{name} ({}):\n{}", child.status, said.trim_end());
    }
    // Not by `print!`, which a test that passes keeps to itself.
    io::stdout().write_all(said.as_bytes()).unwrap();
}
