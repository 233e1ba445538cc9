//! What differs between two states of the forest.
//!
//! The outlines of two states that have come from one another share nearly all
//! their nodes, and are compared but for those. What a provider shows is
//! compared then, and where it stands: paths may differ though all siblings stand
//! in the same order, and in another order they may have the same paths.

use foldhash::{HashMap, HashSet};
use im::ordmap::DiffItem;
use uuid::Uuid;

use super::Forest;
use super::walk::Children;
use crate::path::Path;
use crate::{Change, Provider};

impl Forest {
    /// What leads from an older state to this one, provider by provider.
    ///
    /// First come removals, children before their parents; then what was added
    /// or updated, in this state's order, parents before their children; then the
    /// removals of providers below which others have moved away. So who makes the
    /// changes one by one elsewhere never meets a parent that is missing, nor
    /// removes one that still has children. But a name that passes from one
    /// provider to another may be taken for a moment, unless its first bearer is
    /// removed.
    ///
    /// [`Transaction::apply`](crate::Transaction::apply) makes all of them in one
    /// step, on the older state or one like it. Applied to the older state they
    /// give this one, its order included.
    ///
    /// Any two states can be compared. Cost: from an older version of one forest to a
    /// newer one O(c log n) for c changed or moved providers, n in all. Going back, or
    /// from one fork to another, a provider that the other lacks has all its later
    /// siblings go to the end behind it: each of them is a change then. Between states
    /// that have nothing in common O(n log n).
    ///
    /// ```
    /// use provider_tree::{Change, ProviderTree};
    ///
    /// let tree = ProviderTree::new();
    /// tree.new_root("host", None, None)?;
    /// let older = tree.snapshot();
    /// tree.new_child("host_gpu0", "host", None, None)?;
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
    pub fn diff(&self, older: &Forest) -> Vec<Change> {
        let mut gone = Vec::new();
        let mut came = Vec::new();
        for item in older.outline.diff(&self.outline) {
            match item {
                DiffItem::Remove(_, old) => gone.push(&**old),
                DiffItem::Add(_, new) => came.push(&**new),
                DiffItem::Update { old, new } => {
                    gone.push(&**old.1);
                    came.push(&**new.1);
                }
            }
        }
        let late = left_by_others(self, older, &gone);
        let (late, early): (Vec<&Provider>, Vec<&Provider>) = gone
            .into_iter()
            .rev()
            .filter(|provider| self.get(provider.uuid()).is_none())
            .partition(|provider| late.contains(&provider.uuid()));
        let removed = |provider: &Provider| Change::Removed {
            provider: provider.clone(),
        };
        let mut changes: Vec<Change> = early.into_iter().map(removed).collect();
        changes.extend(updates(self, older, came));
        changes.extend(late.into_iter().map(removed));
        changes
    }
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

/// What was added or updated, in the newer order. `came` are those whose path or
/// content is new, in that order.
fn updates<'a>(newer: &'a Forest, older: &Forest, mut came: Vec<&'a Provider>) -> Vec<Change> {
    let to_end = moved_to_end(newer, older, &came);
    // Those that only a sibling has passed may not be among `came`.
    came.extend(to_end.iter().filter_map(|uuid| newer.get(*uuid)));
    came.sort_by(|a, b| a.path.cmp(&b.path));
    came.dedup_by_key(|provider| provider.uuid());
    let change = |after: &Provider| {
        let to_end = to_end.contains(&after.uuid());
        match older.get(after.uuid()) {
            None => Some(Change::Added {
                provider: after.clone(),
            }),
            Some(before) if to_end || before != after => Some(Change::Updated {
                before: before.clone(),
                after: after.clone(),
                to_end,
            }),
            Some(_) => None,
        }
    };
    came.into_iter().filter_map(change).collect()
}

/// Providers that are in both states and must go to the end of their siblings,
/// so that these get the newer order.
fn moved_to_end(newer: &Forest, older: &Forest, came: &[&Provider]) -> HashSet<Uuid> {
    let mut displaced: HashMap<Option<Uuid>, Vec<&Provider>> = HashMap::default();
    for &provider in came {
        if !keeps_path(older, provider) {
            let siblings = displaced.entry(provider.parent_uuid).or_default();
            siblings.push(provider);
        }
    }
    let mut to_end = HashSet::default();
    for (parent, siblings) in displaced {
        let Ok(above) = newer.place_of(parent) else {
            continue;
        };
        let (kept, rest) = if are_last(newer, &siblings) {
            (last_before(newer, &above, siblings[0]), siblings)
        } else {
            (None, Children::of(newer, &above).collect())
        };
        let staying = staying(older, parent, kept, &rest);
        let moved = rest[staying..].iter().map(|provider| provider.uuid());
        to_end.extend(moved.filter(|uuid| older.get(*uuid).is_some()));
    }
    to_end
}

fn keeps_path(older: &Forest, provider: &Provider) -> bool {
    older
        .get(provider.uuid())
        .is_some_and(|old| old.path == provider.path && old.parent_uuid == provider.parent_uuid)
}

/// Whether no sibling stands between or after these.
fn are_last(forest: &Forest, siblings: &[&Provider]) -> bool {
    let following = siblings[1..].iter().map(|provider| Some(provider.uuid()));
    let followers = siblings.iter().map(|provider| {
        let next = forest.next_sibling(provider);
        next.map(Provider::uuid)
    });
    followers.eq(following.chain([None]))
}

/// The ordinal of the sibling before a child of the provider at `above`.
fn last_before(forest: &Forest, above: &Path, child: &Provider) -> Option<u32> {
    let (before, _) = forest.outline.range::<_, Path>(..&child.path).next_back()?;
    (before != above && above.contains(before)).then(|| above.ordinal_of(before))
}

/// How many of these siblings, which stand last in the newer state, stand after
/// the ordinal `kept` in the older one, in the same order.
fn staying(
    older: &Forest,
    parent: Option<Uuid>,
    kept: Option<u32>,
    siblings: &[&Provider],
) -> usize {
    let Ok(above) = older.place_of(parent) else {
        return 0;
    };
    let mut last = kept;
    let moves = siblings.iter().position(|provider| {
        let old = older.get(provider.uuid());
        let old = old.filter(|old| old.parent_uuid == parent);
        let ordinal = old.map(|old| above.ordinal_of(&old.path));
        let stays = ordinal.is_some() && ordinal > last;
        last = ordinal;
        !stays
    });
    moves.unwrap_or(siblings.len())
}
