//! Reads a provider again in the middle of a push, and merges what it finds.

use std::sync::Arc;

use uuid::Uuid;

use super::push::Push;
use super::report::Reason;
use crate::placement::client::{Filter, ListedProvider};
use crate::placement::error::Error;
use crate::placement::merge::{ConflictKind, FieldConflict, Merge, Policy};
use crate::placement::state::ProviderState;

impl Push<'_> {
    pub(super) fn seen(&self, uuid: Uuid) -> Option<Arc<ProviderState>> {
        self.lock().agreed.theirs.shared(uuid).cloned()
    }

    /// Merges one provider.
    ///
    /// # Errors
    ///
    /// Its conflicts, if the merge stopped for it.
    pub(super) fn merge(&self, uuid: Uuid) -> Result<Merge, Reason> {
        let progress = &mut *self.lock();
        let merge = progress.agreed.merge_one(uuid, self.ours, self.policy);
        progress.conflicts.add(&merge.conflicts);
        let stops = |conflict: &FieldConflict| conflict.outcome == Policy::Stop;
        if merge.conflicts.iter().any(stops) {
            return Err(Reason::Conflict(merge.conflicts));
        }
        Ok(merge)
    }

    /// Ends a step whose provider is not as expected: done if no edit is left to send.
    pub(super) fn settle(&self, uuid: Uuid) -> Result<(), Reason> {
        let merge = self.merge(uuid)?;
        let seen = self.seen(uuid);
        let is_placed = match (merge.service.get(uuid), &seen) {
            (Some(want), Some(there)) => {
                want.name == there.name && want.parent_uuid == there.parent_uuid
            }
            (want, there) => want.is_none() && there.is_none(),
        };
        if is_placed || self.policy == Policy::Theirs {
            return Ok(());
        }
        Err(Reason::Conflict(merge.conflicts))
    }

    /// Reads again a provider whose content another client has changed.
    pub(super) fn redo(&self, uuid: Uuid) -> Result<(), Error> {
        let Some(seen) = self.seen(uuid) else {
            return Ok(());
        };
        let content = self.session.read_content(uuid, None)?;
        let provider = content.map(|content| content.of(&seen.name, seen.parent_uuid));
        let progress = &mut *self.lock();
        progress.redone += 1;
        progress.agreed.saw(uuid, provider);
        Ok(())
    }

    /// Lists a provider; if that differs from what was last seen, reads all of it.
    pub(super) fn look(&self, uuid: Uuid) -> Result<Option<ListedProvider>, Error> {
        let listed = self.session.find(|client| client.get_provider(uuid))?;
        let is_same = match (&listed, self.seen(uuid)) {
            (Some(listed), Some(seen)) => {
                seen.generation == Some(listed.generation)
                    && seen.name == listed.name
                    && seen.parent_uuid == listed.parent_provider_uuid
            }
            (listed, seen) => listed.is_none() && seen.is_none(),
        };
        if !is_same {
            self.saw(uuid, listed.as_ref())?;
        }
        Ok(listed)
    }

    /// Reads a provider with its name and parent. Returns whether it exists.
    pub(super) fn read_again(&self, uuid: Uuid) -> Result<bool, Error> {
        let listed = self.session.find(|client| client.get_provider(uuid))?;
        self.saw(uuid, listed.as_ref())
    }

    /// Reads the content of a provider that is listed.
    pub(super) fn saw(&self, uuid: Uuid, listed: Option<&ListedProvider>) -> Result<bool, Error> {
        let provider = match listed {
            Some(listed) => {
                let content = self.session.read_content(uuid, None)?;
                content.map(|content| content.of(&listed.name, listed.parent_provider_uuid))
            }
            None => None,
        };
        let is_there = provider.is_some();
        let progress = &mut *self.lock();
        progress.redone += 1;
        progress.agreed.saw(uuid, provider);
        Ok(is_there)
    }

    /// The conflict that another provider has the name, if one does.
    pub(super) fn name_taken(
        &self,
        uuid: Uuid,
        name: &str,
    ) -> Result<Option<FieldConflict>, Error> {
        let filter = Filter::default().name(name);
        let holders = self.session.read(|client| client.list_providers(&filter))?;
        let other = holders.into_iter().map(|holder| holder.uuid);
        let other = { other }.find(|other| *other != uuid);
        let progress = self.lock();
        Ok(other.map(|other| FieldConflict {
            uuid,
            kind: ConflictKind::NameTaken { other },
            base: progress.agreed.base.shared(uuid).cloned(),
            ours: self.ours.shared(uuid).cloned(),
            theirs: progress.agreed.theirs.shared(uuid).cloned(),
            outcome: Policy::Stop,
        }))
    }

    pub(super) fn conflict(&self, conflicts: Vec<FieldConflict>) -> Reason {
        self.lock().conflicts.add(&conflicts);
        Reason::Conflict(conflicts)
    }
}
