//! Walks through one tree, through the whole forest, and up to a root.

use criterion::{BenchmarkId, Criterion, Throughput};
use provider_tree::Provider;

use crate::bare::{Record, has_generation, key};
use crate::fixture::{Fixture, SIZES, over};
use crate::forest::{TREE, uuid};

pub fn group(criterion: &mut Criterion) {
    for size in SIZES {
        one_tree(criterion, size);
        whole_forest(criterion, size);
    }
}

fn seen<'a>(providers: impl Iterator<Item = &'a Provider>) -> usize {
    providers.filter(|one| one.generation().is_some()).count()
}

fn bare_seen<'a>(records: impl Iterator<Item = &'a Record>) -> usize {
    records.filter(|one| has_generation(one)).count()
}

fn one_tree(criterion: &mut Criterion, size: usize) {
    let mut group = criterion.benchmark_group("walks");
    let id = |case, implementation| BenchmarkId::new(format!("{case}-{size}"), implementation);
    group.bench_function(id("tree-from-root", "snapshot-kept"), |bencher| {
        let all = Fixture::of(size);
        let snapshot = all.tree.snapshot();
        let roots: Vec<_> = all.roots.iter().copied().map(uuid).collect();
        over(bencher, &roots, TREE, |&root| {
            seen(snapshot.tree_of(root).expect("a root"))
        });
    });
    group.bench_function(id("tree-from-root", "imbl"), |bencher| {
        let all = Fixture::of(size);
        let roots: Vec<_> = all.roots.iter().map(|&n| (n, uuid(n))).collect();
        over(bencher, &roots, TREE, |(n, root)| {
            assert!(all.bare.has(root));
            let tree = all.bare.0.outline.range(key(*n)..key(n + TREE));
            bare_seen(tree.map(|(_, one)| one))
        });
    });
    group.bench_function(id("tree-from-leaf", "snapshot-kept"), |bencher| {
        let all = Fixture::of(size);
        let snapshot = all.tree.snapshot();
        over(bencher, &all.leaves, TREE, |&leaf| {
            seen(snapshot.tree_of(leaf).expect("a leaf"))
        });
    });
    group.bench_function(id("tree-from-leaf", "reader"), |bencher| {
        let all = Fixture::of(size);
        let mut reader = all.tree.reader();
        over(bencher, &all.leaves, TREE, |&leaf| {
            seen(reader.load().tree_of(leaf).expect("a leaf"))
        });
    });
    group.bench_function(id("ancestors", "snapshot-kept"), |bencher| {
        let all = Fixture::of(size);
        let snapshot = all.tree.snapshot();
        over(bencher, &all.leaves, 2, |&leaf| {
            seen(snapshot.ancestors(leaf).expect("a leaf"))
        });
    });
}

fn whole_forest(criterion: &mut Criterion, size: usize) {
    let mut group = criterion.benchmark_group("walks");
    group.throughput(Throughput::Elements(size as u64));
    let id = |implementation| BenchmarkId::new(format!("forest-{size}"), implementation);
    group.bench_function(id("snapshot-kept"), |bencher| {
        let snapshot = Fixture::of(size).tree.snapshot();
        over(bencher, &[()], size, |()| seen(snapshot.iter()));
    });
    group.bench_function(id("imbl"), |bencher| {
        let bare = &Fixture::of(size).bare;
        over(bencher, &[()], size, |()| {
            bare_seen(bare.0.outline.values())
        });
    });
}
