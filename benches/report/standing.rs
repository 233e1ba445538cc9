//! Compares the library with its peers: the ratios of `threads`.

use provider_tree::ArcSwapCell;

use crate::peers::{
    Concread, Dashmap, LeftRight, Ours, Papaya, ParkingLotRwLock, Peer, SccHashIndex, StdRwLock,
};
use crate::results::Results;
use crate::row::{Row, Target};
use crate::slice::Sample;
use crate::table::{NONE, Table, grouped};
use crate::threads::{
    FIND, GET_WITH_WRITER, MISS, MIXED, ONE, PACE, PACED, TREES, TREES_WITH_WRITER, TWO,
};

const OURS: &str = Ours::<ArcSwapCell>::NAME;
const LOCKS: &[&str] = &[ParkingLotRwLock::NAME, StdRwLock::NAME];
const PEERS: [&str; 5] = [
    LeftRight::NAME,
    Concread::NAME,
    Papaya::NAME,
    SccHashIndex::NAME,
    Dashmap::NAME,
];

/// The speeds of all implementations, with a table per size.
pub fn tables(results: &Results) -> Vec<Table> {
    let sizes = results.sizes.iter();
    sizes.map(|&size| table(results, size)).collect()
}

fn table(results: &Results, size: usize) -> Table {
    let scenarios = results.scenarios();
    let mut head = vec!["implementation".to_owned()];
    for scenario in &scenarios {
        head.push((*scenario).to_owned());
        if commits(results, size, scenario) {
            head.push("commits".to_owned());
        }
    }
    head.push("torn, %".to_owned());
    let lines = results.peers().into_iter().map(|peer| {
        let mut line = vec![peer.to_owned()];
        let mut torn: f64 = 0.0;
        for scenario in &scenarios {
            let sample = results.of(size, scenario, peer);
            let cell = |value: fn(Sample) -> f64, digits| {
                let text = |sample| format!("{:.digits$}", value(sample));
                sample.map_or_else(|| NONE.to_owned(), text)
            };
            line.push(cell(|sample| sample.speed / 1e6, 2));
            if commits(results, size, scenario) {
                line.push(cell(|sample| sample.commits / 1e3, 1));
            }
            torn = torn.max(sample.map_or(0.0, |sample| sample.torn));
        }
        line.push(format!("{:.4}", torn * 100.0));
        line
    });
    Table {
        title: format!(
            "{} providers: millions of operations per second; x2: in two threads; commits: \
            thousands per second by the writer in the same run; torn: tree reads that saw half an \
            update. The loop takes {:.1} ns of each get. {NONE}: skipped, since each write copies \
            all providers",
            grouped(size),
            results.loop_nanoseconds
        ),
        head,
        lines: lines.collect(),
    }
}

fn commits(results: &Results, size: usize, scenario: &str) -> bool {
    let ours = results.of(size, scenario, OURS);
    ours.is_some_and(|sample| sample.commits > 0.0)
}

/// The targets of two readers against the peers at one size.
struct Promise {
    size: usize,
    get_against_locks: f64,
    trees: f64,
    trees_paced: f64,
    trees_with_writer: f64,
}

const PROMISES: [Promise; 3] = [
    Promise {
        size: 1_000,
        get_against_locks: 3.0,
        trees: 1.5,
        trees_paced: 1.5,
        trees_with_writer: 1.2,
    },
    Promise {
        size: 100_000,
        get_against_locks: 1.0,
        trees: 3.0,
        trees_paced: 3.0,
        trees_with_writer: 2.0,
    },
    Promise {
        size: 1_000_000,
        get_against_locks: 1.05,
        trees: 1.9,
        trees_paced: 1.8,
        trees_with_writer: 1.6,
    },
];

/// The ratios, with their targets if any.
pub fn rows(results: &Results) -> Vec<Row> {
    let mut rows = Vec::new();
    let others = results.peers().into_iter();
    let others: Vec<_> = others.filter(|peer| !peer.starts_with(OURS)).collect();
    let measured = |promise: &&Promise| results.sizes.contains(&promise.size);
    for promise in PROMISES.iter().filter(measured) {
        let size = promise.size;
        let mut against = |scenario: &str, peers: &[&'static str], bound: Option<f64>| {
            let target = bound.map(Target::AtLeast);
            rows.extend(row(results, size, scenario, peers, target));
        };
        against(TWO, LOCKS, Some(promise.get_against_locks));
        against(FIND, LOCKS, None);
        for scenario in [TWO, FIND] {
            for peer in PEERS {
                against(scenario, &[peer], None);
            }
        }
        against(TREES, &others, Some(promise.trees));
        against(PACED, &others, Some(promise.trees_paced));
        against(TREES_WITH_WRITER, &others, Some(promise.trees_with_writer));
        for scenario in [MISS, GET_WITH_WRITER, MIXED] {
            against(scenario, &others, None);
        }
        rows.extend(row_of_those_in_time(results, size, &others));
        rows.extend(scaling(results, size));
    }
    rows
}

/// Ours against the best of some peers.
fn row(
    results: &Results,
    size: usize,
    scenario: &str,
    peers: &[&'static str],
    target: Option<Target>,
) -> Option<Row> {
    let ours = results.of(size, scenario, OURS)?;
    let others = peers.iter().filter_map(|peer| {
        let sample = results.of(size, scenario, peer)?;
        Some((*peer, sample))
    });
    let (peer, theirs) = others.max_by(|(_, a), (_, b)| a.speed.total_cmp(&b.speed))?;
    let speed = |sample: Sample| match sample.commits {
        0.0 => format!("{:.2} M/s", sample.speed / 1e6),
        commits => {
            let [speed, commits] = [sample.speed / 1e6, commits / 1e3];
            format!("{speed:.2} M/s at {commits:.1} k commits/s")
        }
    };
    let rival = match peers {
        [only] => only,
        LOCKS => "RwLock",
        _ => "best of all peers",
    };
    Some(Row {
        group: "threads",
        case: format!("{scenario} / {rival}, {}", grouped(size)),
        measured: format!("{}; {peer}: {}", speed(ours), speed(theirs)),
        ratio: ours.speed / theirs.speed,
        target,
    })
}

/// Ours against the best of the peers that kept the requested pace of commits.
fn row_of_those_in_time(results: &Results, size: usize, peers: &[&'static str]) -> Option<Row> {
    let in_time = |peer: &&&'static str| {
        let sample = results.of(size, PACED, peer);
        sample.is_some_and(|sample| sample.commits > 0.9 * f64::from(PACE))
    };
    if !in_time(&&OURS) {
        return None;
    }
    let in_time: Vec<_> = peers.iter().filter(in_time).copied().collect();
    let mut row = row(results, size, PACED, &in_time, None)?;
    row.case = format!(
        "{PACED} / best of those that keep this pace, {}",
        grouped(size)
    );
    Some(row)
}

/// Two readers against one.
fn scaling(results: &Results, size: usize) -> Option<Row> {
    let [one, two] = [ONE, TWO].map(|scenario| results.of(size, scenario, OURS));
    let (one, two) = (one?.speed, two?.speed);
    Some(Row {
        group: "threads",
        case: format!("2 readers / 1, {}", grouped(size)),
        measured: format!("{:.2} M/s; {:.2} M/s", two / 1e6, one / 1e6),
        ratio: two / one,
        target: Some(Target::AtLeast(1.8)),
    })
}
