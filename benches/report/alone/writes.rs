//! Commits of one edit, of many, and of a whole forest.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use provider_tree::{ProviderRecord, ProviderTree};
use uuid::Uuid;

use super::fixture::{Fixture, over};
use super::{compared, time};
use crate::alternate::{Compared, Effort};
use crate::bare::{HashMap, Record};
use crate::edits::{inventory, update_all};
use crate::row::{Row, Target};
use crate::{forest, median};

const EDITS: usize = 1_000;

pub fn rows(effort: Effort, all: &mut Fixture) -> Vec<Row> {
    let mut rows = vec![update(effort, all), inserts(effort, all)];
    let spread: Vec<&[Uuid]> = all.uuids.chunks(EDITS).collect();
    let in_order: Vec<Uuid> = (0..all.size).map(forest::uuid).collect();
    let near: Vec<&[Uuid]> = in_order.chunks(EDITS).collect();
    if near.len() > 1 {
        rows.push(transaction(effort, all, "of 100 trees in a row", &near));
    }
    rows.push(transaction(effort, all, "spread", &spread));
    rows
}

/// The gain of many inserts in one clone of imbl's map: an upper bound for transactions.
fn inserts(effort: Effort, all: &Fixture) -> Row {
    let map = &RefCell::new(all.bare.0.by_uuid.clone());
    let insert = |map: &mut HashMap<Uuid, Record>, uuid: &Uuid| {
        let new = map[uuid].clone();
        map.insert(*uuid, new);
    };
    let chunks: Vec<&[Uuid]> = all.uuids.chunks(EDITS).collect();
    let times = effort.compare(
        &mut over(&chunks, EDITS, |chunk| {
            let mut next = map.borrow().clone();
            chunk.iter().for_each(|uuid| insert(&mut next, uuid));
            map.replace(next);
            chunk.len()
        }),
        &mut over(&chunks, EDITS, |chunk| {
            for uuid in *chunk {
                let mut next = map.borrow().clone();
                insert(&mut next, uuid);
                map.replace(next);
            }
            chunk.len()
        }),
    );
    let case = format!(
        "imbl::HashMap: an insert of {EDITS} in one clone / each in its own, spread, {}",
        all.size
    );
    compared("writes", case, &an_edit(times), None)
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
            usize::from(bare.update(n, uuid, inventory(bare_total)))
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
    // Shared, so that neither edits what the other has just created.
    let total = &Cell::new(0);
    let times = effort.compare(
        &mut edits_of(chunks, total, |chunk, total| {
            update_all(tree, chunk, total).expect("edits");
        }),
        &mut edits_of(chunks, total, |chunk, total| {
            for one in chunk.chunks(1) {
                update_all(tree, one, total).expect("an edit");
            }
        }),
    );
    let case = format!(
        "an edit of {EDITS} in one transaction / each in its own, {which}, {}",
        all.size
    );
    compared("writes", case, &an_edit(times), None)
}

/// Converts the time per chunk to the time per edit.
fn an_edit(chunk: Compared) -> Compared {
    Compared {
        first: chunk.first / EDITS as f64,
        second: chunk.second / EDITS as f64,
        ..chunk
    }
}

/// Steps that make a chunk's edits, each with new content.
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

/// Populates a whole forest; freeing it is not timed.
pub fn populate(providers: usize) -> Row {
    let rounds = (500_000 / providers).clamp(2, 100);
    let records: Vec<ProviderRecord> = (0..providers).map(forest::record).collect();
    let times = (0..rounds).map(|_| {
        let tree = ProviderTree::new();
        let started = Instant::now();
        tree.populate(&records).expect("a valid forest");
        let elapsed = started.elapsed();
        assert_eq!(tree.len(), providers);
        elapsed.as_secs_f64()
    });
    let each = median(times) * 1e9 / providers as f64;
    Row {
        group: "writes",
        case: format!("populate, a provider / 1 us x log2(n), {providers}"),
        measured: time(each),
        ratio: each / (1_000.0 * (providers as f64).log2()),
        target: Some(Target::AtMost(1.0)),
    }
}
