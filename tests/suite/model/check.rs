//! Checks that a forest agrees with the model.

use std::fmt::Debug;

use provider_tree::{Error, Forest, Provider, ProviderKey, ProviderRecord};
use uuid::Uuid;

use super::drawing::drawing;
use super::edit::Key;
use super::forest::{Model, Refusals};
use super::pool::{ODD, SIZE, SPELLINGS, name_at, spelling, uuid_at};
use super::walk::Walk;

/// Checks every query: contents, order, and look-ups by every key.
pub fn assert_shows(forest: &Forest, model: &Model) {
    assert_lists(forest, model);
    let walk = model.walk();
    assert_eq!(forest.to_string(), drawing(&walk));
    for (_, record) in &walk.0 {
        assert_found_by_its_keys(forest, record);
        assert_placed(forest, &walk, record);
    }
    for uuid in (0..SIZE).map(uuid_at) {
        let key = Key::Uuid(uuid);
        assert_finds(forest, model, &key);
        if !forest.exists(uuid) {
            assert_leads_nowhere(forest, &key);
        }
        for text in (0..SPELLINGS).map(|at| spelling(uuid, at)) {
            assert_finds(forest, model, &Key::Text(text));
        }
    }
    for text in (0..SIZE)
        .map(name_at)
        .chain(ODD.iter().map(|&text| text.to_owned()))
    {
        assert_finds(forest, model, &Key::Text(text));
    }
    assert_leads_nowhere(forest, &Key::Text(String::new()));
}

/// All providers, their content and their order.
pub fn assert_lists(forest: &Forest, model: &Model) {
    if let Err(broken) = forest.check_invariants() {
        panic!("{broken}\n{forest}");
    }
    let walk = model.walk();
    assert_eq!(walk.0.len(), model.providers.len(), "the model has a cycle");
    assert_eq!(forest.len(), model.providers.len());
    assert_eq!(forest.is_empty(), model.providers.is_empty());
    let expected: Vec<Uuid> = uuids_of(&walk.0);
    assert_eq!(uuids_shown(forest.iter()), expected, "order of providers");
    for (provider, (_, record)) in forest.iter().zip(&walk.0) {
        assert_is(provider, record);
    }
    assert!(forest.provider_uuids().eq(expected.iter().copied()));
    assert!(forest.into_iter().map(Provider::uuid).eq(expected));
    let roots = walk.0.iter().filter(|(depth, _)| *depth == 0);
    let roots: Vec<Uuid> = roots.map(|(_, root)| root.uuid).collect();
    assert_eq!(uuids_shown(forest.roots()), roots, "roots");
    let mut exported = forest.to_records();
    let mut root = None;
    for (depth, record) in &walk.0 {
        root = if *depth == 0 { Some(record.uuid) } else { root };
        let mut record = (*record).clone();
        record.root_uuid = root;
        assert_eq!(exported.next(), Some(record));
    }
    assert_eq!(exported.next(), None);
}

/// A provider agrees with a record.
pub fn assert_is(provider: &Provider, record: &ProviderRecord) {
    assert_eq!(provider.uuid(), record.uuid);
    assert_eq!(provider.name(), record.name);
    assert_eq!(provider.generation(), record.generation);
    assert_eq!(provider.parent_uuid(), record.parent_uuid);
    let inventory = record
        .inventory
        .iter()
        .map(|(class, one)| (class.clone(), *one));
    assert_eq!(provider.inventory(), inventory.collect::<Vec<_>>());
    for (class, one) in &record.inventory {
        assert_eq!(provider.inventory_of(class), Some(one));
    }
    assert!(provider.traits().iter().eq(&record.traits), "{provider:?}");
    assert!(
        record
            .traits
            .iter()
            .all(|name| provider.has_trait(name.as_str()))
    );
    assert!(
        provider.aggregates().iter().eq(&record.aggregates),
        "{provider:?}"
    );
    assert!(
        record
            .aggregates
            .iter()
            .all(|one| provider.in_aggregate(*one))
    );
    assert!(
        provider.resources().iter().eq(&record.resources),
        "{provider:?}"
    );
    assert_eq!(ProviderRecord::from(provider), *record);
}

