//! What a mirror reads, and what it makes of it.

use std::sync::Arc;

use provider_tree::placement::{Client, Mirror, NoAuth, Scope};
use provider_tree::{ProviderTree, Resource, ResourceClass};
use uuid::Uuid;

use crate::fake::{Fake, answer};
use crate::host::{Host, put_traits, put_vcpus};
use crate::proxy::Fault;
use crate::service::{client, unique, vcpus};
use crate::truth;

crate::tests![
    a_rename_there_is_read_from_the_listing,
    a_pull_keeps_resources_and_the_order_of_siblings,
    a_pull_hides_no_edit_made_meanwhile,
    a_provider_is_read_at_one_generation,
    a_pull_is_one_commit,
    a_provider_that_moves_out_of_the_tree_is_followed,
];

pub const LOCAL: &[(&str, fn())] = &[(
    "mirror_pulls::a_forest_is_read_as_a_whole",
    a_forest_is_read_as_a_whole,
)];

fn a_rename_there_is_read_from_the_listing() {
    let host = Host::pushed();
    let name = unique("renamed");
    let [child, parent] = [host.children[1], host.children[2]];
    client()
        .update_provider(child, &name, Some(parent))
        .unwrap();
    host.mirror.refresh().unwrap();
    assert_eq!(host.requests(), 1);
    let found = host.tree.find(&name).unwrap();
    assert_eq!((found.uuid(), found.parent_uuid()), (child, Some(parent)));
    host.assert_in_step();
}

fn a_pull_keeps_resources_and_the_order_of_siblings() {
    let host = Host::pushed();
    let child = host.children[5];
    let resource = Resource::new(ResourceClass::VCPU, "cpu0");
    host.tree
        .update_resources(child, [resource.clone()])
        .unwrap();
    let order: Vec<Uuid> = host
        .tree
        .snapshot()
        .provider_uuids_in(host.root)
        .unwrap()
        .collect();
    put_vcpus(child, 77);
    let added = Uuid::new_v4();
    client()
        .create_provider(added, &unique("a"), Some(host.root))
        .unwrap();
    host.mirror.pull().unwrap();
    let snapshot = host.tree.snapshot();
    assert_eq!(host.vcpus(child), Some(77));
    assert_eq!(snapshot.get(child).unwrap().resources(), [resource]);
    let now: Vec<Uuid> = snapshot.provider_uuids_in(host.root).unwrap().collect();
    assert_eq!(now, [order, vec![added]].concat());
}

fn a_pull_hides_no_edit_made_meanwhile() {
    let host = Host::pushed();
    put_vcpus(host.children[1], 55);
    put_traits(host.children[0], &["COMPUTE_NODE"]);
    let tree = Arc::clone(&host.tree);
    let [edited, removed] = [host.children[0], host.children[15]];
    // Between the listing and the rest.
    host.proxy.inject(
        1,
        Fault::Before(Box::new(move || {
            tree.update_inventory(edited, [vcpus(99)], None).unwrap();
            tree.remove(removed).unwrap();
        })),
    );
    host.mirror.refresh().unwrap();
    assert_eq!(
        (host.vcpus(edited), host.vcpus(host.children[1])),
        (Some(99), Some(55))
    );
    assert!(!host.tree.exists(removed));
    assert!(host.mirror.push().unwrap().is_complete());
    assert_eq!(host.vcpus_there(edited), Some(99));
    assert!(!host.there().contains(removed));
    host.assert_in_step();
}

fn a_provider_is_read_at_one_generation() {
    let host = Host::pushed();
    let child = host.children[1];
    put_vcpus(child, 55);
    // After its inventory has been read, and before the rest is.
    let change = move || put_vcpus(child, 56);
    host.proxy.inject(2, Fault::Before(Box::new(change)));
    host.mirror.refresh().unwrap();
    assert_eq!((host.requests(), host.vcpus(child)), (1 + 3 + 1, Some(56)));
    host.assert_in_step();
}

fn a_pull_is_one_commit() {
    let host = Host::pushed();
    for &child in &host.children {
        put_vcpus(child, 500);
    }
    let before = host.tree.version();
    let pulled = host.mirror.pull().unwrap();
    assert_eq!(
        (pulled.version, host.tree.version()),
        (before + 1, before + 1)
    );
}

fn a_provider_that_moves_out_of_the_tree_is_followed() {
    let host = Host::pushed();
    let moved = host.children[4];
    let name = host.tree.find(moved).unwrap().name().to_owned();
    client().update_provider(moved, &name, None).unwrap();
    let pulled = host.mirror.refresh().unwrap();
    assert_eq!((pulled.providers, host.requests()), (17, 2));
    assert_eq!(host.tree.find(moved).unwrap().parent_uuid(), None);
    host.set_vcpus(moved, 44);
    assert!(host.mirror.sync().unwrap().is_complete());
    let there = truth::read(&client(), moved);
    assert_eq!(
        there
            .get(moved)
            .unwrap()
            .inventory()
            .values()
            .next()
            .unwrap()
            .total,
        44
    );
}

fn a_forest_is_read_as_a_whole() {
    const ROOTS: u128 = 80;
    let listing = |uuids: &mut dyn Iterator<Item = u128>| {
        let listed = uuids.map(|number| {
            let uuid = Uuid::from_u128(number);
            format!(
                r#"{{"uuid": "{uuid}", "name": "root{number}", "generation": 3,
                    "parent_provider_uuid": null, "root_provider_uuid": "{uuid}"}}"#
            )
        });
        let listed = listed.collect::<Vec<_>>().join(",");
        format!(r#"{{"resource_providers": [{listed}]}}"#)
    };
    let fake = Fake::new(move |_, sent| {
        let path = sent.url.strip_prefix("http://placement").unwrap();
        let at_generation =
            |part: &str| format!(r#"{{"resource_provider_generation": 3, {part}}}"#);
        let body = match path {
            "/resource_providers" => listing(&mut (0..ROOTS)),
            "/traits?associated=true" => r#"{"traits": ["COMPUTE_NODE"]}"#.to_owned(),
            "/resource_providers?required=COMPUTE%5FNODE" => listing(&mut (0..ROOTS).step_by(2)),
            _ if path.ends_with("/inventories") => at_generation(r#""inventories": {}"#),
            _ => at_generation(r#""aggregates": []"#),
        };
        Ok(answer(200, &[], &body))
    });
    let client = Client::builder("http://placement")
        .auth(NoAuth::admin())
        .transport(fake)
        .build()
        .unwrap();
    let tree = Arc::new(ProviderTree::new());
    let mirror = Mirror::new(Arc::clone(&tree), client, Scope::Forest);
    let pulled = mirror.pull().unwrap();
    assert_eq!((pulled.read, pulled.requests), (80, 3 + 2 * 80));
    let snapshot = tree.snapshot();
    for number in 0..ROOTS {
        let root = snapshot.get(Uuid::from_u128(number)).unwrap();
        assert_eq!(root.has_trait("COMPUTE_NODE"), number % 2 == 0);
    }
    assert_eq!(mirror.refresh().unwrap().requests, 1);
}
