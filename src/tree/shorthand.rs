//! Single edits, each a commit of its own.

use std::borrow::Borrow;

use uuid::Uuid;

use super::commit::Committed;
use super::tree::ProviderTree;
use crate::cell::cell::SnapshotCell;
use crate::error::Error;
use crate::provider::inventory::{self, Inventory};
use crate::provider::key::ProviderKey;
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::new::NewProvider;
use crate::provider::record::ProviderRecord;
use crate::provider::resource::Resource;
use crate::transaction::content::{checked_traits, owned};

/// # Single edits
///
/// Each commits the [`Transaction`](crate::Transaction) method of the same name, which
/// documents what it does and returns, its cost and its errors. [`Error::NestedUpdate`] and
/// [`Error::Contended`] are also possible, as for [`update`](Self::update), and like it
/// each may defer for a bounded time to a writer that keeps losing. Make several edits that
/// belong together in one `update`.
impl<C: SnapshotCell> ProviderTree<C> {
    /// Commits one [`Transaction::new_root`](crate::Transaction::new_root).
    pub fn new_root<'n>(
        &self,
        provider: impl Into<NewProvider<'n>>,
    ) -> Result<Committed<Uuid>, Error> {
        let provider = with_uuid(provider.into());
        self.update(|transaction| transaction.new_root(provider))
    }

    /// Commits one [`Transaction::new_child`](crate::Transaction::new_child).
    pub fn new_child<'n, 'k>(
        &self,
        provider: impl Into<NewProvider<'n>>,
        parent: impl Into<ProviderKey<'k>>,
    ) -> Result<Committed<Uuid>, Error> {
        let (provider, parent) = (with_uuid(provider.into()), parent.into());
        self.update(|transaction| transaction.new_child(provider, parent))
    }

    /// Commits one [`Transaction::remove`](crate::Transaction::remove).
    pub fn remove<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<Committed<usize>, Error> {
        let key = key.into();
        self.update(|transaction| transaction.remove(key))
    }

    /// Commits one [`Transaction::rename`](crate::Transaction::rename).
    pub fn rename<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        name: &str,
    ) -> Result<Committed<bool>, Error> {
        let key = key.into();
        self.update(|transaction| transaction.rename(key, name))
    }

    /// Commits one [`Transaction::move_to`](crate::Transaction::move_to).
    pub fn move_to<'k, 'p>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        parent: impl Into<ProviderKey<'p>>,
    ) -> Result<Committed<bool>, Error> {
        let (key, parent) = (key.into(), parent.into());
        self.update(|transaction| transaction.move_to(key, parent))
    }

    /// Commits one [`Transaction::move_to_root`](crate::Transaction::move_to_root).
    pub fn move_to_root<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
    ) -> Result<Committed<bool>, Error> {
        let key = key.into();
        self.update(|transaction| transaction.move_to_root(key))
    }

    /// Commits one [`Transaction::populate`](crate::Transaction::populate).
    #[doc(alias = "populate_from_iterable")]
    pub fn populate(
        &self,
        records: impl IntoIterator<Item: Borrow<ProviderRecord>>,
    ) -> Result<Committed<()>, Error> {
        let records: Vec<_> = records.into_iter().collect();
        let records = || records.iter().map(Borrow::<ProviderRecord>::borrow);
        self.update(|transaction| transaction.populate(records()))
    }

    /// Commits one [`Transaction::replace_all`](crate::Transaction::replace_all).
    pub fn replace_all(
        &self,
        records: impl IntoIterator<Item: Borrow<ProviderRecord>>,
    ) -> Result<Committed<()>, Error> {
        let records: Vec<_> = records.into_iter().collect();
        let records = || records.iter().map(Borrow::<ProviderRecord>::borrow);
        self.update(|transaction| transaction.replace_all(records()))
    }

    /// Commits one
    /// [`Transaction::update_inventory`](crate::Transaction::update_inventory).
    pub fn update_inventory<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        inventory: impl IntoIterator<Item = (ResourceClass, Inventory)>,
        generation: impl Into<Option<u64>>,
    ) -> Result<Committed<bool>, Error> {
        let (key, generation) = (key.into(), generation.into());
        let inventory = inventory::checked(inventory)?;
        self.update(|transaction| transaction.set_inventory(key, &inventory, generation))
    }

    /// Commits one
    /// [`Transaction::update_traits`](crate::Transaction::update_traits).
    pub fn update_traits<'k, T>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        traits: impl IntoIterator<Item = T>,
        generation: impl Into<Option<u64>>,
    ) -> Result<Committed<bool>, Error>
    where
        T: TryInto<Trait, Error: Into<Error>>,
    {
        let (key, generation) = (key.into(), generation.into());
        let traits = checked_traits(traits)?;
        self.update(|transaction| transaction.update_traits(key, &traits, generation))
    }

    /// Commits one [`Transaction::add_traits`](crate::Transaction::add_traits).
    pub fn add_traits<'k, T>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        traits: impl IntoIterator<Item = T>,
    ) -> Result<Committed<bool>, Error>
    where
        T: TryInto<Trait, Error: Into<Error>>,
    {
        let key = key.into();
        let traits = checked_traits(traits)?;
        self.update(|transaction| transaction.add_traits(key, &traits))
    }

    /// Commits one
    /// [`Transaction::remove_traits`](crate::Transaction::remove_traits).
    pub fn remove_traits<'k, T>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        traits: impl IntoIterator<Item = T>,
    ) -> Result<Committed<bool>, Error>
    where
        T: TryInto<Trait, Error: Into<Error>>,
    {
        let key = key.into();
        let traits = checked_traits(traits)?;
        self.update(|transaction| transaction.remove_traits(key, &traits))
    }

    /// Commits one
    /// [`Transaction::update_aggregates`](crate::Transaction::update_aggregates).
    pub fn update_aggregates<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        aggregates: impl IntoIterator<Item: Borrow<Uuid>>,
        generation: impl Into<Option<u64>>,
    ) -> Result<Committed<bool>, Error> {
        let (key, generation) = (key.into(), generation.into());
        let aggregates = owned(aggregates);
        self.update(|transaction| transaction.update_aggregates(key, &aggregates, generation))
    }

    /// Commits one
    /// [`Transaction::add_aggregates`](crate::Transaction::add_aggregates).
    pub fn add_aggregates<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        aggregates: impl IntoIterator<Item: Borrow<Uuid>>,
    ) -> Result<Committed<bool>, Error> {
        let key = key.into();
        let aggregates = owned(aggregates);
        self.update(|transaction| transaction.add_aggregates(key, &aggregates))
    }

    /// Commits one
    /// [`Transaction::remove_aggregates`](crate::Transaction::remove_aggregates).
    pub fn remove_aggregates<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        aggregates: impl IntoIterator<Item: Borrow<Uuid>>,
    ) -> Result<Committed<bool>, Error> {
        let key = key.into();
        let aggregates = owned(aggregates);
        self.update(|transaction| transaction.remove_aggregates(key, &aggregates))
    }

    /// Commits one
    /// [`Transaction::update_resources`](crate::Transaction::update_resources).
    pub fn update_resources<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        resources: impl IntoIterator<Item = Resource>,
    ) -> Result<Committed<bool>, Error> {
        let key = key.into();
        let resources: Vec<_> = resources.into_iter().collect();
        self.update(|transaction| transaction.update_resources(key, resources.iter().cloned()))
    }

    /// Commits one
    /// [`Transaction::set_generation`](crate::Transaction::set_generation).
    pub fn set_generation<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        generation: u64,
    ) -> Result<Committed<bool>, Error> {
        let key = key.into();
        self.update(|transaction| transaction.set_generation(key, generation))
    }
}

/// Chosen once, so that each attempt adds the same provider.
fn with_uuid(provider: NewProvider<'_>) -> NewProvider<'_> {
    provider.uuid(provider.uuid.unwrap_or_else(Uuid::new_v4))
}
