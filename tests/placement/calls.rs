//! Every call of the client's, and what it answers when it succeeds.

use std::collections::{BTreeMap, BTreeSet};

use provider_tree::placement::{AtGeneration, Filter, Inventories, Method, Microversion};
use provider_tree::{Inventory, ResourceClass};
use uuid::Uuid;

use crate::service::{allocate, class, client, create_class, raw, root, trait_, unique, vcpus};

crate::tests![
    the_service_tells_its_microversions,
    a_provider_is_created_read_and_deleted,
    a_listing_has_the_whole_tree_of_any_of_its_providers,
    a_listing_of_nothing_is_empty,
    listings_are_by_name_uuid_trait_aggregate_and_resources,
    any_name_is_found_by_it,
    a_rename_and_a_move_leave_the_generation,
    inventories_come_back_with_all_defaults,
    every_field_of_an_inventory_is_kept,
    inventories_move_the_generation_even_if_they_are_the_same,
    traits_move_the_generation_only_if_they_change,
    aggregates_move_the_generation_even_if_they_are_the_same,
    new_traits_and_classes_are_known_from_then_on,
    traits_in_use_are_those_that_a_provider_has,
    a_reshape_changes_all_inventories_at_once,
    a_reshape_leaves_allocations,
];

fn the_service_tells_its_microversions() {
    let (min, max) = client().microversions().unwrap();
    assert_eq!(min.to_string(), "1.0");
    assert!(max >= Microversion::NEEDED, "{max}");
}

fn a_provider_is_created_read_and_deleted() {
    let client = client();
    let (uuid, child) = (Uuid::new_v4(), Uuid::new_v4());
    let (name, child_name) = (unique("host"), unique("child"));
    let created = client.create_provider(uuid, &name, None).unwrap();
    assert_eq!(
        (created.uuid, &created.name, created.generation),
        (uuid, &name, 0)
    );
    assert_eq!(
        (created.parent_provider_uuid, created.root_provider_uuid),
        (None, uuid)
    );
    assert_eq!(client.get_provider(uuid).unwrap(), created);

    let below = client
        .create_provider(child, &child_name, Some(uuid))
        .unwrap();
    assert_eq!(
        (below.parent_provider_uuid, below.root_provider_uuid),
        (Some(uuid), uuid)
    );
    client.delete_provider(child).unwrap();
    client.delete_provider(uuid).unwrap();
    assert!(client.get_provider(uuid).unwrap_err().is_not_found());
}

fn a_listing_has_the_whole_tree_of_any_of_its_providers() {
    let client = client();
    let uuid = root(&client);
    let child = Uuid::new_v4();
    client
        .create_provider(child, &unique("child"), Some(uuid))
        .unwrap();
    for of in [uuid, child] {
        let listed = client
            .list_providers(&Filter::default().in_tree(of))
            .unwrap();
        let uuids: BTreeSet<_> = listed.iter().map(|provider| provider.uuid).collect();
        assert_eq!(uuids, BTreeSet::from([uuid, child]));
        assert!(
            listed
                .iter()
                .all(|listed| listed.root_provider_uuid == uuid)
        );
    }
    let all = client.list_providers(&Filter::default()).unwrap();
    assert!(all.iter().any(|provider| provider.uuid == child));
}

fn a_listing_of_nothing_is_empty() {
    let client = client();
    let nobody = Uuid::new_v4();
    for filter in [
        Filter::default().in_tree(nobody),
        Filter::default().uuid(nobody),
        Filter::default().name(unique("nobody")),
        Filter::default().member_of(nobody),
    ] {
        assert_eq!(client.list_providers(&filter).unwrap(), []);
    }
}

