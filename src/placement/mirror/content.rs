//! Sends a provider's content at the generation that was last seen.

use std::sync::Arc;

use uuid::Uuid;

use super::push::Push;
use super::report::Reason;
use crate::placement::error::Error;
use crate::placement::plan::Call;
use crate::placement::state::ProviderState;
use crate::placement::state::in_force;

/// A part of a provider's content; each is sent whole.
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
    pub(super) fn put(&self, uuid: Uuid, part: Part) -> Result<(), Reason> {
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
                Err(error) if self.create_missing_terms(&error, [&call])? => {
                    self.session.pause(&mut failures, error)?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// The request to send for a part, and the generation to send it at; `None` if Placement
    /// has that content.
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

    /// Sends a provider's content, and takes the answer as what the service has.
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
        // Where the answer differs from what was sent, the difference is their change.
        progress
            .agreed
            .acknowledge_content(call, self.ours, Some(generation));
        progress
            .agreed
            .theirs
            .acknowledge(&answered, Some(generation));
        Ok(())
    }
}