/// A provider is found by every form of its key, and by its name.
fn assert_found_by_its_keys(forest: &Forest, record: &ProviderRecord) {
    let provider = forest.get(record.uuid).expect("the provider exists");
    assert_is(provider, record);
    let same = |key: ProviderKey<'_>| {
        assert!(
            forest
                .find(key)
                .is_some_and(|found| std::ptr::eq(found, provider)),
            "{key:?}"
        );
    };
    same(record.uuid.into());
    same((&record.uuid).into());
    same(provider.into());
    same(record.name.as_str().into());
    same((&record.name).into());
    for at in 0..SPELLINGS {
        same((&spelling(record.uuid, at)).into());
    }
}

/// A key, valid or not, finds the right provider.
fn assert_finds(forest: &Forest, model: &Model, key: &Key) {
    let expected = model.find(key);
    let found = forest.find(key);
    let uuid = |provider: &Provider| provider.uuid();
    assert_eq!(found.map(uuid), expected.map(|one| one.uuid), "{key:?}");
    assert_eq!(forest.exists(key), found.is_some(), "{key:?}");
    match found {
        Some(provider) => assert_eq!(forest.require(key), Ok(provider)),
        None => assert_eq!(forest.require(key), key.unknown()),
    }
}

/// No walk starts from an unknown key.
fn assert_leads_nowhere(forest: &Forest, key: &Key) {
    let unknown = key.unknown();
    assert_eq!(forest.children(key).map(drop), unknown);
    assert_eq!(forest.descendants(key).map(drop), unknown);
    assert_eq!(forest.ancestors(key).map(drop), unknown);
    assert_eq!(forest.root_of(key).map(drop), unknown);
    assert_eq!(forest.tree_of(key).map(drop), unknown);
    assert_eq!(forest.depth(key).map(drop), unknown);
    assert_eq!(forest.provider_uuids_in(key).map(drop), unknown);
    assert_eq!(forest.provider_uuids_in_tree(key).map(drop), unknown);
}

/// A provider has the right ancestors and descendants.
pub fn assert_placed(forest: &Forest, walk: &Walk<'_>, record: &ProviderRecord) {
    let uuid = record.uuid;
    let known = "the provider exists";
    let tree = walk.tree(uuid);
    let depth = walk.depth(uuid);
    let children = tree.iter().filter(|(below, _)| *below == depth + 1);
    let children: Vec<Uuid> = children.map(|(_, child)| child.uuid).collect();
    assert_eq!(
        uuids_shown(forest.children(uuid).expect(known)),
        children,
        "children of {uuid}"
    );
    let below = forest.descendants(&record.name).expect(known);
    assert_eq!(
        uuids_shown(below),
        uuids_of(&tree[1..]),
        "descendants of {uuid}"
    );
    let above = forest.ancestors(uuid).expect(known);
    assert_eq!(
        uuids_shown(above),
        walk.ancestors(uuid),
        "ancestors of {uuid}"
    );
    let root = walk.root(uuid);
    let whole = uuids_of(walk.tree(root.uuid));
    assert_eq!(forest.root_of(uuid).map(Provider::uuid), Ok(root.uuid));
    assert_eq!(
        uuids_shown(forest.tree_of(&record.name).expect(known)),
        whole,
        "tree of {uuid}"
    );
    assert_eq!(forest.depth(uuid), Ok(depth));
    let within: Vec<Uuid> = forest.provider_uuids_in(uuid).expect(known).collect();
    assert_eq!(within, uuids_of(tree));
    let within: Vec<Uuid> = forest.provider_uuids_in_tree(uuid).expect(known).collect();
    assert_eq!(within, whole);
}

/// The library agrees with the model: the same value, or one of the errors that apply.
pub fn assert_agrees<T>(given: &Result<T, Error>, expected: &Result<T, Refusals>, call: &impl Debug)
where
    T: Debug + PartialEq,
{
    match (given, expected) {
        (Ok(given), Ok(expected)) => assert_eq!(given, expected, "{call:?}"),
        (Err(given), Err(expected)) if expected.iter().any(|one| given == one) => {}
        (given, Ok(expected)) => panic!("{call:?} gave {given:?} instead of {expected:?}"),
        (given, Err(expected)) => panic!(
            "{call:?} gave {given:?} instead of one of {} errors like {:?}",
            expected.len(),
            expected.first()
        ),
    }
}

fn uuids_of(providers: &[(usize, &ProviderRecord)]) -> Vec<Uuid> {
    providers.iter().map(|(_, one)| one.uuid).collect()
}

fn uuids_shown<'a>(mut providers: impl Iterator<Item = &'a Provider>) -> Vec<Uuid> {
    let uuids = providers.by_ref().map(Provider::uuid).collect();
    assert_eq!(providers.next(), None, "after the end");
    uuids
}
