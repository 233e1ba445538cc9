//! The forest: look-ups, and how its parts fit together.

use std::hash::{BuildHasher, Hasher};

use uuid::Uuid;

use super::index::{Glance, Index};
use super::outline::Outline;
use crate::error::Error;
use crate::provider::key::ProviderKey;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::sync::HashState;

/// One state of the whole forest, as a [`Snapshot`](crate::Snapshot) and a
/// [`Transaction`](crate::Transaction) show it: all queries are here.
///
/// `&Forest` is to `Snapshot` what `&str` is to `String`: accept it as an argument where
/// either will do. In the costs, n is the number of providers. A *look-up* finds a table by
/// the hash, a tree by the location in the table, and the provider in the tree: it visits a
/// node of each of two 32-way tries for every 32 times as many providers, O(log₃₂ n), 2 to
/// 4 in practice. In a tree of more than 32 providers, a look-up in the tree's own maps is
/// added.
///
/// ```
/// use provider_tree::{Error, Forest, Provider, ProviderTree};
///
/// fn names_below(forest: &Forest, name: &str) -> Result<Vec<String>, Error> {
///     let below = forest.descendants(name)?;
///     Ok(below.map(|provider| provider.name().to_owned()).collect())
/// }
///
/// let tree = ProviderTree::new();
/// tree.update(|transaction| {
///     let host = transaction.new_root("host")?;
///     transaction.new_child("host_numa0", host)?;
///     transaction.new_child("host_gpu0", "host_numa0")?;
///     assert_eq!(names_below(transaction, "host")?, ["host_numa0", "host_gpu0"]);
///     Ok(())
/// })?;
/// let snapshot = tree.snapshot();
/// assert_eq!(names_below(&snapshot, "host_numa0")?, ["host_gpu0"]);
/// let above = snapshot.ancestors("host_gpu0")?;
/// assert!(above.map(Provider::name).eq(["host_numa0", "host"]));
/// assert_eq!(snapshot.root_of("host_gpu0")?.name(), "host");
/// # Ok::<(), Error>(())
/// ```
pub struct Forest {
    pub(super) by_uuid: Index,
    pub(super) by_name: Index,
    pub(super) keys: Keys,
    pub(super) outline: Outline,
}

/// How a forest and its forks hash their keys.
#[derive(Clone, Default)]
pub(super) struct Keys(HashState);

impl Keys {
    #[inline]
    pub(super) fn uuid(&self, uuid: Uuid) -> u64 {
        self.0.hash_one(u128::from_ne_bytes(uuid.into_bytes()))
    }

    /// A name that spells a UUID, in any spelling, has the UUID's hash.
    #[inline]
    pub(super) fn name(&self, name: &str) -> u64 {
        match spelled(name) {
            Some(spelled) => self.uuid(spelled),
            None => {
                // Only the bytes: two names of a forest are never hashed one after the
                // other.
                let mut hasher = self.0.build_hasher();
                hasher.write(name.as_bytes());
                hasher.finish()
            }
        }
    }
}

/// The UUID that a name spells. Its length rules that out for most names.
#[inline]
fn spelled(name: &str) -> Option<Uuid> {
    match name.len() {
        32 | 36 | 38 | 45 => Uuid::try_parse(name).ok(),
        _ => None,
    }
}

impl Forest {
    /// The most levels that a tree can have, its root included.
    ///
    /// Placement has no limit; real trees have 3 or 4 levels. A path takes one to
    /// five bytes per level, so the limit bounds what a deep provider costs.
    pub const MAX_LEVELS: usize = 1_024;

    pub(crate) fn new() -> Self {
        Self {
            by_uuid: Index::default(),
            by_name: Index::default(),
            keys: Keys::default(),
            outline: Outline::default(),
        }
    }

    /// A copy that shares everything. Cost: O(1).
    pub(crate) fn fork(&self) -> Self {
        Self {
            by_uuid: self.by_uuid.clone(),
            by_name: self.by_name.clone(),
            keys: self.keys.clone(),
            outline: self.outline.clone(),
        }
    }

    /// The provider with that UUID. Cost: one look-up.
    #[inline]
    #[must_use]
    pub fn get(&self, uuid: Uuid) -> Option<&Provider> {
        self.look_up(u128::from_ne_bytes(uuid.into_bytes()))
    }

    /// A UUID as a number takes two registers, where bytes would be copied. Rare cases are
    /// tail calls, so that no registers are saved for them.
    #[inline(never)]
    fn look_up(&self, number: u128) -> Option<&Provider> {
        let uuid = Uuid::from_bytes(number.to_ne_bytes());
        match self.glance(&self.by_uuid, self.keys.uuid(uuid))? {
            Some(there) if there.uuid() == uuid => Some(there),
            _ => self.look_up_anywhere(number),
        }
    }

