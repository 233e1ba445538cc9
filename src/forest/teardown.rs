//! A state that is taken apart, node by node: for reclamation alone.
//!
//! A version that is dropped whole frees in one go all that it alone has, which may be a
//! whole forest. A teardown keeps what is left to free on a list instead. It takes a node
//! out of its `Arc`: if that was the last reference, the nodes below join the list, else
//! others have them still. Of several that let go of a node at once exactly one gets it.
//!
//! Nodes are blocks of the outline, nodes and tables of the indices, and trees. A small tree
//! is one allocation and one node. One of more than 32 providers is one node, too: it goes
//! whole.

use std::sync::Arc;

use super::Forest;
use super::index::Slot;
use super::outline::{Block, Tree};

/// A state of the forest that is being taken apart, node by node.
pub(crate) struct Teardown {
    /// What is left. As the last goes first, there are few at a time.
    left: Vec<Part>,
}

enum Part {
    Slot(Slot),
    Block(Block),
    Tree(Tree),
}

impl Teardown {
    /// Nothing is freed yet. Cost: O(1).
    pub(crate) fn new(forest: Forest) -> Self {
        let indices = [forest.by_uuid, forest.by_name].map(|index| index.into_root());
        let mut left: Vec<_> = indices.into_iter().flatten().map(Part::Slot).collect();
        left.extend(forest.outline.into_root().map(Part::Block));
        Self { left }
    }

    /// Takes apart at most so many nodes; returns how many it took. A node that others
    /// share only loses a reference, and counts.
    pub(crate) fn step(&mut self, nodes: usize) -> usize {
        for taken in 0..nodes {
            match self.left.pop() {
                Some(part) => self.take(part),
                None => return taken,
            }
        }
        nodes
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    fn take(&mut self, part: Part) {
        match part {
            Part::Slot(Slot::Node(node)) => {
                let slots = Arc::into_inner(node).into_iter().flatten();
                self.left.extend(slots.map(Part::Slot));
            }
            Part::Block(Block::Inner(blocks)) => {
                let blocks = Arc::into_inner(blocks).into_iter().flatten().flatten();
                self.left.extend(blocks.map(Part::Block));
            }
            Part::Block(Block::Leaf(trees)) => {
                let trees = Arc::into_inner(trees).into_iter().flatten().flatten();
                self.left.extend(trees.map(Part::Tree));
            }
            // Nothing is below them.
            Part::Slot(Slot::Table(table)) => drop(table),
            Part::Tree(tree) => drop(tree),
        }
    }
}
