//! A forest and the arguments of all operations, prepared before anything is counted.

use provider_tree::{EpochCell, ProviderTree, Reader, Snapshot};
use uuid::Uuid;

use crate::bare::Bare;
use crate::edits::{self, Child};
use crate::{OPERATIONS, forest, order};

/// A forest and the arguments.
pub struct Prepared {
    pub tree: ProviderTree,
    pub bare: Bare,
    pub reader: Reader,
    pub epoch_reader: Reader<EpochCell>,
    pub snapshot: Snapshot,
    /// A version ten changes later.
    pub newer: Snapshot,
    pub order: Vec<usize>,
    pub uuids: Vec<Uuid>,
    pub names: Vec<String>,
    pub missing: Vec<Uuid>,
    pub leaves: Vec<Uuid>,
    pub roots: Vec<Uuid>,
    pub children: Vec<Child>,
}

/// A forest of this size.
pub fn forest_of(size: usize) -> Prepared {
    let tree = forest::tree(size);
    let snapshot = tree.snapshot();
    let order = order::scattered(size, 1, 0);
    let uuids: Vec<Uuid> = order.iter().copied().map(forest::uuid).collect();
    let changed = ProviderTree::from(snapshot.clone());
    edits::touch(&changed, &uuids[..10]).expect("ten edits");
    let of_trees = |at| order::scattered(size, forest::TREE, at).into_iter();
    let some = |all: Vec<usize>| all.into_iter().take(OPERATIONS);
    Prepared {
        reader: tree.reader(),
        epoch_reader: ProviderTree::from_snapshot(snapshot.clone()).reader(),
        newer: changed.snapshot(),
        bare: Bare::new(size),
        names: some(order.clone()).map(forest::name).collect(),
        missing: (size..size + OPERATIONS).map(forest::uuid).collect(),
        leaves: of_trees(2).map(forest::uuid).take(OPERATIONS).collect(),
        roots: of_trees(0).map(forest::uuid).take(OPERATIONS).collect(),
        children: uuids.iter().map(|&uuid| Child::new(uuid, uuid)).collect(),
        order,
        uuids,
        snapshot,
        tree,
    }
}
