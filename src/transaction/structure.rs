//! Edits of which providers there are, what they are called and where they
//! stand.

use std::collections::BTreeSet;
use std::iter;

use uuid::Uuid;

use super::Transaction;
use crate::error::Error;
use crate::forest::forest::Forest;
use crate::forest::iter::Providers;
use crate::provider::key::ProviderKey;
use crate::provider::new::NewProvider;
use crate::provider::path::Path;
use crate::provider::provider::{Head, Name, Provider};

impl Transaction {
    /// Adds a root, after the others. Returns its UUID: a random one unless one is given.
    /// Cost: one write.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`]; [`Error::UuidTaken`], [`Error::NameTaken`],
    /// [`Error::NameIsUuid`] or [`Error::UuidIsName`] if another provider is in
    /// the way; [`Error::TooManySiblings`] after four billion.
    pub fn new_root<'n>(&mut self, provider: impl Into<NewProvider<'n>>) -> Result<Uuid, Error> {
        self.add(provider.into(), None)
    }

    /// Adds a child, after its siblings. Returns its UUID: a random one unless one is
    /// given. Cost: one write, whatever the number of siblings.
    ///
    /// # Errors
    ///
    /// As [`new_root`](Self::new_root); [`Error::UnknownProvider`] if there is
    /// no such parent; [`Error::TooDeep`] if that is at the deepest level.
    ///
    /// ```
    /// use provider_tree::ProviderTree;
    ///
    /// let tree = ProviderTree::new();
    /// tree.update(|transaction| {
    ///     let host = transaction.new_root("host")?;
    ///     transaction.new_child("host_numa0", host)?;
    ///     transaction.new_child("host_gpu0", "host_numa0")
    /// })?;
    /// assert_eq!(tree.version(), 1);
    /// assert_eq!(tree.snapshot().depth("host_gpu0")?, 2);
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    pub fn new_child<'n, 'k>(
        &mut self,
        provider: impl Into<NewProvider<'n>>,
        parent: impl Into<ProviderKey<'k>>,
    ) -> Result<Uuid, Error> {
        self.add(provider.into(), Some(parent.into()))
    }

    fn add(
        &mut self,
        new: NewProvider<'_>,
        parent: Option<ProviderKey<'_>>,
    ) -> Result<Uuid, Error> {
        let NewProvider {
            name,
            uuid,
            generation,
        } = new;
        let uuid = uuid.unwrap_or_else(Uuid::new_v4);
        let mut head = Head::new(uuid, Name::new(name)?);
        if let Some(existing) = self.get(uuid) {
            return Err(Error::UuidTaken {
                uuid,
                name: existing.name().to_owned(),
            });
        }
        check_texts(&self.forest, name, uuid, |_| true)?;
        let parent = parent.map(|key| self.require(key)).transpose()?;
        let above = parent.map_or(Path::TOP, |parent| parent.path().clone());
        head.parent_uuid = parent.map(Provider::uuid);
        head.generation = generation;
        check_levels(uuid, above.levels() + 1)?;
        let path = self.forest.next_path(&above)?;
        self.generations.note(uuid, None, generation, "new");
        let provider = Provider::new(head, iter::empty());
        self.forest.attach(provider.into(), &path);
        self.edits += 1;
        Ok(uuid)
    }

    /// Removes a provider and all below it. Returns how many that were. Cost:
    /// one write for each.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn remove<'k>(&mut self, key: impl Into<ProviderKey<'k>>) -> Result<usize, Error> {
        let provider = self.require(key)?;
        let path = provider.path().clone();
        let removed = self.forest.detach(&path).providers().len();
        self.edits += 1;
        Ok(removed)
    }

    /// Gives a provider another name. Returns whether it was another. Cost:
    /// one write if so.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`], [`Error::InvalidName`], [`Error::NameTaken`]
    /// or [`Error::NameIsUuid`].
    pub fn rename<'k>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        name: &str,
    ) -> Result<bool, Error> {
        let provider = self.require(key)?;
        let name = Name::new(name)?;
        if *name == *provider.name() {
            return Ok(false);
        }
        check_name_free(&self.forest, &name, provider.uuid(), |_| true)?;
        let renamed = provider.edited(|head| head.rest_mut().name = name);
        self.forest.replace(renamed);
        self.edits += 1;
        Ok(true)
    }

    /// Puts a provider, with all below it, under another parent, after the
    /// children that are there. Returns whether the parent was another. Cost:
    /// one write for each provider that moves.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider or parent;
    /// [`Error::Cycle`] if the parent is the provider itself or below it;
    /// [`Error::TooDeep`] if the lowest one would lie below the deepest level;
    /// [`Error::TooManySiblings`] after four billion.
    pub fn move_to<'k, 'p>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        parent: impl Into<ProviderKey<'p>>,
    ) -> Result<bool, Error> {
        let provider = self.require(key)?.uuid();
        let parent = self.require(parent)?.uuid();
        self.put(provider, Some(parent))
    }

    /// Makes a provider, with all below it, a tree of its own, after the other
    /// roots. Returns whether it was none. Cost: one write for each provider
    /// that moves.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn move_to_root<'k>(&mut self, key: impl Into<ProviderKey<'k>>) -> Result<bool, Error> {
        let provider = self.require(key)?.uuid();
        self.put(provider, None)
    }

    fn put(&mut self, uuid: Uuid, parent_uuid: Option<Uuid>) -> Result<bool, Error> {
        if self.require(uuid)?.parent_uuid() == parent_uuid {
            return Ok(false);
        }
        move_to_end(&mut self.forest, uuid, parent_uuid)?;
        self.edits += 1;
        Ok(true)
    }
}

