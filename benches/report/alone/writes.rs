//! Commits of one edit, of many, and of a whole forest.

use std::cell::Cell;
use std::time::{Duration, Instant};

use provider_tree::{ProviderRecord, ProviderTree};
use uuid::Uuid;

use super::fixture::{Fixture, over};
use super::{compared, time};
use crate::alternate::{Compared, Effort};
use crate::edits::{inventory, update_all};
use crate::forest;
use crate::row::{Row, Target};

const EDITS: usize = 1_000;

/// For a small forest and a large one, in that order.
pub fn rows(effort: Effort, all: &mut [Fixture]) -> Vec<Row> {
    let mut rows: Vec<Row> = all.iter_mut().map(|all| update(effort, all)).collect();
    for fixture in all.iter() {
        let spread: Vec<&[Uuid]> = fixture.uuids.chunks(EDITS).collect();
        let in_order: Vec<Uuid> = (0..fixture.size).map(forest::uuid).collect();
        let near: Vec<&[Uuid]> = in_order.chunks(EDITS).collect();
        if near.len() > 1 {
            rows.push(transaction(effort, fixture, "of 100 trees in a row", &near));
        }
        rows.push(transaction(effort, fixture, "spread", &spread));
    }
    rows
}

fn update(effort: Effort, all: &mut Fixture) -> Row {
    let Fixture {
        tree, bare, order, ..
    } = all;
    let (mut total, mut bare_total) = (0, 0);
    let times = effort.compare(
        &mut over(order, 1, |&(_, uuid)| {
            total += 1;
            let committed = tree.update_inventory(uuid, inventory(total), None);
            usize::from(committed.expect("an edit").value)
        }),
        &mut over(order, 1, |&(n, uuid)| {
            bare_total += 1;
            bare.update(n, uuid, inventory(bare_total));
            1
        }),
    );
    let case = format!(
        "update of a provider / inserts in imbl's HashMap and OrdMap and two allocations, {}",
        all.size
    );
    compared("writes", case, &times, Some(Target::AtMost(1.3)))
}

fn transaction(effort: Effort, all: &Fixture, which: &str, chunks: &[&[Uuid]]) -> Row {
    let tree = &all.tree;
    // Shared, so that no edit of the one finds what the other has just made.
    let total = &Cell::new(0);
    let Compared {
        first,
        second,
        ratio,
    } = effort.compare(
        &mut edits_of(chunks, total, |chunk, total| {
            update_all(tree, chunk, total).expect("edits");
        }),
        &mut edits_of(chunks, total, |chunk, total| {
            for one in chunk.chunks(1) {
                update_all(tree, one, total).expect("an edit");
            }
        }),
    );
    let edits = EDITS as f64;
    let times = Compared {
        first: first / edits,
        second: second / edits,
        ratio,
    };
    let case = format!(
        "an edit of {EDITS} in one transaction / each in its own, {which}, {}",
        all.size
    );
    compared("writes", case, &times, Some(Target::AtMost(0.35)))
}

/// Steps that make a chunk's edits, each with another content than any before.
fn edits_of(
    chunks: &[&[Uuid]],
    total: &Cell<u32>,
    mut edit: impl FnMut(&[Uuid], u32),
) -> impl FnMut(usize) -> Duration {
    over(chunks, EDITS, move |chunk| {
        total.update(|total| total + 1);
        edit(chunk, total.get());
        chunk.len()
    })
}

/// All providers of a forest at once; freeing them is not timed.
pub fn populate(effort: Effort) -> Row {
    const PROVIDERS: usize = 100_000;
    let records: Vec<ProviderRecord> = (0..PROVIDERS).map(forest::record).collect();
    let whole = effort.time(&mut |count| {
        let one = |_| {
            let tree = ProviderTree::new();
            let started = Instant::now();
            tree.populate(&records).expect("a valid forest");
            let elapsed = started.elapsed();
            assert_eq!(tree.len(), PROVIDERS);
            elapsed
        };
        (0..count).map(one).sum()
    });
    let each = whole / PROVIDERS as f64;
    Row {
        group: "writes",
        case: format!("populate, a provider / 1 us x log2(n), {PROVIDERS}"),
        measured: time(each),
        ratio: each / (1_000.0 * (PROVIDERS as f64).log2()),
        target: Some(Target::AtMost(1.0)),
    }
}
