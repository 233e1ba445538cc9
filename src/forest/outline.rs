//! All providers top-down: parents first, siblings in the order of their paths.
//!
//! Trees are small as a rule and read whole. So one that has [`FEW`] providers or
//! fewer is a slice, of which a change copies all, and larger ones are sorted maps,
//! of which it copies some nodes.

use std::cmp::Ordering;
use std::sync::Arc;
use std::{iter, slice};

use im::ordmap::{DiffItem, RangedIter};
use im::shared_ptr::DefaultSharedPtr;

use crate::Provider;
use crate::path::Path;

/// The most providers that a slice has. A map becomes a slice again at half as many,
/// so that one provider that comes and goes does not turn the tree over each time.
const FEW: usize = if cfg!(test) { 6 } else { 32 };

type Map<K, V> = im::GenericOrdMap<K, V, DefaultSharedPtr>;

/// All trees, in the order of their roots.
pub(super) type Trees<'a> = im::ordmap::Iter<'a, u32, Tree, DefaultSharedPtr>;

/// The providers of all trees, which are told by the ordinals of their roots.
#[derive(Clone)]
pub(super) struct Outline {
    trees: Map<u32, Tree>,
    len: usize,
}

/// The providers of one tree; there is always one.
#[derive(Clone)]
pub(super) enum Tree {
    Few(Arc<[Provider]>),
    Many(Arc<Map<Path, Provider>>),
}

/// What is left to walk of one tree.
#[derive(Clone)]
pub(super) enum Rest<'a> {
    Few(slice::Iter<'a, Provider>),
    // Boxed, so that a walk of a small tree is small.
    Many(Box<RangedIter<'a, Path, Provider, DefaultSharedPtr>>),
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
    fn tree(&self, path: &Path) -> Option<&Tree> {
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
            let sorted = tree.iter().is_sorted_by(|a, b| a.path() < b.path());
            let at_home = tree
                .iter()
                .all(|one| one.path().root_ordinal() == Some(root));
            let filed = match tree {
                Tree::Few(few) => (1..=FEW).contains(&few.len()),
                Tree::Many(many) => {
                    many.len() > FEW / 2 && many.iter().all(|(path, one)| path == one.path())
                }
            };
            if !(sorted && at_home && filed) {
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
        for item in older.trees.diff(&self.trees) {
            match item {
                DiffItem::Remove(_, old) => old.iter().for_each(|old| differ((Some(old), None))),
                DiffItem::Add(_, new) => new.iter().for_each(|new| differ((None, Some(new)))),
                DiffItem::Update {
                    old: (_, Tree::Many(old)),
                    new: (_, Tree::Many(new)),
                } => old.diff(new).for_each(|item| {
                    differ(match item {
                        DiffItem::Remove(_, old) => (Some(old), None),
                        DiffItem::Add(_, new) => (None, Some(new)),
                        DiffItem::Update { old, new } => (Some(old.1), Some(new.1)),
                    });
                }),
                DiffItem::Update { old, new } => {
                    merged(old.1.iter(), new.1.iter())
                        .filter(|(old, new)| old != new)
                        .for_each(&mut differ);
                }
            }
        }
    }
}

/// Those of both, side by side where their paths are the same.
fn merged<'a>(old: Rest<'a>, new: Rest<'a>) -> impl Iterator<Item = Difference<'a>> {
    let (mut old, mut new) = (old.peekable(), new.peekable());
    iter::from_fn(move || {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return None,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(old), Some(new)) => old.path().cmp(new.path()),
        };
        Some((
            old.next_if(|_| order.is_le()),
            new.next_if(|_| order.is_ge()),
        ))
    })
}

impl Tree {
    fn len(&self) -> usize {
        match self {
            Self::Few(few) => few.len(),
            Self::Many(many) => many.len(),
        }
    }

    pub(super) fn first(&self) -> Option<&Provider> {
        match self {
            Self::Few(few) => few.first(),
            Self::Many(many) => many.get_min().map(|(_, first)| first),
        }
    }