/// Moves a provider, with all below it, to the end of a parent's children.
fn move_to_end(forest: &mut Forest, uuid: Uuid, parent_uuid: Option<Uuid>) -> Result<(), Error> {
    let here = forest.require(uuid)?.path();
    let above = forest.place_of(parent_uuid)?;
    if here.contains(&above) {
        let ancestors = parent_uuid
            .into_iter()
            .flat_map(|uuid| forest.ancestors(uuid));
        let upwards = ancestors.flatten().map(Provider::uuid);
        let cycle = parent_uuid.into_iter().chain(upwards);
        let last = cycle.clone().position(|ancestor| ancestor == uuid);
        return Err(Error::Cycle {
            uuids: cycle.take(last.map_or(1, |last| last + 1)).collect(),
        });
    }
    let (from, to) = (here.levels(), above.levels() + 1);
    for below in Providers::below(forest, here) {
        check_levels(below.uuid(), below.path().levels() - from + to)?;
    }
    let to = forest.next_path(&above)?;
    // Asked for again: making room there may have changed its path.
    let from = forest.require(uuid)?.path().clone();
    forest.relocate(&[(from, to)], parent_uuid);
    Ok(())
}

pub(crate) fn check_levels(uuid: Uuid, levels: usize) -> Result<(), Error> {
    if levels <= Forest::MAX_LEVELS {
        Ok(())
    } else {
        Err(Error::TooDeep {
            uuid,
            limit: Forest::MAX_LEVELS,
        })
    }
}

/// Checks that a new provider can take its UUID and its name beside the names and
/// UUIDs of others. Names count of those only that `counts` says.
pub(super) fn check_texts(
    forest: &Forest,
    name: &str,
    uuid: Uuid,
    counts: impl Fn(Uuid) -> bool,
) -> Result<(), Error> {
    match forest.named_as(uuid, &counts) {
        Some(named) if Uuid::try_parse(name) != Ok(uuid) => Err(Error::UuidIsName { uuid, named }),
        _ => check_name_free(forest, name, uuid, counts),
    }
}

/// Checks that a provider can take a name: no other one has it, as its name or
/// as its UUID.
fn check_name_free(
    forest: &Forest,
    name: &str,
    uuid: Uuid,
    counts: impl Fn(Uuid) -> bool,
) -> Result<(), Error> {
    let is_other = |holder| holder != uuid && counts(holder);
    let holder = forest.holder_of_name(name, is_other);
    if let Some(holder) = holder.and_then(|uuid| forest.get(uuid)) {
        return Err(Error::name_taken(name, holder.uuid(), holder.name()));
    }
    match Uuid::try_parse(name) {
        Ok(spelled) if spelled != uuid && forest.get(spelled).is_some() => Err(Error::NameIsUuid {
            name: name.to_owned(),
            uuid: spelled,
        }),
        _ => Ok(()),
    }
}

/// Checks that no parent is missing.
pub(crate) fn check_none_missing(parents: BTreeSet<Uuid>) -> Result<(), Error> {
    if parents.is_empty() {
        Ok(())
    } else {
        Err(Error::MissingParents {
            uuids: parents.into_iter().collect(),
        })
    }
}

/// The cycle that the parents from one on lead into.
pub(crate) fn cycle(start: Uuid, parent: impl Fn(&Uuid) -> Option<Uuid>) -> Error {
    let mut seen = BTreeSet::new();
    let mut way = iter::successors(Some(start), &parent);
    let on_cycle = way.find(|uuid| !seen.insert(*uuid)).unwrap_or(start);
    let rest = iter::successors(parent(&on_cycle), &parent);
    let all = iter::once(on_cycle).chain(rest.take_while(|uuid| *uuid != on_cycle));
    Error::Cycle {
        uuids: all.collect(),
    }
}
