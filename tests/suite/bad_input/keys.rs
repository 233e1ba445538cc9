//! Unknown keys of every kind, in every call that takes one.

use crate::cases::refusal::Refusal;
use provider_tree::{
    Error, Forest, Inventory, NewProvider, Provider, ProviderKey, Resource, ResourceClass, Trait,
};
use uuid::Uuid;

use super::edit::{Edit, edit, expect_generation};
use super::{HOST, NEW, NOBODY, NUMA, forest, spellings, unknown};
use crate::cases::new_tree;

const TRAITS: [Trait; 1] = [Trait::MISC_SHARES_VIA_AGGREGATE];
const CPUS: (ResourceClass, Inventory) = (ResourceClass::VCPU, Inventory::new(1));

/// Checks every edit that takes a key.
fn each_edit(key: ProviderKey<'_>, check: impl Fn(Edit<'_>)) {
    for edit in [
        edit!(new_child(NewProvider::new("new").uuid(NEW), key)),
        edit!(remove(key)),
        edit!(rename(key, "new")),
        edit!(move_to(key, HOST)),
        edit!(move_to(NUMA, key)),
        edit!(move_to(key, key)),
        edit!(move_to_root(key)),
        edit!(update_inventory(key, [CPUS], 1)),
        edit!(update_traits(key, TRAITS, 1)),
        edit!(add_traits(key, TRAITS)),
        edit!(remove_traits(key, TRAITS)),
        edit!(update_aggregates(key, [NOBODY], 1)),
        edit!(add_aggregates(key, [NOBODY])),
        edit!(remove_aggregates(key, [NOBODY])),
        edit!(update_resources(key, Vec::<Resource>::new())),
        edit!(set_generation(key, 1)),
        expect_generation(key, 1),
    ] {
        check(edit);
    }
}

/// The answer of each query.
fn queries(forest: &Forest, key: ProviderKey<'_>) -> [Option<Error>; 17] {
    [
        forest.require(key).err(),
        forest.children(key).err(),
        forest.descendants(key).err(),
        forest.ancestors(key).err(),
        forest.root_of(key).err(),
        forest.tree_of(key).err(),
        forest.depth(key).err(),
        forest.provider_uuids_in(key).err(),
        forest.provider_uuids_in_tree(key).err(),
        forest.subtree(key).err(),
        forest.has_inventory(key).err(),
        forest.inventory_changed(key, [CPUS]).err(),
        forest.has_traits(key, TRAITS).err(),
        forest.traits_changed(key, TRAITS).err(),
        forest.in_aggregates(key, [NOBODY]).err(),
        forest.aggregates_changed(key, [NOBODY]).err(),
        forest.resources_changed(key, []).err(),
    ]
}

fn is_unknown_everywhere(key: ProviderKey<'_>) {
    let expected = unknown(key);
    each_edit(key, |edit| edit.fails_with(&expected));
    let tree = forest();
    assert!(!tree.exists(key) && tree.find(key).is_none());
    let snapshot = tree.snapshot();
    assert!(!snapshot.exists(key) && snapshot.find(key).is_none());
    for (query, error) in queries(&snapshot, key).into_iter().enumerate() {
        assert_eq!(error.unwrap(), expected, "query {query}");
    }
}

/// A provider of another forest, with a UUID found only there.
fn stranger(uuid: Uuid) -> Provider {
    let elsewhere = new_tree();
    elsewhere
        .new_root(NewProvider::new("stranger").uuid(uuid))
        .unwrap();
    elsewhere.find("stranger").unwrap()
}

#[test]
fn every_call_refuses_an_unknown_key_of_any_kind() {
    let text = "stranger".to_owned();
    let stranger = stranger(NOBODY);
    for key in [
        ProviderKey::from(NOBODY),
        ProviderKey::from(&NOBODY),
        ProviderKey::from("stranger"),
        ProviderKey::from(&text),
        ProviderKey::from(&stranger),
    ] {
        is_unknown_everywhere(key);
    }
}

#[test]
fn every_call_refuses_an_unknown_uuid_in_any_spelling() {
    for text in spellings(NOBODY) {
        is_unknown_everywhere(ProviderKey::from(&text));
    }
    is_unknown_everywhere(ProviderKey::from(Uuid::nil()));
    is_unknown_everywhere(ProviderKey::from(Uuid::max()));
}

#[test]
fn every_call_refuses_hostile_text_as_a_key() {
    let long = "é\n".repeat(500_000);
    for text in [
        "",
        " ",
        "\0",
        "host\0",
        "host ",
        "Host",
        "🦀",
        "\u{202e}tsoh",
        "{",
        "{}",
        "urn:uuid:",
        "0000",
        "-",
        "00000000-0000-0000-0000-00000000000g",
        "{00000000-0000-0000-0000-000000000001",
        &long,
    ] {
        is_unknown_everywhere(ProviderKey::from(text));
    }
}

#[test]
fn a_provider_of_another_forest_is_a_key_by_its_uuid() {
    let tree = forest();
    let namesake = stranger(HOST);
    assert_eq!(tree.find(&namesake).unwrap().name(), "host");
    tree.set_generation(&namesake, 8).unwrap();
    assert_eq!(tree.find(HOST).unwrap().generation(), Some(8));
}

#[test]
fn a_removed_provider_is_unknown_by_any_key_read_earlier() {
    let tree = forest();
    let before = tree.find("numa0").unwrap();
    tree.remove("host").unwrap();
    assert_eq!(tree.remove(&before), unknown(NUMA));
    let error = tree.new_child("new", &before);
    assert_eq!(error, unknown(NUMA));
}

#[test]
fn an_unknown_parent_of_a_record_is_listed() {
    let mut orphan = super::record(NEW, "new");
    for uuid in [NOBODY, Uuid::nil(), Uuid::max()] {
        orphan.parent_uuid = Some(uuid);
        let uuids = vec![uuid];
        let missing = Refusal::MissingParents { uuids };
        edit!(populate([&orphan])).fails_with(&missing);
    }
}

#[test]
fn an_unknown_or_wrong_root_of_a_record_is_named() {
    let mut child = super::record(NEW, "new");
    child.parent_uuid = Some(HOST);
    for given in [NOBODY, NEW, NUMA, Uuid::nil()] {
        child.root_uuid = Some(given);
        let (uuid, actual) = (NEW, HOST);
        let mismatch = Refusal::RootMismatch {
            uuid,
            given,
            actual,
        };
        edit!(populate([&child])).fails_with(&mismatch);
    }
}
