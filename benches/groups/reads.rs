//! Look-ups by UUID and by name, with every way to get a version.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion};
use provider_tree::{Forest, Provider, ProviderTree, SnapshotCell};

use crate::fixture::{Fixture, SIZES, over};

pub fn group(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("reads");
    for size in SIZES {
        let get = Case {
            size,
            name: "get",
            keys: |all| &all.uuids,
            expected: 1,
        };
        get.every_way(&mut group, |forest, uuid| seen(forest.get(*uuid)));
        get.imbl(&mut group);
        let find = Case {
            size,
            name: "find",
            keys: |all| &all.names,
            expected: 1,
        };
        find.every_way(&mut group, |forest, name| seen(forest.find(name)));
        let miss = Case {
            size,
            name: "miss",
            keys: |all| &all.missing,
            expected: 0,
        };
        miss.every_way(&mut group, |forest, uuid| seen(forest.get(*uuid)));
        miss.imbl(&mut group);
    }
}

/// Reads from the provider found, as a caller would.
fn seen(provider: Option<&Provider>) -> usize {
    usize::from(provider.is_some_and(|one| one.generation().is_some()))
}

struct Case<K: 'static> {
    name: &'static str,
    size: usize,
    keys: fn(&'static Fixture) -> &'static Vec<K>,
    expected: usize,
}

impl<K> Case<K> {
    fn every_way(
        &self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        look: impl Fn(&Forest, &K) -> usize + Copy,
    ) {
        self.on_cell(group, "", |all| &all.tree, look);
        self.on_cell(group, "-epoch", |all| &all.epoch, look);
        group.bench_function(self.id("snapshot-kept"), |bencher| {
            let all = Fixture::of(self.size);
            let snapshot = all.tree.snapshot();
            over(bencher, (self.keys)(all), self.expected, |key| {
                look(&snapshot, key)
            });
        });
    }

    fn on_cell<C: SnapshotCell>(
        &self,
        group: &mut BenchmarkGroup<'_, WallTime>,
        cell: &str,
        tree: fn(&'static Fixture) -> &'static ProviderTree<C>,
        look: impl Fn(&Forest, &K) -> usize + Copy,
    ) {
        let (of, keys, expected) = (|| Fixture::of(self.size), self.keys, self.expected);
        group.bench_function(self.id(&format!("reader{cell}")), |bencher| {
            let mut reader = tree(of()).reader();
            over(bencher, keys(of()), expected, |key| {
                look(reader.load(), key)
            });
        });
        group.bench_function(self.id(&format!("read{cell}")), |bencher| {
            let tree = tree(of());
            over(bencher, keys(of()), expected, |key| {
                tree.read(|snapshot| look(snapshot, key))
            });
        });
        group.bench_function(self.id(&format!("snapshot{cell}")), |bencher| {
            let tree = tree(of());
            over(bencher, keys(of()), expected, |key| {
                look(&tree.snapshot(), key)
            });
        });
    }

    fn id(&self, implementation: &str) -> BenchmarkId {
        BenchmarkId::new(format!("{}-{}", self.name, self.size), implementation)
    }
}

impl Case<uuid::Uuid> {
    fn imbl(&self, group: &mut BenchmarkGroup<'_, WallTime>) {
        group.bench_function(self.id("imbl"), |bencher| {
            let all = Fixture::of(self.size);
            over(bencher, (self.keys)(all), self.expected, |uuid| {
                usize::from(all.bare.has(uuid))
            });
        });
    }
}
