//! What a mirror remembers between its calls.

use std::collections::BTreeSet;
use std::mem::discriminant;
use std::sync::Arc;

use uuid::Uuid;

use crate::placement::merge::{Merge, Policy};
use crate::placement::plan::{Call, Vocabulary};
use crate::placement::state::{ProviderState, State};

/// How many doubts about one part of a provider are kept, the newest ones. If an older request
/// is carried out after all, that looks like another client's change.
const MOST_DOUBTS: usize = 8;

/// What a mirror remembers between its calls.
#[derive(Default)]
pub(super) struct Agreed {
    /// What both sides last agreed on.
    pub(super) base: State,
    /// What Placement was last seen to have.
    pub(super) theirs: State,
    /// Whether it has been read at all.
    pub(super) is_read: bool,
    /// The custom classes and traits that this mirror has created.
    pub(super) vocabulary: Vocabulary,
    /// What the last push wanted Placement to be.
    pub(super) wanted: State,
    /// Requests whose outcome is unknown.
    doubts: Vec<Doubt>,
}

/// A request whose outcome is unknown: it may have been carried out, or may yet be.
#[derive(PartialEq)]
struct Doubt {
    sent: Call,
    /// What both sides agree on if it was carried out.
    agreed: Call,
    /// The provider's generation when it was sent.
    generation: Option<u64>,
}

impl Agreed {
    /// All providers that either side is known to have had.
    pub(super) fn known(&self) -> impl Iterator<Item = Uuid> {
        self.base.uuids().chain(self.theirs.uuids())
    }

    /// Merges all providers with what the tree has.
    pub(super) fn merge(&self, ours: &State, policy: Policy) -> Merge {
        Merge::new(&self.base, ours, &self.theirs, policy)
    }

    /// Merges one provider alone.
    pub(super) fn merge_one(&self, uuid: Uuid, ours: &State, policy: Policy) -> Merge {
        let one = |state: &State| {
            let mut one = State::default();
            one.put(uuid, state.shared(uuid).cloned());
            one
        };
        Merge::new(&one(&self.base), &one(ours), &one(&self.theirs), policy)
    }

    /// Records a change that Placement has made: both sides agree on it now.
    pub(super) fn acknowledge(&mut self, call: &Call, generation: Option<u64>) {
        self.base.acknowledge(call, generation);
        self.theirs.acknowledge(call, generation);
        self.forget_doubts(call);
        match call {
            Call::CreateTrait { name } => {
                self.vocabulary.traits.insert(name.clone());
            }
            Call::CreateResourceClass { class } => {
                self.vocabulary.classes.insert(class.clone());
            }
            _ => {}
        }
    }

    /// The same for content, which is sent whole. Fields that came from another client are not
    /// agreed on: the tree does not have them yet.
    pub(super) fn acknowledge_content(
        &mut self,
        call: &Call,
        ours: &State,
        generation: Option<u64>,
    ) {
        let agreed = self.ours_of(call, ours);
        self.base.acknowledge(&agreed, generation);
        self.theirs.acknowledge(call, generation);
        self.forget_doubts(call);
    }

    /// Drops the doubts about a provider: its earlier requests have been carried out or
    /// refused by now.
    fn forget_doubts(&mut self, accepted: &Call) {
        let about = subject(accepted);
        self.doubts
            .retain(|doubt| about.is_none() || subject(&doubt.sent) != about);
    }

    /// Records a change that Placement may or may not have made.
    pub(super) fn doubt(&mut self, sent: Call, ours: &State) {
        let provider = subject(&sent).and_then(|uuid| self.theirs.get(uuid));
        let doubt = Doubt {
            generation: provider.and_then(ProviderState::generation),
            agreed: self.ours_of(&sent, ours),
            sent,
        };
        if self.doubts.contains(&doubt) {
            return;
        }
        let is_alike = |other: &Doubt| {
            subject(&other.sent) == subject(&doubt.sent)
                && discriminant(&other.sent) == discriminant(&doubt.sent)
        };
        let mut alike = (0..self.doubts.len()).filter(|&at| is_alike(&self.doubts[at]));
        let oldest = alike.next();
        if let Some(oldest) = oldest.filter(|_| alike.count() + 1 >= MOST_DOUBTS) {
            self.doubts.remove(oldest);
        }
        self.doubts.push(doubt);
    }

