//! Shared by the models: a tree on any cell, and the three ways to read it.

use std::any::TypeId;

use loom::sync::Arc;
use provider_tree::{EpochCell, NewProvider, ProviderTree, Reader, Snapshot, SnapshotCell};
use uuid::Uuid;

pub type Tree<C> = Arc<ProviderTree<C>>;

pub const A: Uuid = Uuid::from_u128(0xa);
pub const B: Uuid = Uuid::from_u128(0xb);

/// The default bound on preemptions.
pub const PREEMPTIONS: usize = 3;

/// The bound for three threads: one more, so that each can be preempted; but two on the epoch
/// cell, whose collector multiplies the executions.
pub fn preemptions_of_three_threads<C: 'static>() -> usize {
    if is::<C, EpochCell>() {
        2
    } else {
        PREEMPTIONS + 1
    }
}

/// The bound for models of reclamation: two on the epoch cell, where three take many minutes.
pub fn preemptions_of_reclamation<C: 'static>() -> usize {
    if is::<C, EpochCell>() { 2 } else { PREEMPTIONS }
}

/// Whether two cell types are the same.
pub fn is<C: 'static, D: 'static>() -> bool {
    TypeId::of::<C>() == TypeId::of::<D>()
}

pub fn empty<C: SnapshotCell>() -> Tree<C> {
    Arc::new(ProviderTree::from_snapshot(Snapshot::default()))
}

/// A tree at version 1, with one root `host` at generation 1.
pub fn with_host<C: SnapshotCell>() -> Tree<C> {
    let tree = empty();
    tree.new_root(NewProvider::new("host").uuid(A).generation(1))
        .unwrap();
    tree
}

#[derive(Clone, Copy, Debug)]
pub enum Way {
    Snapshot,
    InPlace,
    Reader,
}

/// One thread's access to the tree, by one of the three ways to read.
pub struct View<C: SnapshotCell> {
    tree: Tree<C>,
    reader: Option<Reader<C>>,
}

impl<C: SnapshotCell> View<C> {
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

/// Runs models on both cells, and on the planted cell without a bug to show that the bugs are
/// all that is wrong with it.
macro_rules! on_both_cells {
    ($($model:ident)*) => {
        $(mod $model {
            #[test]
            fn on_the_twin_of_arc_swap() {
                super::$model::<provider_tree::ArcSwapCell>();
            }

            #[test]
            fn on_epoch() {
                super::$model::<provider_tree::EpochCell>();
            }

            #[test]
            fn on_the_planted_cell_without_a_bug() {
                super::$model::<loom_tests::Planted<loom_tests::NoBug>>();
            }
        })*
    };
}

/// Like [`on_both_cells`], by each of the three ways to read.
macro_rules! on_both_cells_by_each_way {
    ($($model:ident)*) => {
        $(mod $model {
            use super::$model as model;
            use crate::common::{Way, on_both_cells};

            fn by_snapshot<C: provider_tree::SnapshotCell>() {
                model::<C>(Way::Snapshot);
            }

            fn in_place<C: provider_tree::SnapshotCell>() {
                model::<C>(Way::InPlace);
            }

            fn by_reader<C: provider_tree::SnapshotCell>() {
                model::<C>(Way::Reader);
            }

            on_both_cells! {
                by_snapshot
                in_place
                by_reader
            }
        })*
    };
}

/// A model must fail on a cell with a planted bug, for the right reason.
macro_rules! catches {
    ($($name:ident: $model:ident($($way:ident)?) on $bug:ident, saying $message:literal;)*) => {
        $(#[test]
        #[should_panic(expected = $message)]
        fn $name() {
            $model::<loom_tests::Planted<loom_tests::$bug>>($(crate::common::Way::$way)?);
        })*
    };
}

/// Like [`catches`], by each of the three ways to read.
macro_rules! catches_by_each_way {
    ($($name:ident: $model:ident on $bug:ident, saying $message:literal;)*) => {
        $(mod $name {
            use super::$model;
            use crate::common::catches;

            catches! {
                by_snapshot: $model(Snapshot) on $bug, saying $message;
                in_place: $model(InPlace) on $bug, saying $message;
                by_reader: $model(Reader) on $bug, saying $message;
            }
        })*
    };
}

pub(crate) use {catches, catches_by_each_way, on_both_cells, on_both_cells_by_each_way};
