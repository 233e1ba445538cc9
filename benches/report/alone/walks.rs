//! Walks through one tree, through the whole forest, and up to a root.

use provider_tree::Provider;
use uuid::Uuid;

use super::fixture::{Fixture, over};
use super::{compared, time};
use crate::alternate::{Compared, Effort};
use crate::bare::has_generation;
use crate::forest::{TREE, uuid};
use crate::order::scattered;
use crate::row::{Row, Target};

/// Nova's walk through a whole forest of 100,000, in nanoseconds per provider.
const NOVA: f64 = 320.0;

pub fn rows(effort: Effort, all: &Fixture) -> Vec<Row> {
    let size = all.size;
    let row = |case: &str, times: &_| compared("walks", format!("{case}, {size}"), times, None);
    let snapshot = all.tree.snapshot();
    let (roots, leaves) = (all.of_each_tree(0), all.of_each_tree(2));
    let trees = scattered(size, TREE, 0).into_iter();
    let trees: Vec<Vec<Uuid>> = trees.map(|n| (n..n + TREE).map(uuid).collect()).collect();

    let mut ten_gets = over(&trees, TREE, |tree| {
        seen(tree.iter().filter_map(|&one| snapshot.get(one)))
    });
    // The leaf, its parent and its root.
    let mut three_gets = over(&trees, 3, |tree| {
        seen(tree[..3].iter().filter_map(|&one| snapshot.get(one)))
    });
    let mut from_root = over(&roots, TREE, |&root| {
        seen(snapshot.tree_of(root).expect("a root"))
    });
    let mut from_leaf = over(&leaves, TREE, |&leaf| {
        seen(snapshot.tree_of(leaf).expect("a leaf"))
    });
    let mut ancestors = over(&leaves, 2, |&leaf| {
        seen(snapshot.ancestors(leaf).expect("a leaf"))
    });
    let mut rows = vec![
        row(
            "tree of ten from its root / ten gets by UUID",
            &effort.compare(&mut from_root, &mut ten_gets),
        ),
        row(
            "tree of ten from a leaf / from its root",
            &effort.compare(&mut from_leaf, &mut from_root),
        ),
        row(
            "two ancestors of a leaf / three gets by UUID",
            &effort.compare(&mut ancestors, &mut three_gets),
        ),
    ];
    rows.extend(whole_forest(effort, all));
    rows
}

fn whole_forest(effort: Effort, all: &Fixture) -> Vec<Row> {
    let size = all.size;
    let snapshot = all.tree.snapshot();
    let outline = &all.bare.0.outline;
    let mut ours = over(&[()], size, |()| seen(snapshot.iter()));
    let mut bare = over(&[()], size, |()| {
        let all = outline.values().filter(|one| has_generation(one));
        all.count()
    });
    let times = effort.compare(&mut ours, &mut bare);
    let times = Compared {
        first: times.first / size as f64,
        second: times.second / size as f64,
        ..times
    };
    let case = format!("whole forest, a provider / imbl::OrdMap iteration, {size}");
    let mut rows = vec![compared("walks", case, &times, Some(Target::AtMost(0.3)))];
    if size == 100_000 {
        rows.push(Row {
            group: "walks",
            case: format!("Nova's walk / whole forest, a provider, {size}"),
            measured: format!("{} / {}", time(NOVA), time(times.first)),
            ratio: NOVA / times.first,
            target: Some(Target::AtLeast(5.0)),
        });
    }
    rows
}

fn seen<'a>(providers: impl Iterator<Item = &'a Provider>) -> usize {
    providers.filter(|one| one.generation().is_some()).count()
}
