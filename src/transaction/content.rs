//! Edits of a provider's content: inventory, traits, aggregates, resources and generation.

use std::borrow::Borrow;

use uuid::Uuid;

use super::transaction::Transaction;
use crate::error::Error;
use crate::provider::inventory::{self, Inventories, Inventory};
use crate::provider::key::ProviderKey;
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::provider::resource::Resource;
use crate::provider::sorted::sorted;

/// New content of a provider.
enum Content<'a> {
    Inventory(&'a Inventories),
    Traits(Vec<Trait>),
    Aggregates(Vec<Uuid>),
    Resources(Vec<Resource>),
}

/// The provider that is edited.
struct Target {
    uuid: Uuid,
    path: Path,
    generation: Option<u64>,
}

impl From<&Provider> for Target {
    fn from(provider: &Provider) -> Self {
        Self {
            uuid: provider.uuid(),
            path: provider.path().clone(),
            generation: provider.generation(),
        }
    }
}

impl Transaction {
    /// Replaces a provider's inventory, and sets its generation if one is given. Returns
    /// whether the inventory has changed.
    ///
    /// Records that contain nothing new ([`inventory_changed`]) leave the stored ones as
    /// they are; otherwise they replace them as a whole. A given generation is set in both
    /// cases. To copy another provider's inventory, pass
    /// `provider.inventory().iter().cloned()`.
    ///
    /// Cost: O(k log k) for k records, and one edit of content if anything changed.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`], [`Error::DuplicateResourceClass`],
    /// [`Error::InvalidInventory`] for a field out of range, or
    /// [`Error::ReservedAboveTotal`].
    ///
    /// ```
    /// use provider_tree::{Inventory, ProviderTree, ResourceClass};
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root("host")?;
    /// let memory = Inventory::new(65_536).with_reserved(512);
    /// let changed = tree.update(|transaction| {
    ///     transaction.update_inventory("host", [(ResourceClass::MEMORY_MB, memory)], 1)
    /// })?;
    /// assert!(changed.value);
    /// assert_eq!(tree.find("host").unwrap().generation(), Some(1));
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    ///
    /// [`inventory_changed`]: crate::Forest::inventory_changed
    pub fn update_inventory<'k>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        inventory: impl IntoIterator<Item = (ResourceClass, Inventory)>,
        generation: impl Into<Option<u64>>,
    ) -> Result<bool, Error> {
        let new = inventory::checked(inventory)?;
        self.set_inventory(key.into(), &new, generation.into())
    }

    /// The same with checked records.
    pub(crate) fn set_inventory(
        &mut self,
        key: ProviderKey<'_>,
        new: &Inventories,
        generation: Option<u64>,
    ) -> Result<bool, Error> {
        let old = self.require(key)?;
        let new = inventory::changed(old.inventory(), new).then_some(Content::Inventory(new));
        let target = old.into();
        Ok(self.edit(target, new, generation, "update_inventory"))
    }

    /// Replaces a provider's traits, and sets its generation if one is given. Returns
    /// whether the traits have changed. To remove them all, pass `None::<Trait>`.
    ///
    /// Cost: O(k log k) for k traits, and one edit of content if anything changed.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] or [`Error::InvalidTrait`].
    pub fn update_traits<'k, T>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        traits: impl IntoIterator<Item = T>,
        generation: impl Into<Option<u64>>,
    ) -> Result<bool, Error>
    where
        T: TryInto<Trait, Error: Into<Error>>,
    {
        let new = checked_traits(traits)?;
        self.set_traits(key.into(), "update_traits", generation.into(), |_| new)
    }

    /// Adds traits to a provider. Returns whether any was new. Cost: that of
    /// [`update_traits`](Self::update_traits) with all of them.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] or [`Error::InvalidTrait`].
    pub fn add_traits<'k, T>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        traits: impl IntoIterator<Item = T>,
    ) -> Result<bool, Error>
    where
        T: TryInto<Trait, Error: Into<Error>>,
    {
        let more = checked_traits(traits)?;
        self.set_traits(key.into(), "add_traits", None, |old| {
            sorted(old.iter().cloned().chain(more))
        })
    }

    /// Removes traits from a provider, ignoring those that it does not have. Returns
    /// whether it had any of them. Cost: that of [`update_traits`](Self::update_traits)
    /// with all that it has.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] or [`Error::InvalidTrait`].
    pub fn remove_traits<'k, T>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        traits: impl IntoIterator<Item = T>,
    ) -> Result<bool, Error>
    where
        T: TryInto<Trait, Error: Into<Error>>,
    {
        let removed = checked_traits(traits)?;
        self.set_traits(key.into(), "remove_traits", None, |old| {
            without(old, &removed)
        })
    }

    /// Replaces the aggregates that a provider is a member of, and sets its generation if
    /// one is given. Returns whether the aggregates have changed. To remove them all, pass
    /// `None::<Uuid>`.
    ///
    /// Cost: O(k log k) for k aggregates, and one edit of content if anything changed.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn update_aggregates<'k>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        aggregates: impl IntoIterator<Item: Borrow<Uuid>>,
        generation: impl Into<Option<u64>>,
    ) -> Result<bool, Error> {
        let new = owned(aggregates);
        self.set_aggregates(key.into(), "update_aggregates", generation.into(), |_| {
            sorted(new)
        })
    }

    /// Adds a provider to aggregates. Returns whether any was new. Cost: that of
    /// [`update_aggregates`](Self::update_aggregates) with all of them.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn add_aggregates<'k>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        aggregates: impl IntoIterator<Item: Borrow<Uuid>>,
    ) -> Result<bool, Error> {
        let more = owned(aggregates);
        self.set_aggregates(key.into(), "add_aggregates", None, |old| {
            sorted(old.iter().copied().chain(more))
        })
    }

    /// Removes a provider from aggregates, ignoring those that it is not a member of.
    /// Returns whether it was a member of any. Cost: that of
    /// [`update_aggregates`](Self::update_aggregates) with all that it has.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn remove_aggregates<'k>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        aggregates: impl IntoIterator<Item: Borrow<Uuid>>,
    ) -> Result<bool, Error> {
        let removed = sorted(owned(aggregates));
        self.set_aggregates(key.into(), "remove_aggregates", None, |old| {
            without(old, &removed)
        })
    }

    /// Replaces the individual resources that a provider's inventory counts. Returns
    /// whether they have changed.
    ///
    /// Cost: O(k log k) for k resources, and one edit of content if anything changed.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn update_resources<'k>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        resources: impl IntoIterator<Item = Resource>,
    ) -> Result<bool, Error> {
        let old = self.require(key)?;
        let new = sorted(resources);
        let new = (*old.resources() != *new).then_some(Content::Resources(new));
        let target = old.into();
        Ok(self.edit(target, new, None, "update_resources"))
    }

    /// Sets a provider's generation. Returns whether it has changed. Cost: one edit of
    /// content if so.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn set_generation<'k>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        generation: u64,
    ) -> Result<bool, Error> {
        let target = Target::from(self.require(key)?);
        let changed = target.generation != Some(generation);
        self.edit(target, None, Some(generation), "set_generation");
        Ok(changed)
    }

    /// Gives a provider the traits that are made of those it has.
    fn set_traits(
        &mut self,
        key: ProviderKey<'_>,
        operation: &'static str,
        generation: Option<u64>,
        make: impl FnOnce(&[Trait]) -> Vec<Trait>,
    ) -> Result<bool, Error> {
        let old = self.require(key)?;
        let new = make(old.traits());
        let change = (*old.traits() != *new).then_some(Content::Traits(new));
        let target = old.into();
        Ok(self.edit(target, change, generation, operation))
    }

    /// Gives a provider the aggregates that are made of those it has.
    fn set_aggregates(
        &mut self,
        key: ProviderKey<'_>,
        operation: &'static str,
        generation: Option<u64>,
        make: impl FnOnce(&[Uuid]) -> Vec<Uuid>,
    ) -> Result<bool, Error> {
        let old = self.require(key)?;
        let new = make(old.aggregates());
        let change = (*old.aggregates() != *new).then_some(Content::Aggregates(new));
        let target = old.into();
        Ok(self.edit(target, change, generation, operation))
    }

    /// Applies new content, if any, and a given generation. Returns whether there was new
    /// content.
    fn edit(
        &mut self,
        target: Target,
        change: Option<Content<'_>>,
        generation: Option<u64>,
        operation: &'static str,
    ) -> bool {
        let from = target.generation;
        let to = generation.or(from);
        let content_changed = change.is_some();
        if !content_changed && from == to {
            return false;
        }
        self.editor.edit(&target.path, |provider| {
            provider.head_mut().generation = to;
            match change {
                None => {}
                Some(Content::Inventory(new)) => provider.set_inventory(new),
                Some(Content::Traits(new)) => provider.head_mut().rest_mut().traits = new.into(),
                Some(Content::Aggregates(new)) => {
                    provider.head_mut().rest_mut().aggregates = new.into();
                }
                Some(Content::Resources(new)) => {
                    provider.head_mut().rest_mut().resources = new.into();
                }
            }
        });
        self.generations.note(target.uuid, from, to, operation);
        self.edits += 1;
        content_changed
    }
}

pub(crate) fn checked_traits<T>(traits: impl IntoIterator<Item = T>) -> Result<Vec<Trait>, Error>
where
    T: TryInto<Trait, Error: Into<Error>>,
{
    let traits: Result<Vec<Trait>, Error> = traits
        .into_iter()
        .map(|name| name.try_into().map_err(Into::into))
        .collect();
    Ok(sorted(traits?))
}

/// UUIDs that were given by value or by reference.
pub(crate) fn owned(uuids: impl IntoIterator<Item: Borrow<Uuid>>) -> Vec<Uuid> {
    uuids.into_iter().map(|uuid| *uuid.borrow()).collect()
}

/// A sorted set without some of its items.
fn without<T: Clone + Ord>(all: &[T], removed: &[T]) -> Vec<T> {
    let kept = all
        .iter()
        .filter(|item| removed.binary_search(item).is_err());
    kept.cloned().collect()
}
