//! What a mirror remembers between its calls.

use std::collections::BTreeSet;
use std::sync::Arc;

use uuid::Uuid;

use crate::placement::merge::{Merge, Policy};
use crate::placement::plan::{Call, Vocabulary};
use crate::placement::state::{ProviderState, State};

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
    /// Requests of which it is not known whether they were carried out.
    doubts: Vec<Doubt>,
}

/// A request of which it is not known whether it was carried out, or will be.
#[derive(PartialEq)]
struct Doubt {
    sent: Call,
    /// What both sides agree on if it was.
    agreed: Call,
    /// The provider's generation when it was sent.
    generation: Option<u64>,
}

impl Agreed {
    /// All providers that either side is known to have had.
    pub(super) fn known(&self) -> impl Iterator<Item = Uuid> {
        self.base.uuids().chain(self.theirs.uuids())
    }

    /// Merges the whole of it with what the tree has.
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

    /// Placement has made this change, which both sides agree on now.
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

    /// The same for content, which is sent as a whole. What of it came from somebody else is
    /// not agreed on: the tree does not have it yet.
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

    /// What was sent of a provider before has been made or refused by now.
    fn forget_doubts(&mut self, accepted: &Call) {
        let about = subject(accepted);
        self.doubts
            .retain(|doubt| about.is_none() || subject(&doubt.sent) != about);
    }

    /// Placement may have made this change or not.
    pub(super) fn doubt(&mut self, sent: Call, ours: &State) {
        let provider = subject(&sent).and_then(|uuid| self.theirs.get(uuid));
        let doubt = Doubt {
            generation: provider.and_then(ProviderState::generation),
            agreed: self.ours_of(&sent, ours),
            sent,
        };
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// A request for content with only those fields that are as the tree has them; others
    /// are as they were agreed on before.
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

    /// A provider has been read.
    pub(super) fn saw(&mut self, uuid: Uuid, provider: Option<Arc<ProviderState>>) {
        self.theirs.put(uuid, provider);
        self.settle(|about| about == uuid);
    }

    /// All providers have been read.
    pub(super) fn saw_all(&mut self, theirs: State) {
        self.theirs = theirs;
        self.is_read = true;
        self.settle(|_| true);
    }

    /// What Placement shows of changes in doubt was sent from here, and is agreed on. It
    /// would be taken for somebody else's otherwise, and be in conflict with newer edits.
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
            // It may still be on its way. Content is refused once the generation has moved.
            let is_unchecked = matches!(doubt.sent, Call::Update { .. } | Call::Delete { .. });
            let generation = provider.and_then(ProviderState::generation);
            !is_unchecked && generation == doubt.generation
        });
    }
}

/// The members of a set that was sent where it is as ours, else those of the base.
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

/// Whether a provider is as a request makes it.
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