    fn last(&self) -> Option<&Provider> {
        match self {
            Self::Few(few) => few.last(),
            Self::Many(many) => many.get_max().map(|(_, last)| last),
        }
    }

    fn get(&self, path: &Path) -> Option<&Provider> {
        match self {
            Self::Few(few) => few.get(position(few, path).ok()?),
            Self::Many(many) => many.get(path),
        }
    }

    fn last_before(&self, path: &Path) -> Option<&Provider> {
        match self {
            Self::Few(few) => {
                let (Ok(at) | Err(at)) = position(few, path);
                few[..at].last()
            }
            Self::Many(many) => many
                .range::<_, Path>(..path)
                .next_back()
                .map(|(_, last)| last),
        }
    }

    #[inline]
    pub(super) fn iter(&self) -> Rest<'_> {
        match self {
            Self::Few(few) => Rest::Few(few.iter()),
            Self::Many(many) => Rest::Many(Box::new(many.range::<_, Path>(..))),
        }
    }

    fn from(&self, path: &Path) -> Rest<'_> {
        match self {
            Self::Few(few) => {
                let (Ok(at) | Err(at)) = position(few, path);
                Rest::Few(few[at..].iter())
            }
            Self::Many(many) => Rest::Many(Box::new(many.range::<_, Path>(path..))),
        }
    }

    /// Whether there was nothing at that path.
    fn insert(&mut self, provider: Provider) -> bool {
        match self {
            Self::Few(few) => match position(few, provider.path()) {
                Ok(at) => {
                    Arc::make_mut(few)[at] = provider;
                    false
                }
                Err(at) => {
                    let (before, after) = few.split_at(at);
                    let new = iter::once(&provider);
                    *self = before.iter().chain(new).chain(after).cloned().collect();
                    true
                }
            },
            Self::Many(many) => {
                let path = provider.path().clone();
                Arc::make_mut(many).insert(path, provider).is_none()
            }
        }
    }

    fn remove(&mut self, path: &Path) {
        match self {
            Self::Few(few) => {
                if let Ok(at) = position(few, path) {
                    *self = few[..at].iter().chain(&few[at + 1..]).cloned().collect();
                }
            }
            Self::Many(many) => {
                Arc::make_mut(many).remove(path);
                if many.len() <= FEW / 2 {
                    *self = many.values().cloned().collect();
                }
            }
        }
    }
}

impl<'a> Rest<'a> {
    /// Nothing is left.
    pub(super) fn none() -> Self {
        Self::Few([].iter())
    }

    /// The next one, if it stands before a path.
    pub(super) fn next_before(&mut self, end: &Path) -> Option<&'a Provider> {
        match self {
            Self::Few(few) => few.next().filter(|provider| provider.path() < end),
            Self::Many(many) => {
                let (path, provider) = many.next()?;
                (path < end).then_some(provider)
            }
        }
    }
}

impl<'a> Iterator for Rest<'a> {
    type Item = &'a Provider;

    #[inline]
    fn next(&mut self) -> Option<&'a Provider> {
        match self {
            Self::Few(few) => few.next(),
            Self::Many(many) => many.next().map(|(_, provider)| provider),
        }
    }
}

/// The tree of these providers, which come in the order of their paths.
impl FromIterator<Provider> for Tree {
    fn from_iter<T: IntoIterator<Item = Provider>>(providers: T) -> Self {
        let few: Arc<[Provider]> = providers.into_iter().collect();
        if few.len() <= FEW {
            return Self::Few(few);
        }
        let many = few.iter().map(|one| (one.path().clone(), one.clone()));
        Self::Many(Arc::new(many.collect()))
    }
}

/// Trees are equal if they are one and the same.
impl PartialEq for Tree {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Few(a), Self::Few(b)) => Arc::ptr_eq(a, b),
            (Self::Many(a), Self::Many(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// Where the provider at a path is, or would be.
fn position(few: &[Provider], path: &Path) -> Result<usize, usize> {
    few.binary_search_by(|provider| provider.path().cmp(path))
}

#[cfg(test)]
#[path = "outline_tests.rs"]
mod tests;
