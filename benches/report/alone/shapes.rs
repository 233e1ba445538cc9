//! Unusual shapes against the usual one of the same size.

use std::time::Duration;

use provider_tree::{ProviderTree, Snapshot};
use uuid::Uuid;

use super::compared;
use super::fixture::over;
use crate::alternate::{Compared, Effort};
use crate::edits::Child;
use crate::forest::{TREE, uuid};
use crate::order::scattered;
use crate::row::Row;
use crate::shapes;

/// A forest and the providers that the operations use.
struct Shape {
    tree: ProviderTree,
    snapshot: Snapshot,
    uuids: Vec<Uuid>,
    /// The children to add and remove.
    children: Vec<Child>,
    deepest: Uuid,
    /// How many ancestors the deepest provider has.
    depth: usize,
}

impl Shape {
    /// Adds and removes one child below each of `parents`.
    fn new(tree: ProviderTree, parents: Vec<usize>, deepest: usize) -> Self {
        let snapshot = tree.snapshot();
        let order = scattered(snapshot.len(), 1, 0).into_iter();
        let deepest = uuid(deepest);
        let parents = parents.into_iter().enumerate();
        let children = parents.map(|(n, parent)| Child::new(uuid(parent), uuid(n)));
        Self {
            tree,
            uuids: order.map(uuid).collect(),
            children: children.collect(),
            deepest,
            depth: snapshot.depth(deepest).expect("a provider"),
            snapshot,
        }
    }
}

pub fn rows(effort: Effort) -> Vec<Row> {
    let usual = |size| Shape::new(shapes::usual(size), scattered(size, TREE, 0), size / 2 + 2);
    let wide = Shape::new(shapes::wide(100_000), vec![0; 10_000], 50_000);
    let mut rows = against_usual(effort, "100,000 children", &wide, &usual(100_000));
    let chain = Shape::new(shapes::chain(1_000), vec![999; 100], 999);
    rows.extend(against_usual(effort, "1,000 levels", &chain, &usual(1_000)));
    rows
}

fn against_usual(effort: Effort, name: &str, shape: &Shape, usual: &Shape) -> Vec<Row> {
    let row = |case: &str, times: &Compared| {
        let case = format!("{case}, {name} / usual");
        compared("shapes", case, times, None)
    };
    vec![
        row("get", &effort.compare(&mut get(shape), &mut get(usual))),
        row(
            "add and remove a child",
            &effort.compare(&mut edit(shape), &mut edit(usual)),
        ),
        row(
            "a parent's first child",
            &effort.compare(&mut first(shape), &mut first(usual)),
        ),
        row(
            "all ancestors, an ancestor",
            &each(
                effort.compare(&mut ancestors(shape), &mut ancestors(usual)),
                shape.depth,
                usual.depth,
            ),
        ),
        row(
            "whole forest, a provider",
            &each(
                effort.compare(&mut walk(shape), &mut walk(usual)),
                shape.uuids.len(),
                usual.uuids.len(),
            ),
        ),
    ]
}

/// Divides the times by the numbers of providers.
fn each(times: Compared, first: usize, second: usize) -> Compared {
    let (first, second) = (first as f64, second as f64);
    Compared {
        first: times.first / first,
        second: times.second / second,
        ratio: times.ratio / first * second,
    }
}

fn get(shape: &Shape) -> impl FnMut(usize) -> Duration {
    over(&shape.uuids, 1, |&uuid| {
        let found = shape.snapshot.get(uuid);
        usize::from(found.is_some_and(|one| one.generation().is_some()))
    })
}

fn edit(shape: &Shape) -> impl FnMut(usize) -> Duration {
    over(&shape.children, 1, |child| {
        child.add_and_remove(&shape.tree).expect("two edits")
    })
}

fn first(shape: &Shape) -> impl FnMut(usize) -> Duration {
    // Only one parent: the wide shape has no other.
    over(&[()], 1, |()| {
        let mut children = shape.snapshot.children(uuid(0)).expect("a parent");
        usize::from(children.next().is_some())
    })
}

fn ancestors(shape: &Shape) -> impl FnMut(usize) -> Duration {
    over(&[()], shape.depth, |()| {
        let ancestors = shape.snapshot.ancestors(shape.deepest);
        ancestors.expect("a provider").count()
    })
}

fn walk(shape: &Shape) -> impl FnMut(usize) -> Duration {
    over(&[()], shape.uuids.len(), |()| {
        shape
            .snapshot
            .iter()
            .filter(|one| one.generation().is_some())
            .count()
    })
}
