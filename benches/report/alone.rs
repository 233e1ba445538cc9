//! One thread: each operation against its minimum work, or against itself at another size or
//! shape.

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

/// The target for bytes per provider with 3 inventories and 5 traits.
const BYTES: f64 = 650.0;

/// All rows that need only one thread, in a minute and a half; `quick` measures for a shorter
/// time, and not at 1,000,000. Reports each step to `progress`.
///
/// No other thread may run in the meantime, since bytes are counted too.
pub fn rows(quick: bool, progress: &dyn Fn(&str)) -> Vec<Row> {
    let effort = Effort {
        slice: Duration::from_millis(2),
        total: Duration::from_millis(if quick { 100 } else { 1_200 }),
    };
    let sizes: &[usize] = if quick {
        &[SMALL, LARGE]
    } else {
        &[SMALL, LARGE, 1_000_000]
    };
    let mut rows = Vec::new();
    for &size in sizes {
        progress(&format!("populate {size}"));
        rows.push(writes::populate(size));
    }
    progress("building and ageing forests");
    let mut all: Vec<Fixture> = sizes.iter().map(|&size| Fixture::new(size)).collect();
    rows.extend(all.iter().flat_map(memory));
    rows.push(memory_without_equal_traits());
    for fixture in &all {
        progress(&format!("reads at {}", fixture.size));
        rows.extend(reads::rows(effort, fixture));
        rows.extend(walks::rows(effort, fixture));
    }
    progress("versions");
    rows.extend(versions::rows(effort, &all));
    progress("shapes");
    rows.extend(shapes::rows(effort));
    // Last, as edits scatter what is still adjacent in memory.
    progress("writes");
    for fixture in &mut all[..2] {
        rows.extend(writes::rows(effort, fixture));
    }
    rows
}

/// Bytes per provider requested from the allocator, including all indices.
fn memory(all: &Fixture) -> [Row; 2] {
    let [fresh, aged] = all.bytes;
    [("fresh", fresh), ("aged", aged)].map(|(age, bytes)| {
        let case = format!("a provider, {age}, {}", all.size);
        memory_row(&case, bytes, Some(Target::AtMost(1.0)))
    })
}

/// Equal lists in one call are interned; here no two are equal.
fn memory_without_equal_traits() -> Row {
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
    let case = format!("a provider with traits of its own, fresh, {LARGE}");
    memory_row(&case, bytes as f64 / LARGE as f64, None)
}

fn memory_row(case: &str, bytes: f64, target: Option<Target>) -> Row {
    Row {
        group: "memory",
        case: format!("{case} / {BYTES} bytes"),
        measured: format!("{bytes:.0} bytes"),
        ratio: bytes / BYTES,
        target,
    }
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

/// A time in a readable unit.
fn time(nanoseconds: f64) -> String {
    match nanoseconds {
        large if large >= 1e6 => format!("{:.1} ms", large / 1e6),
        medium if medium >= 1e4 => format!("{:.1} us", medium / 1e3),
        small => format!("{small:.1} ns"),
    }
}
