//! The keys that threads look up, in random order, prepared before anything is measured.
//!
//! Threads go through one shuffled list from different offsets: the order is random for the
//! forest, while the processor prefetches the list.

use std::ops::Range;

use provider_tree::ProviderRecord;
use uuid::Uuid;

use crate::ageing;
use crate::forest::{TREE, name, parent, uuid};
use crate::order::Random;

/// From this number on, no forest has such a provider.
const ABSENT: usize = 10_000_000;

/// How many children and how many trees to add.
const ADDED: usize = 1_000;

/// The UUIDs and names of some whole trees of ten.
pub struct Keys {
    /// All providers, shuffled.
    pub providers: Vec<Uuid>,
    /// Their names, in the same order.
    pub names: Vec<String>,
    /// The same number of unknown UUIDs.
    pub missing: Vec<Uuid>,
    /// All roots, shuffled.
    pub roots: Vec<Uuid>,
    /// Two providers of each tree, shuffled.
    pub pairs: Vec<(Uuid, Uuid)>,
}

impl Keys {
    /// Of the providers with these numbers.
    pub fn new(numbers: Range<usize>) -> Self {
        let mut random = Random::new(numbers.len() as u64);
        let mut order: Vec<usize> = numbers.clone().collect();
        random.shuffle(&mut order);
        let roots = numbers.step_by(TREE);
        let mut pairs: Vec<_> = (roots.clone())
            .map(|root| {
                let from = random.below(TREE);
                let to = (from + 1 + random.below(TREE - 1)) % TREE;
                (uuid(root + from), uuid(root + to))
            })
            .collect();
        let mut roots: Vec<_> = roots.map(uuid).collect();
        random.shuffle(&mut roots);
        random.shuffle(&mut pairs);
        Self {
            providers: order.iter().copied().map(uuid).collect(),
            names: order.iter().copied().map(name).collect(),
            missing: order.iter().map(|n| uuid(ABSENT + n)).collect(),
            roots,
            pairs,
        }
    }
}

/// Providers to add, remove and move, in random order. Together they enlarge the forest by a
/// tenth at most.
pub struct Changes {
    /// Providers without content, each below another provider.
    pub children: Vec<ProviderRecord>,
    /// Trees of ten.
    pub trees: Vec<Vec<ProviderRecord>>,
    /// Leaves, with their parents and the root of another tree each.
    pub moves: Vec<(Uuid, Uuid, Uuid)>,
}

impl Changes {
    /// For a forest of the providers below this number.
    pub fn new(providers: usize) -> Self {
        let mut random = Random::new(providers as u64);
        let mut trees: Vec<usize> = (0..providers / TREE).collect();
        random.shuffle(&mut trees);
        let count = ADDED.min(providers / 10);
        let child = |n| {
            let mut child = ProviderRecord::new(uuid(ABSENT + n), format!("child {n}"));
            child.parent_uuid = Some(uuid(random.below(providers)));
            child.generation = Some(0);
            child
        };
        let children = (0..count).map(child).collect();
        let tree = |n| ageing::records(ABSENT + n * TREE);
        let moved = |(at, tree): (usize, &usize)| {
            let leaf = tree * TREE + 2;
            let home = parent(leaf).expect("a leaf");
            let other = trees[(at + 1) % trees.len()] * TREE;
            (uuid(leaf), uuid(home), uuid(other))
        };
        Self {
            children,
            trees: (0..count.div_ceil(TREE)).map(tree).collect(),
            moves: trees.iter().enumerate().take(ADDED).map(moved).collect(),
        }
    }
}

/// A position in a list that is read cyclically.
pub struct Cursor<'list, T> {
    list: &'list [T],
    at: usize,
    /// How often it wrapped around.
    pub rounds: usize,
}

impl<'list, T> Cursor<'list, T> {
    /// Starts at the offset of thread `thread` of `threads`.
    pub fn new(list: &'list [T], thread: usize, threads: usize) -> Self {
        Self {
            list,
            at: list.len() * thread / threads,
            rounds: 0,
        }
    }

    /// The next item.
    pub fn next(&mut self) -> &'list T {
        if self.at == self.list.len() {
            self.at = 0;
            self.rounds += 1;
        }
        self.at += 1;
        &self.list[self.at - 1]
    }
}
