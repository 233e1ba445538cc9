//! The results of all implementations, one forest size after the other: each size is built
//! once.

use std::time::Duration;

use indicatif::ProgressBar;
use provider_tree::{ArcSwapCell, EpochCell, ProviderRecord};

use crate::commits::{self, Figures};
use crate::forest;
use crate::keys::{Changes, Keys};
use crate::options::{Group, Options};
use crate::order::Random;
use crate::peers::{
    Concread, Dashmap, LeftRight, Nothing, Ours, Papaya, ParkingLotMutex, ParkingLotRwLock, Peer,
    SccHashIndex, StdRwLock, WholeMap,
};
use crate::slice::{Contestant, Sample, Scenario};
use crate::table::{Table, grouped};
use crate::threads;

/// One implementation in one scenario, as medians of all rounds.
pub struct Measured {
    pub size: usize,
    pub scenario: String,
    pub peer: &'static str,
    pub sample: Sample,
}

/// Reads of a fresh and an aged forest: by UUID, and of trees.
pub struct Ages {
    size: usize,
    peer: &'static str,
    fresh: [f64; 2],
    aged: [f64; 2],
}

/// The results of all scenarios.
pub struct Results {
    /// How many providers the forests have.
    pub sizes: &'static [usize],
    pub all: Vec<Measured>,
    ages: Vec<Ages>,
    /// The times of commits, with a table per size.
    pub commits: Vec<Table>,
    /// The time per key of a loop that reads nothing, in nanoseconds.
    pub loop_nanoseconds: f64,
}

impl Results {
    /// The result of one implementation, if it took part.
    pub fn of(&self, size: usize, scenario: &str, peer: &str) -> Option<Sample> {
        let is_it = |result: &&Measured| {
            result.size == size && result.scenario == scenario && result.peer == peer
        };
        self.all.iter().find(is_it).map(|result| result.sample)
    }

    /// The implementations, in display order.
    pub fn peers(&self) -> Vec<&'static str> {
        let mut peers = Vec::new();
        for result in &self.all {
            if !peers.contains(&result.peer) {
                peers.push(result.peer);
            }
        }
        peers
    }

    /// The scenarios, in display order.
    pub fn scenarios(&self) -> Vec<&str> {
        let mut scenarios = Vec::new();
        for result in &self.all {
            if !scenarios.contains(&result.scenario.as_str()) {
                scenarios.push(result.scenario.as_str());
            }
        }
        scenarios
    }

    /// The cost of ageing for each implementation.
    pub fn ages(&self) -> Table {
        let head = ["providers", "implementation", "get, fresh", "aged", "ratio"];
        let head = head.into_iter().chain(["tree, fresh", "aged", "ratio"]);
        let lines = self.ages.iter().map(|ages| {
            let mut line = vec![grouped(ages.size), ages.peer.to_owned()];
            for (fresh, aged) in ages.fresh.into_iter().zip(ages.aged) {
                line.extend([fresh, aged, aged / fresh].map(|number| format!("{number:.2}")));
            }
            line
        });
        Table {
            title:
                "Fresh and aged forests: millions of reads per second in two threads. All other \
            tables are of aged forests"
                    .to_owned(),
            head: head.map(str::to_owned).collect(),
            lines: lines.collect(),
        }
    }
}

/// Measures all of it.
pub fn measure(options: &Options, progress: &ProgressBar) -> Results {
    let sizes: &[usize] = options.choose(&[1_000, 100_000, 1_000_000], &[1_000, 100_000]);
    let mut results = Results {
        sizes,
        all: Vec::new(),
        ages: Vec::new(),
        commits: Vec::new(),
        loop_nanoseconds: 0.0,
    };
    progress.inc_length(sizes.len() as u64);
    for &size in sizes {
        progress.set_message(format!("building and ageing forests of {size}"));
        let keys = Keys::new(0..size);
        let contestants = contestants(&keys, options, &mut results.ages);
        if options.includes(Group::Threads) {
            progress.set_message(format!("threads: {size} providers"));
            let scenarios = threads::scenarios();
            let time = Duration::from_millis(20);
            results.loop_nanoseconds = 1e9 / Nothing.run(&scenarios[0], &keys, time).speed;
            let samples = threads::measure(&contestants, &scenarios, &keys, options);
            for (scenario, samples) in scenarios.iter().zip(samples) {
                let named = contestants.iter().zip(samples);
                results.all.extend(named.filter_map(|(one, sample)| {
                    Some(measured(size, scenario, one.name(), sample?))
                }));
            }
        }
        if options.includes(Group::Commits) {
            progress.set_message(format!("commits: {size} providers"));
            let rounds = commits_of(&contestants, &keys, options);
            let named = contestants.iter().zip(&rounds);
            let named = named.map(|(one, rounds)| (one.name(), rounds.as_slice()));
            results.commits.push(commits::table(size, named));
        }
        contestants.iter().for_each(|one| one.check(&keys));
        progress.inc(1);
    }
    results
}

fn measured(size: usize, scenario: &Scenario, peer: &'static str, sample: Sample) -> Measured {
    Measured {
        size,
        scenario: scenario.name.clone(),
        peer,
        sample,
    }
}

/// Rounds of commits of each contestant, except those that copy the whole forest.
fn commits_of(
    contestants: &[Box<dyn Contestant>],
    keys: &Keys,
    options: &Options,
) -> Vec<Vec<Figures>> {
    let changes = Changes::new(keys.providers.len());
    let mut rounds = vec![Vec::new(); contestants.len()];
    let mut random = Random::new(1);
    let mut order: Vec<usize> = (0..contestants.len()).collect();
    for _ in 0..options.choose(5, 1) {
        random.shuffle(&mut order);
        for &at in &order {
            if !contestants[at].copies_all() {
                rounds[at].push(contestants[at].commits(keys, &changes));
            }
        }
    }
    rounds
}

/// All implementations, aged. If reads are measured, each is also read while it is fresh.
fn contestants(keys: &Keys, options: &Options, ages: &mut Vec<Ages>) -> Vec<Box<dyn Contestant>> {
    let size = keys.providers.len();
    let records: Vec<_> = (0..size).map(forest::record).collect();
    let makers: [Make; 11] = [
        make::<Ours<ArcSwapCell>>,
        make::<Ours<EpochCell>>,
        make::<ParkingLotRwLock>,
        make::<StdRwLock>,
        make::<ParkingLotMutex>,
        make::<LeftRight>,
        make::<Concread>,
        make::<WholeMap>,
        make::<Papaya>,
        make::<SccHashIndex>,
        make::<Dashmap>,
    ];
    let made = makers.map(|make| {
        let one = make(&records);
        if options.includes(Group::Threads) {
            let fresh = threads::reads(&*one, keys, options);
            one.age(size);
            let aged = threads::reads(&*one, keys, options);
            ages.push(Ages {
                size,
                peer: one.name(),
                fresh,
                aged,
            });
        } else {
            one.age(size);
        }
        one
    });
    made.into()
}

type Make = fn(&[ProviderRecord]) -> Box<dyn Contestant>;

fn make<P: Peer>(records: &[ProviderRecord]) -> Box<dyn Contestant> {
    Box::new(P::new(records))
}
