//! What holds of every merge.

use std::collections::{BTreeMap, BTreeSet};

use proptest::array::uniform3;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use provider_tree::placement::{ConflictKind, Merge, Policy, ProviderState, State};
use provider_tree::{Inventory, ResourceClass, Trait};
use uuid::Uuid;

use crate::states::{edits, is_forest, state, three_worlds, unchecked, world};

const POLICIES: [Policy; 3] = [Policy::Ours, Policy::Theirs, Policy::Stop];

/// What one provider has, field by field.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Name,
    Parent,
    Inventory(ResourceClass),
    Trait(Trait),
    Aggregate(Uuid),
}

type Fields = BTreeMap<Field, String>;

fn fields(provider: &ProviderState) -> Fields {
    let shown = |record: &Inventory| format!("{record:?}");
    let mut fields = Fields::from([
        (Field::Name, provider.name().to_owned()),
        (Field::Parent, format!("{:?}", provider.parent_uuid())),
    ]);
    for (class, record) in provider.inventory() {
        fields.insert(Field::Inventory(class.clone()), shown(record));
    }
    let traits = provider.traits().iter().cloned().map(Field::Trait);
    let aggregates = provider.aggregates().iter().copied().map(Field::Aggregate);
    fields.extend(traits.chain(aggregates).map(|field| (field, String::new())));
    fields
}

/// Merges one provider by the rules, plainly. Returns what is in conflict, too.
fn expected(
    [base, ours, theirs]: [Option<&Fields>; 3],
    policy: Policy,
) -> (Option<Fields>, BTreeSet<ConflictKind>) {
    let winner = if policy == Policy::Theirs {
        theirs
    } else {
        ours
    };
    let (Some(our_fields), Some(their_fields)) = (ours, theirs) else {
        return if ours == base || theirs == base && ours.is_none() {
            // One side removed it, or added it.
            match (base, ours, theirs) {
                (None, ours, theirs) => (ours.or(theirs).cloned(), BTreeSet::new()),
                (Some(_), ..) => (None, BTreeSet::new()),
            }
        } else if theirs == base {
            (ours.cloned(), BTreeSet::new())
        } else if ours == theirs {
            (None, BTreeSet::new())
        } else {
            (winner.cloned(), BTreeSet::from([ConflictKind::Removed]))
        };
    };
    let mut merged = Fields::new();
    let mut conflicts = BTreeSet::new();
    let all: BTreeSet<&Field> = our_fields.keys().chain(their_fields.keys()).collect();
    for field in all {
        let was = base.and_then(|base| base.get(field));
        let (here, there) = (our_fields.get(field), their_fields.get(field));
        let value = if here == was || here == there {
            there
        } else if there == was {
            here
        } else {
            conflicts.insert(match field {
                Field::Name => ConflictKind::Name,
                Field::Parent => ConflictKind::Parent,
                Field::Inventory(class) => ConflictKind::Inventory(class.clone()),
                Field::Trait(_) | Field::Aggregate(_) => panic!("{field:?} can't conflict"),
            });
            winner.and_then(|winner| winner.get(field))
        };
        if let Some(value) = value {
            merged.insert(field.clone(), value.clone());
        }
    }
    (Some(merged), conflicts)
}

fn is_of_a_field(kind: &ConflictKind) -> bool {
    use ConflictKind::{Inventory, Name, Parent, Removed};
    matches!(kind, Removed | Name | Parent | Inventory(_))
}

fn stopped(merge: &Merge) -> BTreeSet<Uuid> {
    let stopped = merge.conflicts.iter();
    let stopped = stopped.filter(|one| one.outcome == Policy::Stop);
    stopped.map(|one| one.uuid).collect()
}

