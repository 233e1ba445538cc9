//! Carries out one step, whatever comes in between.

use std::sync::Arc;

use uuid::Uuid;

use super::push::Push;
use super::report::Reason;
use crate::placement::state::in_force;
use crate::placement::{
    Call, ConflictKind, Error, FieldConflict, Filter, ListedProvider, Merge, Policy, ProviderState,
};

/// A part of a provider's content, which is sent as a whole.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Inventories,
    Traits,
    Aggregates,
}

impl Part {
    pub(super) fn call(self, uuid: Uuid, of: &ProviderState) -> Call {
        match self {
            Self::Inventories => Call::PutInventories {
                uuid,
                inventory: of.inventory.clone(),
            },
            Self::Traits => Call::PutTraits {
                uuid,
                traits: of.traits.clone(),
            },
            Self::Aggregates => Call::PutAggregates {
                uuid,
                aggregates: of.aggregates.clone(),
            },
        }
    }

    fn is_same(self, a: &ProviderState, b: &ProviderState) -> bool {
        match self {
            Self::Inventories => a.inventory == b.inventory,
            Self::Traits => a.traits == b.traits,
            Self::Aggregates => a.aggregates == b.aggregates,
        }
    }
}

impl Push<'_> {
    pub(super) fn carry_out(&self, call: &Call) -> Result<(), Reason> {
        match call {
            Call::CreateResourceClass { class } => self.create_word(call, || {
                self.session.once(|c| c.create_resource_class(class))
            }),
            Call::CreateTrait { name } => {
                self.create_word(call, || self.session.once(|c| c.create_trait(name)))
            }
            Call::Create {
                uuid,
                name,
                parent_uuid,
            } => self.create(call, *uuid, name, *parent_uuid),
            Call::Update {
                uuid,
                name,
                parent_uuid,
            } => self.update(call, *uuid, name, *parent_uuid),
            Call::PutInventories { uuid, .. } => self.put(*uuid, Part::Inventories),
            Call::PutTraits { uuid, .. } => self.put(*uuid, Part::Traits),
            Call::PutAggregates { uuid, .. } => self.put(*uuid, Part::Aggregates),
            Call::Reshape { inventories } => self.reshape(inventories.keys().copied()),
            Call::Delete { uuid } => self.delete(call, *uuid),
        }
    }

    /// Creates a trait or a class. It may be repeated.
    fn create_word(&self, call: &Call, send: impl Fn() -> Result<(), Error>) -> Result<(), Reason> {
        let mut failures = 0;
        loop {
            match send() {
                Ok(()) => {
                    self.lock().agreed.acknowledge(call, None);
                    return Ok(());
                }
                Err(error) if error.is_unavailable() || error.is_conflict() => {
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn create(
        &self,
        call: &Call,
        uuid: Uuid,
        name: &str,
        parent: Option<Uuid>,
    ) -> Result<(), Reason> {
        let mut failures = 0;
        loop {
            let error = match self.session.once(|c| c.create_provider(uuid, name, parent)) {
                Ok(created) => {
                    let generation = Some(created.generation);
                    self.lock().agreed.acknowledge(call, generation);
                    return Ok(());
                }
                Err(error) => error,
            };
            let is_taken = error.is_duplicate();
            let may_be_there = is_taken || error.is_unknown_outcome() || error.is_conflict();
            if may_be_there {
                self.lock().agreed.doubt(call.clone(), self.ours);
            }
            if !is_taken {
                if !(may_be_there || error.is_unavailable()) {
                    return Err(error.into());
                }
                self.session.pause(&mut failures, error)?;
                if may_be_there && self.read_again(uuid)? {
                    return self.settle(uuid);
                }
                continue;
            }
            if self.read_again(uuid)? {
                return self.settle(uuid);
            }
            if let Some(conflict) = self.name_taken(uuid, name)? {
                return Err(self.conflict(vec![conflict]));
            }
            self.session.pause(&mut failures, error)?;
        }
    }

    /// Renames or moves. Placement checks no generation: what was seen before is compared
    /// with what is there right before the request.
    fn update(
        &self,
        call: &Call,
        uuid: Uuid,
        name: &str,
        parent: Option<Option<Uuid>>,
    ) -> Result<(), Reason> {
        let keeps_name = self.seen(uuid).is_some_and(|seen| seen.name == name);
        let mut failures = 0;
        loop {
            let Some(there) = self.look(uuid)? else {
                return self.settle(uuid);
            };
            let wanted_name = if keeps_name {
                there.name.clone()
            } else {
                name.to_owned()
            };
            let wanted_parent = parent.unwrap_or(there.parent_provider_uuid);
            let updated = || {
                let agreed = &mut *self.lock().agreed;
                agreed.acknowledge(call, None);
                // Somebody may have given it a name that stays.
                let name = wanted_name.clone();
                let there = Call::Update {
                    uuid,
                    name,
                    parent_uuid: parent,
                };
                agreed.theirs.acknowledge(&there, None);
            };
            if there.name == wanted_name && there.parent_provider_uuid == wanted_parent {
                updated();
                return Ok(());
            }
            let is_conflict = !self.merge(uuid)?.conflicts.is_empty();
            if is_conflict && self.policy == Policy::Theirs {
                return Ok(());
            }
            let sent = self
                .session
                .once(|client| client.update_provider(uuid, &wanted_name, wanted_parent));
            match sent {
                Ok(_) => {
                    updated();
                    return Ok(());
                }
                Err(error) if error.is_duplicate() => {
                    if let Some(conflict) = self.name_taken(uuid, name)? {
                        return Err(self.conflict(vec![conflict]));
                    }
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) if is_worth_another_try(&error) => {
                    self.lock().agreed.doubt(call.clone(), self.ours);
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Placement checks no generation here either.
    fn delete(&self, call: &Call, uuid: Uuid) -> Result<(), Reason> {
        let mut failures = 0;
        loop {
            let is_there = self.look(uuid)?.is_some();
            if is_there && self.merge(uuid)?.service.contains(uuid) {
                // Somebody has changed it, and that was taken.
                return Ok(());
            }
            let sent = match is_there {
                true => self.session.once(|client| client.delete_provider(uuid)),
                false => Ok(()),
            };
            match sent {
                Err(error) if error.is_not_found() => {}
                Err(error) if is_worth_another_try(&error) => {
                    self.lock().agreed.doubt(call.clone(), self.ours);
                    self.session.pause(&mut failures, error)?;
                    continue;
                }
                sent => sent?,
            }
            self.lock().agreed.acknowledge(call, None);
            return Ok(());
        }
    }

    fn put(&self, uuid: Uuid, part: Part) -> Result<(), Reason> {
        let mut failures = 0;
        while let Some((call, generation)) = self.wanted(uuid, part)? {
            match self.send(&call, uuid, generation) {
                Ok(()) => return Ok(()),
                Err(error) if error.is_not_found() => {
                    self.lock().agreed.saw(uuid, None);
                    return self.settle(uuid);
                }
                Err(error) if error.is_conflict() || error.is_unknown_outcome() => {
                    self.lock().agreed.doubt(call, self.ours);
                    self.session.pause(&mut failures, error)?;
                    self.redo(uuid)?;
                }
                Err(error) if error.is_unavailable() => {
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) => {
                    self.forget_words(&call, &error);
                    return Err(error.into());
                }
            }
        }
        Ok(())
    }

    /// What is to be sent of a provider's content, and at which generation; nothing if
    /// Placement has it.
    pub(super) fn wanted(&self, uuid: Uuid, part: Part) -> Result<Option<(Call, u64)>, Reason> {
        let is_known = |seen: &Arc<ProviderState>| seen.generation.is_some();
        if !self.seen(uuid).as_ref().is_none_or(is_known) {
            self.read_again(uuid)?;
        }
        let merge = self.merge(uuid)?;
        let progress = &mut *self.lock();
        let agreed = &mut *progress.agreed;
        let (Some(want), Some(there)) = (merge.service.get(uuid), agreed.theirs.get(uuid)) else {
            return Ok(None);
        };
        if !part.is_same(want, there) {
            let generation = there.generation.unwrap_or_default();
            return Ok(Some((part.call(uuid, want), generation)));
        }
        let both = self
            .ours
            .get(uuid)
            .is_some_and(|ours| part.is_same(ours, there));
        if both {
            let call = part.call(uuid, there);
            agreed.base.acknowledge(&call, None);
        }
        Ok(None)
    }

    /// Sends a provider's content. What the service answers is what it has.
    fn send(&self, call: &Call, uuid: Uuid, generation: u64) -> Result<(), Error> {
        let session = self.session;
        let (answered, generation) = match call {
            Call::PutInventories { inventory, .. } => {
                let answer = session.once(|c| c.put_inventories(uuid, generation, inventory))?;
                let records = answer.content.into_iter();
                let records = records.map(|(class, record)| (class, in_force(&record)));
                let inventory = records.collect();
                (Call::PutInventories { uuid, inventory }, answer.generation)
            }
            Call::PutTraits { traits, .. } => {
                let answer = session.once(|c| c.put_traits(uuid, generation, traits))?;
                let traits = answer.content;
                (Call::PutTraits { uuid, traits }, answer.generation)
            }
            Call::PutAggregates { aggregates, .. } => {
                let answer = session.once(|c| c.put_aggregates(uuid, generation, aggregates))?;
                let aggregates = answer.content;
                (Call::PutAggregates { uuid, aggregates }, answer.generation)
            }
            _ => return Ok(()),
        };
        let progress = &mut *self.lock();
        // If the service has it otherwise than it was sent, that is a change of theirs.
        progress
            .agreed
            .acknowledge_content(call, self.ours, Some(generation));
        progress
            .agreed
            .theirs
            .acknowledge(&answered, Some(generation));
        Ok(())
    }

    /// A class or a trait may have been deleted there since it was created.
    fn forget_words(&self, call: &Call, error: &Error) {
        if error.refusal().is_some_and(|refusal| refusal.status == 400) {
            let vocabulary = &mut self.lock().agreed.vocabulary;
            match call {
                Call::PutInventories { inventory, .. } => {
                    vocabulary
                        .classes
                        .retain(|class| !inventory.contains_key(class));
                }
                Call::PutTraits { traits, .. } => {
                    vocabulary.traits.retain(|name| !traits.contains(name));
                }
                _ => {}
            }
        }
    }

    pub(super) fn seen(&self, uuid: Uuid) -> Option<Arc<ProviderState>> {
        self.lock().agreed.theirs.shared(uuid).cloned()
    }

    /// Merges one provider.
    ///
    /// # Errors
    ///
    /// The conflicts, where they stop.
    fn merge(&self, uuid: Uuid) -> Result<Merge, Reason> {
        let progress = &mut *self.lock();
        let merge = progress.agreed.merge_one(uuid, self.ours, self.policy);
        progress.conflicts.add(&merge.conflicts);
        let stops = |conflict: &FieldConflict| conflict.outcome == Policy::Stop;
        if merge.conflicts.iter().any(stops) {
            return Err(Reason::Conflict(merge.conflicts));
        }
        Ok(merge)
    }

    /// A provider is not what the step expects. That is fine if no edit is left to send.
    fn settle(&self, uuid: Uuid) -> Result<(), Reason> {
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

    /// Reads a provider again, whose content somebody has changed.
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

    /// What is listed of a provider. If it is not what was seen before, all of it is read.
    fn look(&self, uuid: Uuid) -> Result<Option<ListedProvider>, Error> {
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

    /// Reads a provider with its name and parent. Returns whether it is there.
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

    /// The conflict that another provider has a name, if one has.
    fn name_taken(&self, uuid: Uuid, name: &str) -> Result<Option<FieldConflict>, Error> {
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

    fn conflict(&self, conflicts: Vec<FieldConflict>) -> Reason {
        self.lock().conflicts.add(&conflicts);
        Reason::Conflict(conflicts)
    }
}

/// Whether a request may succeed later, or has succeeded and the answer was lost.
fn is_worth_another_try(error: &Error) -> bool {
    error.is_conflict() || error.is_unknown_outcome() || error.is_unavailable()
}
