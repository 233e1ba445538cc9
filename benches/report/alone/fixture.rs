//! An aged forest of one size and the keys to look up, prepared before anything is timed.

use std::time::{Duration, Instant};

use provider_tree::ProviderTree;
use uuid::Uuid;

use crate::bare::Bare;
use crate::counting::bytes_of;
use crate::order::scattered;
use crate::{ageing, forest};

pub struct Fixture {
    pub size: usize,
    pub tree: ProviderTree,
    /// The same providers without the library.
    pub bare: Bare,
    /// All UUIDs, shuffled.
    pub order: Vec<(usize, Uuid)>,
    pub uuids: Vec<Uuid>,
    /// Bytes per provider including all indices: before the forest was aged, and after.
    pub bytes: [f64; 2],
}

impl Fixture {
    pub fn new(size: usize) -> Self {
        let (tree, fresh) = bytes_of(|| forest::tree(size));
        let ((), more) = bytes_of(|| ageing::age(&tree, 0..size));
        assert_eq!(tree.len(), size);
        let bytes = [fresh, fresh + more].map(|bytes| bytes as f64 / size as f64);
        let bare = Bare::aged(size);
        let order = scattered(size, 1, 0).into_iter();
        let order: Vec<_> = order.map(|n| (n, forest::uuid(n))).collect();
        Self {
            size,
            tree,
            bare,
            uuids: order.iter().map(|&(_, uuid)| uuid).collect(),
            order,
            bytes,
        }
    }

    /// The `at`-th provider of each tree, shuffled.
    pub fn of_each_tree(&self, at: usize) -> Vec<Uuid> {
        let numbers = scattered(self.size, forest::TREE, at).into_iter();
        numbers.map(forest::uuid).collect()
    }
}

/// One step per key, cycling through the keys; each step must find `expected` providers.
pub fn over<K>(
    keys: &[K],
    expected: usize,
    mut step: impl FnMut(&K) -> usize,
) -> impl FnMut(usize) -> Duration {
    let mut at = 0;
    move |count| {
        let (mut left, mut found) = (count, 0);
        let started = Instant::now();
        while left > 0 {
            let run = &keys[at..keys.len().min(at + left)];
            found += run.iter().map(&mut step).sum::<usize>();
            left -= run.len();
            at = (at + run.len()) % keys.len();
        }
        let elapsed = started.elapsed();
        assert_eq!(found, count * expected);
        elapsed
    }
}
