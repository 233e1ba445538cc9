//! The forests that the groups share. Each is built when a selected benchmark first uses it.

use std::sync::LazyLock;
use std::time::Instant;

use criterion::Bencher;
use provider_tree::{EpochCell, ProviderRecord, ProviderTree};
use uuid::Uuid;

use crate::bare::Bare;
use crate::order::scattered;
use crate::{ageing, forest, shapes_of};

pub const SIZES: [usize; 3] = [1_000, 100_000, 1_000_000];

/// An aged forest of one size, and the keys to look up.
pub struct Fixture {
    pub tree: ProviderTree,
    /// The same forest in the other cell.
    pub epoch: ProviderTree<EpochCell>,
    pub bare: Bare,
    /// All UUIDs, shuffled.
    pub order: Vec<usize>,
    /// Of those in `order`.
    pub uuids: Vec<Uuid>,
    /// Of those in `order`.
    pub names: Vec<String>,
    pub missing: Vec<Uuid>,
    pub roots: Vec<usize>,
    pub leaves: Vec<Uuid>,
}

impl Fixture {
    fn new(size: usize) -> Self {
        let tree = forest::tree(size);
        ageing::age(&tree, 0..size);
        let order = scattered(size, 1, 0);
        let leaves = scattered(size, forest::TREE, 2);
        Self {
            epoch: ProviderTree::from_snapshot(tree.snapshot()),
            bare: Bare::aged(size),
            uuids: order.iter().copied().map(forest::uuid).collect(),
            names: order.iter().copied().map(forest::name).collect(),
            missing: order.iter().map(|n| forest::uuid(size + n)).collect(),
            roots: scattered(size, forest::TREE, 0),
            leaves: leaves.into_iter().map(forest::uuid).collect(),
            order,
            tree,
        }
    }

    /// The forest of a size.
    pub fn of(size: usize) -> &'static Self {
        static ALL: [LazyLock<Fixture>; 3] = [
            LazyLock::new(|| Fixture::new(SIZES[0])),
            LazyLock::new(|| Fixture::new(SIZES[1])),
            LazyLock::new(|| Fixture::new(SIZES[2])),
        ];
        let at = SIZES.iter().position(|&one| one == size);
        &ALL[at.expect("one of the sizes")]
    }

    /// A fork, to leave the forest itself unchanged.
    pub fn fork(&self) -> ProviderTree {
        ProviderTree::from(self.tree.snapshot())
    }
}

/// A root with 100,000 children.
pub static WIDE: LazyLock<ProviderTree> = LazyLock::new(|| shapes_of::wide(100_000));

/// A chain of a thousand levels.
pub static CHAIN: LazyLock<ProviderTree> = LazyLock::new(|| shapes_of::chain(1_000));

/// Trees of ten, with as many providers as the wide forest.
pub static USUAL_LARGE: LazyLock<ProviderTree> = LazyLock::new(|| shapes_of::usual(100_000));

/// Trees of ten, with as many providers as the chain.
pub static USUAL_SMALL: LazyLock<ProviderTree> = LazyLock::new(|| shapes_of::usual(1_000));

/// Records of a hundred thousand providers.
pub static RECORDS: LazyLock<Vec<ProviderRecord>> =
    LazyLock::new(|| (0..100_000).map(forest::record).collect());

/// Times one step per key, cycling through the keys; each step must find `expected`
/// providers.
pub fn over<K>(
    bencher: &mut Bencher<'_>,
    keys: &[K],
    expected: usize,
    mut step: impl FnMut(&K) -> usize,
) {
    bencher.iter_custom(|iterations| {
        let keys = keys.iter().cycle().take(iterations as usize);
        let started = Instant::now();
        let found: usize = keys.map(&mut step).sum();
        let elapsed = started.elapsed();
        assert_eq!(found as u64, iterations * expected as u64);
        elapsed
    });
}
