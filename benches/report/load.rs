//! Many readers and writers on one forest in a separate process: commits of two generations
//! each, and optionally one long transaction among them.

use std::fmt;
use std::process;
use std::str::FromStr;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::{ArcSwapCell, EpochCell, ProviderTree, Snapshot, SnapshotCell};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::forest::{TREE, record, uuid};
use crate::order::{Random, scattered};
use crate::slice::TREE_VCPUS;
use crate::vcpus::vcpus;
use crate::{ageing, machine, median};

/// How many providers the forest has.
pub const PROVIDERS: usize = 50_000;

/// How many providers are added at a time: all records together would take more memory than
/// the forest.
const BATCH: usize = 1_000;

/// How often versions are counted.
const TICK: Duration = Duration::from_millis(10);

/// A load whose resident memory exceeds this many MiB exits at once with this code, before it
/// takes the memory of other processes.
const MEBIBYTES: f64 = 4_096.0;
pub const RAN_AWAY: i32 = 3;

/// The parameters of a load. Its text is the argument of `--load`.
#[derive(Clone, Copy)]
pub struct Load {
    /// Whether the newest version is in an `EpochCell`.
    pub epoch: bool,
    pub readers: usize,
    pub writers: usize,
    /// How many edits the long transaction makes, which then ends the round. If 0, the time ends
    /// it.
    pub long: usize,
    pub milliseconds: u64,
    pub rounds: usize,
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            epoch,
            readers,
            writers,
            long,
            milliseconds,
            rounds,
        } = self;
        let epoch = u8::from(*epoch);
        write!(
            f,
            "{epoch},{readers},{writers},{long},{milliseconds},{rounds}"
        )
    }
}

impl FromStr for Load {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split(',').map(|number| number.parse::<usize>());
        let numbers = numbers.collect::<Result<Vec<_>, _>>();
        let numbers = numbers.map_err(|error| error.to_string())?;
        let [epoch, readers, writers, long, milliseconds, rounds] = numbers[..] else {
            return Err("not six numbers".to_owned());
        };
        Ok(Self {
            epoch: epoch != 0,
            readers,
            writers,
            long,
            milliseconds: milliseconds as u64,
            rounds,
        })
    }
}

/// The results of one round.
#[derive(Default)]
struct Round {
    /// Commits of all short writers, and the fewest of any one of them.
    commits: u64,
    fewest: u64,
    attempts: u64,
    seconds: f64,
    slowest: Duration,
    /// The most versions kept at once.
    versions: usize,
    long_seconds: f64,
    long_attempts: f64,
}

impl Load {
    /// Runs the load and returns the results: medians of the rounds, and the maxima of all rounds
    /// for the slowest commit, versions and memory.
    pub fn run(self) -> Value {
        if self.epoch {
            self.run_on::<EpochCell>()
        } else {
            self.run_on::<ArcSwapCell>()
        }
    }

    fn run_on<C: SnapshotCell>(self) -> Value {
        let tree = ProviderTree::<C>::from_snapshot(Snapshot::default());
        for first in (0..PROVIDERS).step_by(BATCH) {
            let records: Vec<_> = (first..first + BATCH).map(record).collect();
            tree.populate(records).expect("a valid forest");
        }
        ageing::age(&tree, 0..PROVIDERS);
        let alone = Self { writers: 0, ..self };
        let long: Vec<Uuid> = (scattered(PROVIDERS, 1, 0).into_iter())
            .take(self.long)
            .map(uuid)
            .collect();
        let mut rounds = Vec::new();
        let mut rounds_alone = Vec::new();
        for _ in 0..self.rounds {
            if self.long > 0 {
                rounds_alone.push(alone.round(&tree, &long));
            }
            rounds.push(self.round(&tree, &long));
        }
        let versions_in_the_end = tree.stats().versions;
        let of = |field: fn(&Round) -> f64| median(rounds.iter().map(field));
        let slowest = rounds.iter().map(|round| round.slowest).max();
        let alone = rounds_alone.iter().map(|round| round.long_seconds);
        json!({
            "commits": of(|round| round.commits as f64 / round.seconds),
            "attempts": of(|round| round.attempts as f64 / round.commits as f64),
            "share": of(|round| round.fewest as f64 / round.commits as f64) * self.writers as f64,
            "slowest": slowest.unwrap_or_default().as_secs_f64(),
            "versions": rounds.iter().map(|round| round.versions).max(),
            "versions_in_the_end": versions_in_the_end,
            "mebibytes": machine::most_resident(),
            "long": of(|round| round.long_seconds),
            "long_attempts": of(|round| round.long_attempts),
            "long_alone": (self.long > 0).then(|| median(alone)),
        })
    }

