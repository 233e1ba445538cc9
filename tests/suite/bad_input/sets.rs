//! Sets of traits, aggregates and resources: with illegal names, empty, and large.

use crate::cases::refusal::Refusal;
use provider_tree::{Resource, ResourceClass, Trait};
use uuid::Uuid;

use super::edit::edit;
use super::{HOST, NUMA, excerpt, forest};
use crate::cases::ProviderTree;

const ILLEGAL: [&str; 14] = [
    "",
    " ",
    "hw_numa_root",
    "Hw",
    "HW-NUMA",
    "HW NUMA",
    "HW\n",
    "\0",
    "HW.NUMA",
    "É",
    "Ａ",
    "🦀",
    "\u{202e}",
    "CUSTOM_ß",
];

const MANY: usize = 100_000;

fn illegal() -> impl Iterator<Item = String> {
    let long = ["A".repeat(256), "_".repeat(1_000_000), "é".repeat(128)];
    ILLEGAL.map(str::to_owned).into_iter().chain(long)
}

#[test]
fn an_illegal_trait_is_refused_by_every_call() {
    for name in illegal() {
        let expected = Refusal::InvalidTrait {
            name: excerpt(&name),
        };
        let name = name.as_str();
        for edit in [
            edit!(update_traits(HOST, [name], 8)),
            edit!(update_traits(HOST, ["A", name, "B"], 8)),
            edit!(add_traits(HOST, ["A", name])),
            edit!(remove_traits(HOST, ["CUSTOM_GOLD", name])),
        ] {
            edit.fails_with(&expected);
        }
        let snapshot = forest().snapshot();
        let query = snapshot.has_traits(HOST, ["NOT_THERE", name]);
        assert_eq!(query, expected);
        let query = snapshot.traits_changed(HOST, ["CUSTOM_GOLD", name]);
        assert_eq!(query, expected);
        assert_eq!(Trait::new(name), expected);
        assert_eq!(Trait::try_from(name), expected);
        assert_eq!(Trait::try_from(name.to_owned()), expected);
        assert_eq!(name.parse::<Trait>(), expected);
    }
}

#[test]
fn an_illegal_resource_class_is_refused() {
    for name in illegal() {
        let expected = Refusal::InvalidResourceClass {
            name: excerpt(&name),
        };
        assert_eq!(ResourceClass::new(&name), expected);
        let result = ResourceClass::try_from(name.as_str());
        assert_eq!(result, expected);
        assert_eq!(name.parse::<ResourceClass>(), expected);
        assert_eq!(ResourceClass::try_from(name), expected);
    }
}

#[test]
fn no_provider_has_an_illegal_trait() {
    let host = forest().find(HOST).unwrap();
    assert!(illegal().all(|name| !host.has_trait(&name)));
    assert!(host.has_trait("CUSTOM_GOLD"));
    assert!(!host.in_aggregate(Uuid::nil()) && !host.in_aggregate(Uuid::max()));
}

#[test]
fn the_shortest_and_longest_legal_names_work() {
    for name in [
        "A".to_owned(),
        "_".to_owned(),
        "0".to_owned(),
        "Z9_".repeat(85),
    ] {
        let class = ResourceClass::new(&name).unwrap();
        assert_eq!(class.as_str(), name);
        let tree = edit!(update_traits(HOST, [name.as_str()], None)).works();
        assert!(tree.find(HOST).unwrap().has_trait(&name));
    }
}

#[test]
fn empty_sets_work_everywhere() {
    let traits = [""; 0];
    let none: [Uuid; 0] = [];
    for edit in [
        edit!(add_traits(HOST, traits)),
        edit!(remove_traits(HOST, traits)),
        edit!(update_traits(NUMA, traits, None)),
        edit!(add_aggregates(HOST, none)),
        edit!(remove_aggregates(HOST, none)),
        edit!(update_aggregates(NUMA, none, None)),
        edit!(update_resources(NUMA, Vec::<Resource>::new())),
        edit!(update_inventory(NUMA, None, None)),
        edit!(populate(Vec::<provider_tree::ProviderRecord>::new())),
    ] {
        assert_eq!(edit.works().version(), forest().version());
    }
    for edit in [
        edit!(update_traits(HOST, traits, None)),
        edit!(update_aggregates(HOST, none, None)),
        edit!(update_resources(HOST, Vec::<Resource>::new())),
        edit!(update_inventory(HOST, None, None)),
    ] {
        assert_eq!(edit.works().version(), forest().version() + 1);
    }
}

/// Checks that giving the same set again commits nothing.
fn commits_nothing(tree: &ProviderTree, call: impl FnOnce(&ProviderTree)) {
    let before = tree.snapshot();
    call(tree);
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn a_hundred_thousand_traits_work() {
    let mut traits: Vec<Trait> = (0..MANY)
        .map(|number| Trait::new(format!("CUSTOM_{number}")).unwrap())
        .collect();
    let tree = forest();
    assert!(tree.add_traits(HOST, &traits).unwrap().value);
    assert_eq!(tree.find(HOST).unwrap().traits().len(), MANY + 1);
    assert!(tree.snapshot().has_traits(HOST, &traits).unwrap());
    tree.update_traits(HOST, &traits, None).unwrap();
    traits.reverse();
    traits.extend_from_within(..MANY / 2);
    commits_nothing(&tree, |tree| {
        assert!(!tree.update_traits(HOST, &traits, None).unwrap().value);
        assert!(!tree.snapshot().traits_changed(HOST, &traits).unwrap());
    });
    assert!(tree.remove_traits(HOST, &traits).unwrap().value);
    assert!(tree.find(HOST).unwrap().traits().is_empty());
}

#[test]
fn a_hundred_thousand_aggregates_work() {
    let mut aggregates: Vec<Uuid> = (0..MANY).map(|n| Uuid::from_u128(n as u128)).collect();
    let tree = forest();
    assert!(tree.add_aggregates(NUMA, &aggregates).unwrap().value);
    assert_eq!(tree.find(NUMA).unwrap().aggregates().len(), MANY);
    assert!(tree.snapshot().in_aggregates(NUMA, &aggregates).unwrap());
    aggregates.reverse();
    aggregates.extend_from_within(..MANY / 2);
    commits_nothing(&tree, |tree| {
        let again = tree.update_aggregates(NUMA, &aggregates, None);
        assert!(!again.unwrap().value);
        let changed = tree.snapshot().aggregates_changed(NUMA, &aggregates);
        assert!(!changed.unwrap());
    });
    assert!(tree.remove_aggregates(NUMA, &aggregates).unwrap().value);
    assert!(tree.find(NUMA).unwrap().aggregates().is_empty());
}

#[test]
fn resources_are_a_set_whatever_their_names() {
    let mut odd = Resource::new(ResourceClass::VGPU, "\0\n🦀");
    odd.metadata.insert(String::new(), "x".repeat(1_000_000));
    let resources = vec![odd.clone(), Resource::new(ResourceClass::VGPU, ""), odd];
    let tree = edit!(update_resources(HOST, resources.clone())).works();
    assert_eq!(tree.find(HOST).unwrap().resources().len(), 2);
    commits_nothing(&tree, |tree| {
        let reversed = resources.iter().rev().cloned();
        assert!(!tree.update_resources(HOST, reversed).unwrap().value);
    });
}
