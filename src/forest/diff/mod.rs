//! What differs between two states of the forest.
//!
//! The outlines of related states share nearly all their nodes, and only the rest is
//! compared. Then the content of providers and their order are compared: paths may differ
//! although all siblings are in the same order.

pub(crate) mod change;

use std::iter;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use super::edit::Editor;
use super::forest::Forest;
use super::outline::Tree;
use crate::forest::diff::change::{Change, Place};
use crate::provider::provider::Provider;

impl Forest {
    /// The changes from an older state to this one, provider by provider.
    ///
    /// First are removals, children before their parents; then additions and updates, in
    /// this state's order, parents before their children; then removals of providers below
    /// which others have moved away. So if you apply the changes one by one elsewhere, a
    /// parent is never missing, and a removed provider never has children left. But a name
    /// that passes from one provider to another may still be taken for a moment, unless its
    /// first holder is removed along with everything below it.
    ///
    /// [`Transaction::apply`](crate::Transaction::apply) makes all of them in one step, on
    /// the older state or a similar one. Applied to the older state they produce this one,
    /// including its order.
    ///
    /// You can compare any two states: older with newer, newer with older, forks, and
    /// unrelated forests.
    ///
    /// Cost: if one state was made from the other, or both from a third, O(c log n) for c
    /// providers that changed, whose ancestors moved, or whose siblings were renumbered
    /// (see [`apply`](crate::Transaction::apply)), of n in total; else O(n log n).
    ///
    /// ```
    /// use provider_tree::{Change, ProviderTree};
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root("host")?;
    /// let older = tree.snapshot();
    /// tree.new_child("host_gpu0", "host")?;
    /// tree.set_generation("host", 1)?;
    ///
    /// let changes = tree.snapshot().diff(&older);
    /// assert!(matches!(&changes[0], Change::Updated { after, .. } if after.name() == "host"));
    /// assert!(changes[0].differences().unwrap().generation);
    /// assert!(matches!(&changes[1], Change::Added { .. }));
    ///
    /// let copy = ProviderTree::from(older);
    /// copy.update(|transaction| transaction.apply(&changes))?;
    /// assert_eq!(copy.snapshot(), tree.snapshot());
    /// # Ok::<(), provider_tree::Error>(())
    /// ```
    #[must_use]
    pub fn diff(&self, older: &Forest) -> Vec<Change> {
        let mut gone = Vec::new();
        let mut came = Vec::new();
        self.outline.diff(&older.outline, &mut |(old, new)| {
            gone.extend(old);
            came.extend(new);
        });
        changes(self, older, &came, &gone)
    }

    /// The tree of a provider, to keep without the rest. Cost: one look-up.
    pub(crate) fn lone_tree(&self, uuid: Uuid) -> Option<LoneTree> {
        let tree = self.outline.tree_of(self.get(uuid)?.path())?;
        Some(LoneTree(tree.clone()))
    }

    /// The roots, in either state, of the trees that differ. Cost: O(c log n) for c
    /// trees.
    pub(crate) fn changed_roots(&self, older: &Self) -> Vec<Uuid> {
        let mut roots = Vec::new();
        self.outline.diff_trees(&older.outline, &mut |old, new| {
            let tops = [old, new].map(|tree| tree.and_then(Tree::first));
            roots.extend(tops.into_iter().flatten().map(Provider::uuid));
        });
        roots.dedup();
        roots
    }
}

/// One tree of a state, without the rest.
#[derive(Clone)]
pub(crate) struct LoneTree(Tree);

impl LoneTree {
    /// The UUID of its root.
    pub(crate) fn root(&self) -> Uuid {
        self.0.first().map_or(Uuid::nil(), Provider::uuid)
    }

    /// A forest of only this tree. Cost: O(t) for t providers in it.
    pub(crate) fn to_forest(&self) -> Forest {
        Editor::forest_of(self.0.iter().cloned().collect())
    }
}

/// Trees are equal if they show equal providers in the same order. Cost: O(1) if they share
/// their allocation, else O(t).
impl PartialEq for LoneTree {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0) || self.0.iter().eq(other.0.iter())
    }
}

/// The changes between two states. `came` are the providers of the newer state whose path
/// or content differs from the older one, `gone` those of the older state; each in the
/// order of its state.
fn changes(newer: &Forest, older: &Forest, came: &[&Provider], gone: &[&Provider]) -> Vec<Change> {
    let late = left_by_others(newer, older, gone);
    let (late, early): (Vec<&Provider>, Vec<&Provider>) = gone
        .iter()
        .rev()
        .filter(|provider| newer.get(provider.uuid()).is_none())
        .partition(|provider| late.contains(&provider.uuid()));
    let removed = |provider: &Provider| Change::Removed {
        provider: provider.clone(),
    };
    let mut changes: Vec<Change> = early.into_iter().map(removed).collect();
    changes.extend(updates(newer, older, came, gone));
    changes.extend(late.into_iter().map(removed));
    changes
}

