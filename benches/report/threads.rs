//! Reads per second in several threads, with and without a writer.

use std::thread::available_parallelism;
use std::time::Duration;

use crate::keys::Keys;
use crate::median;
use crate::options::Options;
use crate::order::Random;
use crate::slice::{Contestant, Operation, Pace, Sample, Scenario};

/// The names of scenarios that other modules use.
pub const ONE: &str = "get x1";
pub const TWO: &str = "get x2";
pub const FIND: &str = "find x2";
pub const MISS: &str = "miss x2";
pub const GET_WITH_WRITER: &str = "get x1 + writer";
pub const TREES: &str = "tree x2";
pub const TREES_WITH_WRITER: &str = "tree x2 + writer";
pub const PACED: &str = "tree x2 + 10,000/s";
pub const MIXED: &str = "95/5 x2";

/// The commits per second of the writer in `PACED`.
pub const PACE: u32 = 10_000;

/// Runs all scenarios on the forests of one size. Returns the medians of all rounds, by
/// scenario and contestant. Contestants that copy a large forest per commit are skipped.
pub fn measure(
    contestants: &[Box<dyn Contestant>],
    scenarios: &[Scenario],
    keys: &Keys,
    options: &Options,
) -> Vec<Vec<Option<Sample>>> {
    let rounds = options.choose(5, 1);
    let time = Duration::from_millis(options.choose(65, 20));
    let mut samples = vec![vec![Vec::new(); contestants.len()]; scenarios.len()];
    let mut random = Random::new(1);
    let mut order: Vec<usize> = (0..contestants.len()).collect();
    for _ in 0..rounds {
        for (scenario, samples) in scenarios.iter().zip(&mut samples) {
            // In random order, so that none always follows the same one.
            random.shuffle(&mut order);
            for &at in &order {
                let one = &contestants[at];
                if !(one.copies_all() && scenario.writes() && keys.providers.len() > 100_000) {
                    samples[at].push(one.run(scenario, keys, time));
                }
            }
        }
    }
    let of_scenario = |samples: &Vec<Vec<Sample>>| samples.iter().map(|all| middle(all)).collect();
    samples.iter().map(of_scenario).collect()
}

/// Reads by UUID and of trees in two threads, in millions per second.
pub fn reads(contestant: &dyn Contestant, keys: &Keys, options: &Options) -> [f64; 2] {
    let rounds = options.choose(3, 1);
    let time = Duration::from_millis(options.choose(40, 10));
    [Operation::Get, Operation::Tree].map(|operation| {
        let scenario = scenario("", operation, 2, None);
        let speeds = (0..rounds).map(|_| contestant.run(&scenario, keys, time).speed / 1e6);
        median(speeds)
    })
}

/// All scenarios.
pub fn scenarios() -> Vec<Scenario> {
    let (full_speed, paced) = (Some(Pace::FullSpeed), Some(Pace::PerSecond(PACE)));
    let mut all = vec![
        scenario(ONE, Operation::Get, 1, None),
        scenario(TWO, Operation::Get, 2, None),
        scenario(FIND, Operation::Find, 2, None),
        scenario(MISS, Operation::Miss, 2, None),
        scenario(GET_WITH_WRITER, Operation::Get, 1, full_speed),
        scenario("get x2 + writer", Operation::Get, 2, full_speed),
        scenario("get x2 + 10,000/s", Operation::Get, 2, paced),
        scenario("tree x1", Operation::Tree, 1, None),
        scenario(TREES, Operation::Tree, 2, None),
        scenario("tree x1 + writer", Operation::Tree, 1, full_speed),
        scenario(TREES_WITH_WRITER, Operation::Tree, 2, full_speed),
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

fn scenario(name: &str, operation: Operation, threads: usize, writer: Option<Pace>) -> Scenario {
    Scenario {
        name: name.to_owned(),
        operation,
        threads,
        writer,
    }
}

fn middle(samples: &[Sample]) -> Option<Sample> {
    let of = |field: fn(&Sample) -> f64| median(samples.iter().map(field));
    (!samples.is_empty()).then(|| Sample {
        speed: of(|sample| sample.speed),
        commits: of(|sample| sample.commits),
        torn: of(|sample| sample.torn),
    })
}