fn listings_are_by_name_uuid_trait_aggregate_and_resources() {
    let client = client();
    let uuid = Uuid::new_v4();
    let name = unique("listed");
    client.create_provider(uuid, &name, None).unwrap();
    let custom = trait_("CUSTOM_LISTED");
    let aggregate = Uuid::new_v4();
    client.create_trait(&custom).unwrap();
    client
        .put_inventories(uuid, 0, &Inventories::from([vcpus(8)]))
        .unwrap();
    client
        .put_traits(uuid, 1, &BTreeSet::from([custom.clone()]))
        .unwrap();
    client
        .put_aggregates(uuid, 2, &BTreeSet::from([aggregate]))
        .unwrap();
    let vcpu = &ResourceClass::VCPU;
    for (filter, found) in [
        (Filter::default().name(&name), true),
        (Filter::default().uuid(uuid), true),
        (Filter::default().uuid(uuid).required(&custom), true),
        (
            Filter::default()
                .uuid(uuid)
                .required(&trait_("HW_CPU_X86_SVM")),
            false,
        ),
        (Filter::default().member_of(aggregate), true),
        (Filter::default().uuid(uuid).resources(vcpu, 8), true),
        (Filter::default().uuid(uuid).resources(vcpu, 9), false),
        (
            Filter::default()
                .uuid(uuid)
                .resources(&ResourceClass::DISK_GB, 1)
                .resources(vcpu, 8),
            false,
        ),
    ] {
        let listed = client.list_providers(&filter).unwrap();
        let uuids: Vec<_> = listed.iter().map(|provider| provider.uuid).collect();
        assert_eq!(uuids, if found { vec![uuid] } else { vec![] }, "{filter:?}");
    }
}

fn any_name_is_found_by_it() {
    let client = client();
    for odd in [
        "a b",
        "a&b=c",
        "50%",
        "ä/ö?#",
        "+",
        "\"quoted\"",
        "in:x,y",
        "日本",
    ] {
        let uuid = Uuid::new_v4();
        let name = format!("{odd}{uuid}");
        assert_eq!(
            client.create_provider(uuid, &name, None).unwrap().name,
            name
        );
        let listed = client
            .list_providers(&Filter::default().name(&name))
            .unwrap();
        assert_eq!(listed.len(), 1, "{name}");
        assert_eq!((listed[0].uuid, &listed[0].name), (uuid, &name));
    }
}

fn a_rename_and_a_move_leave_the_generation() {
    let client = client();
    let (a, b) = (root(&client), root(&client));
    let child = Uuid::new_v4();
    client
        .create_provider(child, &unique("child"), Some(a))
        .unwrap();
    client
        .put_inventories(child, 0, &Inventories::from([vcpus(1)]))
        .unwrap();
    let name = unique("renamed");
    for parent in [Some(a), Some(b), None] {
        let moved = client.update_provider(child, &name, parent).unwrap();
        assert_eq!(moved.generation, 1);
        assert_eq!((&moved.name, moved.parent_provider_uuid), (&name, parent));
        assert_eq!(moved.root_provider_uuid, parent.unwrap_or(child));
        assert_eq!(client.get_provider(child).unwrap(), moved);
    }
}

fn inventories_come_back_with_all_defaults() {
    let client = client();
    let uuid = root(&client);
    let empty = client.get_inventories(uuid).unwrap();
    assert_eq!(empty, AtGeneration::default());
    let put = client
        .put_inventories(uuid, 0, &Inventories::from([vcpus(8)]))
        .unwrap();
    let mut all = Inventory::new(8);
    all.reserved = Some(0);
    all.min_unit = Some(1);
    all.max_unit = Some(Inventory::MAX);
    all.step_size = Some(1);
    all.allocation_ratio = Some(1.0);
    let expected = AtGeneration {
        generation: 1,
        content: Inventories::from([(ResourceClass::VCPU, all)]),
    };
    assert_eq!(put, expected);
    assert_eq!(client.get_inventories(uuid).unwrap(), expected);
    let none = client
        .put_inventories(uuid, 1, &Inventories::new())
        .unwrap();
    assert_eq!((none.generation, none.content.len()), (2, 0));
}

fn every_field_of_an_inventory_is_kept() {
    let client = client();
    let uuid = root(&client);
    create_class(&client, &class("CUSTOM_KEPT"));
    let mut record = Inventory::new(2_000);
    record.reserved = Some(3);
    record.min_unit = Some(5);
    record.max_unit = Some(70);
    record.step_size = Some(11);
    record.allocation_ratio = Some(0.25);
    let both = Inventories::from([
        (class("CUSTOM_KEPT"), record),
        (ResourceClass::VCPU, record),
    ]);
    client.put_inventories(uuid, 0, &both).unwrap();
    assert_eq!(client.get_inventories(uuid).unwrap().content, both);
}

fn inventories_move_the_generation_even_if_they_are_the_same() {
    let client = client();
    let uuid = root(&client);
    for generation in 0..3 {
        let put = client
            .put_inventories(uuid, generation, &Inventories::from([vcpus(8)]))
            .unwrap();
        assert_eq!(put.generation, generation + 1);
    }
    assert_eq!(client.get_provider(uuid).unwrap().generation, 3);
}

