//! The providers of one tree.
//!
//! Most trees are small and are read as a whole. So a tree of up to [`FEW`] providers is
//! one allocation with the providers in it, which the first change in a transaction copies
//! as a whole. Of a larger tree, which consists of maps, it copies some nodes.

use std::slice;
use std::sync::Arc;

use im::ordmap::RangedIter;
use im::shared_ptr::DefaultSharedPtr;
use uuid::Uuid;

use super::NameHash;
use super::large::{Large, REPLACED};
use crate::provider::path::Path;
use crate::provider::provider::Provider;

/// The most providers in one allocation. Maps become one again at half as many, so that
/// adding and removing one provider does not convert the tree each time.
pub(super) const FEW: usize = if cfg!(test) { 6 } else { 32 };

/// The providers of one tree: at least one.
// With a tag of its own: one comparison tells a look-up that an `Option` of it is `Few`.
#[derive(Clone)]
#[repr(u32)]
pub(in crate::forest) enum Tree {
    Few(Arc<[Provider]>),
    Many(Arc<Large>),
}

/// The rest of a walk of one tree.
#[derive(Clone)]
pub(in crate::forest) enum Rest<'a> {
    Few(slice::Iter<'a, Provider>),
    // Boxed, so that a walk of a small tree is small.
    Many(Box<RangedIter<'a, Path, Arc<Provider>, DefaultSharedPtr>>),
}

impl Tree {
    /// The tree of these providers, sorted by their paths.
    pub(super) fn new(providers: Vec<Provider>, hash: NameHash<'_>) -> Self {
        if providers.len() <= FEW {
            Self::Few(providers.into())
        } else {
            Self::Many(Arc::new(Large::new(providers, hash)))
        }
    }

    pub(in crate::forest) fn is_small(&self) -> bool {
        matches!(self, Self::Few(_))
    }

    pub(in crate::forest) fn len(&self) -> usize {
        match self {
            Self::Few(few) => few.len(),
            Self::Many(many) => many.len(),
        }
    }

    /// Releases a tree. If nobody else has it, frees it, or about `nodes` nodes of a large one
    /// whose maps are its own. Returns about how many nodes that were, and what is left.
    pub(in crate::forest) fn free(self, nodes: usize) -> (usize, Option<Self>) {
        match self {
            Self::Few(few) => (few.len(), None),
            Self::Many(many) => match Arc::into_inner(many).and_then(Large::into_last) {
                Some(mut large) => {
                    let freed = large.shrink(nodes);
                    let left = (large.len() > 0).then(|| Self::Many(Arc::new(large)));
                    (freed, left)
                }
                None => (REPLACED, None),
            },
        }
    }

    /// The provider with that UUID, which may be near that position.
    pub(in crate::forest) fn by_uuid(&self, uuid: Uuid, at: usize) -> Option<&Provider> {
        match self {
            Self::Few(few) => find(few, at, |one| one.uuid() == uuid),
            Self::Many(many) => many.by_uuid(uuid),
        }
    }

    /// The first provider that `is_it` accepts, of those that may be near that position or
    /// whose names have that hash.
    pub(in crate::forest) fn by_name(
        &self,
        hash: u64,
        at: usize,
        is_it: impl Fn(&Provider) -> bool,
    ) -> Option<&Provider> {
        match self {
            Self::Few(few) => find(few, at, is_it),
            Self::Many(many) => many.by_name(hash).find(|one| is_it(one)),
        }
    }

    /// How many providers of a small tree are before a path; 0 for a large one, which has
    /// no positions.
    pub(in crate::forest) fn count_before(&self, path: &Path) -> usize {
        match self {
            Self::Few(few) => first_from(few, path),
            Self::Many(_) => 0,
        }
    }

    pub(in crate::forest) fn first(&self) -> Option<&Provider> {
        match self {
            Self::Few(few) => few.first(),
            Self::Many(many) => many.first(),
        }
    }

    pub(super) fn last(&self) -> Option<&Provider> {
        match self {
            Self::Few(few) => few.last(),
            Self::Many(many) => many.last(),
        }
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Provider> {
        match self {
            Self::Few(few) => few
                .get(first_from(few, path))
                .filter(|one| one.path() == path),
            Self::Many(many) => many.get(path),
        }
    }

    /// The last provider before a path.
    pub(in crate::forest) fn last_before(&self, path: &Path) -> Option<&Provider> {
        match self {
            Self::Few(few) => few[..first_from(few, path)].last(),
            Self::Many(many) => many.last_before(path),
        }
    }

    #[inline]
    pub(in crate::forest) fn iter(&self) -> Rest<'_> {
        match self {
            Self::Few(few) => Rest::Few(few.iter()),
            Self::Many(many) => Rest::Many(Box::new(many.iter())),
        }
    }

    /// The providers from a path on.
    pub(in crate::forest) fn from(&self, path: &Path) -> Rest<'_> {
        match self {
            Self::Few(few) => Rest::Few(few[first_from(few, path)..].iter()),
            Self::Many(many) => Rest::Many(Box::new(many.from(path))),
        }
    }

    /// The providers from `first` to `last`.
    pub(super) fn between(&self, first: &Path, last: &Path) -> impl Iterator<Item = &Provider> {
        self.from(first).take_while(move |one| one.path() <= last)
    }

    /// Adds providers, sorted by their paths, which must be free.
    pub(super) fn insert(&mut self, new: Vec<Provider>, hash: NameHash<'_>) {
        match self {
            Self::Few(few) => {
                let len = few.len() + new.len();
                let (mut old, mut new) = (0, new.into_iter());
                let all = (0..len).map(|_| {
                    let next = few.get(old);
                    let is_new = new
                        .as_slice()
                        .first()
                        .is_some_and(|new| next.is_none_or(|old| new.path() < old.path()));
                    if is_new && let Some(new) = new.next() {
                        return new;
                    }
                    old += 1;
                    few[old - 1].clone()
                });
                // Each is put into its place at once: a provider is large.
                *self = if len <= FEW {
                    Self::Few(all.collect())
                } else {
                    Self::new(all.collect(), hash)
                };
            }
            Self::Many(many) => Arc::make_mut(many).insert(new, hash),
        }
    }

    /// Edits everything but the path of the provider at a path, if there is one.
    pub(super) fn edit(
        &mut self,
        path: &Path,
        hash: NameHash<'_>,
        edit: impl FnOnce(&mut Provider),
    ) {
        match self {
            Self::Few(few) => {
                let at = first_from(few, path);
                if let Some(provider) = Arc::make_mut(few).get_mut(at) {
                    edit(provider);
                }
            }
            Self::Many(many) => Arc::make_mut(many).edit(path, hash, edit),
        }
    }

    /// Removes providers that it has, sorted by their paths. Others must be left.
    pub(super) fn remove(&mut self, removed: &[Provider], hash: NameHash<'_>) {
        match self {
            Self::Few(few) => {
                let at = removed.first().map_or(0, |one| first_from(few, one.path()));
                let count = removed.len();
                let old = |one| if one < at { one } else { one + count };
                let left = (0..few.len() - count).map(|one| few[old(one)].clone());
                *self = Self::Few(left.collect());
            }
            Self::Many(many) => {
                let large = Arc::make_mut(many);
                large.remove(removed, hash);
                if large.len() <= FEW / 2 {
                    *self = Self::Few(large.iter().map(|(_, one)| (**one).clone()).collect());
                }
            }
        }
    }

    /// Whether both are the same allocation.
    pub(in crate::forest) fn ptr_eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Few(a), Self::Few(b)) => Arc::ptr_eq(a, b),
            (Self::Many(a), Self::Many(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }

    /// Returns an error if something is wrong with how the providers are kept.
    pub(super) fn check(&self) -> Result<(), String> {
        let sorted = self.iter().is_sorted_by(|a, b| a.path() < b.path());
        let fits = match self {
            Self::Few(few) => (1..=FEW).contains(&few.len()),
            Self::Many(many) => many.len() > FEW / 2 && many.is_consistent(),
        };
        if sorted && fits {
            Ok(())
        } else {
            Err(format!(
                "the tree of {:?} is not as it should be",
                self.first()
            ))
        }
    }
}

