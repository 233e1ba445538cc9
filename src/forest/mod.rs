//! One state of the whole forest: persistent maps that share what they have
//! in common with the states before and after.
//!
//! Everything that keeps the maps in step is here. Callers check first; the
//! functions that change a forest trust their arguments. This module knows
//! nothing of versions, commits or threads.

mod check;
mod diff;
mod outline;
mod place;
mod query;
pub(crate) mod walk;

use std::mem;

use self::outline::Outline;
pub(crate) use self::query::sorted;

use im::shared_ptr::DefaultSharedPtr;
use smol_str::SmolStr;
use uuid::Uuid;

use crate::path::Path;
use crate::sync::HashState;
use crate::{Error, Provider, ProviderKey};

/// The most levels that a tree can have, its root included.
///
/// Placement names no limit; real trees have 3 or 4 levels. A path takes a
/// byte a level, so that the limit bounds what a deep provider costs.
pub const MAX_LEVELS: usize = 1_024;

type HashMap<K, V> = im::GenericHashMap<K, V, HashState, DefaultSharedPtr>;

/// One state of the whole forest, as a [`Snapshot`](crate::Snapshot) and a
/// [`Transaction`](crate::Transaction) show it: every query is here.
///
/// `&Forest` stands to `Snapshot` as `&str` to `String`: take it where either
/// will do. In the costs, n is the number of providers; a look-up is one in a
/// hash trie of 32-way nodes, O(log₃₂ n), 4 or 5 steps at most in practice.
pub struct Forest {
    by_uuid: HashMap<Uuid, Provider>,
    by_name: HashMap<SmolStr, Uuid>,
    /// From the UUID that a name spells to the provider of that name, unless
    /// it is the provider's own.
    spelled: HashMap<Uuid, Uuid>,
    outline: Outline,
    /// What changes have taken out that other states may have still.
    replaced: Vec<Replaced>,
}

/// A provider that a change has taken out of a state.
pub(crate) struct Replaced {
    pub(crate) provider: Provider,
    /// Whether its name went with it: else the state after has it as well, as a rule.
    with_name: bool,
}

impl Replaced {
    /// Whether another state, or anybody else, has it still.
    pub(crate) fn is_held(&self) -> bool {
        self.provider.is_shared()
    }
}

impl Forest {
    pub(crate) fn new() -> Self {
        Self {
            by_uuid: HashMap::default(),
            by_name: HashMap::default(),
            spelled: HashMap::default(),
            outline: Outline::new(),
            replaced: Vec::new(),
        }
    }

    /// The same state, to be changed on its own. Cost: O(1).
    pub(crate) fn fork(&self) -> Self {
        Self {
            by_uuid: self.by_uuid.clone(),
            by_name: self.by_name.clone(),
            spelled: self.spelled.clone(),
            outline: self.outline.clone(),
            replaced: Vec::new(),
        }
    }

    /// Goes on as a fork of itself.
    pub(crate) fn become_fork(&mut self, mut fork: Self) {
        let older = mem::take(&mut self.replaced);
        let newer = mem::replace(&mut fork.replaced, older);
        *self = fork;
        self.make_room(newer.len());
        // What only this forest had before is not to be kept.
        self.replaced
            .extend(newer.into_iter().filter(Replaced::is_held));
    }

    /// What has been taken out of it since it was forked, of what the state that it was
    /// forked from has.
    pub(crate) fn into_replaced(self, base: &Self) -> Vec<Replaced> {
        let mut replaced = self.replaced;
        replaced.retain(|one| base.has(one));
        replaced
    }

    /// The provider with that UUID. Cost: one look-up.
    #[inline]
    pub fn get(&self, uuid: Uuid) -> Option<&Provider> {
        self.by_uuid.get(&uuid)
    }

    /// The provider with that name or UUID. Cost: one look-up for a UUID, two
    /// for a name.
    pub fn find<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Option<&Provider> {
        match key.into() {
            ProviderKey::Uuid(uuid) => self.get(uuid),
            ProviderKey::Text(text) => match self.by_name.get(text) {
                Some(&uuid) => self.get(uuid),
                None => self.get(Uuid::try_parse(text).ok()?),
            },
        }
    }

    /// The provider with that name or UUID. Cost: as [`find`](Self::find).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is none.
    pub fn require<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<&Provider, Error> {
        let key = key.into();
        self.find(key).ok_or_else(|| Error::unknown(key))
    }

