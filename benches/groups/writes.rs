//! Commits: of one edit, of many, of whole forests, and with readers that hold snapshots. All
//! run on forks of a forest that is kept, so each starts from the same state. None of that
//! forest is freed: from the second round on, updates free only what they created.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::Duration;

use criterion::{BatchSize, BenchmarkId, Criterion, SamplingMode, Throughput};
use provider_tree::ProviderTree;
use uuid::Uuid;

use crate::edits::{Child, inventory, update_all};
use crate::fixture::{Fixture, RECORDS, SIZES, WIDE, over};
use crate::forest::uuid;

pub fn group(criterion: &mut Criterion) {
    for size in SIZES {
        small(criterion, size);
    }
    transactions(criterion);
    large(criterion);
    with_readers(criterion);
}

fn small(criterion: &mut Criterion, size: usize) {
    let mut group = criterion.benchmark_group("writes");
    let id = |case, implementation| BenchmarkId::new(format!("{case}-{size}"), implementation);
    group.bench_function(id("update-inventory", "provider-tree"), |bencher| {
        let all = Fixture::of(size);
        let tree = all.fork();
        let mut total = 0;
        over(bencher, &all.uuids, 1, |&uuid| {
            total += 1;
            let committed = tree.update_inventory(uuid, inventory(total), None);
            usize::from(committed.expect("an edit").value)
        });
    });
    group.bench_function(id("update-inventory", "imbl"), |bencher| {
        let all = Fixture::of(size);
        let mut bare = all.bare.clone();
        let keys: Vec<_> = all.order.iter().map(|&n| (n, uuid(n))).collect();
        let mut total = 0;
        over(bencher, &keys, 1, |&(n, uuid)| {
            total += 1;
            usize::from(bare.update(n, uuid, inventory(total)))
        });
    });
    group.bench_function(id("add-and-remove-child", "provider-tree"), |bencher| {
        let all = Fixture::of(size);
        let tree = all.fork();
        let children: Vec<Child> = all
            .uuids
            .iter()
            .map(|&uuid| Child::new(uuid, uuid))
            .collect();
        over(bencher, &children, 1, |child| {
            child.add_and_remove(&tree).expect("two edits")
        });
    });
}

fn transactions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("writes");
    for size in SIZES {
        for edits in [2, 1_000] {
            group.throughput(Throughput::Elements(edits as u64));
            let id = BenchmarkId::new(format!("transaction-of-{edits}-{size}"), "provider-tree");
            group.bench_function(id, |bencher| {
                let all = Fixture::of(size);
                let tree = all.fork();
                let chunks: Vec<&[Uuid]> = all.uuids.chunks(edits).collect();
                let before = tree.version();
                let mut total = 0;
                over(bencher, &chunks, 1, |chunk| {
                    total += 1;
                    let committed = update_all(&tree, chunk, total).expect("edits");
                    usize::from(committed.version == before + u64::from(total))
                });
            });
        }
    }
}

fn large(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("writes");
    group
        .sample_size(10)
        .sampling_mode(SamplingMode::Flat)
        .throughput(Throughput::Elements(100_000));
    group.bench_function("populate-100000/provider-tree", |bencher| {
        let records = &*RECORDS;
        bencher.iter_batched(
            ProviderTree::new,
            |tree| {
                tree.populate(records).expect("a valid forest");
                assert_eq!(tree.len(), records.len());
                tree
            },
            BatchSize::PerIteration,
        );
    });
    group.bench_function("remove-subtree-100000/provider-tree", |bencher| {
        let root = uuid(0);
        bencher.iter_batched(
            || ProviderTree::from(WIDE.snapshot()),
            |tree| {
                assert_eq!(tree.remove(root).expect("a root").value, 100_001);
                tree
            },
            BatchSize::PerIteration,
        );
    });
}

/// Commits while each of several threads holds one version after another for a while.
fn with_readers(criterion: &mut Criterion) {
    const HELD: Duration = Duration::from_millis(1);
    let mut group = criterion.benchmark_group("writes");
    for readers in [0, 1, 8] {
        let id = BenchmarkId::new(
            format!("commit-with-{readers}-readers-100000"),
            "provider-tree",
        );
        group.bench_function(id, |bencher| {
            let all = Fixture::of(100_000);
            let tree = all.fork();
            let done = AtomicBool::new(false);
            thread::scope(|scope| {
                for _ in 0..readers {
                    scope.spawn(|| {
                        while !done.load(Relaxed) {
                            let held = tree.snapshot();
                            thread::sleep(HELD);
                            assert_eq!(held.len(), 100_000);
                        }
                    });
                }
                let mut total = 0;
                over(bencher, &all.uuids, 1, |&uuid| {
                    total += 1;
                    let committed = tree.update_inventory(uuid, inventory(total), None);
                    usize::from(committed.expect("an edit").value)
                });
                done.store(true, Relaxed);
            });
        });
    }
}
