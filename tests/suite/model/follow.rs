//! Subscriptions to the trees of single providers: which changes they yield, and when.

use std::collections::BTreeSet;

use provider_tree::{Change, ProviderRecord};
use uuid::Uuid;

use super::forest::Model;
use super::tally;
use crate::cases::{ProviderTree, fork};

type Subscription = provider_tree::Subscription<crate::Cell>;

pub struct Follower {
    uuid: Uuid,
    subscription: Subscription,
    /// The model when the follower last looked.
    seen: Model,
    gone: bool,
}

/// The records of a provider's tree, top-down.
fn tree_of(model: &Model, uuid: Uuid) -> Vec<ProviderRecord> {
    if model.get(uuid).is_none() {
        return Vec::new();
    }
    let walk = model.walk();
    let tree = walk.tree(walk.root(uuid).uuid);
    tree.iter().map(|(_, one)| (*one).clone()).collect()
}

/// The UUIDs of records that differ or exist on one side only.
fn differing(before: &[ProviderRecord], after: &[ProviderRecord]) -> BTreeSet<Uuid> {
    let lacks = |others: &[ProviderRecord], one: &&ProviderRecord| !others.contains(one);
    let gone = before.iter().filter(|one| lacks(after, one));
    let came = after.iter().filter(|one| lacks(before, one));
    gone.chain(came).map(|one| one.uuid).collect()
}

impl Follower {
    pub fn new(tree: &ProviderTree, model: &Model, uuid: Uuid) -> Self {
        Self {
            uuid,
            subscription: tree.subscribe_to(uuid).unwrap(),
            seen: model.clone(),
            gone: false,
        }
    }

    /// Polls the subscription: it yields a transition if the tree changed or the provider was
    /// removed, with the changes of that tree only.
    pub fn look(&mut self, model: &Model) {
        let (before, after) = (tree_of(&self.seen, self.uuid), tree_of(model, self.uuid));
        let concerned = !self.gone && before != after;
        let taken = self.subscription.try_changed();
        assert_eq!(taken.is_some(), concerned, "follows {}", self.uuid);
        self.gone |= after.is_empty();
        self.seen = model.clone();
        let Some(transition) = taken else { return };
        for (shown, expected) in [(transition.before(), &before), (transition.after(), &after)] {
            let mut shown: Vec<_> = shown.to_records().collect();
            for record in &mut shown {
                record.root_uuid = None; // as in the model
            }
            assert_eq!(shown, *expected, "follows {}", self.uuid);
        }
        // The changes are those of the records that differ and moves among siblings, and they
        // turn one state into the other.
        let changes = transition.changes();
        let mut differing = differing(&before, &after);
        for change in &changes {
            let is_placed = matches!(change, Change::Updated { place: Some(_), .. });
            let differs = differing.remove(&change.uuid());
            assert!(differs || is_placed, "follows {}: {change}", self.uuid);
        }
        assert!(differing.is_empty(), "follows {}: {differing:?}", self.uuid);
        let copy = fork(transition.before().clone());
        copy.update(|transaction| transaction.apply(&changes))
            .unwrap();
        assert_eq!(copy.snapshot(), *transition.after());
        tally::mark("Follow", if self.gone { "gone" } else { "changed" });
        if model.providers.len() > after.len() {
            tally::mark("Follow", "part");
        }
        let left = |change: &Change| matches!(change, Change::Removed { provider, .. } if model.get(provider.uuid()).is_some());
        if changes.iter().any(left) {
            tally::mark("Follow", "left");
        }
    }
}
