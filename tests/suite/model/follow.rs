//! Subscriptions to the trees of single providers: what they give, and when.

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
    /// What the forest showed when it looked last.
    seen: Model,
    gone: bool,
}

/// The tree of a provider: its records, top-down.
fn tree_of(model: &Model, uuid: Uuid) -> Vec<ProviderRecord> {
    if model.get(uuid).is_none() {
        return Vec::new();
    }
    let walk = model.walk();
    let tree = walk.tree(walk.root(uuid).uuid);
    tree.iter().map(|(_, one)| (*one).clone()).collect()
}

/// What is in one of them and not in the other.
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

    /// Looks: it takes something if the tree shows something else, or the provider has
    /// gone, and tells the changes of that tree alone.
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
        // What has changed is told, the rest is not but for its place, and all of it
        // leads from the one to the other.
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