/// The state without some providers, and without generations.
fn rest(state: &State, without: &BTreeSet<Uuid>) -> BTreeMap<Uuid, Fields> {
    let rest = state.iter().filter(|(uuid, _)| !without.contains(uuid));
    rest.map(|(uuid, provider)| (uuid, fields(provider)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_edit_of_either_side_is_lost(
        worlds in three_worlds(),
        policy in select(&POLICIES),
    ) {
        let [base, ours, theirs] = worlds.each_ref().map(state);
        let merge = Merge::new(&base, &ours, &theirs, policy);
        let clashing: BTreeSet<Uuid> = merge.conflicts.iter()
            .filter(|one| !is_of_a_field(&one.kind))
            .map(|one| one.uuid)
            .collect();
        let stopped = stopped(&merge);
        let uuids: BTreeSet<Uuid> = [&base, &ours, &theirs].into_iter().flat_map(State::uuids).collect();
        for uuid in uuids {
            let versions = [&base, &ours, &theirs].map(|state| state.get(uuid));
            let [tree, service] = [&merge.tree, &merge.service].map(|state| state.get(uuid));
            if stopped.contains(&uuid) {
                prop_assert_eq!(tree, versions[1]);
                prop_assert_eq!(service, versions[2]);
                prop_assert_eq!(merge.base.get(uuid), versions[0]);
                continue;
            }
            prop_assert_eq!(tree, service);
            prop_assert_eq!(merge.base.get(uuid), versions[2]);
            let generation = versions[2].or(versions[1]).map(ProviderState::generation);
            if tree.is_some() {
                prop_assert_eq!(tree.map(ProviderState::generation), generation);
            }
            let versions = versions.map(|one| one.map(fields));
            let (mut wanted, _) = expected(versions.each_ref().map(Option::as_ref), policy);
            let mut merged = tree.map(fields);
            if clashing.contains(&uuid) {
                // Taken from one side as far as they clash; their content is merged.
                if let (Some(wanted), Some(merged)) = (&mut wanted, &mut merged) {
                    for field in [Field::Name, Field::Parent] {
                        wanted.remove(&field);
                        merged.remove(&field);
                    }
                    prop_assert_eq!(merged, wanted);
                }
                continue;
            }
            prop_assert_eq!(merged, wanted);
        }
    }

    #[test]
    fn conflicts_are_exactly_the_fields_that_both_sides_changed_differently(
        worlds in three_worlds(),
        policy in select(&POLICIES),
    ) {
        let [base, ours, theirs] = worlds.each_ref().map(state);
        let merge = Merge::new(&base, &ours, &theirs, policy);
        let uuids: BTreeSet<Uuid> = [&base, &ours, &theirs].into_iter().flat_map(State::uuids).collect();
        let mut wanted = BTreeSet::new();
        let [mut tree, mut service] = [BTreeMap::new(), BTreeMap::new()];
        for uuid in uuids {
            let versions = [&base, &ours, &theirs].map(|state| state.get(uuid).map(fields));
            let (merged, kinds) = expected(versions.each_ref().map(Option::as_ref), policy);
            let stops = policy == Policy::Stop && !kinds.is_empty();
            let [_, ours, theirs] = versions;
            tree.extend(if stops { ours } else { merged.clone() }.map(|one| (uuid, one)));
            service.extend(if stops { theirs } else { merged }.map(|one| (uuid, one)));
            wanted.extend(kinds.into_iter().map(|kind| (uuid, kind)));
        }
        let found: BTreeSet<_> = merge.conflicts.iter()
            .filter(|one| is_of_a_field(&one.kind))
            .map(|one| (one.uuid, one.kind.clone()))
            .collect();
        prop_assert_eq!(found, wanted);
        for one in &merge.conflicts {
            prop_assert_eq!(one.base.as_deref(), base.get(one.uuid));
            prop_assert_eq!(one.ours.as_deref(), ours.get(one.uuid));
            prop_assert_eq!(one.theirs.as_deref(), theirs.get(one.uuid));
        }
        // Providers clash only where their fields together are no forest.
        let clash = merge.conflicts.iter().any(|one| !is_of_a_field(&one.kind));
        prop_assert_eq!(clash, !is_forest_of_fields(&tree) || !is_forest_of_fields(&service));
    }

    #[test]
    fn the_outcome_is_a_forest_on_both_sides(
        worlds in three_worlds(),
        policy in select(&POLICIES),
    ) {
        let [base, ours, theirs] = worlds.each_ref().map(state);
        let merge = Merge::new(&base, &ours, &theirs, policy);
        prop_assert!(is_forest(&world(&merge.tree)));
        prop_assert!(is_forest(&world(&merge.service)));
        // What Placement alone has ever had goes only if its own values say so.
        for uuid in theirs.uuids().filter(|uuid| !ours.contains(*uuid) && !base.contains(*uuid)) {
            prop_assert!(merge.service.contains(uuid));
        }
    }

    #[test]
    fn merging_twice_changes_nothing(
        worlds in three_worlds(),
        policy in select(&POLICIES),
    ) {
        let [base, ours, theirs] = worlds.each_ref().map(state);
        let merge = Merge::new(&base, &ours, &theirs, policy);
        // Before anything was sent.
        let again = Merge::new(&merge.base, &merge.tree, &theirs, policy);
        prop_assert_eq!(&again.tree, &merge.tree);
        prop_assert_eq!(&again.service, &merge.service);
        prop_assert_eq!(&again.base, &merge.base);
        prop_assert_eq!(stopped(&again), stopped(&merge));
        // After all was sent.
        let mut acknowledged = merge.service.clone();
        for uuid in stopped(&merge) {
            acknowledged.remove(uuid);
            if let Some(record) = worlds[0].get(&uuid) {
                acknowledged.insert(record.clone());
            }
        }
        let after = Merge::new(&acknowledged, &merge.tree, &merge.service, policy);
        prop_assert_eq!(&after.tree, &merge.tree);
        prop_assert_eq!(&after.service, &merge.service);
        prop_assert_eq!(stopped(&after), stopped(&merge));
    }

    #[test]
    fn two_mirrors_that_exchange_states_become_equal(
        worlds in three_worlds(),
        policies in (select(&POLICIES), select(&POLICIES)),
    ) {
        let [base, here, there] = worlds.each_ref().map(state);
        // One pushes, the other merges and pushes, the first one merges.
        let first = Merge::new(&base, &here, &base, policies.0);
        prop_assert!(first.conflicts.is_empty() && first.tree.agrees_with(&here));
        let second = Merge::new(&base, &there, &first.service, policies.1);
        let third = Merge::new(&first.service, &first.tree, &second.service, policies.0);
        prop_assert!(third.conflicts.is_empty());
        let stopped = stopped(&second);
        prop_assert_eq!(&third.tree, &second.service);
        prop_assert_eq!(rest(&third.tree, &stopped), rest(&second.tree, &stopped));
        prop_assert!(policies.1 == Policy::Stop || policies.1 == Policy::Ours || stopped.is_empty());
    }

    #[test]
    fn sides_are_alike(worlds in three_worlds()) {
        let [base, ours, theirs] = worlds.each_ref().map(state);
        let one = Merge::new(&base, &ours, &theirs, Policy::Stop);
        let other = Merge::new(&base, &theirs, &ours, Policy::Stop);
        prop_assert!(one.tree.agrees_with(&other.service));
        prop_assert!(one.service.agrees_with(&other.tree));
        let kinds = |merge: &Merge| -> Vec<_> {
            let kinds = merge.conflicts.iter();
            kinds.map(|one| (one.uuid, one.kind.clone())).collect()
        };
        prop_assert_eq!(kinds(&one), kinds(&other));
    }

    #[test]
    fn states_that_are_no_forests_are_merged_somehow(
        broken in uniform3(edits(12)),
        policy in select(&POLICIES),
    ) {
        let [base, ours, theirs] = broken.map(|edits| state(&unchecked(&edits)));
        let _ = Merge::new(&base, &ours, &theirs, policy);
    }
}

fn is_forest_of_fields(providers: &BTreeMap<Uuid, Fields>) -> bool {
    let names: BTreeSet<&String> = providers.values().map(|one| &one[&Field::Name]).collect();
    let shown: BTreeMap<String, Uuid> = providers
        .keys()
        .map(|uuid| (format!("{:?}", Some(*uuid)), *uuid))
        .collect();
    let parent = |uuid: &Uuid| &providers[uuid][&Field::Parent];
    names.len() == providers.len()
        && providers.keys().all(|uuid| {
            let mut above = *uuid;
            for _ in 0..=providers.len() {
                match (parent(&above).as_str(), shown.get(parent(&above))) {
                    ("None", _) => return true,
                    (_, None) => return false,
                    (_, Some(next)) => above = *next,
                }
            }
            false
        })
}

#[test]
fn the_states_that_are_merged_meet_every_kind_of_conflict_and_outcome() {
    let mut runner = TestRunner::deterministic();
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    for at in 0..3_000 {
        let worlds = three_worlds().new_tree(&mut runner).unwrap().current();
        let [base, ours, theirs] = worlds.each_ref().map(state);
        for one in Merge::new(&base, &ours, &theirs, POLICIES[at % 3]).conflicts {
            let kind = format!("{:?}", one.kind);
            let kind = kind.split([' ', '(']).next().unwrap_or_default();
            *met.entry(format!("{kind} {:?}", one.outcome)).or_default() += 1;
        }
    }
    let kinds = [
        "Removed",
        "Name",
        "Parent",
        "Inventory",
        "NameTaken",
        "ParentRemoved",
        "Cycle",
    ];
    for kind in kinds {
        for outcome in POLICIES {
            let count = met.get(&format!("{kind} {outcome:?}")).copied();
            assert!(count >= Some(10), "{met:?}");
        }
    }
}
