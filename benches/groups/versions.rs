//! Versions: taking, forking and comparing them.

use std::hint::black_box;
use std::sync::Arc;

use arc_swap::ArcSwap;
use criterion::{BatchSize, BenchmarkId, Criterion};
use provider_tree::ProviderTree;

use crate::edits::touch;
use crate::fixture::{Fixture, SIZES};

pub fn group(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("versions");
    for size in SIZES {
        let id = |case, implementation| BenchmarkId::new(format!("{case}-{size}"), implementation);
        group.bench_function(id("snapshot", "provider-tree"), |bencher| {
            let tree = &Fixture::of(size).tree;
            bencher.iter(|| tree.snapshot());
            assert_eq!(tree.snapshot().len(), size);
        });
        group.bench_function(id("snapshot", "provider-tree-epoch"), |bencher| {
            let tree = &Fixture::of(size).epoch;
            bencher.iter(|| tree.snapshot());
            assert_eq!(tree.snapshot().len(), size);
        });
        group.bench_function(id("snapshot", "arc-swap"), |bencher| {
            let swap = ArcSwap::from_pointee(size);
            bencher.iter(|| Arc::clone(&swap.load()));
            assert_eq!(Arc::strong_count(&swap.load_full()), 2);
        });
        group.bench_function(id("fork", "provider-tree"), |bencher| {
            let snapshot = Fixture::of(size).tree.snapshot();
            bencher.iter_batched(
                || snapshot.clone(),
                ProviderTree::from,
                // Small batches: large ones would measure how the system hands out memory.
                BatchSize::NumIterations(64),
            );
        });
        group.bench_function(id("diff-of-10", "provider-tree"), |bencher| {
            let all = Fixture::of(size);
            let older = all.tree.snapshot();
            let tree = all.fork();
            touch(&tree, &all.uuids[..10]).expect("ten edits");
            let newer = tree.snapshot();
            bencher.iter(|| black_box(&newer).diff(black_box(&older)));
            assert_eq!(newer.diff(&older).len(), 10);
        });
    }
}
