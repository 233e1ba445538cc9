//! Subscriptions to the trees of single providers: what they give, and when.

use std::collections::BTreeSet;

use provider_tree::{Change, Place, ProviderRecord};
use uuid::Uuid;

use super::forest::Model;
use super::tally;
use crate::cases::ProviderTree;

type Subscription = provider_tree::Subscription<crate::Cell>;

pub struct Follower {
    uuid: Uuid,
    subscription: Subscription,
    /// What the forest showed when it looked last.
    seen: Model,
    gone: bool,
}

/// The tree of a provider: its records with their depths, top-down.
fn tree_of(model: &Model, uuid: Uuid) -> Option<Vec<(usize, ProviderRecord)>> {
    model.get(uuid)?;
    let walk = model.walk();
    let tree = walk.tree(walk.root(uuid).uuid);
    Some(
        tree.iter()
            .map(|(depth, one)| (*depth, (*one).clone()))
            .collect(),
    )
}

fn uuids(tree: Option<&Vec<(usize, ProviderRecord)>>) -> impl Iterator<Item = Uuid> {
    tree.into_iter().flatten().map(|(_, one)| one.uuid)
}

/// Whether only the place among siblings has changed. If not, the place is left out: where
/// not all siblings are looked at, it may be told in several ways.
fn is_only_placed(change: &mut Change) -> bool {
    match change {
        Change::Added { place, .. } => {
            *place = Place::Last;
            false
        }
        Change::Updated {
            before,
            after,
            place,
            ..
        } => {
            *place = None;
            before == after
        }
        _ => false,
    }
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
    /// gone, and tells the changes of that tree out of all.
    pub fn look(&mut self, model: &Model) {
        let (before, after) = (tree_of(&self.seen, self.uuid), tree_of(model, self.uuid));
        let concerned = !self.gone && before != after;
        let taken = self.subscription.try_changed();
        assert_eq!(taken.is_some(), concerned, "follows {}", self.uuid);
        self.gone |= after.is_none();
        self.seen = model.clone();
        let Some(transition) = taken else { return };
        let within: BTreeSet<Uuid> = uuids(before.as_ref())
            .chain(uuids(after.as_ref()))
            .collect();
        let mut expected = transition.after().diff(transition.before());
        let all = expected.len();
        expected.retain_mut(|change| within.contains(&change.uuid()) && !is_only_placed(change));
        let mut changes = transition.changes();
        changes.retain_mut(|change| !is_only_placed(change));
        assert_eq!(changes, expected, "follows {}", self.uuid);
        tally::mark("Follow", if self.gone { "gone" } else { "changed" });
        if expected.len() < all {
            tally::mark("Follow", "part");
        }
        let leaves = |change: &Change| uuids(after.as_ref()).all(|one| one != change.uuid());
        let updated = |change: &&Change| matches!(change, Change::Updated { .. });
        if expected.iter().filter(updated).any(leaves) {
            tally::mark("Follow", "left");
        }
    }
}