impl<'a> Rest<'a> {
    /// Exact, unless it began in the middle of a large tree.
    pub(in crate::forest) fn size_hint(&self) -> (usize, Option<usize>) {
        match self {
            Self::Few(few) => few.size_hint(),
            Self::Many(many) => many.size_hint(),
        }
    }

    /// A walk that has ended.
    pub(in crate::forest) fn none() -> Self {
        Self::Few([].iter())
    }

    /// The next provider, if it is before a path.
    pub(in crate::forest) fn next_before(&mut self, end: &Path) -> Option<&'a Provider> {
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
            Self::Many(many) => many.next().map(|(_, provider)| &**provider),
        }
    }
}

/// The provider that `is_it` accepts, searched from a position outwards: nearly always it
/// has moved by only a few.
fn find(few: &[Provider], at: usize, is_it: impl Fn(&Provider) -> bool) -> Option<&Provider> {
    if let Some(there) = few.get(at).filter(|one| is_it(one)) {
        return Some(there);
    }
    let (before, after) = few.split_at(at.min(few.len()));
    let mut before = before.iter().rev();
    let mut after = after.iter();
    loop {
        let (one, other) = (after.next(), before.next());
        if one.is_none() && other.is_none() {
            return None;
        }
        if let Some(found) = one.into_iter().chain(other).find(|one| is_it(one)) {
            return Some(found);
        }
    }
}

/// The position of the first provider at a path or after it.
fn first_from(few: &[Provider], path: &Path) -> usize {
    few.partition_point(|one| one.path() < path)
}
