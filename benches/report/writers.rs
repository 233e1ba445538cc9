//! Many concurrent writers: their commits per second, the time of a long transaction among
//! them, and the old versions and memory they leave behind.

use std::env;
use std::error::Error;
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

use indicatif::ProgressBar;
use provider_tree::{ArcSwapCell, EpochCell};
use serde_json::Value;

use crate::load::{Load, PROVIDERS, RAN_AWAY};
use crate::options::Options;
use crate::peers::NamedCell;
use crate::row::{Row, Target};
use crate::table::{NONE, Table, grouped};

const THREADS: [usize; 6] = [1, 2, 4, 8, 16, 64];
/// The numbers of short writers during a long transaction.
const OTHERS: [usize; 3] = [3, 16, 64];
/// How many edits the long transaction makes.
const LONG: usize = 10_000;
/// Readers and writers.
const LOADS: [(usize, usize); 3] = [(8, 8), (16, 16), (2, 32)];

/// The target for versions kept under a load.
const VERSIONS: f64 = 4_000.0;

/// The results of a load.
struct Outcome(Value);

impl Outcome {
    fn number(&self, name: &str) -> f64 {
        self.0[name].as_f64().unwrap_or(f64::NAN)
    }

    fn text(&self, name: &str, factor: f64, digits: usize) -> String {
        let number = self.0[name].as_f64();
        number.map_or(NONE.to_owned(), |number| {
            format!("{:.digits$}", number * factor)
        })
    }
}

/// Runs all loads on both cells.
pub fn measure(
    options: &Options,
    progress: &ProgressBar,
) -> Result<([Table; 3], Vec<Row>), Box<dyn Error>> {
    let mut commits = Table {
        title: format!(
            "Writers that set two random generations per commit, {} providers. Share: commits of \
            the slowest writer relative to an equal share; versions: the most kept at once",
            grouped(PROVIDERS)
        ),
        head: heads(&[
            "implementation",
            "writers",
            "commits/s",
            "/ 1 writer",
            "attempts",
            "slowest, ms",
            "share",
            "versions",
        ]),
        lines: Vec::new(),
    };
    let mut long = Table {
        title: format!(
            "A long transaction of {} edits among writers that set two generations per commit, {} \
            providers. Old versions: the backlog at the end; {NONE}: stopped at the memory limit",
            grouped(LONG),
            grouped(PROVIDERS)
        ),
        head: heads(&[
            "implementation",
            "writers",
            "attempts",
            "ms",
            "alone, ms",
            "ratio",
            "slowest short commit, ms",
            "old versions",
            "peak resident, MiB",
        ]),
        lines: Vec::new(),
    };
    let mut reclamation = Table {
        title: format!(
            "Reclamation under load: readers walk random trees, writers set two random \
            generations per commit, {} providers",
            grouped(PROVIDERS)
        ),
        head: heads(&[
            "implementation",
            "readers / writers",
            "commits/s",
            "most versions",
            "peak resident, MiB",
            "with one writer: commits/s",
            "most versions",
            "peak resident, MiB",
        ]),
        lines: Vec::new(),
    };
    let mut rows = Vec::new();
    progress.inc_length(2);
    progress.set_message("writers");
    for (epoch, name) in [(false, ArcSwapCell::NAME), (true, EpochCell::NAME)] {
        commits.lines.extend(commits_of(epoch, name, options)?);
        for others in OTHERS {
            let (line, more) = long_among(epoch, name, others, options)?;
            long.lines.push(line);
            rows.extend(more);
        }
        for (readers, writers) in LOADS {
            let (line, more) = under_load(epoch, name, readers, writers, options)?;
            reclamation.lines.push(line);
            rows.extend(more);
        }
        progress.inc(1);
    }
    Ok(([commits, long, reclamation], rows))
}

fn ratio(ratio: f64, digits: usize) -> String {
    if ratio.is_nan() {
        NONE.to_owned()
    } else {
        format!("{ratio:.digits$}")
    }
}

fn heads(names: &[&str]) -> Vec<String> {
    names.iter().copied().map(str::to_owned).collect()
}