fn traits_move_the_generation_only_if_they_change() {
    let client = client();
    let uuid = root(&client);
    assert_eq!(client.get_traits(uuid).unwrap(), AtGeneration::default());
    let traits = BTreeSet::from([trait_("HW_CPU_X86_AVX"), trait_("HW_CPU_X86_SVM")]);
    for given in [0, 1] {
        let put = client.put_traits(uuid, given, &traits).unwrap();
        assert_eq!((put.generation, &put.content), (1, &traits));
    }
    assert_eq!(client.get_traits(uuid).unwrap().content, traits);
    assert_eq!(
        client
            .put_traits(uuid, 1, &BTreeSet::new())
            .unwrap()
            .generation,
        2
    );
}

fn aggregates_move_the_generation_even_if_they_are_the_same() {
    let client = client();
    let uuid = root(&client);
    assert_eq!(
        client.get_aggregates(uuid).unwrap(),
        AtGeneration::default()
    );
    let aggregates = BTreeSet::from([Uuid::new_v4(), Uuid::new_v4()]);
    for generation in 0..2 {
        let put = client
            .put_aggregates(uuid, generation, &aggregates)
            .unwrap();
        assert_eq!(
            (put.generation, &put.content),
            (generation + 1, &aggregates)
        );
    }
    let read = client.get_aggregates(uuid).unwrap();
    assert_eq!((read.generation, read.content), (2, aggregates));
}

fn new_traits_and_classes_are_known_from_then_on() {
    let client = client();
    let new = class("CUSTOM_CLASS_NEW");
    let mut known = client.list_resource_classes().unwrap();
    assert!(known.contains(&ResourceClass::VCPU));
    assert!(
        client
            .list_traits()
            .unwrap()
            .contains(&trait_("HW_CPU_X86_AVX"))
    );
    for _ in 0..2 {
        create_class(&client, &new);
        client.create_resource_class(&new).unwrap();
        client.create_trait(&trait_("CUSTOM_TRAIT_NEW")).unwrap();
    }
    known.insert(new);
    assert!(client.list_resource_classes().unwrap().is_superset(&known));
    let uuid = root(&client);
    let traits = BTreeSet::from([trait_("CUSTOM_TRAIT_NEW")]);
    client.put_traits(uuid, 0, &traits).unwrap();
    assert!(client.list_traits().unwrap().is_superset(&traits));
}

fn traits_in_use_are_those_that_a_provider_has() {
    let client = client();
    let uuid = root(&client);
    let name = format!("CUSTOM_{}", Uuid::new_v4().simple()).to_uppercase();
    let custom = trait_(&name);
    client.create_trait(&custom).unwrap();
    assert!(!client.list_traits_in_use().unwrap().contains(&custom));
    client
        .put_traits(uuid, 0, &BTreeSet::from([custom.clone()]))
        .unwrap();
    assert!(client.list_traits_in_use().unwrap().contains(&custom));
}

fn a_reshape_changes_all_inventories_at_once() {
    let client = client();
    let (a, b, c) = (root(&client), root(&client), root(&client));
    client
        .put_inventories(c, 0, &Inventories::from([vcpus(1)]))
        .unwrap();
    let at = |generation, content| AtGeneration {
        generation,
        content,
    };
    client
        .reshape(&BTreeMap::from([
            (a, at(0, Inventories::from([vcpus(2)]))),
            (b, at(0, Inventories::from([vcpus(3)]))),
            (c, at(1, Inventories::new())),
        ]))
        .unwrap();
    for (uuid, generation, total) in [(a, 2, Some(2)), (b, 2, Some(3)), (c, 2, None)] {
        let read = client.get_inventories(uuid).unwrap();
        let found = read.content.values().next().map(|record| record.total);
        assert_eq!((read.generation, found), (generation, total));
    }
}

fn a_reshape_leaves_allocations() {
    let client = client();
    let uuid = root(&client);
    client
        .put_inventories(uuid, 0, &Inventories::from([vcpus(2)]))
        .unwrap();
    let consumer = allocate(uuid, 1);
    let generation = client.get_provider(uuid).unwrap().generation;
    let content = Inventories::from([vcpus(4)]);
    client
        .reshape(&BTreeMap::from([(
            uuid,
            AtGeneration {
                generation,
                content,
            },
        )]))
        .unwrap();
    let left = raw(Method::Get, &format!("/allocations/{consumer}"), "");
    let left = String::from_utf8(left.body).unwrap();
    assert!(left.contains(&uuid.to_string()), "{left}");
}
