//! Diffs of random states, applied to other states, against plain maps of records that are
//! compared and merged one by one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use provider_tree::{Change, Error, Forest, ProviderRecord, Snapshot};
use uuid::Uuid;

use super::branch::expect;
use super::forest::Model;
use super::place::check_places;
use super::records::{Draft, draft};
use super::tally;
use crate::cases::fork;

/// The most edits between a state and its base.
const EDITS: usize = 12;

/// A base, and two states made from it; the second may be unrelated.
#[derive(Clone, Debug)]
pub struct States {
    base: Vec<Draft>,
    ours: Vec<Draft>,
    theirs: Vec<Draft>,
    unrelated: bool,
}

pub fn states() -> impl Strategy<Value = States> {
    let drafts = |least| vec(draft(), least..=EDITS);
    (drafts(4), drafts(0), drafts(0), prop::bool::weighted(0.2)).prop_map(
        |(base, ours, theirs, unrelated)| States {
            base,
            ours,
            theirs,
            unrelated,
        },
    )
}

type Records = BTreeMap<Uuid, ProviderRecord>;

fn grow(from: &Snapshot, mut model: Model, drafts: &[Draft]) -> (Snapshot, Model) {
    let tree = fork(from.clone());
    for draft in drafts {
        let edit = draft.edit(&model);
        let mut transaction = tree.begin();
        let given = edit.make_in(&mut transaction);
        expect(&edit, &given, &mut model);
        tree.commit(transaction).unwrap();
    }
    (tree.snapshot(), model)
}

fn records(forest: &Forest) -> Records {
    let all = forest.iter().map(ProviderRecord::from);
    all.map(|record| (record.uuid, record)).collect()
}

fn apply<C: std::borrow::Borrow<Change>>(to: &Snapshot, changes: &[C]) -> Result<Snapshot, Error> {
    let tree = fork(to.clone());
    tree.update(|transaction| transaction.apply(changes.iter().map(std::borrow::Borrow::borrow)))?;
    tree.snapshot().check_invariants().unwrap();
    Ok(tree.snapshot())
}

impl States {
    pub fn check(&self) {
        let empty = Snapshot::default();
        let (base, model) = grow(&empty, Model::default(), &self.base);
        let (ours, _) = grow(&base, model.clone(), &self.ours);
        let (theirs, _) = match self.unrelated {
            true => grow(&empty, Model::default(), &self.theirs),
            false => grow(&base, model, &self.theirs),
        };
        for (newer, older) in [(&ours, &base), (&base, &ours), (&theirs, &ours)] {
            check_diff(newer, older);
            check_one_by_one(newer, older);
        }
        check_merge(&base, &ours, &theirs);
        check_rebase(&base, &ours, &theirs);
    }
}

/// The changes turn the older state into the newer one, and none is superfluous.
fn check_diff(newer: &Snapshot, older: &Snapshot) {
    let changes = newer.diff(older);
    let made = apply(older, &changes).unwrap();
    assert_eq!(made, *newer, "{changes:#?}");
    assert_eq!(made.to_string(), newer.to_string());

    let [before, after] = [older, newer].map(|state| records(state));
    let mut changed = BTreeSet::new();
    for change in &changes {
        let uuid = change.uuid();
        assert!(changed.insert(uuid), "two changes of {uuid}");
        let expected = match (before.get(&uuid), after.get(&uuid)) {
            (None, Some(_)) => matches!(change, Change::Added { .. }),
            (Some(_), None) => matches!(change, Change::Removed { .. }),
            (Some(old), Some(new)) => match change {
                Change::Updated {
                    before,
                    after,
                    place,
                    ..
                } => {
                    ProviderRecord::from(before) == *old
                        && ProviderRecord::from(after) == *new
                        && (place.is_some() || old != new)
                }
                _ => false,
            },
            (None, None) => false,
        };
        assert!(expected, "{change}");
        assert_differences(change, before.get(&uuid), after.get(&uuid));
        tally::mark("Diff", &tally::kind(change));
    }
    check_removals(newer, older, &changes);
    let moved = check_places(newer, older, &changes);
    for uuid in before.keys().chain(after.keys()) {
        let same = before.get(uuid) == after.get(uuid) && !moved.contains(uuid);
        assert_eq!(!changed.contains(uuid), same, "{uuid}: {changes:#?}");
    }
    // In reverse, only the order of siblings may differ.
    let reversed: Vec<_> = changes.iter().rev().collect();
    assert_eq!(records(&apply(older, &reversed).unwrap()), after);
}