    fn round<C: SnapshotCell>(self, tree: &ProviderTree<C>, long: &[Uuid]) -> Round {
        let stop = AtomicBool::new(false);
        let start = Barrier::new(self.readers + self.writers + 1);
        let before = tree.version();
        let mut round = Round::default();
        thread::scope(|scope| {
            let (stop, start) = (&stop, &start);
            for thread in 0..self.readers {
                scope.spawn(move || {
                    start.wait();
                    read(tree, thread, stop);
                });
            }
            let begin = |thread| {
                scope.spawn(move || {
                    start.wait();
                    write(tree, thread, stop)
                })
            };
            let writers: Vec<_> = (0..self.writers).map(begin).collect();
            let watcher = scope.spawn(move || watch(tree, stop));
            start.wait();
            let begun = Instant::now();
            if long.is_empty() {
                thread::sleep(Duration::from_millis(self.milliseconds));
            } else {
                round.long_attempts = raise_generations(tree, long) as f64;
                round.long_seconds = begun.elapsed().as_secs_f64();
            }
            // Relaxed, like the loads: it only ends loops; joining a thread synchronises its
            // counts.
            stop.store(true, Ordering::Relaxed);
            let mut fewest = u64::MAX;
            for writer in writers {
                let (commits, attempts, slowest) =
                    writer.join().expect("the writer does not panic");
                round.commits += commits;
                round.attempts += attempts;
                round.slowest = round.slowest.max(slowest);
                fewest = fewest.min(commits);
            }
            round.versions = watcher.join().expect("the watcher does not panic");
            round.fewest = fewest;
            round.seconds = begun.elapsed().as_secs_f64();
            let made = tree.version() - before;
            let long = u64::from(!long.is_empty());
            assert_eq!(made, round.commits + long, "a commit was lost");
        });
        round
    }
}

/// Counts versions until told to stop, and returns the maximum.
fn watch<C: SnapshotCell>(tree: &ProviderTree<C>, stop: &AtomicBool) -> usize {
    let mut most = 0;
    // Relaxed: see the store.
    while !stop.load(Ordering::Relaxed) {
        most = most.max(tree.stats().versions);
        if machine::most_resident().is_some_and(|mebibytes| mebibytes > MEBIBYTES) {
            process::exit(RAN_AWAY);
        }
        thread::sleep(TICK);
    }
    most
}

/// Walks random trees until told to stop.
fn read<C: SnapshotCell>(tree: &ProviderTree<C>, thread: usize, stop: &AtomicBool) {
    let mut random = Random::new(thread as u64 + 1);
    let mut reader = tree.reader();
    // Relaxed: see the store.
    while !stop.load(Ordering::Relaxed) {
        let root = uuid(root(&mut random));
        let walk = reader.load().tree_of(root).expect("a root");
        let sum: u64 = walk.map(|provider| u64::from(vcpus(provider))).sum();
        assert_eq!(sum, TREE_VCPUS, "a torn read");
    }
}

/// Sets two generations of a random tree per commit until told to stop. Returns the numbers of
/// commits and attempts, and the time of the slowest commit.
fn write<C: SnapshotCell>(
    tree: &ProviderTree<C>,
    thread: usize,
    stop: &AtomicBool,
) -> (u64, u64, Duration) {
    let mut random = Random::new(u64::MAX - thread as u64);
    let (mut commits, mut attempts, mut slowest) = (0, 0, Duration::ZERO);
    // Relaxed: see the store.
    while !stop.load(Ordering::Relaxed) {
        let root = root(&mut random);
        let two = [root, root + 1 + random.below(TREE - 1)].map(uuid);
        let begun = Instant::now();
        attempts += raise_generations(tree, &two);
        slowest = slowest.max(begun.elapsed());
        commits += 1;
    }
    (commits, attempts, slowest)
}

/// The number of a random root.
fn root(random: &mut Random) -> usize {
    random.below(PROVIDERS / TREE) * TREE
}

/// Raises the generation of each provider in one commit. Returns the number of attempts.
fn raise_generations<C: SnapshotCell>(tree: &ProviderTree<C>, providers: &[Uuid]) -> u64 {
    let committed = tree.update(|transaction| {
        for &uuid in providers {
            let generation = transaction.require(uuid)?.generation().unwrap_or(0);
            transaction.set_generation(uuid, generation + 1)?;
        }
        Ok(())
    });
    committed.expect("a commit").attempts
}
