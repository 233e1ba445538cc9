//! The queries of Nova's `ProviderTree` about inventory, traits, aggregates and resources.

use std::borrow::Borrow;

use uuid::Uuid;

use super::forest::Forest;
use crate::error::Error;
use crate::provider::inventory::{self, Inventory};
use crate::provider::key::ProviderKey;
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::resource::Resource;
use crate::provider::sorted::sorted;

impl Forest {
    /// Whether a provider has any inventory. Cost: one look-up.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn has_inventory<'k>(&self, key: impl Into<ProviderKey<'k>>) -> Result<bool, Error> {
        Ok(!self.require(key)?.inventory().is_empty())
    }

    /// Whether [`update_inventory`] with these records would change the provider's
    /// inventory: other classes, another value, or a field that is not stored yet. A field
    /// that a new record leaves out is ignored.
    ///
    /// Cost: one look-up, and O(k log k) for k records.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`], or the error that [`update_inventory`] would return.
    ///
    /// ```
    /// use provider_tree::{Inventory, ProviderTree, ResourceClass};
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root("host")?;
    /// let stored = Inventory::new(8).with_reserved(2);
    /// tree.update_inventory("host", [(ResourceClass::VCPU, stored)], None)?;
    ///
    /// let snapshot = tree.snapshot();
    /// let changed = |new| snapshot.inventory_changed("host", [(ResourceClass::VCPU, new)]);
    /// assert!(!changed(Inventory::new(8))?); // `reserved` is left out
    /// assert!(changed(stored.with_step_size(2))?); // not stored yet
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    ///
    /// [`update_inventory`]: crate::Transaction::update_inventory
    #[doc(alias = "has_inventory_changed")]
    pub fn inventory_changed<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        new: impl IntoIterator<Item = (ResourceClass, Inventory)>,
    ) -> Result<bool, Error> {
        let new = inventory::checked(new)?;
        Ok(inventory::changed(self.require(key)?.inventory(), &new))
    }

    /// Whether a provider has all of these traits; true if none are given.
    ///
    /// Cost: one look-up, and O(log k) per given trait, if the provider has k.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] or [`Error::InvalidTrait`].
    pub fn has_traits<'k, T: AsRef<str>>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        traits: impl IntoIterator<Item = T>,
    ) -> Result<bool, Error> {
        let provider = self.require(key);
        let mut all = true;
        for name in traits {
            Trait::check(name.as_ref())?;
            all = all
                && provider
                    .as_ref()
                    .is_ok_and(|one| one.has_trait(name.as_ref()));
        }
        provider.map(|_| all)
    }

    /// Whether a provider's traits differ from these. Cost: one look-up, and O(k log k) for
    /// k traits.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] or [`Error::InvalidTrait`].
    #[doc(alias = "have_traits_changed")]
    pub fn traits_changed<'k, T: AsRef<str>>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        new: impl IntoIterator<Item = T>,
    ) -> Result<bool, Error> {
        let new: Vec<T> = new.into_iter().collect();
        let mut names: Vec<&str> = new.iter().map(T::as_ref).collect();
        names.iter().try_for_each(|name| Trait::check(name))?;
        names.sort_unstable();
        names.dedup();
        let provider = self.require(key)?;
        Ok(!provider.traits().iter().map(Trait::as_str).eq(names))
    }

    /// Whether a provider is a member of all of these aggregates; true if none are given.
    ///
    /// Cost: one look-up, and O(log k) per given aggregate, if the provider is in k.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn in_aggregates<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        aggregates: impl IntoIterator<Item: Borrow<Uuid>>,
    ) -> Result<bool, Error> {
        let provider = self.require(key)?;
        Ok(aggregates
            .into_iter()
            .all(|aggregate| provider.in_aggregate(*aggregate.borrow())))
    }

    /// Whether a provider's aggregates differ from these. Cost: one look-up, and O(k log k)
    /// for k aggregates.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    #[doc(alias = "have_aggregates_changed")]
    pub fn aggregates_changed<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        new: impl IntoIterator<Item: Borrow<Uuid>>,
    ) -> Result<bool, Error> {
        let provider = self.require(key)?;
        Ok(*provider.aggregates() != *sorted(new.into_iter().map(|uuid| *uuid.borrow())))
    }

    /// Whether a provider's resources differ from these. Cost: one look-up, and O(k log k)
    /// for k resources.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    #[doc(alias = "have_resources_changed")]
    pub fn resources_changed<'k>(
        &self,
        key: impl Into<ProviderKey<'k>>,
        new: impl IntoIterator<Item = Resource>,
    ) -> Result<bool, Error> {
        Ok(*self.require(key)?.resources() != *sorted(new))
    }

    /// Whether any provider shares inventory of that class with the members of its
    /// aggregates: it has some, and the trait `MISC_SHARES_VIA_AGGREGATE`. Cost: O(n).
    #[must_use]
    pub fn has_sharing_provider(&self, class: &ResourceClass) -> bool {
        self.iter().any(|provider| {
            provider.inventory_of(class).is_some()
                && provider.has_trait(Trait::MISC_SHARES_VIA_AGGREGATE.as_str())
        })
    }
}
