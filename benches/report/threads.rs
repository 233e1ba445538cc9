//! Reads per second in several threads, with and without a writer.

use std::thread::available_parallelism;
use std::time::Duration;

use indicatif::ProgressBar;
use provider_tree::{ArcSwapCell, EpochCell};

use crate::keys::Keys;
use crate::options::Options;
use crate::order::Random;
use crate::peers::{
    Concread, Dashmap, LeftRight, Nothing, Ours, Papaya, ParkingLotMutex, ParkingLotRwLock, Peer,
    StdRwLock, WholeMap,
};
use crate::slice::{Contestant, Operation, Pace, Sample, Scenario};
use crate::{forest, median};

/// How many providers the forests have.
pub const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

/// Names of the scenarios that others ask for.
pub const ONE: &str = "get x1";
pub const TWO: &str = "get x2";
pub const BESIDE_WRITER: &str = "get x1 + writer";
pub const TREES_BESIDE_WRITER: &str = "tree x1 + writer";
pub const PACED: &str = "tree x2 + 10,000/s";
pub const MIXED: &str = "95/5 x2";

/// How many commits a second the writer of `PACED` is to make.
pub const PACE: u32 = 10_000;

/// One implementation in one scenario: the medians of all rounds.
pub struct Measured {
    pub size: usize,
    pub scenario: String,
    pub peer: &'static str,
    pub sample: Sample,
}

/// All of them.
pub struct Results {
    pub all: Vec<Measured>,
    /// What a loop that reads nothing takes for each key, in nanoseconds.
    pub loop_nanoseconds: f64,
}

impl Results {
    /// That of one implementation, if it took part.
    pub fn of(&self, size: usize, scenario: &str, peer: &str) -> Option<Sample> {
        let is_it = |result: &&Measured| {
            result.size == size && result.scenario == scenario && result.peer == peer
        };
        self.all.iter().find(is_it).map(|result| result.sample)
    }

    /// The implementations, in the order in which they are shown.
    pub fn peers(&self) -> Vec<&'static str> {
        let mut peers = Vec::new();
        for result in &self.all {
            if !peers.contains(&result.peer) {
                peers.push(result.peer);
            }
        }
        peers
    }

    /// The scenarios, likewise.
    pub fn scenarios(&self) -> Vec<&str> {
        let mut scenarios = Vec::new();
        for result in &self.all {
            if !scenarios.contains(&result.scenario.as_str()) {
                scenarios.push(result.scenario.as_str());
            }
        }
        scenarios
    }
}

/// Measures all of it.
pub fn measure(options: &Options, progress: &ProgressBar) -> Results {
    let scenarios = scenarios();
    let rounds = options.choose(5, 1);
    let time = Duration::from_millis(options.choose(120, 20));
    progress.inc_length((SIZES.len() * (rounds + 1)) as u64);
    let mut all = Vec::new();
    let mut loop_nanoseconds = 0.0;
    for size in SIZES {
        progress.set_message(format!("threads: builds forests of {size}"));
        let keys = Keys::new(0..size);
        let peers = peers(size);
        loop_nanoseconds = 1e9 / Nothing.run(&scenarios[0], &keys, time).speed;
        progress.inc(1);
        progress.set_message(format!("threads: {size} providers"));
        let mut samples = vec![vec![Vec::new(); peers.len()]; scenarios.len()];
        let mut random = Random::new(1);
        let mut order: Vec<usize> = (0..peers.len()).collect();
        for _ in 0..rounds {
            for (scenario, samples) in scenarios.iter().zip(&mut samples) {
                // By chance, so that none is always after the same.
                random.shuffle(&mut order);
                for &at in &order {
                    let peer = &peers[at];
                    if !(peer.copies_all() && scenario.writes() && size > 100_000) {
                        samples[at].push(peer.run(scenario, &keys, time));
                    }
                }
            }
            progress.inc(1);
        }
        peers.iter().for_each(|peer| peer.check(&keys));
        for (scenario, samples) in scenarios.iter().zip(&samples) {
            let results = peers.iter().zip(samples);
            let results = results.filter(|(_, samples)| !samples.is_empty());
            all.extend(results.map(|(peer, samples)| Measured {
                size,
                scenario: scenario.name.clone(),
                peer: peer.name(),
                sample: middle(samples),
            }));
        }
    }
    Results {
        all,
        loop_nanoseconds,
    }
}

fn peers(size: usize) -> Vec<Box<dyn Contestant>> {
    let records: Vec<_> = (0..size).map(forest::record).collect();
    vec![
        Box::new(Ours::<ArcSwapCell>::new(&records)),
        Box::new(Ours::<EpochCell>::new(&records)),
        Box::new(ParkingLotRwLock::new(&records)),
        Box::new(StdRwLock::new(&records)),
        Box::new(ParkingLotMutex::new(&records)),
        Box::new(LeftRight::new(&records)),
        Box::new(Concread::new(&records)),
        Box::new(WholeMap::new(&records)),
        Box::new(Papaya::new(&records)),
        Box::new(Dashmap::new(&records)),
    ]
}

fn scenarios() -> Vec<Scenario> {
    let scenario = |name: &str, operation, threads, writer| Scenario {
        name: name.to_owned(),
        operation,
        threads,
        writer,
    };
    let (full_speed, paced) = (Some(Pace::FullSpeed), Some(Pace::PerSecond(PACE)));
    let mut all = vec![
        scenario(ONE, Operation::Get, 1, None),
        scenario(TWO, Operation::Get, 2, None),
        scenario(BESIDE_WRITER, Operation::Get, 1, full_speed),
        scenario("get x2 + writer", Operation::Get, 2, full_speed),
        scenario("get x2 + 10,000/s", Operation::Get, 2, paced),
        scenario("tree x1", Operation::Tree, 1, None),
        scenario("tree x2", Operation::Tree, 2, None),
        scenario(TREES_BESIDE_WRITER, Operation::Tree, 1, full_speed),
        scenario("tree x2 + writer", Operation::Tree, 2, full_speed),
        scenario(PACED, Operation::Tree, 2, paced),
        scenario("update two x1", Operation::Update, 1, None),
        scenario(MIXED, Operation::Mixed, 2, None),
    ];
    let cores = available_parallelism().map_or(1, usize::from);
    if cores > 2 {
        let readers = format!("get x{cores}");
        all.push(scenario(&readers, Operation::Get, cores, None));
        let trees = format!("tree x{cores} + 10,000/s");
        all.push(scenario(&trees, Operation::Tree, cores, paced));
        let trees = format!("tree x{cores} + writer");
        all.push(scenario(&trees, Operation::Tree, cores, full_speed));
        let mixed = format!("95/5 x{cores}");
        all.push(scenario(&mixed, Operation::Mixed, cores, None));
    }
    all
}

fn middle(samples: &[Sample]) -> Sample {
    let of = |field: fn(&Sample) -> f64| median(samples.iter().map(field));
    Sample {
        speed: of(|sample| sample.speed),
        commits: of(|sample| sample.commits),
        torn: of(|sample| sample.torn),
    }
}
