//! A fleet of hosts under load: readers walk whole trees while writers change them, and every
//! read is checked for violations.
//!
//! 1. [`machine`] and [`fleet`]: real machines from a JSON file, copied to the requested
//!    number of hosts, all in one [`ProviderTree`].
//! 2. [`writer`]: transactions that change several providers of a host, but never its total
//!    free capacity.
//! 3. [`reader`]: walks through whole hosts, timed and checked.
//! 4. [`follower`]: prints changes, if asked to.
//! 5. [`usage`]: old versions kept, and resident memory.
//! 6. [`report`]: the results, as a table or as JSON.
//!
//! The exit code is 1 if a reader saw a violation or memory exceeded its bound,
//! 2 for a bad flag or file, and 0 otherwise.

#[path = "../arguments.rs"]
mod arguments;
mod fleet;
mod follower;
mod machine;
mod options;
#[path = "../output.rs"]
mod output;
mod progress;
mod random;
mod reader;
mod report;
mod usage;
mod violations;
mod writer;

use std::error::Error;
use std::io;
use std::panic::resume_unwind;
use std::process::ExitCode;
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

use provider_tree::ProviderTree;

use crate::fleet::Fleet;
use crate::options::Options;
use crate::output::{complain, print};
use crate::report::Report;

fn main() -> ExitCode {
    match arguments::parse().and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            complain("error", &*error);
            ExitCode::from(2)
        }
    }
}

/// Runs the example. Returns false if there was a violation or too much memory was used.
fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let machines = options.machines()?;
    if !options.json
        && let Some(first) = machines.roots().next()
    {
        print(&machines.subtree(first)?.to_string())?;
    }
    options.draw(&machines)?;
    let fleet = Fleet::new(&machines, options.hosts)?;
    let tree = fleet.populate()?;
    let report = race(options, &fleet, &tree)
        .map_err(|error| format!("a thread or the output failed: {error}"))?;
    if options.json {
        print(&format!("{}\n", report.to_json()))?;
    } else {
        print(&format!("\n{report}"))?;
    }
    for example in report.violations.examples() {
        complain("violation", example);
    }
    let excess = report.excess_memory();
    if let Some(excess) = &excess {
        complain("memory", excess);
    }
    Ok(report.violations.count() == 0 && excess.is_none())
}

/// Runs readers and writers on the tree until the time is up.
fn race<'a>(options: &'a Options, fleet: &Fleet, tree: &ProviderTree) -> io::Result<Report<'a>> {
    let providers = tree.len();
    let deadline = Instant::now() + options.seconds;
    thread::scope(|scope| {
        let mut readers = Vec::new();
        for seed in 0..options.readers.into() {
            let read = move || reader::read(tree, fleet, seed, deadline);
            readers.push(thread::Builder::new().spawn_scoped(scope, read)?);
        }
        let mut writers = Vec::new();
        for seed in 0..options.writers.into() {
            let write = move || writer::write(tree, fleet, !seed, deadline);
            writers.push(thread::Builder::new().spawn_scoped(scope, write)?);
        }
        let watch = move || usage::most_versions(tree, deadline);
        let watcher = thread::Builder::new().spawn_scoped(scope, watch)?;
        if options.follow {
            follower::follow(tree, deadline)?;
        } else {
            progress::until(deadline, tree);
        }
        let reads = readers.into_iter().map(result_of).collect();
        let commits = writers.into_iter().map(result_of).collect();
        let versions = result_of(watcher);
        Ok(Report::new(options, providers, reads, commits, versions))
    })
}

fn result_of<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}
