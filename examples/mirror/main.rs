//! Two sites keep one host in step through Placement while both of them edit it. The sites
//! share nothing but the service: each has a forest of its own, as two processes would.
//!
//! 1. [`options`]: the command line; the host is one of the real machines of `fleet`.
//! 2. [`site`]: a forest, its mirror, and edits.
//! 3. [`progress`]: what the mirrors do meanwhile.
//! 4. [`measure`] and [`recorder`]: requests and times, compared with the same requests
//!    sent without a mirror, or with [`nova`]'s client.
//!
//! The exit code is 1 if the sites differ from one another or from Placement in the end, 2
//! for a bad flag or a service that fails, and 0 otherwise.

#[path = "../arguments.rs"]
mod arguments;
mod measure;
mod nova;
mod options;
#[path = "../output.rs"]
mod output;
mod progress;
mod recorder;
mod site;

use std::error::Error;
use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;
use provider_tree::placement::{Client, Plan, State, Stop, Vocabulary};
use uuid::Uuid;

use crate::options::Options;
use crate::output::{complain, print};
use crate::site::Site;

/// How long the sites have to agree once nobody edits any more.
const PATIENCE: Duration = Duration::from_secs(120);

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

/// Does the whole job and returns whether all are equal in the end.
fn run(options: &Options) -> Result<bool, Box<dyn Error>> {
    if options.dry_run {
        return dry_run(options);
    }
    if options.measure {
        measure::measure(options)?;
        return Ok(true);
    }
    let host = options.host()?;
    let root = host[0].uuid;
    let client = || Ok::<_, Box<dyn Error>>(options.client()?.build()?);
    let [first, second] = [Site::new(client()?, root), Site::new(client()?, root)];

    let started = Instant::now();
    first.tree.populate(&host)?;
    let created = first.mirror.push()?;
    for failure in &created.failed {
        complain("not sent", failure);
    }
    let read = second.mirror.pull()?;
    print(&format!(
        "{}\n\ncreated {} providers: {} requests\nread them: {} requests, {:.0} ms for both\n\n",
        first.tree.snapshot(),
        host.len(),
        created.requests,
        read.requests,
        started.elapsed().as_secs_f64() * 1e3,
    ))?;

    let started = Instant::now();
    let sites = [first, second];
    race(options, &sites)?;
    report(&sites, started.elapsed())?;
    let theirs = in_placement(client()?, root)?;
    let equal = compare(&sites, &theirs)?;
    if !options.keep {
        let [first, _] = &sites;
        first.tree.remove(root)?;
        if !first.mirror.sync()?.is_complete() {
            return Err("the host could not be deleted".into());
        }
    }
    Ok(equal)
}

/// Prints what would be sent to create the host.
fn dry_run(options: &Options) -> Result<bool, Box<dyn Error>> {
    let host = options.host()?.into_iter().collect();
    let plan = Plan::new(&State::default(), &host, &Vocabulary::default());
    print(&format!("{plan}{} requests\n", plan.len()))?;
    Ok(true)
}

/// Lets both sites edit, and waits until they agree.
fn race(options: &Options, sites: &[Site; 2]) -> Result<(), Box<dyn Error>> {
    let stop = Stop::new();
    thread::scope(|scope| {
        let running = sites.each_ref().map(|site| scope.spawn(|| site.run(&stop)));
        let editing = sites.each_ref().map(|site| {
            scope.spawn(|| {
                let mut random = Rng::new();
                for _ in 0..options.edits {
                    site.edit(&mut random)?;
                    thread::sleep(options.pause());
                }
                Ok::<_, provider_tree::Error>(())
            })
        });
        progress::until(sites, options.edits, || {
            editing.iter().all(|thread| thread.is_finished())
        });
        let edited: Result<Vec<()>, _> = editing.map(join).into_iter().collect();
        let deadline = Instant::now() + PATIENCE;
        while edited.is_ok() && !agree(sites) && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(50));
        }
        stop.stop();
        let [(), ()] = running.map(join);
        edited?;
        Ok(())
    })
}

fn join<T>(thread: thread::ScopedJoinHandle<'_, T>) -> T {
    thread
        .join()
        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Whether both sites have the same, generations included.
fn agree(sites: &[Site; 2]) -> bool {
    let [first, second] = sites.each_ref().map(Site::state);
    first == second
}

/// What Placement has, read by a client of its own.
fn in_placement(client: Client, root: Uuid) -> Result<State, Box<dyn Error>> {
    let site = Site::new(client, root);
    site.mirror.pull()?;
    Ok(site.state())
}

fn compare(sites: &[Site; 2], theirs: &State) -> Result<bool, Box<dyn Error>> {
    let mut equal = true;
    for (site, name) in sites.iter().zip(["first", "second"]) {
        let ours = site.state();
        if ours != *theirs {
            equal = false;
            complain(
                "difference",
                &format!("the {name} site differs from Placement"),
            );
        }
    }
    if equal {
        let providers = theirs.len();
        print(&format!(
            "both sites and Placement are equal: {providers} providers\n"
        ))?;
    }
    Ok(equal)
}

fn report(sites: &[Site; 2], time: Duration) -> Result<(), Box<dyn Error>> {
    let mut text = format!("{:10} {:>8} {:>8}\n", "", "first", "second");
    let mut line = |what: &str, count: fn(&Site) -> u64| {
        let [first, second] = sites.each_ref().map(count);
        text += &format!("{what:10} {first:>8} {second:>8}\n");
    };
    line("edits", |site| site.counts.edits.load(Relaxed));
    line("rounds", |site| site.counts.rounds.load(Relaxed));
    line("requests", |site| site.counts.requests.load(Relaxed));
    line("changes", |site| site.counts.sent.load(Relaxed));
    line("redone", |site| site.counts.redone.load(Relaxed));
    line("conflicts", |site| site.counts.conflicts.load(Relaxed));
    line("failures", |site| site.counts.failures.load(Relaxed));
    print(&format!("{text}\n{:.1} s\n", time.as_secs_f64()))?;
    Ok(())
}
