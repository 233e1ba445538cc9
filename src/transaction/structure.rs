//! Edits of structure: which providers exist, their names and their places.

use std::iter;

use uuid::Uuid;

use super::checks;
use super::transaction::Transaction;
use crate::error::Error;
use crate::forest::iter::Descendants;
use crate::provider::key::ProviderKey;
use crate::provider::new::NewProvider;
use crate::provider::path::Path;
use crate::provider::provider::{Head, Name, Provider};

impl Transaction {
    /// Adds a root, after the others. Returns its UUID, a random one unless you give one.
    ///
    /// Cost: one write.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidName`]; [`Error::UuidTaken`], [`Error::NameTaken`],
    /// [`Error::NameIsUuid`] or [`Error::UuidIsName`] if another provider is in the way;
    /// [`Error::TooManySiblings`] beyond four billion.
    pub fn new_root<'n>(&mut self, provider: impl Into<NewProvider<'n>>) -> Result<Uuid, Error> {
        self.add(provider.into(), None)
    }

    /// Adds a child, after its siblings. Returns its UUID, a random one unless you give
    /// one.
    ///
    /// Cost: one write, however many siblings there are.
    ///
    /// # Errors
    ///
    /// Those of [`new_root`](Self::new_root); [`Error::UnknownProvider`] if there is no
    /// such parent; [`Error::TooDeep`] if the parent is at the deepest level.
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
        let mut head = Head::new(uuid, Name::new(name)?.into());
        if let Some(existing) = self.get(uuid) {
            return Err(Error::UuidTaken {
                uuid,
                name: existing.name().to_owned(),
            });
        }
        self.check_name(name, uuid, true)?;
        let parent = parent.map(|key| self.require(key)).transpose()?;
        let above = parent.map_or(Path::TOP, |parent| parent.path().clone());
        head.parent_uuid = parent.map(Provider::uuid);
        head.generation = generation;
        let provider = Provider::new(head, iter::empty());
        checks::levels(iter::once(&provider), &above)?;
        let path = self.editor.next_path(&above)?;
        self.editor.attach(provider.into(), &path);
        self.generations.note(uuid, None, generation, "new");
        self.edits += 1;
        Ok(uuid)
    }

    /// Removes a provider and everything below it. Returns how many providers were removed.
    ///
    /// Cost: one write for each.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider.
    pub fn remove<'k>(&mut self, key: impl Into<ProviderKey<'k>>) -> Result<usize, Error> {
        let provider = self.require(key)?;
        let path = provider.path().clone();
        let removed = self.editor.detach(&path).providers().len();
        self.edits += 1;
        Ok(removed)
    }

    /// Renames a provider. Returns whether the name has changed. Cost: one write if so.
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
        self.check_name(&name, provider.uuid(), false)?;
        let renamed = provider.edited(|head| head.rest_mut().name = name);
        self.editor.replace(renamed);
        self.edits += 1;
        Ok(true)
    }

    /// Moves a provider, with everything below it, below another parent, after that
    /// parent's children. Returns whether the parent has changed.
    ///
    /// Cost: one write for each provider that moves.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider or parent; [`Error::Cycle`]
    /// if the parent is the provider itself or below it; [`Error::TooDeep`] if a provider
    /// would be too deep; [`Error::TooManySiblings`] beyond four billion.
    pub fn move_to<'k, 'p>(
        &mut self,
        key: impl Into<ProviderKey<'k>>,
        parent: impl Into<ProviderKey<'p>>,
    ) -> Result<bool, Error> {
        self.put(key.into(), Some(parent.into()))
    }

    /// Makes a provider, with everything below it, a tree of its own, after the other
    /// roots. Returns whether it was below a parent before.
    ///
    /// Cost: one write for each provider that moves.
    ///
    /// # Errors
    ///
    /// [`Error::UnknownProvider`] if there is no such provider; [`Error::TooManySiblings`]
    /// beyond four billion roots.
    pub fn move_to_root<'k>(&mut self, key: impl Into<ProviderKey<'k>>) -> Result<bool, Error> {
        self.put(key.into(), None)
    }

    fn check_name(&self, name: &str, uuid: Uuid, is_new: bool) -> Result<(), Error> {
        let named = checks::Named { uuid, name, is_new };
        checks::name(&self.editor, &named, |_| true, |uuid| self.exists(uuid))
    }

    fn put(
        &mut self,
        key: ProviderKey<'_>,
        parent: Option<ProviderKey<'_>>,
    ) -> Result<bool, Error> {
        let provider = self.require(key)?;
        let parent = parent.map(|key| self.require(key)).transpose()?;
        let (uuid, parent_uuid) = (provider.uuid(), parent.map(Provider::uuid));
        if provider.parent_uuid() == parent_uuid {
            return Ok(false);
        }
        let here = provider.path();
        let above = parent.map_or(Path::TOP, |parent| parent.path().clone());
        if here.contains(&above) {
            return Err(checks::cycle(
                parent_uuid.unwrap_or(uuid),
                |below| match *below {
                    top if top == uuid => parent_uuid,
                    below => self.get(below)?.parent_uuid(),
                },
            ));
        }
        checks::levels(Descendants::of(self, here), &above)?;
        let to = self.editor.next_path(&above)?;
        // Looked up again: making room may have changed its path.
        let from = self.editor.require(uuid)?.path().clone();
        self.editor.relocate(&[(from, to)], parent_uuid);
        self.edits += 1;
        Ok(true)
    }
}