/// Removed providers from below which another has moved away.
fn left_by_others(newer: &Forest, older: &Forest, gone: &[&Provider]) -> HashSet<Uuid> {
    let mut left = HashSet::default();
    for provider in gone {
        if newer.get(provider.uuid()).is_none() {
            continue;
        }
        for ancestor in older.ancestors(*provider).into_iter().flatten() {
            let uuid = ancestor.uuid();
            if newer.get(uuid).is_some() || !left.insert(uuid) {
                break;
            }
        }
    }
    left
}

/// What was added or updated, in the newer order. `came` and `gone` as in [`changes`].
fn updates(newer: &Forest, older: &Forest, came: &[&Provider], gone: &[&Provider]) -> Vec<Change> {
    let mut places = places(newer, older, came, gone);
    let change = |after: &&Provider| {
        let place = places.remove(&after.uuid());
        match (older.get(after.uuid()), place) {
            (None, place) => Some(Change::Added {
                provider: (*after).clone(),
                place: place.unwrap_or(Place::Last),
            }),
            (Some(before), place) if place.is_some() || before != *after => Some(Change::Updated {
                before: before.clone(),
                after: (*after).clone(),
                place,
            }),
            (Some(_), _) => None,
        }
    };
    came.iter().filter_map(change).collect()
}

/// The places of providers that were added, have a new parent, or do not keep their order
/// among their siblings.
fn places(
    newer: &Forest,
    older: &Forest,
    came: &[&Provider],
    gone: &[&Provider],
) -> HashMap<Uuid, Place> {
    let staying = staying(newer, older, came, gone);
    let mut places = HashMap::default();
    for provider in came.iter().rev() {
        if keeps_path(older, provider) || staying.contains(&provider.uuid()) {
            continue;
        }
        let place = match newer.next_sibling(provider) {
            None => Place::Last,
            // A sibling with a place of its own is put after this one.
            Some(next) => *places
                .get(&next.uuid())
                .unwrap_or(&Place::Before(next.uuid())),
        };
        places.insert(provider.uuid(), place);
    }
    places
}

/// Providers whose paths differ from the older state, but which need not move among their
/// siblings.
///
/// Those that keep their paths stay. Of the others, those stay that none of these has
/// passed, and as many of them as are in their old order.
fn staying(
    newer: &Forest,
    older: &Forest,
    came: &[&Provider],
    gone: &[&Provider],
) -> HashSet<Uuid> {
    let follows = anchors(newer, older, came);
    let followed = anchors(older, newer, gone);
    let mut unpassed: HashMap<Option<Uuid>, Vec<&Provider>> = HashMap::default();
    for (uuid, provider) in came.iter().map(|provider| (provider.uuid(), provider)) {
        let Some(old) = older.get(uuid) else { continue };
        if old.parent_uuid() == provider.parent_uuid()
            && follows
                .get(&uuid)
                .is_some_and(|anchor| followed.get(&uuid) == Some(anchor))
        {
            unpassed.entry(old.parent_uuid()).or_default().push(old);
        }
    }
    unpassed.values().flat_map(longest_in_order).collect()
}

/// For each provider that does not keep its path, the nearest sibling before it that does.
/// `others` are all that do not, in the state's order.
fn anchors(state: &Forest, other: &Forest, others: &[&Provider]) -> HashMap<Uuid, Option<Uuid>> {
    let mut anchors = HashMap::default();
    for provider in others {
        if keeps_path(other, provider) {
            continue;
        }
        let anchor = match state.previous_sibling(provider) {
            Some(previous) if keeps_path(other, previous) => Some(previous.uuid()),
            Some(previous) => anchors.get(&previous.uuid()).copied().flatten(),
            None => None,
        };
        anchors.insert(provider.uuid(), anchor);
    }
    anchors
}

/// Whether the other state has the provider with the same path and parent.
fn keeps_path(other: &Forest, provider: &Provider) -> bool {
    other.get(provider.uuid()).is_some_and(|there| {
        there.path() == provider.path() && there.parent_uuid() == provider.parent_uuid()
    })
}

/// As many of these as are in the order of their paths: a longest increasing subsequence,
/// by patience sorting.
fn longest_in_order(providers: &Vec<&Provider>) -> Vec<Uuid> {
    // For each length, the last member of the run that ends with the smallest path; and the
    // predecessor of each provider in its run.
    let mut lasts: Vec<usize> = Vec::new();
    let mut before = Vec::with_capacity(providers.len());
    for (at, provider) in providers.iter().enumerate() {
        let length = lasts.partition_point(|&last| providers[last].path() < provider.path());
        before.push(length.checked_sub(1).map(|shorter| lasts[shorter]));
        match lasts.get_mut(length) {
            Some(last) => *last = at,
            None => lasts.push(at),
        }
    }
    let all = iter::successors(lasts.last().copied(), |&at| before[at]);
    all.map(|at| providers[at].uuid()).collect()
}
