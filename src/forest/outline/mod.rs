//! All trees by the ordinals of their roots, and so all providers top-down: a persistent
//! radix trie.
//!
//! ```text
//!   ordinal  ... │ 5 bits │ 4 bits
//!                    │        │
//!   root ────────► block ──► leaf ──► tree ──► up to 32 providers, sorted by path
//!   the smallest   32 ways   16 ways       └─► or maps of more
//!   block that has
//!   all ordinals
//! ```
//!
//! Ordinals only grow, so in time the first ones are no longer used. The root is the
//! smallest block that covers those in use: a look-up among a hundred trees passes two
//! blocks at most or, if they are on both sides of a boundary, three, however large their
//! ordinals are. No block is empty.
//!
//! Outlines of related states share nearly all their blocks, and only the rest is compared.

mod block;
mod diff;
mod large;
mod tree;

#[cfg(test)]
mod tests;

use self::block::{BITS, Cover, leaf_way, way};
pub(super) use self::block::{Block, Trees};
pub(super) use self::tree::{Rest, Tree};
use crate::provider::path::Path;
use crate::provider::provider::Provider;

/// The hash of a provider's name, by which a large tree finds it.
type NameHash<'a> = &'a dyn Fn(&Provider) -> u64;

/// The providers of all trees.
#[derive(Clone, Default)]
pub(super) struct Outline {
    root: Option<Block>,
    /// The ordinals that the root covers.
    cover: Cover,
    len: usize,
}

impl Outline {
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Everything, to be freed bit by bit.
    pub(super) fn into_root(self) -> Option<Block> {
        self.root
    }

    /// The tree whose root has that ordinal.
    #[inline]
    pub(super) fn tree(&self, ordinal: u32) -> Option<&Tree> {
        let root = self.root.as_ref().filter(|_| self.cover.has(ordinal))?;
        root.tree(ordinal, self.cover.shift)
    }

    /// The provider at a position of a small tree. If no tree has that ordinal, it may be
    /// one of another tree: the caller must check.
    #[inline]
    pub(super) fn near(&self, ordinal: u32, position: usize) -> Option<&Provider> {
        let mut shift = self.cover.shift;
        let trees = match self.root.as_ref()? {
            Block::Leaf(trees) => trees,
            Block::Inner(blocks) => {
                let mut blocks = blocks;
                loop {
                    match blocks[way(ordinal, shift)].as_ref()? {
                        Block::Leaf(trees) => break trees,
                        Block::Inner(below) => blocks = below,
                    }
                    // No block below a leaf's uses it, so it may wrap.
                    shift = shift.wrapping_sub(BITS);
                }
            }
        };
        match &trees[leaf_way(ordinal)] {
            Some(Tree::Few(few)) => few.get(position),
            _ => None,
        }
    }

    /// The tree that a path is in.
    #[inline]
    pub(super) fn tree_of(&self, path: &Path) -> Option<&Tree> {
        self.tree(path.root_ordinal()?)
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Provider> {
        self.tree_of(path)?.get(path)
    }

    /// The last provider of all.
    pub(super) fn last(&self) -> Option<&Provider> {
        self.root.as_ref()?.last()?.last()
    }

    /// The root before the tree that a path is in.
    pub(super) fn root_before(&self, path: &Path) -> Option<&Provider> {
        let ordinal = path.root_ordinal()?.checked_sub(1)?;
        let root = self.root.as_ref()?;
        if ordinal < self.cover.first {
            return None;
        }
        let tree = if self.cover.has(ordinal) {
            root.up_to(ordinal, self.cover.shift)
        } else {
            root.last()
        };
        tree?.first()
    }

    /// The root after that tree.
    pub(super) fn root_after(&self, path: &Path) -> Option<&Provider> {
        let ordinal = path.root_ordinal()?.checked_add(1)?;
        let root = self.root.as_ref()?;
        let tree = if ordinal < self.cover.first {
            root.first()
        } else if self.cover.has(ordinal) {
            root.from(ordinal, self.cover.shift)
        } else {
            None
        };
        tree?.first()
    }

    /// All trees.
    pub(super) fn trees(&self) -> Trees<'_> {
        Trees::of(self.root.as_ref())
    }

    /// Adds providers of one tree, sorted by their paths, which must be free.
    pub(super) fn insert(&mut self, providers: Vec<Provider>, hash: NameHash<'_>) {
        let Some(ordinal) = providers.first().and_then(|one| one.path().root_ordinal()) else {
            return;
        };
        self.len += providers.len();
        match self.tree_mut(ordinal) {
            Some(tree) => tree.insert(providers, hash),
            None => self.put(ordinal, Tree::new(providers, hash)),
        }
    }

    /// Edits everything but the path of the provider at a path, if there is one.
    pub(super) fn edit(
        &mut self,
        path: &Path,
        hash: NameHash<'_>,
        edit: impl FnOnce(&mut Provider),
    ) {
        let root = path.root_ordinal();
        if let Some(tree) = root.and_then(|root| self.tree_mut(root)) {
            tree.edit(path, hash, edit);
        }
    }

    /// Removes the providers of one tree from `first` to `last`.
    pub(super) fn remove(
        &mut self,
        first: &Path,
        last: &Path,
        hash: NameHash<'_>,
    ) -> Vec<Provider> {
        let Some(ordinal) = first.root_ordinal() else {
            return Vec::new();
        };
        let Some(tree) = self.tree(ordinal) else {
            return Vec::new();
        };
        // Collected first: shared blocks are copied only if something is removed.
        let removed: Vec<_> = tree.between(first, last).cloned().collect();
        if removed.len() == tree.len() {
            self.take(ordinal);
        } else if !removed.is_empty()
            && let Some(tree) = self.tree_mut(ordinal)
        {
            tree.remove(&removed, hash);
        }
        self.len -= removed.len();
        removed
    }

    fn tree_mut(&mut self, ordinal: u32) -> Option<&mut Tree> {
        if !self.cover.has(ordinal) {
            return None;
        }
        self.root.as_mut()?.tree_mut(ordinal, self.cover.shift)
    }

    fn put(&mut self, ordinal: u32, tree: Tree) {
        match &mut self.root {
            None => {
                self.cover = Cover::of_leaf(ordinal);
                self.root = Some(Block::of_tree(ordinal, 0, tree));
            }
            Some(root) => {
                while !self.cover.has(ordinal) {
                    let first = self.cover.first;
                    self.cover = self.cover.above();
                    root.wrap(way(first, self.cover.shift));
                }
                root.put(ordinal, self.cover.shift, tree);
            }
        }
    }

    fn take(&mut self, ordinal: u32) {
        let Some(root) = &mut self.root else { return };
        if root.take(ordinal, self.cover.shift) {
            self.root = None;
            return;
        }
        while let Some((way, only)) = root.only() {
            self.cover = self.cover.below(way);
            *root = only;
        }
    }

    /// Returns an error that names an invariant that does not hold.
    pub(super) fn check_invariants(&self) -> Result<(), String> {
        let mut len = 0;
        if let Some(root) = &self.root {
            root.check(self.cover.first, self.cover.shift, &mut len)?;
            if root.only().is_some() {
                return Err("the root has a single block".to_owned());
            }
        }
        if len == self.len {
            Ok(())
        } else {
            Err(format!("{len} providers are counted as {}", self.len))
        }
    }
}
