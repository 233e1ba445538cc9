//! Walks through the forest, all of them along the sorted paths.

use std::fmt;
use std::iter::FusedIterator;

use uuid::Uuid;

use super::forest::Forest;
use super::outline::{Rest, Tree, Trees};
use crate::error::Error;
use crate::provider::key::ProviderKey;
use crate::provider::path::Path;
use crate::provider::provider::Provider;

/// How many providers below a child [`Children`] steps over one by one before it looks up
/// the next child.
const STEPS: usize = 8;

impl Forest {
    /// All providers: parents first, siblings and roots in the order in which they were
    /// added. Cost: O(1) per provider.
    pub fn iter(&self) -> Providers<'_> {
        Providers::all(self)
    }

    /// The roots, in the order in which they were added. Cost: as
    /// [`children`](Self::children), without the look-up.
    pub fn roots(&self) -> Children<'_> {
        Children::of(self, &Path::TOP)
    }

    /// The direct children of a provider, in the order in which they were added.
    ///
    /// Cost: one look-up; then O(1) per child with few descendants, O(log n) per child with
    /// many.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn children<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<Children<'_>, Error> {
        Ok(Children::of(self, self.require(key)?.path()))
    }

    /// Everything below a provider, without the provider itself, parents first.
    ///
    /// Cost: O(log n) to start, then O(1) per provider.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn descendants<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
    ) -> Result<Descendants<'_>, Error> {
        let mut all = Descendants::of(self, self.require(key)?.path());
        all.next();
        Ok(all)
    }

    /// The ancestors of a provider: its parent, its parent's parent and so on up to the
    /// root.
    ///
    /// Cost: one look-up per ancestor.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn ancestors<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<Ancestors<'_>, Error> {
        let provider = self.require(key)?;
        Ok(Ancestors {
            forest: self,
            next: provider.parent_uuid(),
            left: provider.path().levels() - 1,
        })
    }

    /// The root of a provider's tree: the provider itself if it is a root.
    /// Cost: O(log n).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn root_of<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<&Provider, Error> {
        let provider = self.require(key)?;
        match provider.parent_uuid() {
            None => Ok(provider),
            Some(_) => {
                let tree = self.outline.tree_of(provider.path());
                Ok(tree.and_then(Tree::first).unwrap_or(provider))
            }
        }
    }

    /// The whole tree that a provider belongs to, from its root, parents first.
    ///
    /// Cost: O(log n) to start, then O(1) per provider.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn tree_of<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<Providers<'_>, Error> {
        Ok(Providers::of_tree(self, self.require(key)?.path()))
    }

    /// How many ancestors a provider has: 0 for a root. Cost: one look-up and O(depth).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn depth<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<usize, Error> {
        Ok(self.require(key)?.path().levels() - 1)
    }

    /// A provider and everything below it, parents first.
    ///
    /// Cost: O(log n) to start, then O(1) per provider.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn providers_in<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
    ) -> Result<Descendants<'_>, Error> {
        Ok(Descendants::of(self, self.require(key)?.path()))
    }

    /// The UUIDs of all providers, in the order of [`iter`](Self::iter). Cost: O(1) per
    /// provider.
    #[doc(alias = "get_provider_uuids")]
    pub fn provider_uuids(&self) -> ProviderUuids<Providers<'_>> {
        ProviderUuids(self.iter())
    }

    /// The UUIDs of a provider and everything below it, parents first.
    ///
    /// Cost: O(log n) to start, then O(1) per provider.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    #[doc(alias = "get_provider_uuids")]
    pub fn provider_uuids_in<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
    ) -> Result<ProviderUuids<Descendants<'_>>, Error> {
        Ok(ProviderUuids(self.providers_in(key)?))
    }

    /// The UUIDs of the whole tree that a provider belongs to, from its root. Cost: that of
    /// [`tree_of`](Self::tree_of).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    #[doc(alias = "get_provider_uuids_in_tree")]
    pub fn provider_uuids_in_tree<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
    ) -> Result<ProviderUuids<Providers<'_>>, Error> {
        Ok(ProviderUuids(self.tree_of(key)?))
    }
}

impl<'a> IntoIterator for &'a Forest {
    type Item = &'a Provider;
    type IntoIter = Providers<'a>;

