//! The few figures that most people decide by, as the first table of the report.

use provider_tree::ArcSwapCell;

use crate::peers::{LeftRight, Ours, Papaya, ParkingLotRwLock, Peer};
use crate::results::Results;
use crate::slice::Sample;
use crate::table::{NONE, Table, grouped};
use crate::threads::{FIND, PACED, TREES, TREES_WITH_WRITER, TWO};

const SIZE: usize = 100_000;
const COLUMNS: [&str; 4] = [
    Ours::<ArcSwapCell>::NAME,
    ParkingLotRwLock::NAME,
    LeftRight::NAME,
    Papaya::NAME,
];

fn speed(sample: Sample) -> f64 {
    sample.speed / 1e6
}

fn commits(sample: Sample) -> f64 {
    sample.commits / 1e3
}

/// One consistent peer of each kind, and the fastest that is not consistent.
pub fn table(results: &Results) -> Table {
    let lines = [
        ("look-ups by UUID", TWO, speed as fn(Sample) -> f64),
        ("look-ups by name", FIND, speed),
        ("walks of a tree of ten", TREES, speed),
        ("the same beside 10,000 commits/s", PACED, speed),
        (
            "the same beside a writer at full speed",
            TREES_WITH_WRITER,
            speed,
        ),
        (
            "thousands of commits by that writer",
            TREES_WITH_WRITER,
            commits,
        ),
    ];
    let lines = lines.into_iter().map(|(what, scenario, figure)| {
        let cells = COLUMNS.into_iter().map(|peer| {
            let sample = results.of(SIZE, scenario, peer);
            sample.map_or_else(
                || NONE.to_owned(),
                |sample| format!("{:.1}", figure(sample)),
            )
        });
        std::iter::once(what.to_owned()).chain(cells).collect()
    });
    Table {
        title: format!(
            "At a glance: millions per second in two threads, {} providers",
            grouped(SIZE)
        ),
        head: std::iter::once("")
            .chain(COLUMNS)
            .map(str::to_owned)
            .collect(),
        lines: lines.collect(),
    }
}
