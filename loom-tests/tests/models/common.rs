//! What the models share: a tree in any cell, and the three ways to read it.

use std::any::TypeId;

use loom::sync::Arc;
use provider_tree::{EpochCell, ProviderTree, Reader, Snapshot, SnapshotCell};
use uuid::Uuid;

pub type Tree<C> = Arc<ProviderTree<C>>;

pub const A: Uuid = Uuid::from_u128(0xa);
pub const B: Uuid = Uuid::from_u128(0xb);

/// How many preemptions every model allows for.
pub const PREEMPTIONS: usize = 3;

/// How many a model with three threads allows for: one more, that each of them
/// can be stopped; but two on the epoch cell, whose collector multiplies the
/// executions.
pub fn preemptions_of_three_threads<C: 'static>() -> usize {
    if TypeId::of::<C>() == TypeId::of::<EpochCell>() {
        2
    } else {
        PREEMPTIONS + 1
    }
}

pub fn empty<C: SnapshotCell>() -> Tree<C> {
    Arc::new(ProviderTree::from_snapshot(Snapshot::default()))
}

/// A tree at version 1, with one root `host` at generation 1.
pub fn with_host<C: SnapshotCell>() -> Tree<C> {
    let tree = empty();
    tree.new_root("host", A, 1).unwrap();
    tree
}

#[derive(Clone, Copy, Debug)]
pub enum Way {
    Snapshot,
    InPlace,
    Reader,
}

pub const WAYS: [Way; 3] = [Way::Snapshot, Way::InPlace, Way::Reader];

/// One thread's means to read by one of the three ways.
pub struct Eyes<C: SnapshotCell> {
    tree: Tree<C>,
    reader: Option<Reader<C>>,
}

impl<C: SnapshotCell> Eyes<C> {
    pub fn new(tree: &Tree<C>, way: Way) -> Self {
        Self {
            tree: Arc::clone(tree),
            reader: matches!(way, Way::Reader).then(|| tree.reader()),
        }
    }

    pub fn see<R>(&mut self, way: Way, look: impl FnOnce(&Snapshot) -> R) -> R {
        match (way, &mut self.reader) {
            (Way::Reader, Some(reader)) => look(reader.load()),
            (Way::InPlace, _) => self.tree.read(look),
            _ => look(&self.tree.snapshot()),
        }
    }
}

/// The name of a cell's type, without its path.
pub fn cell_name<C>() -> String {
    let name = std::any::type_name::<C>();
    name.replace("provider_tree::cell::", "")
        .replace("loom_tests::planted::", "")
        .replace("arc_swap::", "twin of ")
        .replace("epoch::", "")
}

/// Runs a model on both cells.
macro_rules! on_both_cells {
    ($($name:ident)*) => {
        $(mod $name {
            #[test]
            fn on_the_twin_of_arc_swap() {
                super::$name::<provider_tree::ArcSwapCell>();
            }

            #[test]
            fn on_epoch() {
                super::$name::<provider_tree::EpochCell>();
            }

            /// The cell that the bugs are planted in is right without them.
            #[test]
            fn on_the_planted_cell_without_a_bug() {
                super::$name::<loom_tests::Planted<loom_tests::NoBug>>();
            }
        })*
    };
}

/// A model must fail on a cell with a planted bug, and for the right reason.
macro_rules! catches {
    ($($name:ident: $model:ident on $bug:ident, saying $message:literal;)*) => {
        $(#[test]
        #[should_panic(expected = $message)]
        fn $name() {
            $model::<loom_tests::Planted<loom_tests::$bug>>();
        })*
    };
}

pub(crate) use {catches, on_both_cells};
