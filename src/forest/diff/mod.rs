//! What differs between two states of the forest.
//!
//! The outlines of two states that have come from one another share nearly all
//! their nodes, and are compared but for those. What a provider shows is
//! compared then, and where it stands: paths may differ though all siblings stand
//! in the same order.

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
    /// What leads from an older state to this one, provider by provider.
    ///
    /// First come removals, children before their parents; then what was added
    /// or updated, in this state's order, parents before their children; then the
    /// removals of providers below which others have moved away. So if you make the
    /// changes one by one elsewhere, you never meet a parent that is missing and never
    /// remove one that still has children. But a name that passes from one
    /// provider to another may be taken for a moment, unless its first bearer is
    /// removed with all that stands below it.
    ///
    /// [`Transaction::apply`](crate::Transaction::apply) makes all of them in one
    /// step, on the older state or one like it. Applied to the older state they
    /// give this one, its order included.
    ///
    /// Any two states can be compared: older with newer, newer with older, forks, and
    /// forests that have nothing to do with one another. Cost, where one state has
    /// come from the other or both from a third: O(c log n) for c providers that
    /// changed, and those whose ancestors moved or whose siblings have been numbered
    /// anew (see [`apply`](crate::Transaction::apply)), n in all; else O(n log n).
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

    /// The tree of a provider, to be kept without the rest. Cost: one look-up.
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

/// One tree of a state, kept without the rest of it.
#[derive(Clone)]
pub(crate) struct LoneTree(Tree);

impl LoneTree {
    /// The UUID of its root.
    pub(crate) fn root(&self) -> Uuid {
        self.0.first().map_or(Uuid::nil(), Provider::uuid)
    }

    /// A forest of this tree alone. Cost: O(t) for t providers in it.
    pub(crate) fn to_forest(&self) -> Forest {
        Editor::forest_of(self.0.iter().cloned().collect())
    }
}

/// Trees are equal if they show equal providers in the same order. Cost: O(1) if both are
/// shared, else O(t).
impl PartialEq for LoneTree {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0) || self.0.iter().eq(other.0.iter())
    }
}

/// The changes between two states. `came` are the providers of the newer state whose path
/// or content differs from the older one, `gone` those of the older: each in the order of
/// its state.
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

/// Removed providers below which one stood that has moved away.
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

/// Where those belong that were added, that came from another parent, or that do not
/// stay among their siblings.
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
            // One that has a place of its own comes after this one.
            Some(next) => *places
                .get(&next.uuid())
                .unwrap_or(&Place::Before(next.uuid())),
        };
        places.insert(provider.uuid(), place);
    }
    places
}

/// Providers that have other paths than in the older state, but need not move among
/// their siblings.
///
/// Those that keep their paths stay. Of the others stay those that none of these
/// has passed, as many as stand in their old order.
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

/// The siblings that those with other paths stand after, of those that keep their
/// paths. `others` has all that do not, in the state's order.
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

/// Whether a provider is in the other state with the same path and parent.
fn keeps_path(other: &Forest, provider: &Provider) -> bool {
    other.get(provider.uuid()).is_some_and(|there| {
        there.path() == provider.path() && there.parent_uuid() == provider.parent_uuid()
    })
}

/// As many of these as stand in the order of their paths: a longest increasing
/// subsequence, by patience sorting.
fn longest_in_order(providers: &Vec<&Provider>) -> Vec<Uuid> {
    // For each length the run that ends with the smallest path, by its last member; and
    // the predecessor of each provider in its run.
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