fn commits_of(
    epoch: bool,
    name: &str,
    options: &Options,
) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
    let mut lines = Vec::new();
    let mut alone = f64::NAN;
    for writers in THREADS {
        let outcome = run(Load {
            epoch,
            readers: 0,
            writers,
            long: 0,
            milliseconds: options.choose(300, 50),
            rounds: options.choose(3, 1),
        })?;
        let commits = outcome.number("commits");
        if writers == 1 {
            alone = commits;
        }
        lines.push(vec![
            name.to_owned(),
            writers.to_string(),
            outcome.text("commits", 1.0, 0),
            ratio(commits / alone, 2),
            outcome.text("attempts", 1.0, 2),
            outcome.text("slowest", 1e3, 1),
            outcome.text("share", 1.0, 2),
            outcome.text("versions", 1.0, 0),
        ]);
    }
    Ok(lines)
}

fn long_among(
    epoch: bool,
    name: &str,
    others: usize,
    options: &Options,
) -> Result<(Vec<String>, Vec<Row>), Box<dyn Error>> {
    let outcome = run(Load {
        epoch,
        readers: 0,
        writers: others,
        long: LONG,
        milliseconds: 0,
        rounds: options.choose(3, 1),
    })?;
    let [busy, alone, slowest] = ["long", "long_alone", "slowest"].map(|name| outcome.number(name));
    let line = vec![
        name.to_owned(),
        others.to_string(),
        outcome.text("long_attempts", 1.0, 0),
        outcome.text("long", 1e3, 1),
        outcome.text("long_alone", 1e3, 1),
        ratio(busy / alone, 1),
        outcome.text("slowest", 1e3, 1),
        outcome.text("versions_in_the_end", 1.0, 0),
        outcome.text("mebibytes", 1.0, 0),
    ];
    // The processors are shared, and the long transaction may need three attempts.
    let cores = available_parallelism().map_or(1, usize::from);
    let bound = others as f64 / cores as f64 * 3.0;
    let promised = others == 64;
    let rows = vec![
        Row {
            group: "writers",
            case: format!(
                "{} edits among {others} writers / alone, {name}",
                grouped(LONG)
            ),
            measured: format!("{:.1} ms; {:.1} ms", busy * 1e3, alone * 1e3),
            ratio: busy / alone,
            target: promised.then_some(Target::AtMost(bound)),
        },
        Row {
            group: "writers",
            case: format!("the slowest short commit of {others} meanwhile / 1 s, {name}"),
            measured: format!("{:.1} ms", slowest * 1e3),
            ratio: slowest,
            target: promised.then_some(Target::AtMost(1.0)),
        },
    ];
    Ok((line, rows))
}

fn under_load(
    epoch: bool,
    name: &str,
    readers: usize,
    writers: usize,
    options: &Options,
) -> Result<(Vec<String>, Vec<Row>), Box<dyn Error>> {
    let load = Load {
        epoch,
        readers,
        writers,
        long: 0,
        milliseconds: options.choose(3_000, 300),
        rounds: 1,
    };
    let all = run(load)?;
    let one = run(Load { writers: 1, ..load })?;
    let texts = |outcome: &Outcome| {
        ["commits", "versions", "mebibytes"].map(|name| outcome.text(name, 1.0, 0))
    };
    let mut line = vec![name.to_owned(), format!("{readers} / {writers}")];
    line.extend(texts(&all));
    line.extend(texts(&one));
    let [most, least] = [&all, &one].map(|outcome| outcome.number("mebibytes"));
    let versions = all.number("versions");
    let rows = vec![
        Row {
            group: "writers",
            case: format!("peak memory, {readers} readers: {writers} writers / 1, {name}"),
            measured: format!("{most:.0} MiB; {least:.0} MiB"),
            ratio: most / least,
            target: Some(Target::AtMost(2.0)),
        },
        Row {
            group: "writers",
            case: format!(
                "most versions, {readers} readers, {writers} writers / {}, {name}",
                grouped(VERSIONS as usize)
            ),
            measured: format!("{versions:.0}"),
            ratio: versions / VERSIONS,
            target: Some(Target::AtMost(1.0)),
        },
    ];
    Ok((line, rows))
}

/// Runs a load in a separate process. One that exceeds the memory limit has no results, so it
/// misses every target.
fn run(load: Load) -> Result<Outcome, Box<dyn Error>> {
    let output = Command::new(env::current_exe()?)
        .args(["--load", &load.to_string()])
        .stderr(Stdio::inherit())
        .output()?;
    if output.status.code() == Some(RAN_AWAY) {
        return Ok(Outcome(Value::Null));
    }
    if !output.status.success() {
        return Err(format!("the load {load} failed: {}", output.status).into());
    }
    Ok(Outcome(serde_json::from_slice(&output.stdout)?))
}