    fn into_iter(self) -> Providers<'a> {
        self.iter()
    }
}

/// The path of the last provider below the one at `path`.
pub(super) fn last_below<'a>(forest: &'a Forest, path: &Path) -> Option<&'a Path> {
    if *path == Path::TOP {
        return forest.outline.last().map(Provider::path);
    }
    let last = forest.outline.tree_of(path)?.last_before(&path.end());
    let last = last.map(Provider::path);
    last.filter(|&last| last != path && path.contains(last))
}

/// The providers of the tree that a path is in.
#[inline]
fn whole_tree<'a>(forest: &'a Forest, path: &Path) -> Rest<'a> {
    let tree = forest.outline.tree_of(path);
    tree.map_or_else(Rest::none, Tree::iter)
}

/// The same, from the path on.
fn rest_of_tree<'a>(forest: &'a Forest, path: &Path) -> Rest<'a> {
    let tree = forest.outline.tree_of(path);
    tree.map_or_else(Rest::none, |tree| tree.from(path))
}

/// All providers, or those of one tree, top-down: parents first, siblings in the order in
/// which they were added. Its length is exact. Returned by [`Forest::iter`] and
/// [`Forest::tree_of`].
#[must_use = "an iterator does nothing unless it is used"]
#[derive(Clone)]
pub struct Providers<'a> {
    /// The rest of the current tree.
    rest: Rest<'a>,
    /// The trees after it. Boxed, so that a walk of one tree is small.
    next: Option<Box<Next<'a>>>,
}

/// The trees that a walk of the whole forest has not reached yet.
#[derive(Clone)]
struct Next<'a> {
    trees: Trees<'a>,
    /// How many providers they have.
    len: usize,
}

impl<'a> Next<'a> {
    fn all(forest: &'a Forest) -> Box<Self> {
        Box::new(Self {
            trees: forest.outline.trees(),
            len: forest.len(),
        })
    }

    fn tree(&mut self) -> Option<&'a Tree> {
        let tree = self.trees.next()?;
        self.len -= tree.len();
        Some(tree)
    }
}

impl<'a> Providers<'a> {
    fn all(forest: &'a Forest) -> Self {
        Self {
            rest: Rest::none(),
            next: Some(Next::all(forest)),
        }
    }

    /// The providers of the tree that a path is in.
    #[inline]
    fn of_tree(forest: &'a Forest, path: &Path) -> Self {
        Self {
            rest: whole_tree(forest, path),
            next: None,
        }
    }

    #[inline(never)]
    fn next_of_any(&mut self) -> Option<&'a Provider> {
        loop {
            if let Some(provider) = self.rest.next() {
                return Some(provider);
            }
            self.rest = self.next.as_mut()?.tree()?.iter();
        }
    }
}

impl<'a> Iterator for Providers<'a> {
    type Item = &'a Provider;

    #[inline]
    fn next(&mut self) -> Option<&'a Provider> {
        // A small tree that is walked to its end: short enough to be inlined.
        if let Rest::Few(few) = &mut self.rest
            && let Some(provider) = few.next()
        {
            return Some(provider);
        }
        self.next_of_any()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.rest.size_hint();
        let next = self.next.as_ref().map_or(0, |next| next.len);
        (least + next, most.map(|most| most + next))
    }
}

impl ExactSizeIterator for Providers<'_> {}

/// A subtree, with or without its top: parents first, siblings in the order in which they
/// were added. Returned by [`Forest::providers_in`] and [`Forest::descendants`].
#[must_use = "an iterator does nothing unless it is used"]
#[derive(Clone)]
pub struct Descendants<'a> {
    /// The rest of the tree.
    rest: Rest<'a>,
    /// Where to stop in it, if before its end.
    end: Option<Path>,
}

impl<'a> Descendants<'a> {
    /// The provider at a path, then everything below it.
    pub(crate) fn of(forest: &'a Forest, path: &Path) -> Self {
        if Path::TOP.is_parent_of(path) {
            Self {
                rest: whole_tree(forest, path),
                end: None,
            }
        } else {
            Self {
                rest: rest_of_tree(forest, path),
                end: Some(path.end()),
            }
        }
    }

    #[inline(never)]
    fn next_of_any(&mut self) -> Option<&'a Provider> {
        match &self.end {
            None => self.rest.next(),
            Some(end) => self.rest.next_before(end),
        }
    }
}