    /// Whether there is a provider with that name or UUID. Cost: as
    /// [`find`](Self::find).
    pub fn exists<'k>(&self, key: impl Into<ProviderKey<'k>>) -> bool {
        self.find(key).is_some()
    }

    /// The number of providers. Cost: O(1).
    #[inline]
    pub fn len(&self) -> usize {
        self.by_uuid.len()
    }

    /// Whether there is no provider. Cost: O(1).
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.by_uuid.is_empty()
    }

    #[inline]
    pub(crate) fn by_path(&self, path: &Path) -> Option<&Provider> {
        self.outline.get(path)
    }

    /// The provider of that name, or whose name spells the same UUID in another
    /// way.
    pub(crate) fn holder_of_name(&self, name: &str) -> Option<Uuid> {
        self.by_name
            .get(name)
            .or_else(|| self.spelled.get(&Uuid::try_parse(name).ok()?))
            .copied()
    }

    /// The provider whose name spells a UUID that is not its own.
    pub(crate) fn named_as(&self, uuid: Uuid) -> Option<Uuid> {
        self.spelled.get(&uuid).copied()
    }

    /// Adds a provider at its path.
    pub(crate) fn attach(&mut self, provider: Provider) {
        self.place(&provider);
        self.name(&provider);
        self.index(provider);
    }

    /// The first part of [`attach`](Self::attach): walks meet the provider,
    /// look-ups do not find it yet.
    pub(crate) fn place(&mut self, provider: &Provider) {
        self.outline.insert(provider.clone());
    }

    /// The last part of [`attach`](Self::attach): look-ups find it by its UUID.
    pub(crate) fn index(&mut self, provider: Provider) {
        self.by_uuid.insert(provider.uuid(), provider);
    }

    /// Lets look-ups find a provider by its name.
    pub(crate) fn name(&mut self, provider: &Provider) {
        if let Some(uuid) = foreign_uuid(provider) {
            self.spelled.insert(uuid, provider.uuid());
        }
        let name = provider.head().name.clone();
        self.by_name.insert(name, provider.uuid());
    }

    /// Ends that.
    pub(crate) fn unname(&mut self, provider: &Provider) {
        self.by_name.remove(provider.name());
        if let Some(uuid) = foreign_uuid(provider) {
            self.spelled.remove(&uuid);
        }
    }

    /// Shows a provider in a new state. If it has another name or path, the caller
    /// sees to what the old one was.
    pub(crate) fn replace(&mut self, provider: Provider) {
        self.place(&provider);
        let old = self.by_uuid.insert(provider.uuid(), provider);
        self.note_replaced(old, false);
    }

    /// Takes a provider out, if it is there, whatever stands below it.
    pub(crate) fn detach(&mut self, uuid: Uuid) {
        let old = self.by_uuid.remove(&uuid);
        if let Some(old) = &old {
            self.unname(old);
            self.outline.remove(old.path());
        }
        self.note_replaced(old, true);
    }

    /// Takes out what a newer state has not, if it is there, and forgets it. What
    /// that has too is left: taking it out would copy the nodes that have it.
    pub(crate) fn let_go(&mut self, replaced: &Replaced) {
        let Replaced {
            provider,
            with_name,
        } = replaced;
        if self.has(replaced) {
            self.by_uuid.remove(&provider.uuid());
            self.outline.remove(provider.path());
            if *with_name {
                self.unname(provider);
            }
        }
    }

    /// Whether it has that very provider.
    pub(crate) fn has(&self, replaced: &Replaced) -> bool {
        let found = self.get(replaced.provider.uuid());
        found.is_some_and(|found| found.ptr_eq(&replaced.provider))
    }

    /// Frees one of the maps, but for that by UUID. False if none is left.
    pub(crate) fn let_go_of_a_map(&mut self) -> bool {
        if !self.by_name.is_empty() {
            self.by_name = HashMap::default();
        } else if !self.spelled.is_empty() {
            self.spelled = HashMap::default();
        } else if !self.outline.is_empty() {
            self.outline = Outline::new();
        } else {
            return false;
        }
        true
    }

    fn note_replaced(&mut self, old: Option<Provider>, with_name: bool) {
        let old = old.map(|provider| Replaced {
            provider,
            with_name,
        });
        // One that nobody else refers to was there in between only. So may be one that a
        // caller has a clone of: they go when there is no more room.
        if let Some(old) = old.filter(Replaced::is_held) {
            self.make_room(1);
            self.replaced.push(old);
        }
    }

    /// Lets go of what nobody holds any more if so many find no room, and makes as much
    /// room again as the rest takes: so each is looked at a bounded number of times.
    fn make_room(&mut self, additional: usize) {
        if self.replaced.len() + additional > self.replaced.capacity() {
            self.replaced.retain(Replaced::is_held);
            self.replaced.reserve(self.replaced.len() + additional);
        }
    }
}

/// The UUID that a provider's name spells, unless it is its own.
fn foreign_uuid(provider: &Provider) -> Option<Uuid> {
    Uuid::try_parse(provider.name())
        .ok()
        .filter(|&spelled| spelled != provider.uuid())
}

/// Two forests are equal if they show equal providers in the same order.
/// Cost: O(n).
impl PartialEq for Forest {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}
