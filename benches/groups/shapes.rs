//! Unusual shapes against the usual one of the same size: one parent of 100,000, and a chain
//! of 1,000 levels. No cost may jump, except of operations that return a provider per level.

use criterion::{BenchmarkId, Criterion};
use provider_tree::ProviderTree;
use uuid::Uuid;

use crate::edits::Child;
use crate::fixture::{CHAIN, USUAL_LARGE, USUAL_SMALL, WIDE, over};
use crate::forest::uuid;
use crate::order::scattered;

/// A forest, a provider that gets another child, and one whose ancestors are walked.
struct Shape {
    name: &'static str,
    tree: fn() -> &'static ProviderTree,
    parent: usize,
    deepest: usize,
}

const SHAPES: [Shape; 4] = [
    Shape {
        name: "usual-100000",
        tree: || &USUAL_LARGE,
        parent: 50_000,
        deepest: 50_002,
    },
    Shape {
        name: "wide-100000",
        tree: || &WIDE,
        parent: 0,
        deepest: 50_002,
    },
    Shape {
        name: "usual-1000",
        tree: || &USUAL_SMALL,
        parent: 500,
        deepest: 502,
    },
    Shape {
        name: "chain-1000",
        tree: || &CHAIN,
        parent: 999,
        deepest: 999,
    },
];

pub fn group(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("shapes");
    for shape in &SHAPES {
        let id = |case| BenchmarkId::new(case, shape.name);
        group.bench_function(id("get"), |bencher| {
            let snapshot = (shape.tree)().snapshot();
            let order = scattered(snapshot.len(), 1, 0).into_iter();
            let uuids: Vec<Uuid> = order.map(uuid).collect();
            over(bencher, &uuids, 1, |&uuid| {
                let found = snapshot.get(uuid).expect("a provider");
                usize::from(found.generation().is_some())
            });
        });
        group.bench_function(id("add-and-remove-child"), |bencher| {
            let tree = ProviderTree::from((shape.tree)().snapshot());
            let child = |n| Child::new(uuid(shape.parent), uuid(n));
            let children: Vec<Child> = (0..10_000).map(child).collect();
            over(bencher, &children, 1, |child| {
                child.add_and_remove(&tree).expect("two edits")
            });
        });
        group.bench_function(id("first-child"), |bencher| {
            let snapshot = (shape.tree)().snapshot();
            over(bencher, &[uuid(0)], 1, |&parent| {
                let mut children = snapshot.children(parent).expect("a parent");
                usize::from(children.next().is_some())
            });
        });
        group.bench_function(id("ancestors"), |bencher| {
            let snapshot = (shape.tree)().snapshot();
            let deepest = uuid(shape.deepest);
            let expected = snapshot.depth(deepest).expect("a provider");
            over(bencher, &[deepest], expected, |&deepest| {
                snapshot.ancestors(deepest).expect("a provider").count()
            });
        });
    }
    for shape in &SHAPES {
        group.bench_function(BenchmarkId::new("walk", shape.name), |bencher| {
            let snapshot = (shape.tree)().snapshot();
            over(bencher, &[()], snapshot.len(), |()| snapshot.iter().count());
        });
    }
}
