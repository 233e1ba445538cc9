//! Explores all executions of a model and checks that it reached exactly the expected
//! outcomes.
//!
//! Each model runs in its own process. A failing model can't unwind: its destructors use
//! loom's types, which panic again once an execution has failed, and that aborts the process
//! before anything names the model. So the child exits in its panic hook, and the test in the
//! parent panics with the name of the model and the message.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::io::Write;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use std::{env, io, panic, process, thread};

use provider_tree::contract::{set_hand_over, take_freed};

/// The environment variable with the name of the model that a child explores.
const MODEL: &str = "EXPLORED_MODEL";

/// The most points at which one execution may switch threads. A model that reaches this
/// limit fails, so none is silently cut short.
const MAX_BRANCHES: usize = 100_000;

/// Explores every execution of a model within the bound on preemptions. The model returns the
/// outcome of an execution, and the outcomes reached must be exactly the expected ones: if
/// one is missing, the model does not explore what it claims to.
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
    // The run starts from scratch and ends when no execution is left.
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

/// Runs this test again in a child process, up to the named model.
#[track_caller]
fn explore_in_child(name: &str) {
    let test = thread::current();
    let child = Command::new(env::current_exe().unwrap())
        .args([test.name().unwrap(), "--exact", "--nocapture"])
        .env(MODEL, name)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stderr);
    // Without this line the child has explored nothing.
    if !child.status.success() || !said.starts_with(name) {
        panic!("{name} ({}):\n{}", child.status, said.trim_end());
    }
    // Not `print!`, whose output passing tests hide.
    io::stdout().write_all(said.as_bytes()).unwrap();
}