impl<'a> Iterator for Descendants<'a> {
    type Item = &'a Provider;

    #[inline]
    fn next(&mut self) -> Option<&'a Provider> {
        // A small tree that is walked to its end: short enough to be inlined.
        if let (Rest::Few(few), None) = (&mut self.rest, &self.end) {
            return few.next();
        }
        self.next_of_any()
    }

    /// Exact for whole trees.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.rest.size_hint();
        match self.end {
            None => (least, most),
            Some(_) => (0, most),
        }
    }
}

/// UUIDs of providers, in the order of a walk. Returned by [`Forest::provider_uuids`],
/// [`Forest::provider_uuids_in`] and [`Forest::provider_uuids_in_tree`].
#[must_use = "an iterator does nothing unless it is used"]
#[derive(Clone, Debug)]
pub struct ProviderUuids<I>(I);

impl<'a, I: Iterator<Item = &'a Provider>> Iterator for ProviderUuids<I> {
    type Item = Uuid;

    #[inline]
    fn next(&mut self) -> Option<Uuid> {
        self.0.next().map(Provider::uuid)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<'a, I: ExactSizeIterator<Item = &'a Provider>> ExactSizeIterator for ProviderUuids<I> {}

/// The direct children of a provider, or the roots, in the order in which they
/// were added. Returned by [`Forest::children`] and [`Forest::roots`].
#[must_use = "an iterator does nothing unless it is used"]
#[derive(Clone)]
pub struct Children<'a> {
    forest: &'a Forest,
    parent: Path,
    /// Everything below the parent that was not visited yet.
    rest: Descendants<'a>,
    /// The trees, if these are the roots.
    roots: Option<Box<Next<'a>>>,
}

impl<'a> Children<'a> {
    pub(crate) fn of(forest: &'a Forest, parent: &Path) -> Self {
        let mut rest = Descendants {
            rest: Rest::none(),
            end: None,
        };
        let mut roots = None;
        if *parent == Path::TOP {
            roots = Some(Next::all(forest));
        } else {
            rest = Descendants::of(forest, parent);
            rest.next();
        }
        Self {
            forest,
            parent: parent.clone(),
            rest,
            roots,
        }
    }
}

impl<'a> Iterator for Children<'a> {
    type Item = &'a Provider;

    #[inline]
    fn next(&mut self) -> Option<&'a Provider> {
        if let Some(roots) = &mut self.roots {
            return roots.tree()?.first();
        }
        let mut passed = None;
        for _ in 0..STEPS {
            let provider = self.rest.next()?;
            if self.parent.is_parent_of(provider.path()) {
                return Some(provider);
            }
            passed = Some(provider);
        }
        // Deep inside the previous child: skip to what follows it.
        let end = self.parent.child_towards(passed?.path()).end();
        self.rest.rest = rest_of_tree(self.forest, &end);
        self.rest.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let most = match &self.roots {
            Some(roots) => Some(roots.len),
            None => self.rest.size_hint().1,
        };
        (0, most)
    }
}

/// A provider's parent, its parent's parent and so on up to the root. Returned by
/// [`Forest::ancestors`].
#[must_use = "an iterator does nothing unless it is used"]
#[derive(Clone)]
pub struct Ancestors<'a> {
    forest: &'a Forest,
    next: Option<Uuid>,
    left: usize,
}

impl<'a> Iterator for Ancestors<'a> {
    type Item = &'a Provider;

    #[inline]
    fn next(&mut self) -> Option<&'a Provider> {
        let provider = self.forest.get(self.next?)?;
        self.next = provider.parent_uuid();
        self.left -= 1;
        Some(provider)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Ancestors<'_> {}

impl FusedIterator for Providers<'_> {}
impl FusedIterator for Descendants<'_> {}
impl<'a, I: FusedIterator<Item = &'a Provider>> FusedIterator for ProviderUuids<I> {}
impl FusedIterator for Children<'_> {}
impl FusedIterator for Ancestors<'_> {}

macro_rules! debug_as_list {
    ($($name:ident),*) => {
        $(impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(self.clone().map(Provider::name)).finish()
            }
        })*
    };
}

debug_as_list!(Providers, Descendants, Children, Ancestors);
