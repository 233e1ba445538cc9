//! All providers top-down: parents first, siblings in the order of their paths.

mod tree;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use im::ordmap::DiffItem;
use im::shared_ptr::DefaultSharedPtr;

pub(super) use self::tree::{Rest, Tree};
use crate::Provider;
use crate::path::Path;

type Map<K, V> = im::GenericOrdMap<K, V, DefaultSharedPtr>;

/// All trees, in the order of their roots.
pub(super) type Trees<'a> = im::ordmap::Iter<'a, u32, Tree, DefaultSharedPtr>;

/// The providers of all trees, which are told by the ordinals of their roots.
#[derive(Clone)]
pub(super) struct Outline {
    trees: Map<u32, Tree>,
    len: usize,
}

/// A provider that two outlines have at the same path, or that one of them has.
pub(super) type Difference<'a> = (Option<&'a Provider>, Option<&'a Provider>);

impl Outline {
    pub(super) fn new() -> Self {
        Self {
            trees: Map::new(),
            len: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The tree that a path leads into.
    #[inline]
    pub(super) fn tree(&self, path: &Path) -> Option<&Tree> {
        self.trees.get(&path.root_ordinal()?)
    }

    /// The root of the tree that a path leads into.
    pub(super) fn root(&self, path: &Path) -> Option<&Provider> {
        self.tree(path).and_then(Tree::first)
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Provider> {
        self.tree(path).and_then(|tree| tree.get(path))
    }

    /// Puts a provider at its path, in the place of what is there.
    pub(super) fn insert(&mut self, provider: Provider) {
        let Some(root) = provider.path().root_ordinal() else {
            return;
        };
        match self.trees.get_mut(&root) {
            Some(tree) => self.len += usize::from(tree.insert(provider)),
            None => {
                self.trees.insert(root, Tree::Few(Arc::new([provider])));
                self.len += 1;
            }
        }
    }

    /// Takes out what is at a path.
    pub(super) fn remove(&mut self, path: &Path) {
        let Some(root) = path.root_ordinal() else {
            return;
        };
        // Looked at first: what is shared is copied only where something goes.
        let Some(tree) = self.trees.get(&root) else {
            return;
        };
        if tree.get(path).is_none() {
            return;
        }
        self.len -= 1;
        if tree.len() == 1 {
            self.trees.remove(&root);
        } else if let Some(tree) = self.trees.get_mut(&root) {
            tree.remove(path);
        }
    }

    /// The last provider of the whole outline.
    pub(super) fn last(&self) -> Option<&Provider> {
        self.trees.get_max().and_then(|(_, tree)| tree.last())
    }

    /// The last provider of the same tree that comes before a path.
    pub(super) fn last_before(&self, path: &Path) -> Option<&Provider> {
        self.tree(path)?.last_before(path)
    }

    /// The first provider of the same tree at a path or after it.
    pub(super) fn first_from(&self, path: &Path) -> Option<&Provider> {
        self.tree(path)?.from(path).next()
    }

    /// The roots before and after that of the tree that a path leads into.
    pub(super) fn root_before(&self, path: &Path) -> Option<&Provider> {
        let (_, tree) = self.trees.get_prev(&path.root_ordinal()?.checked_sub(1)?)?;
        tree.first()
    }

    pub(super) fn root_after(&self, path: &Path) -> Option<&Provider> {
        let (_, tree) = self.trees.get_next(&path.root_ordinal()?.checked_add(1)?)?;
        tree.first()
    }

    /// All trees.
    pub(super) fn trees(&self) -> Trees<'_> {
        self.trees.iter()
    }

    /// The providers of the tree that a path leads into.
    pub(super) fn whole_tree(&self, path: &Path) -> Rest<'_> {
        self.tree(path).map_or_else(Rest::none, Tree::iter)
    }

    /// Those at the path and after it.
    pub(super) fn rest_of_tree(&self, path: &Path) -> Rest<'_> {
        self.tree(path)
            .map_or_else(Rest::none, |tree| tree.from(path))
    }

    /// Says what is wrong with how the providers are kept.
    pub(super) fn check_invariants(&self) -> Result<(), String> {
        let mut count = 0;
        for (&root, tree) in &self.trees {
            let at_home = tree
                .iter()
                .all(|one| one.path().root_ordinal() == Some(root));
            if !(at_home && tree.is_in_order()) {
                return Err(format!("the tree of root {root} is not as it should be"));
            }
            count += tree.len();
        }
        if count == self.len {
            Ok(())
        } else {
            Err(format!("{count} providers are counted as {}", self.len))
        }
    }

    /// What differs from an older outline, in the order of paths. What both share
    /// costs nothing.
    pub(super) fn diff<'a>(&'a self, older: &'a Self, mut differ: impl FnMut(Difference<'a>)) {
        self.diff_trees(older, |old, new| Tree::diff(old, new, &mut differ));
    }

    /// The trees that differ from those of an older outline, side by side where their
    /// roots have the same path. What both share costs nothing.
    pub(super) fn diff_trees<'a>(
        &'a self,
        older: &'a Self,
        mut differ: impl FnMut(Option<&'a Tree>, Option<&'a Tree>),
    ) {
        for item in older.trees.diff(&self.trees) {
            match item {
                DiffItem::Remove(_, old) => differ(Some(old), None),
                DiffItem::Add(_, new) => differ(None, Some(new)),
                DiffItem::Update { old, new } => differ(Some(old.1), Some(new.1)),
            }
        }
    }
}