/// Removals come first, except of providers with a descendant that is kept; children are
/// removed before their parents.
fn check_removals(newer: &Snapshot, older: &Snapshot, changes: &[Change]) {
    let removed = |change: &Change| matches!(change, Change::Removed { .. });
    let early = changes.iter().take_while(|change| removed(change)).count();
    for (at, change) in changes
        .iter()
        .enumerate()
        .filter(|(_, change)| removed(change))
    {
        let mut below = older.descendants(change.uuid()).unwrap();
        let left = below.clone().any(|one| newer.get(one.uuid()).is_some());
        assert_eq!(left, at >= early, "{change}");
        let before = &changes[..at];
        let gone = |uuid| before.iter().any(|change| change.uuid() == uuid);
        assert!(below.all(|one| newer.get(one.uuid()).is_some() || gone(one.uuid())));
        tally::mark("Removal", if left { "late" } else { "early" });
    }
}

fn assert_differences(
    change: &Change,
    before: Option<&ProviderRecord>,
    after: Option<&ProviderRecord>,
) {
    let (Some(before), Some(after)) = (before, after) else {
        assert_eq!(change.differences(), None);
        return;
    };
    let given = change.differences().unwrap();
    let classes = before.inventory.keys().chain(after.inventory.keys());
    let classes: BTreeSet<_> = classes
        .filter(|class| before.inventory.get(*class) != after.inventory.get(*class))
        .collect();
    assert!(given.inventory.iter().eq(classes));
    assert!(
        given
            .traits
            .iter()
            .eq(before.traits.symmetric_difference(&after.traits))
    );
    assert!(
        given
            .aggregates
            .iter()
            .eq(before.aggregates.symmetric_difference(&after.aggregates))
    );
    assert!(
        given
            .resources
            .iter()
            .eq(before.resources.symmetric_difference(&after.resources))
    );
    assert_eq!(given.name, before.name != after.name);
    assert_eq!(given.parent, before.parent_uuid != after.parent_uuid);
    assert_eq!(given.generation, before.generation != after.generation);
}

/// The changes can be applied one by one in their order, unless a name passes from one
/// provider to another.
fn check_one_by_one(newer: &Snapshot, older: &Snapshot) {
    let mut made = older.clone();
    for change in newer.diff(older) {
        made = match apply(&made, &[change]) {
            Ok(made) => made,
            Err(Error::NameTaken { .. } | Error::NameIsUuid { .. } | Error::UuidIsName { .. }) => {
                tally::mark("OneByOne", "Name");
                return;
            }
            Err(error) => panic!("{error}"),
        };
    }
    assert_eq!(made, *newer);
    tally::mark("OneByOne", "Same");
}

/// The merged records, if they form a forest; or the providers that both sides changed.
fn merge(base: &Records, ours: &Records, theirs: &Records) -> Result<Option<Records>, Vec<Uuid>> {
    let uuids: BTreeSet<_> = base.keys().chain(ours.keys()).collect();
    let touched = uuids
        .into_iter()
        .filter(|uuid| base.get(uuid) != ours.get(uuid));
    let touched: Vec<_> = touched.collect();
    let in_the_way = touched
        .iter()
        .filter(|uuid| base.get(uuid) != theirs.get(uuid));
    let in_the_way: Vec<Uuid> = in_the_way.map(|uuid| **uuid).collect();
    if !in_the_way.is_empty() {
        return Err(in_the_way);
    }
    let mut merged = theirs.clone();
    for uuid in touched {
        match ours.get(uuid) {
            None => merged.remove(uuid),
            Some(record) => merged.insert(*uuid, record.clone()),
        };
    }
    let orphans = merged.values().filter(|record| {
        let parent = record.parent_uuid;
        parent.is_some_and(|parent| {
            !merged.contains_key(&parent)
                && base.contains_key(&parent)
                && !ours.contains_key(&parent)
        })
    });
    let orphans: Vec<Uuid> = orphans.map(|record| record.uuid).collect();
    if !orphans.is_empty() {
        return Err(orphans);
    }
    Ok(is_forest(&merged).then_some(merged))
}

