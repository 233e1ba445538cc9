//! What holds of every plan.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use provider_tree::placement::{Call, Merge, Plan, Policy, Scope, State, Vocabulary};
use provider_tree::{Inventory, ProviderRecord, ProviderTree};
use uuid::Uuid;

use crate::service::{Service, has_every_field};
use crate::states::{World, any_world, edits, sparse_world, state, three_worlds, unchecked, uuid};

/// Two worlds that have much in common, or nothing to do with one another.
fn two_worlds() -> impl Strategy<Value = [World; 2]> {
    prop_oneof![
        three_worlds().prop_map(|[_, from, to]| [from, to]),
        [any_world(), any_world()],
        [sparse_world(), sparse_world()],
        renamed_worlds(),
    ]
}

/// The same providers with their names exchanged: swaps and longer cycles.
fn renamed_worlds() -> impl Strategy<Value = [World; 2]> {
    any_world().prop_flat_map(|from| {
        let names: Vec<String> = from.values().map(|one| one.name.clone()).collect();
        Just(names).prop_shuffle().prop_map(move |names| {
            let mut to = from.clone();
            for (record, name) in to.values_mut().zip(names) {
                record.name = name;
            }
            [from.clone(), to]
        })
    })
}

type Planner = fn(&State, &State, &Vocabulary) -> Plan;

const PLANNERS: [Planner; 2] = [Plan::new, Plan::with_reshape];

