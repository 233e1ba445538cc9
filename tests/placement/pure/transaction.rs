//! Merging what Placement has into a tree.

use std::collections::BTreeSet;
use std::thread;

use proptest::prelude::*;
use proptest::sample::select;
use provider_tree::placement::{Merge, Policy, Scope, State, merge_into};
use provider_tree::{
    Forest, Inventory, ProviderRecord, ProviderTree, Resource, ResourceClass, Snapshot,
};
use uuid::Uuid;

use crate::states::{World, edited, edits, state, three_worlds, unchecked, uuid};

/// A tree that holds a world, with resources that Placement does not know.
fn tree(world: &World) -> ProviderTree {
    let records = world.values().cloned().map(|mut record| {
        let identifier = record.uuid.to_string();
        record.resources = BTreeSet::from([Resource::new(ResourceClass::VCPU, identifier)]);
        record
    });
    let tree = ProviderTree::new();
    tree.replace_all(records.collect::<Vec<_>>()).unwrap();
    tree
}

fn shown(forest: &Forest) -> State {
    State::of(forest, &Scope::Forest, [])
}

fn pull(tree: &ProviderTree, base: &State, theirs: &State, policy: Policy) -> (Merge, u64) {
    let pulled =
        tree.update(|transaction| merge_into(transaction, &Scope::Forest, base, theirs, policy));
    let pulled = pulled.unwrap();
    (pulled.value, pulled.version)
}

/// The siblings in their order, of those that both forests have below one parent.
fn order(forest: &Forest, other: &Forest) -> Vec<(Option<Uuid>, Uuid)> {
    let mut order: Vec<_> = forest
        .iter()
        .filter(|one| {
            let there = other.get(one.uuid());
            there.is_some_and(|there| there.parent_uuid() == one.parent_uuid())
        })
        .map(|one| (one.parent_uuid(), one.uuid()))
        .collect();
    order.sort_by_key(|(parent, _)| *parent);
    order
}

