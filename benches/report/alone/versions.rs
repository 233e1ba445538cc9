//! Taking, forking and comparing versions.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use provider_tree::{ProviderTree, Snapshot};

use super::fixture::Fixture;
use super::{compared, time};
use crate::alternate::{Effort, timed};
use crate::edits::touch;
use crate::row::{Row, Target};

pub fn rows(effort: Effort, all: &[Fixture]) -> Vec<Row> {
    let mut rows = vec![snapshot(effort, &all[1])];
    rows.extend(all.iter().map(|fixture| fork(effort, fixture)));
    rows.push(diff(effort, &all[0], &all[1]));
    rows
}

fn snapshot(effort: Effort, all: &Fixture) -> Row {
    let swap = ArcSwap::from_pointee(all.size);
    let times = effort.compare(
        &mut |count| timed(count, || all.tree.snapshot()),
        &mut |count| timed(count, || Arc::clone(&swap.load())),
    );
    let case = format!("snapshot / Arc clone and arc-swap load, {}", all.size);
    compared("versions", case, &times, Some(Target::AtMost(1.2)))
}

/// Making a fork, without dropping it.
fn fork(effort: Effort, all: &Fixture) -> Row {
    const PROMISED: f64 = 1_000.0;
    // Small batches: large ones would measure how the system hands out memory.
    const AT_A_TIME: usize = 64;
    let snapshot = all.tree.snapshot();
    let mut forks: Vec<ProviderTree> = Vec::with_capacity(AT_A_TIME);
    let some = effort.time(&mut |count| {
        let mut elapsed = Duration::ZERO;
        for _ in 0..count {
            forks.clear();
            let started = Instant::now();
            forks.extend((0..AT_A_TIME).map(|_| ProviderTree::from(snapshot.clone())));
            elapsed += started.elapsed();
            assert!(forks.iter().all(|fork| fork.len() == all.size));
        }
        elapsed
    });
    let each = some / AT_A_TIME as f64;
    Row {
        group: "versions",
        case: format!("fork / 1 us, {}", all.size),
        measured: time(each),
        ratio: each / PROMISED,
        target: Some(Target::AtMost(1.0)),
    }
}

/// The same changes in a small and a large forest.
fn diff(effort: Effort, small: &Fixture, large: &Fixture) -> Row {
    const CHANGES: usize = 10;
    let versions = |all: &Fixture| -> [Snapshot; 2] {
        let tree = ProviderTree::from(all.tree.snapshot());
        touch(&tree, &all.uuids[..CHANGES]).expect("edits");
        let versions = [all.tree.snapshot(), tree.snapshot()];
        assert_eq!(versions[1].diff(&versions[0]).len(), CHANGES);
        versions
    };
    let ([older, newer], [small_older, small_newer]) = (versions(large), versions(small));
    let times = effort.compare(
        &mut |count| timed(count, || black_box(&newer).diff(&older)),
        &mut |count| timed(count, || black_box(&small_newer).diff(&small_older)),
    );
    let case = format!("diff of {CHANGES} changes, {} / {}", large.size, small.size);
    compared("versions", case, &times, None)
}
