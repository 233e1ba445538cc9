//! Counts the instructions of hot operations, a hundred of each. The counts do not depend on
//! the machine's load. They do depend on the seed of the maps' hashers, which differs in each
//! forest: look-ups vary by up to 4 % between runs, everything else by less than 2 %.
//!
//! It needs valgrind, and gungraun's runner of the same version as the library:
//! `cargo install gungraun-runner --version 0.20.0`, then
//!
//! ```text
//! cargo bench --bench instructions                                 # against the last run
//! cargo bench --bench instructions -- --save-baseline=before
//! cargo bench --bench instructions -- --baseline=before            # against that baseline
//! cargo bench --bench instructions -- --callgrind-limits='ir=2%'   # a tighter limit
//! ```
//!
//! The operations named `imbl` are the baseline: its maps without the library. An increase
//! beyond the limit is an error. Building and freeing the forests is not counted, and they are
//! fresh, since ageing hardly changes a count. Times are another matter: a look-up in a large
//! forest mostly waits for memory.

// gungraun's macros turn every benchmark into a public module.
#![allow(missing_docs)]

#[path = "common/bare.rs"]
mod bare;
#[path = "common/edits.rs"]
mod edits;
#[path = "common/forest.rs"]
mod forest;
#[path = "common/order.rs"]
mod order;
#[path = "instructions/prepared.rs"]
mod prepared;

use std::hint::black_box;

use bare::has_generation;
use gungraun::{
    Callgrind, EventKind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};
use prepared::{Prepared, forest_of};
use provider_tree::{Provider, ProviderTree};

/// The largest increase of a count, in per cent.
const LIMIT: f64 = 5.0;

/// How many operations are counted together, to average out the seed.
const OPERATIONS: usize = 100;

fn seen<'a>(providers: impl IntoIterator<Item = &'a Provider>) -> usize {
    let providers = providers.into_iter();
    providers.filter(|one| one.generation().is_some()).count()
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
#[bench::at_100000(100_000)]
fn reader_get(mut all: Prepared) -> Prepared {
    let found = each(&all.uuids, |&uuid| seen(all.reader.load().get(uuid)));
    assert_eq!(found, OPERATIONS);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
#[bench::at_100000(100_000)]
fn imbl_get(all: Prepared) -> Prepared {
    let found = each(&all.uuids, |uuid| usize::from(all.bare.has(uuid)));
    assert_eq!(found, OPERATIONS);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn reader_of_epoch_cell_get(mut all: Prepared) -> Prepared {
    let found = each(&all.uuids, |&uuid| seen(all.epoch_reader.load().get(uuid)));
    assert_eq!(found, OPERATIONS);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn read_get(all: Prepared) -> Prepared {
    let found = each(&all.uuids, |&uuid| {
        all.tree.read(|snapshot| seen(snapshot.get(uuid)))
    });
    assert_eq!(found, OPERATIONS);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
#[bench::at_100000(100_000)]
fn reader_find_by_name(mut all: Prepared) -> Prepared {
    let found = each(&all.names, |name| seen(all.reader.load().find(name)));
    assert_eq!(found, OPERATIONS);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn reader_miss(mut all: Prepared) -> Prepared {
    assert_eq!(
        each(&all.missing, |&uuid| seen(all.reader.load().get(uuid))),
        0
    );
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
#[bench::at_100000(100_000)]
fn tree_from_root(all: Prepared) -> Prepared {
    let found = each(&all.roots, |&root| {
        seen(all.snapshot.tree_of(root).expect("a root"))
    });
    assert_eq!(found, all.roots.len() * forest::TREE);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn tree_from_leaf(all: Prepared) -> Prepared {
    let found = each(&all.leaves, |&leaf| {
        seen(all.snapshot.tree_of(leaf).expect("a leaf"))
    });
    assert_eq!(found, all.leaves.len() * forest::TREE);
    all
}

// One, not a hundred.
#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn whole_forest(all: Prepared) -> Prepared {
    assert_eq!(seen(all.snapshot.iter()), 1_000);
    all
}

// One, not a hundred.
#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn imbl_whole_forest(all: Prepared) -> Prepared {
    let all_of_them = all.bare.0.outline.values();
    assert_eq!(all_of_them.filter(|one| has_generation(one)).count(), 1_000);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn ancestors(all: Prepared) -> Prepared {
    let found = each(&all.leaves, |&leaf| {
        seen(all.snapshot.ancestors(leaf).expect("a leaf"))
    });
    assert_eq!(found, all.leaves.len() * 2);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn snapshot(all: Prepared) -> Prepared {
    for _ in 0..OPERATIONS {
        drop(black_box(all.tree.snapshot()));
    }
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn fork(all: Prepared) -> Prepared {
    for _ in 0..OPERATIONS {
        drop(black_box(ProviderTree::from(all.snapshot.clone())));
    }
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
#[bench::at_100000(100_000)]
fn update_inventory(all: Prepared) -> Prepared {
    let changed = each(&all.uuids, |&uuid| {
        let committed = all.tree.update_inventory(uuid, edits::inventory(1), None);
        usize::from(committed.expect("an edit").value)
    });
    assert_eq!(changed, OPERATIONS);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
#[bench::at_100000(100_000)]
fn imbl_update(mut all: Prepared) -> Prepared {
    for (&n, &uuid) in all.order.iter().zip(&all.uuids).take(OPERATIONS) {
        assert!(all.bare.update(n, uuid, edits::inventory(1)));
    }
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
fn add_and_remove_child(all: Prepared) -> Prepared {
    let removed = each(&all.children, |child| {
        child.add_and_remove(&all.tree).expect("two edits")
    });
    assert_eq!(removed, OPERATIONS);
    all
}

// One, not a hundred.
#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
#[bench::at_100000(100_000)]
fn transaction_of_1000(all: Prepared) -> Prepared {
    edits::update_all(&all.tree, &all.uuids[..1_000], 1).expect("edits");
    assert_eq!(all.tree.version(), 2);
    all
}

#[library_benchmark(setup = forest_of)]
#[bench::at_1000(1_000)]
#[bench::at_100000(100_000)]
fn diff_of_10(all: Prepared) -> Prepared {
    for _ in 0..OPERATIONS {
        assert_eq!(black_box(&all.newer).diff(&all.snapshot).len(), 10);
    }
    all
}

/// Runs an operation on a hundred keys, and adds up the results.
fn each<K>(keys: &[K], find: impl FnMut(&K) -> usize) -> usize {
    keys.iter().take(OPERATIONS).map(find).sum()
}

library_benchmark_group!(
    name = operations,
    benchmarks = [
        reader_get,
        imbl_get,
        reader_of_epoch_cell_get,
        read_get,
        reader_find_by_name,
        reader_miss,
        tree_from_root,
        tree_from_leaf,
        whole_forest,
        imbl_whole_forest,
        ancestors,
        snapshot,
        fork,
        update_inventory,
        imbl_update,
        add_and_remove_child,
        transaction_of_1000,
        diff_of_10,
    ]
);

main!(
    config = LibraryBenchmarkConfig::default()
        .tool(Callgrind::default().soft_limits([(EventKind::Ir, LIMIT)])),
    library_benchmark_groups = operations
);