    /// The request with only those fields that match the tree; the others are the base's.
    fn ours_of(&self, call: &Call, ours: &State) -> Call {
        let both = |uuid: &Uuid| Some((self.base.get(*uuid)?, ours.get(*uuid)?));
        let mut agreed = call.clone();
        match &mut agreed {
            Call::PutInventories { uuid, inventory } => {
                let Some((base, ours)) = both(uuid) else {
                    return agreed;
                };
                let classes: BTreeSet<_> = inventory
                    .keys()
                    .chain(base.inventory.keys())
                    .cloned()
                    .collect();
                for class in classes {
                    if inventory.get(&class) != ours.inventory.get(&class) {
                        match base.inventory.get(&class) {
                            Some(record) => inventory.insert(class, *record),
                            None => inventory.remove(&class),
                        };
                    }
                }
            }
            Call::PutTraits { uuid, traits } => {
                if let Some((base, ours)) = both(uuid) {
                    *traits = members(traits, &ours.traits, &base.traits);
                }
            }
            Call::PutAggregates { uuid, aggregates } => {
                if let Some((base, ours)) = both(uuid) {
                    *aggregates = members(aggregates, &ours.aggregates, &base.aggregates);
                }
            }
            _ => {}
        }
        agreed
    }

    /// Takes in a provider that has been read.
    pub(super) fn saw(&mut self, uuid: Uuid, provider: Option<Arc<ProviderState>>) {
        self.theirs.put(uuid, provider);
        self.settle(|about| about == uuid);
    }

    /// Takes in a reading of all providers.
    pub(super) fn saw_all(&mut self, theirs: State) {
        self.theirs = theirs;
        self.is_read = true;
        self.settle(|_| true);
    }

    /// A doubtful change that Placement shows was made by this mirror, so both sides agree on
    /// it. Otherwise it would look like another client's, and conflict with newer edits.
    fn settle(&mut self, was_read: impl Fn(Uuid) -> bool) {
        let Self {
            base,
            theirs,
            doubts,
            ..
        } = self;
        doubts.retain(|doubt| {
            let Some(uuid) = subject(&doubt.sent).filter(|uuid| was_read(*uuid)) else {
                return true;
            };
            let provider = theirs.get(uuid);
            if shows(provider, &doubt.sent) {
                base.acknowledge(&doubt.agreed, None);
                return false;
            }
            // It may still arrive. Content is refused once the generation has moved.
            let is_unchecked = matches!(doubt.sent, Call::Update { .. } | Call::Delete { .. });
            let generation = provider.and_then(ProviderState::generation);
            !is_unchecked && generation == doubt.generation
        });
    }
}

/// The members of a sent set where it matches ours; elsewhere the base's.
fn members<T: Ord + Clone>(
    sent: &BTreeSet<T>,
    ours: &BTreeSet<T>,
    base: &BTreeSet<T>,
) -> BTreeSet<T> {
    let is_member = |member: &&T| match sent.contains(member) == ours.contains(member) {
        true => sent.contains(member),
        false => base.contains(member),
    };
    sent.union(base).filter(is_member).cloned().collect()
}

/// The provider that a request is about.
fn subject(call: &Call) -> Option<Uuid> {
    match call {
        Call::Create { uuid, .. }
        | Call::Update { uuid, .. }
        | Call::PutInventories { uuid, .. }
        | Call::PutTraits { uuid, .. }
        | Call::PutAggregates { uuid, .. }
        | Call::Delete { uuid } => Some(*uuid),
        Call::CreateResourceClass { .. } | Call::CreateTrait { .. } | Call::Reshape { .. } => None,
    }
}

/// Whether a provider is already what a request would make it.
fn shows(provider: Option<&ProviderState>, call: &Call) -> bool {
    let Some(provider) = provider else {
        return matches!(call, Call::Delete { .. });
    };
    match call {
        Call::Create {
            name, parent_uuid, ..
        } => provider.name == *name && provider.parent_uuid == *parent_uuid,
        Call::Update {
            name, parent_uuid, ..
        } => {
            let is_there = parent_uuid.is_none_or(|parent| provider.parent_uuid == parent);
            provider.name == *name && is_there
        }
        Call::PutInventories { inventory, .. } => provider.inventory == *inventory,
        Call::PutTraits { traits, .. } => provider.traits == *traits,
        Call::PutAggregates { aggregates, .. } => provider.aggregates == *aggregates,
        Call::Delete { .. }
        | Call::CreateResourceClass { .. }
        | Call::CreateTrait { .. }
        | Call::Reshape { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_doubts_about_a_part_are_kept() {
        let mut agreed = Agreed::default();
        let ours = State::default();
        let [one, other] = [1, 2].map(Uuid::from_u128);
        let name = |uuid, number: usize| Call::Update {
            uuid,
            name: format!("name{number}"),
            parent_uuid: None,
        };
        agreed.doubt(name(other, 0), &ours);
        agreed.doubt(Call::Delete { uuid: one }, &ours);
        for number in 0..100 {
            agreed.doubt(name(one, number), &ours);
        }
        let sent: Vec<&Call> = agreed.doubts.iter().map(|doubt| &doubt.sent).collect();
        assert_eq!(sent.len(), 2 + MOST_DOUBTS);
        assert_eq!(*sent[0], name(other, 0));
        assert_eq!(*sent[1], Call::Delete { uuid: one });
        let newest = (100 - MOST_DOUBTS..100).map(|number| name(one, number));
        assert!(sent[2..].iter().copied().eq(&Vec::from_iter(newest)));
    }
}