fn is_forest(records: &Records) -> bool {
    let mut names = BTreeSet::new();
    records.values().all(|record| {
        let mut upwards = vec![record.uuid];
        let mut next = record.parent_uuid;
        while let Some(uuid) = next {
            match records.get(&uuid) {
                Some(parent) if !upwards.contains(&uuid) => next = parent.parent_uuid,
                _ => return false,
            }
            upwards.push(uuid);
        }
        let spelled = Uuid::try_parse(&record.name).ok();
        let foreign = spelled.filter(|uuid| *uuid != record.uuid);
        names.insert(record.name.clone())
            && foreign.is_none_or(|uuid| {
                !records.contains_key(&uuid) && names.insert(format!("spells {uuid}"))
            })
    })
}

fn check_merge(base: &Snapshot, ours: &Snapshot, theirs: &Snapshot) {
    let before = records(theirs);
    let given = apply(theirs, &ours.diff(base));
    assert_merged(
        given.as_ref().map(|merged| records(merged)),
        base,
        ours,
        theirs,
        &ours.diff(base),
    );
    assert_eq!(records(theirs), before);
}

/// Providers that only moved among their siblings and that the other side changed: the
/// record has no change, but the move still requires the provider as it was.
fn only_moved(changes: &[Change], theirs: &Records) -> Vec<Uuid> {
    let moved = changes.iter().filter_map(|change| match change {
        Change::Updated { before, after, .. } if before == after => Some(before),
        _ => None,
    });
    moved
        .filter(|before| theirs.get(&before.uuid()) != Some(&ProviderRecord::from(*before)))
        .map(|before| before.uuid())
        .collect()
}

fn assert_merged(
    given: Result<Records, &Error>,
    base: &Snapshot,
    ours: &Snapshot,
    theirs: &Snapshot,
    changes: &[Change],
) {
    let [base, ours, theirs] = [base, ours, theirs].map(|state| records(state));
    let moved = only_moved(changes, &theirs);
    let mut expected = merge(&base, &ours, &theirs);
    match &mut expected {
        Err(uuids) if merge_conflicts(&base, &ours, &theirs) => uuids.extend(&moved),
        _ if !moved.is_empty() => expected = Err(moved),
        _ => {}
    }
    match (given, expected) {
        (Ok(given), Ok(Some(expected))) => {
            assert_eq!(given, expected);
            tally::mark("Merge", "Merged");
        }
        (Err(Error::ChangedMeanwhile { uuids, .. }), Err(mut expected)) => {
            let mut uuids = uuids.clone();
            uuids.sort_unstable();
            expected.sort_unstable();
            assert_eq!(uuids, expected);
            tally::mark("Merge", "ChangedMeanwhile");
        }
        (Err(error), Ok(None)) => {
            assert!(!matches!(error, Error::ChangedMeanwhile { .. }), "{error}");
            tally::mark("Merge", &tally::kind(error));
        }
        // For example, a parent that is missing and would also make a cycle.
        (Err(error), Err(_)) if !matches!(error, Error::ChangedMeanwhile { .. }) => {
            tally::mark("Merge", &tally::kind(error));
        }
        (given, expected) => panic!("{given:#?}\n{expected:#?}"),
    }
}

fn merge_conflicts(base: &Records, ours: &Records, theirs: &Records) -> bool {
    let mut uuids = base.keys().chain(ours.keys());
    uuids.any(|uuid| base.get(uuid) != ours.get(uuid) && base.get(uuid) != theirs.get(uuid))
}

/// A conflicting transaction rebases its changes onto the newer version.
fn check_rebase(base: &Snapshot, ours: &Snapshot, theirs: &Snapshot) {
    let tree = fork(base.clone());
    let mut transaction = tree.begin();
    transaction.apply(ours.diff(base)).unwrap();
    tree.update(|first| first.apply(theirs.diff(base))).unwrap();
    let Err(conflict) = tree.commit(transaction) else {
        return;
    };
    let rebased = conflict.rebase();
    let merged = rebased.as_ref().map(|transaction| records(transaction));
    assert_merged(merged, base, ours, theirs, &ours.diff(base));
    if let Ok(rebased) = rebased {
        let shown = records(&rebased);
        tree.commit(rebased).unwrap();
        tree.snapshot().check_invariants().unwrap();
        assert_eq!(records(&tree.snapshot()), shown);
    }
}
