//! The providers of one tree.
//!
//! Trees are small as a rule and read whole. So one that has [`FEW`] providers or
//! fewer is a slice, of which a change copies all, and larger ones are sorted maps,
//! of which it copies some nodes.

use std::cmp::Ordering;
use std::sync::Arc;
use std::{iter, slice};

use im::ordmap::{DiffItem, RangedIter};
use im::shared_ptr::DefaultSharedPtr;

use super::{Difference, Map};
use crate::Provider;
use crate::path::Path;

/// The most providers that a slice has. A map becomes a slice again at half as many,
/// so that one provider that comes and goes does not turn the tree over each time.
const FEW: usize = if cfg!(test) { 6 } else { 32 };

/// The providers of one tree; there is always one.
#[derive(Clone)]
pub(in crate::forest) enum Tree {
    Few(Arc<[Provider]>),
    Many(Arc<Map<Path, Provider>>),
}

/// What is left to walk of one tree.
#[derive(Clone)]
pub(in crate::forest) enum Rest<'a> {
    Few(slice::Iter<'a, Provider>),
    // Boxed, so that a walk of a small tree is small.
    Many(Box<RangedIter<'a, Path, Provider, DefaultSharedPtr>>),
}

impl Tree {
    /// Whether it is kept as it should be: for tests.
    pub(super) fn is_in_order(&self) -> bool {
        let sorted = self.iter().is_sorted_by(|a, b| a.path() < b.path());
        sorted
            && match self {
                Self::Few(few) => (1..=FEW).contains(&few.len()),
                Self::Many(many) => {
                    many.len() > FEW / 2 && many.iter().all(|(path, one)| path == one.path())
                }
            }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Self::Few(few) => few.len(),
            Self::Many(many) => many.len(),
        }
    }

    pub(in crate::forest) fn first(&self) -> Option<&Provider> {
        match self {
            Self::Few(few) => few.first(),
            Self::Many(many) => many.get_min().map(|(_, first)| first),
        }
    }

    pub(super) fn last(&self) -> Option<&Provider> {
        match self {
            Self::Few(few) => few.last(),
            Self::Many(many) => many.get_max().map(|(_, last)| last),
        }
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Provider> {
        match self {
            Self::Few(few) => few.get(position(few, path).ok()?),
            Self::Many(many) => many.get(path),
        }
    }

    pub(super) fn last_before(&self, path: &Path) -> Option<&Provider> {
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
    pub(in crate::forest) fn iter(&self) -> Rest<'_> {
        match self {
            Self::Few(few) => Rest::Few(few.iter()),
            Self::Many(many) => Rest::Many(Box::new(many.range::<_, Path>(..))),
        }
    }

    pub(super) fn from(&self, path: &Path) -> Rest<'_> {
        match self {
            Self::Few(few) => {
                let (Ok(at) | Err(at)) = position(few, path);
                Rest::Few(few[at..].iter())
            }
            Self::Many(many) => Rest::Many(Box::new(many.range::<_, Path>(path..))),
        }
    }

    /// Whether there was nothing at that path.
    pub(super) fn insert(&mut self, provider: Provider) -> bool {
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

    pub(super) fn remove(&mut self, path: &Path) {
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

impl Tree {
    /// What differs between two trees, or is in the only one, in the order of paths.
    pub(in crate::forest) fn diff<'a>(
        old: Option<&'a Self>,
        new: Option<&'a Self>,
        mut differ: impl FnMut(Difference<'a>),
    ) {
        if let (Some(Self::Many(old)), Some(Self::Many(new))) = (old, new) {
            old.diff(new).for_each(|item| {
                differ(match item {
                    DiffItem::Remove(_, old) => (Some(old), None),
                    DiffItem::Add(_, new) => (None, Some(new)),
                    DiffItem::Update { old, new } => (Some(old.1), Some(new.1)),
                });
            });
        } else if old != new {
            let rest = |tree: Option<&'a Self>| tree.map_or_else(Rest::none, Self::iter);
            merged(rest(old), rest(new))
                .filter(|(old, new)| old != new)
                .for_each(differ);
        }
    }
}

impl<'a> Rest<'a> {
    /// Nothing is left.
    pub(in crate::forest) fn none() -> Self {
        Self::Few([].iter())
    }

    /// The next one, if it stands before a path.
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
