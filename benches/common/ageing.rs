//! Ageing: edits that turn a freshly populated forest into one that has been in use. A fresh
//! forest is laid out in memory in read order, which flatters every implementation, some more
//! than others.

use std::ops::Range;
use std::sync::Arc;

use provider_tree::{ProviderRecord, ProviderTree, SnapshotCell};
use uuid::Uuid;

use crate::bare::{Bare, key};
use crate::edits::inventory;
use crate::forest::{TREE, record, uuid};
use crate::order::Random;
use crate::vcpus::move_vcpu;

/// How many trees are removed at a time before they are added again.
const AT_A_TIME: usize = 16;

/// An edit of a forest, with providers by number.
pub enum Edit {
    /// Moves a VCPU from one provider of a tree to another.
    MoveVcpu(usize, usize),
    /// Removes the tree of a root.
    RemoveTree(usize),
    /// Adds the tree of a root.
    AddTree(usize),
}

/// Updates each tree twice in random order, and in between removes a fifth of all trees and
/// adds them again.
pub fn edits(numbers: Range<usize>) -> impl Iterator<Item = Edit> {
    let mut random = Random::new(2);
    let mut roots: Vec<usize> = numbers.step_by(TREE).collect();
    let mut edits = updates(&mut roots, &mut random);
    random.shuffle(&mut roots);
    for some in roots[..roots.len() / 5].chunks(AT_A_TIME) {
        edits.extend(some.iter().copied().map(Edit::RemoveTree));
        edits.extend(some.iter().copied().map(Edit::AddTree));
    }
    edits.extend(updates(&mut roots, &mut random));
    edits.into_iter()
}

/// One edit per tree.
fn updates(roots: &mut [usize], random: &mut Random) -> Vec<Edit> {
    random.shuffle(roots);
    let update = |&root: &usize| {
        let from = random.below(TREE);
        let to = (from + 1 + random.below(TREE - 1)) % TREE;
        Edit::MoveVcpu(root + from, root + to)
    };
    roots.iter().map(update).collect()
}

/// The records of a root's tree.
pub fn records(root: usize) -> Vec<ProviderRecord> {
    (root..root + TREE).map(record).collect()
}

/// Ages a forest of these providers.
pub fn age<C: SnapshotCell>(tree: &ProviderTree<C>, numbers: Range<usize>) {
    for edit in edits(numbers) {
        match edit {
            Edit::MoveVcpu(from, to) => {
                move_vcpu(tree, uuid(from), uuid(to));
            }
            Edit::RemoveTree(root) => {
                tree.remove(uuid(root)).expect("a root");
            }
            Edit::AddTree(root) => {
                tree.populate(records(root)).expect("a valid tree");
            }
        }
    }
    tree.collect();
}

impl Bare {
    /// Aged maps of this many providers.
    pub fn aged(providers: usize) -> Self {
        let mut bare = Self::new(providers);
        for edit in edits(0..providers) {
            match edit {
                Edit::MoveVcpu(from, to) => {
                    for n in [from, to] {
                        assert!(bare.update(n, uuid(n), inventory(64)));
                    }
                }
                Edit::RemoveTree(root) => {
                    for n in root..root + TREE {
                        assert!(bare.remove(n, uuid(n)));
                    }
                }
                Edit::AddTree(root) => {
                    for n in root..root + TREE {
                        assert!(!bare.update(n, uuid(n), inventory(64)));
                    }
                }
            }
        }
        bare
    }

    /// Removes a provider from both maps. Returns whether it existed.
    fn remove(&mut self, n: usize, uuid: Uuid) -> bool {
        let maps = Arc::make_mut(&mut self.0);
        maps.outline.remove(&key(n));
        maps.by_uuid.remove(&uuid).is_some()
    }
}
