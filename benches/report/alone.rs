//! What one thread can do: each operation beside what it can't do without, or
//! beside itself at another size or shape.

mod fixture;
mod reads;
mod shapes;
mod versions;
mod walks;
mod writes;

use std::time::Duration;

use provider_tree::{ProviderTree, Trait};

use self::fixture::Fixture;
use crate::alternate::{Compared, Effort};
use crate::counting::bytes_of;
use crate::forest;
use crate::row::{Row, Target};

const SMALL: usize = 1_000;
const LARGE: usize = 100_000;

/// All rows that need no second thread. It tells `progress` what comes next. In
/// all two minutes; `quick` measures less long, and nothing at 1,000,000.
///
/// Nothing else may run in the program meanwhile: bytes are counted, too.
pub fn rows(quick: bool, progress: &dyn Fn(&str)) -> Vec<Row> {
    let effort = Effort {
        slice: Duration::from_millis(2),
        total: Duration::from_millis(if quick { 150 } else { 2_000 }),
    };
    let sizes: &[usize] = if quick {
        &[SMALL, LARGE]
    } else {
        &[SMALL, LARGE, 1_000_000]
    };
    let mut rows = Vec::new();
    // Edits spread in memory what lay side by side, and what is allocated after
    // large forests have gone lies where there is room: so the writes to the small
    // forest come first, and those to the large one last.
    progress("writes to the small forest");
    rows.extend(writes::rows(effort, &mut Fixture::new(SMALL)));
    progress("memory");
    rows.extend(memory(sizes));
    progress("populate");
    rows.push(writes::populate(effort));
    let mut all: Vec<Fixture> = Vec::new();
    for &size in sizes {
        progress(&format!("reads at {size}"));
        all.push(Fixture::new(size));
        rows.extend(reads::rows(effort, &all[all.len() - 1]));
    }
    progress("walks");
    for fixture in &all {
        rows.extend(walks::rows(effort, fixture));
    }
    progress("versions");
    rows.extend(versions::rows(effort, &all));
    progress("shapes");
    rows.extend(shapes::rows(effort));
    progress("writes to the large forest");
    rows.extend(writes::rows(effort, &mut all[1]));
    rows
}

/// Bytes a provider that are asked of the allocator, all indices included.
fn memory(sizes: &[usize]) -> Vec<Row> {
    let row = |size: usize, which: &str, bytes: usize, target| {
        let each = bytes as f64 / size as f64;
        Row {
            group: "memory",
            case: format!("a provider{which} at {size} / 1,000 bytes"),
            measured: format!("{each:.0} bytes"),
            ratio: each / 1_000.0,
            target,
        }
    };
    let mut rows = Vec::new();
    for &size in sizes {
        let target = (size == LARGE).then_some(Target::AtMost(1.0));
        let (tree, bytes) = bytes_of(|| forest::tree(size));
        assert_eq!(tree.len(), size);
        rows.push(row(size, "", bytes, target));
    }
    // Equal lists that come in one call are stored once: here no two are equal.
    let (tree, bytes) = bytes_of(|| {
        let tree = ProviderTree::new();
        let records = (0..LARGE).map(|n| {
            let mut record = forest::record(n);
            record.traits.pop_last();
            let own = Trait::new(format!("CUSTOM_{n}"));
            record.traits.insert(own.expect("a valid trait"));
            record
        });
        tree.populate(records).expect("a valid forest");
        tree
    });
    assert_eq!(tree.len(), LARGE);
    rows.push(row(LARGE, " with traits of its own", bytes, None));
    rows
}

/// A row of two times.
fn compared(
    group: &'static str,
    case: String,
    Compared {
        first,
        second,
        ratio,
    }: &Compared,
    target: Option<Target>,
) -> Row {
    Row {
        group,
        case,
        measured: format!("{} / {}", time(*first), time(*second)),
        ratio: *ratio,
        target,
    }
}

/// A time as people say it.
fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        large if large >= 1e6 => format!("{:.1} ms", large / 1e6),
        medium if medium >= 1e4 => format!("{:.1} us", medium / 1e3),
        small => format!("{small:.1} ns"),
    }
}