fn plan(planner: usize, from: &State, to: &State) -> Plan {
    PLANNERS[planner](from, to, &Vocabulary::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn the_service_accepts_every_request_and_ends_at_the_target(
        worlds in two_worlds(),
        planner in 0..2_usize,
    ) {
        let [from, to] = worlds.each_ref().map(state);
        let plan = plan(planner, &from, &to);
        let mut service = Service::new(&from);
        let mut acknowledged = from.clone();
        for (at, step) in plan.steps().iter().enumerate() {
            let answer = service.answer(&step.request);
            prop_assert_eq!(answer, Ok(()), "step {} of\n{}", at, plan);
            acknowledged.acknowledge(&step.request, None);
            prop_assert!(acknowledged.agrees_with(&service.state()));
        }
        prop_assert!(service.state().agrees_with(&to), "{plan}");
    }

    #[test]
    fn any_order_that_keeps_the_dependencies_is_as_good(
        worlds in two_worlds(),
        planner in 0..2_usize,
        choices in proptest::collection::vec(any::<Index>(), 120),
    ) {
        let [from, to] = worlds.each_ref().map(state);
        let plan = plan(planner, &from, &to);
        let mut service = Service::new(&from);
        let mut done = BTreeSet::new();
        let mut sent = Vec::new();
        for choice in choices.iter().cycle().take(plan.len()) {
            let ready: Vec<usize> = (0..plan.len())
                .filter(|at| !done.contains(at))
                .filter(|at| plan.steps()[*at].after.iter().all(|one| done.contains(one)))
                .collect();
            prop_assert!(!ready.is_empty());
            let at = *choice.get(&ready);
            let step = &plan.steps()[at];
            prop_assert!(step.after.iter().all(|one| *one < at));
            sent.push(step.to_string());
            prop_assert_eq!(service.answer(&step.request), Ok(()), "{:#?} of\n{}", sent, plan);
            done.insert(at);
        }
        prop_assert!(service.state().agrees_with(&to), "{plan}");
    }

    #[test]
    fn a_plan_that_stops_half_way_is_taken_up_again(
        worlds in two_worlds(),
        planner in 0..2_usize,
        stop in any::<Index>(),
    ) {
        let [from, to] = worlds.each_ref().map(state);
        let first = plan(planner, &from, &to);
        prop_assume!(!first.is_empty());
        let mut service = Service::new(&from);
        let mut base = from;
        for step in &first.steps()[..stop.index(first.len())] {
            service.answer(&step.request).unwrap();
            base.acknowledge(&step.request, None);
        }
        // Without what the first plan has created already, creating it again is harmless.
        for step in plan(planner, &base, &to).steps() {
            prop_assert_eq!(service.answer(&step.request), Ok(()));
        }
        prop_assert!(service.state().agrees_with(&to));
    }

    #[test]
    fn no_request_is_made_in_vain(worlds in two_worlds()) {
        let [from, to] = worlds.each_ref().map(state);
        let plan = plan(0, &from, &to);
        let mut now = from.clone();
        let mut updates: BTreeMap<Uuid, u32> = BTreeMap::new();
        for step in plan.steps() {
            let before = now.clone();
            now.acknowledge(&step.request, None);
            let is_word = matches!(
                step.request,
                Call::CreateResourceClass { .. } | Call::CreateTrait { .. }
            );
            prop_assert!(is_word || now != before, "{} of\n{}", step, plan);
            if let Call::Update { uuid, .. } = step.request {
                *updates.entry(uuid).or_default() += 1;
            }
            if let Call::PutInventories { inventory, .. } = &step.request {
                prop_assert!(inventory.values().all(has_every_field));
            }
        }
        // Out of the way, moved, named.
        prop_assert!(updates.values().all(|count| *count <= 3), "{plan}");
    }

    #[test]
    fn what_is_equal_by_effect_sends_nothing(
        world in any_world(),
        generations in any::<u64>(),
        planner in 0..2_usize,
    ) {
        let from = state(&world);
        let mut other = world;
        for record in other.values_mut() {
            record.generation = Some(generations);
            for record in record.inventory.values_mut() {
                let mut full = Inventory::new(record.total);
                full.reserved = Some(record.effective().reserved);
                full.min_unit = Some(record.effective().min_unit);
                full.max_unit = Some(record.effective().max_unit);
                full.step_size = Some(record.effective().step_size);
                full.allocation_ratio = Some(record.effective().allocation_ratio);
                *record = full;
            }
        }
        prop_assert!(plan(planner, &from, &state(&other)).is_empty());
        // Nor does another order of siblings.
        let tree = ProviderTree::new();
        tree.replace_all(other.values().rev()).unwrap();
        let shown = State::of(&tree.snapshot(), &Scope::Forest, []);
        prop_assert!(plan(planner, &from, &shown).is_empty());
    }

    #[test]
    fn the_outcome_of_a_merge_can_be_sent(
        worlds in three_worlds(),
        policy in select(vec![Policy::Ours, Policy::Theirs, Policy::Stop]),
    ) {
        let [base, ours, theirs] = worlds.each_ref().map(state);
        let merge = Merge::new(&base, &ours, &theirs, policy);
        let mut service = Service::new(&theirs);
        for step in plan(0, &theirs, &merge.service).steps() {
            prop_assert_eq!(service.answer(&step.request), Ok(()));
        }
        prop_assert!(service.state().agrees_with(&merge.service));
    }

    #[test]
    fn states_that_are_no_forests_are_planned_somehow(
        from in edits(20),
        to in edits(20),
        planner in 0..2_usize,
    ) {
        let [from, to] = [from, to].map(|edits| state(&unchecked(&edits)));
        let plan = plan(planner, &from, &to);
        let mut now = from;
        for step in plan.steps() {
            now.acknowledge(&step.request, None);
        }
        prop_assert!(now.agrees_with(&to), "{plan}");
    }
}

#[test]
fn the_plans_meet_every_kind_of_detour() {
    let mut runner = TestRunner::deterministic();
    let mut met: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..2_000 {
        let worlds = two_worlds().new_tree(&mut runner).unwrap().current();
        let [from, to] = worlds.each_ref().map(state);
        let plan = plan(1, &from, &to);
        let mut deletes = false;
        let mut seen = BTreeSet::new();
        for step in plan.steps() {
            let detour = match &step.request {
                Call::Update { name, .. } if name.starts_with("provider-tree") => "temporary",
                Call::Update { uuid, .. } if !seen.insert(*uuid) => "in two parts",
                Call::Update { .. } if deletes => "after a deletion",
                Call::Create { .. } if deletes => "created after a deletion",
                Call::Reshape { .. } => "reshape",
                Call::Delete { .. } => {
                    deletes = true;
                    "deletion"
                }
                _ => "plain",
            };
            *met.entry(detour).or_default() += 1;
        }
    }
    assert!(
        met.len() == 7 && met.values().all(|count| *count >= 10),
        "{met:?}"
    );
}

#[test]
fn many_names_that_pass_on_are_planned_in_linear_time() {
    const COUNT: u128 = 20_000;
    let named = |shift: u128| -> State {
        let record = |at: u128| {
            let name = format!("name-{}", (at + shift) % COUNT);
            ProviderRecord::new(uuid(at), name)
        };
        (0..COUNT).map(record).collect()
    };
    let begun = Instant::now();
    // One cycle of all of them, either way round, and swaps.
    for (shift, requests) in [(1, 20_001), (COUNT - 1, 20_001), (COUNT / 2, 30_000)] {
        assert_eq!(plan(0, &named(0), &named(shift)).len(), requests);
    }
    // It takes some seconds; with a pass for each name it would take an hour.
    assert!(begun.elapsed() < Duration::from_secs(120));
}