    #[inline(never)]
    fn look_up_anywhere(&self, number: u128) -> Option<&Provider> {
        let uuid = Uuid::from_bytes(number.to_ne_bytes());
        self.by_uuid.find(self.keys.uuid(uuid), |location| {
            self.outline.tree(location.root)?.by_uuid(uuid, location.at)
        })
    }

    /// What a [glance](Index::glance) at an index and the outline finds: a provider that is
    /// nearly always the right one, `Some(None)` if it may be elsewhere, `None` if there is
    /// none.
    #[inline]
    pub(super) fn glance(&self, index: &Index, hash: u64) -> Option<Option<&Provider>> {
        match index.glance(hash) {
            Glance::Location(location) => Some(self.outline.near(location.root, location.at)),
            Glance::Unknown => Some(None),
            Glance::Nothing => None,
        }
    }

    /// The provider with that name or UUID. Cost: one look-up; two for a UUID as text.
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// let uuid = tree.new_root("host")?.value;
    /// let snapshot = tree.snapshot();
    /// let host = snapshot.find("host").unwrap();
    /// assert_eq!(snapshot.find(uuid), Some(host));
    /// assert_eq!(snapshot.find(&uuid.to_string()), Some(host));
    /// assert_eq!(snapshot.find("hots"), None);
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    #[doc(alias = "data")]
    #[inline]
    #[must_use]
    pub fn find<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Option<&Provider> {
        match key.into() {
            ProviderKey::Uuid(uuid) => self.get(uuid),
            ProviderKey::Text(text) => self.find_text(text),
        }
    }

    fn find_text(&self, text: &str) -> Option<&Provider> {
        let hash = self.keys.name(text);
        match self.glance(&self.by_name, hash) {
            Some(Some(there)) if there.name() == text => Some(there),
            None => None,
            _ => self.named(hash, |one| one.name() == text),
        }
        .or_else(|| self.get(spelled(text)?))
    }

    /// The first provider that `is_it` accepts, of those whose names have that hash.
    fn named(&self, hash: u64, is_it: impl Fn(&Provider) -> bool) -> Option<&Provider> {
        self.by_name.find(hash, |location| {
            let tree = self.outline.tree(location.root)?;
            tree.by_name(hash, location.at, &is_it)
        })
    }

    /// The provider with that name or UUID, or an error. Cost: that of
    /// [`find`](Self::find).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    #[inline]
    pub fn require<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<&Provider, Error> {
        let key = key.into();
        self.find(key).ok_or_else(|| Error::unknown(key))
    }

    /// Whether there is a provider with that name or UUID. Cost: that of
    /// [`find`](Self::find).
    #[inline]
    #[must_use]
    pub fn exists<'k>(&self, key: impl Into<ProviderKey<'k>>) -> bool {
        self.find(key).is_some()
    }

    /// The number of providers. Cost: O(1).
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.outline.len()
    }

    /// Whether there are no providers. Cost: O(1).
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn by_path(&self, path: &Path) -> Option<&Provider> {
        self.outline.get(path)
    }

    /// The provider that has that name, or one that spells the same UUID differently, among
    /// those that `counts` accepts.
    pub(crate) fn holder_of_name(&self, name: &str, counts: impl Fn(Uuid) -> bool) -> Option<Uuid> {
        if let Some(uuid) = spelled(name) {
            return self.holder_of_spelling(uuid, counts);
        }
        let is_it = |one: &Provider| one.name() == name && counts(one.uuid());
        let holder = self.named(self.keys.name(name), is_it);
        holder.map(Provider::uuid)
    }

    /// The provider whose name spells this UUID, which is not its own, among those that
    /// `counts` accepts.
    pub(crate) fn named_as(&self, uuid: Uuid, counts: impl Fn(Uuid) -> bool) -> Option<Uuid> {
        self.holder_of_spelling(uuid, |holder| holder != uuid && counts(holder))
    }

    fn holder_of_spelling(&self, uuid: Uuid, counts: impl Fn(Uuid) -> bool) -> Option<Uuid> {
        let is_it = |one: &Provider| spelled(one.name()) == Some(uuid) && counts(one.uuid());
        self.named(self.keys.uuid(uuid), is_it).map(Provider::uuid)
    }
}

/// Two forests are equal if they show equal providers in the same order.
/// Cost: O(n).
impl PartialEq for Forest {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}