fn policy() -> impl Strategy<Value = Policy> {
    select(vec![Policy::Ours, Policy::Theirs, Policy::Stop])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_pull_makes_the_tree_what_the_merge_says_and_leaves_what_is_local(
        worlds in three_worlds(),
        policy in policy(),
    ) {
        let [base, ours, theirs] = worlds.each_ref().map(state);
        let tree = tree(&worlds[1]);
        let before = tree.snapshot();
        let (merge, version) = pull(&tree, &base, &theirs, policy);
        let after = tree.snapshot();
        after.check_invariants().unwrap();
        prop_assert_eq!(&merge, &Merge::new(&base, &ours, &theirs, policy));
        prop_assert_eq!(shown(&after), merge.tree.clone());
        prop_assert_eq!(version == before.version(), merge.tree == ours);
        for provider in after.iter() {
            if let Some(old) = before.get(provider.uuid()) {
                prop_assert_eq!(provider.resources(), old.resources());
                for (class, record) in provider.inventory() {
                    let stored = old.inventory_of(class);
                    let is_changed = merge.tree.get(provider.uuid()).unwrap().inventory()[class]
                        != ours.get(provider.uuid()).unwrap().inventory().get(class).copied()
                            .unwrap_or(Inventory::new(0));
                    prop_assert!(is_changed || stored == Some(record));
                }
            }
        }
        prop_assert_eq!(order(&after, &before), order(&before, &after));
        // Once more: nothing to do.
        let (again, version) = pull(&tree, &merge.base, &theirs, policy);
        prop_assert_eq!(again.tree, merge.tree);
        prop_assert_eq!(version, after.version());
    }

    #[test]
    fn an_edit_made_while_a_pull_runs_is_not_hidden(
        worlds in three_worlds(),
        meanwhile in edits(6),
        policy in policy(),
    ) {
        let [base, ours, theirs] = worlds.each_ref().map(state);
        let tree = tree(&worlds[1]);
        let newer = edited(&worlds[1], &meanwhile);
        let expected = Merge::new(&base, &state(&newer), &theirs, policy);
        let mut is_first = true;
        let pulled = tree.update(|transaction| {
            let merge = merge_into(transaction, &Scope::Forest, &base, &theirs, policy)?;
            if std::mem::take(&mut is_first) {
                let commit = || tree.replace_all(newer.values()).unwrap();
                thread::scope(|scope| scope.spawn(commit).join().unwrap());
            }
            Ok::<_, provider_tree::Error>(merge)
        });
        let pulled = pulled.unwrap();
        if pulled.value.tree == ours {
            // Nothing to commit: the edit came after it.
            prop_assert_eq!(&pulled.value, &Merge::new(&base, &ours, &theirs, policy));
            prop_assert_eq!(shown(&tree.snapshot()), state(&newer));
        } else {
            prop_assert_eq!(&pulled.value, &expected);
            prop_assert_eq!(shown(&tree.snapshot()), expected.tree);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn answers_that_are_no_forest_leave_one_here(
        worlds in three_worlds(),
        broken in edits(15),
        policy in policy(),
    ) {
        let [base, ours, _] = worlds.each_ref().map(state);
        let theirs = state(&unchecked(&broken));
        let tree = tree(&worlds[1]);
        let (merge, _) = pull(&tree, &base, &theirs, policy);
        tree.snapshot().check_invariants().unwrap();
        prop_assert_eq!(shown(&tree.snapshot()), merge.tree);
        // What a forest can't have at all stops.
        let (merge, _) = pull(&tree, &ours, &theirs, policy);
        prop_assert_eq!(shown(&tree.snapshot()), merge.tree);
    }
}

fn record(at: u128, name: &str, parent: Option<u128>) -> ProviderRecord {
    let mut record = ProviderRecord::new(uuid(at), name);
    record.parent_uuid = parent.map(uuid);
    record
}

/// Two trees, `host` (1) with `numa` (2), and `other` (3) with `card` (4).
fn two_trees() -> ProviderTree {
    let tree = ProviderTree::new();
    let records = [
        record(1, "host", None),
        record(2, "numa", Some(1)),
        record(3, "other", None),
        record(4, "card", Some(3)),
    ];
    tree.replace_all(&records).unwrap();
    tree
}

fn host() -> Scope {
    Scope::Trees(vec![uuid(1)])
}

fn of_host(snapshot: &Snapshot, known: &State) -> State {
    State::of(snapshot, &host(), known.uuids())
}

#[test]
fn what_the_transaction_has_edited_itself_is_merged() {
    let tree = two_trees();
    let base = shown(&tree.snapshot());
    let pulled = tree.update(|transaction| {
        transaction.rename("host", "renamed")?;
        merge_into(transaction, &Scope::Forest, &base, &base, Policy::Stop)
    });
    let merge = pulled.unwrap().value;
    assert_eq!(merge.service.get(uuid(1)).unwrap().name(), "renamed");
    assert!(tree.exists("renamed"));
}

#[test]
fn a_scope_of_trees_shows_these_trees_alone() {
    let snapshot = two_trees().snapshot();
    let uuids = |scope| -> Vec<Uuid> { State::of(&snapshot, &scope, []).uuids().collect() };
    assert_eq!(uuids(host()), [uuid(1), uuid(2)]);
    // As `in_tree` does: the whole tree of any provider, nothing for an unknown one.
    assert_eq!(
        uuids(Scope::Trees(vec![uuid(4), uuid(9)])),
        [uuid(3), uuid(4)]
    );
    assert_eq!(uuids(Scope::Forest).len(), 4);
}

#[test]
fn a_provider_that_leaves_the_trees_of_the_scope_is_followed() {
    let tree = two_trees();
    let base = of_host(&tree.snapshot(), &State::default());
    tree.move_to("numa", "other").unwrap();
    let ours = of_host(&tree.snapshot(), &base);
    assert_eq!(ours.get(uuid(2)).unwrap().parent_uuid(), Some(uuid(3)));
    // A pull of what has not changed there leaves it where it went.
    let pulled =
        tree.update(|transaction| merge_into(transaction, &host(), &base, &base, Policy::Stop));
    let merge = pulled.unwrap().value;
    assert_eq!(
        merge.service.get(uuid(2)).unwrap().parent_uuid(),
        Some(uuid(3))
    );
    assert!(merge.conflicts.is_empty());
    assert_eq!(tree.find("numa").unwrap().parent_uuid(), Some(uuid(3)));
}

#[test]
fn a_name_outside_the_scope_stops_the_provider_that_would_take_it() {
    for policy in [Policy::Ours, Policy::Theirs, Policy::Stop] {
        let tree = two_trees();
        let base = of_host(&tree.snapshot(), &State::default());
        let renamed = [record(1, "renamed", None), record(2, "card", Some(1))];
        let theirs: State = renamed.into_iter().collect();
        let pulled =
            tree.update(|transaction| merge_into(transaction, &host(), &base, &theirs, policy));
        let conflicts = pulled.unwrap().value.conflicts;
        assert_eq!(
            conflicts
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>(),
            [format!(
                "numa ({}): name taken by {}: base `numa`, ours `numa`, theirs `card`; left as it \
                 is on each side",
                uuid(2),
                uuid(4)
            )]
        );
        assert_eq!(tree.find(uuid(2)).unwrap().name(), "numa");
        assert_eq!(tree.find(uuid(1)).unwrap().name(), "renamed");
    }
}

#[test]
fn a_parent_that_the_forest_does_not_have_stops_its_child() {
    let tree = two_trees();
    let base = of_host(&tree.snapshot(), &State::default());
    let theirs: State = [record(1, "host", None), record(2, "numa", Some(9))]
        .into_iter()
        .collect();
    let pulled =
        tree.update(|transaction| merge_into(transaction, &host(), &base, &theirs, Policy::Theirs));
    let merge = pulled.unwrap().value;
    assert_eq!(
        (merge.conflicts.len(), merge.conflicts[0].outcome),
        (1, Policy::Stop)
    );
    assert_eq!(tree.find("numa").unwrap().parent_uuid(), Some(uuid(1)));
}

#[test]
fn what_a_forest_refuses_is_an_error_and_changes_nothing() {
    let tree = two_trees();
    let before = tree.snapshot();
    let base = shown(&before);
    let mut invalid = record(1, "host", None);
    invalid
        .inventory
        .insert(ResourceClass::VCPU, Inventory::new(0));
    let mut theirs = base.clone();
    theirs.insert(invalid);
    let pulled = tree.update(|transaction| {
        merge_into(transaction, &Scope::Forest, &base, &theirs, Policy::Stop)
    });
    let error = pulled.unwrap_err().to_string();
    assert!(error.contains("total of VCPU is 0"), "{error}");
    assert!(tree.snapshot().ptr_eq(&before));
}
