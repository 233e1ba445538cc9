//! A mirror and the real service: what it reads and sends, and with how many requests.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use provider_tree::placement::{Client, Mirror, NoAuth, Scope, State};
use provider_tree::{Inventory, ProviderTree, Resource, ResourceClass, Trait};
use uuid::Uuid;

use crate::fake::{Fake, answer};
use crate::proxy::{Fault, Proxy};
use crate::service::{address, client, client_of, placement, trait_, unique, vcpus};
use crate::truth;

crate::tests![
    creation_takes_at_most_53_requests,
    a_refresh_takes_one_request_if_nothing_has_changed,
    a_cold_read_takes_at_most_52_requests,
    two_changed_providers_take_two_requests,
    a_conflict_takes_at_most_8_requests,
    a_refresh_reads_only_what_others_have_changed,
    a_rename_there_is_read_from_the_listing,
    a_pull_keeps_resources_and_the_order_of_siblings,
    a_pull_hides_no_edit_made_meanwhile,
    a_provider_is_read_at_one_generation,
    a_pull_is_one_commit,
    records_without_defaults_are_not_written_back,
    a_plan_sends_nothing_and_changes_nothing,
    a_push_sends_what_its_plan_prints,
    names_swap_and_providers_move,
    two_mirrors_of_one_root_converge,
    a_provider_that_moves_out_of_the_tree_is_followed,
    many_providers_are_read_by_traits,
    a_call_inside_an_update_is_refused_before_any_request,
    an_atomic_push_sends_all_inventories_in_one_request,
];

pub const LOCAL: &[(&str, fn())] = &[(
    "mirror::a_forest_is_read_as_a_whole",
    a_forest_is_read_as_a_whole,
)];

/// A host with 16 children, as a mirror of its own has it.
pub struct Host {
    pub tree: Arc<ProviderTree>,
    pub mirror: Mirror,
    pub proxy: Proxy,
    pub root: Uuid,
    pub children: Vec<Uuid>,
}

impl Host {
    /// Only in the tree yet.
    pub fn new() -> Self {
        let tree = Arc::new(ProviderTree::new());
        let name = unique("host");
        let added = tree.update(|transaction| {
            let root = transaction.new_root(&name)?;
            transaction.update_inventory(root, [vcpus(8)], None)?;
            transaction.update_traits(root, [trait_("HW_CPU_X86_VMX")], None)?;
            transaction.update_aggregates(root, [Uuid::from_u128(1)], None)?;
            let mut children = Vec::new();
            for number in 0..16 {
                let child = transaction.new_child(&format!("{name}-{number}"), root)?;
                transaction.update_inventory(child, [vcpus(number + 1)], None)?;
                transaction.update_traits(child, [trait_("HW_CPU_X86_AVX2")], None)?;
                children.push(child);
            }
            Ok((root, children))
        });
        let (root, children) = added.unwrap().value;
        Self::with(tree, root, children)
    }

    fn with(tree: Arc<ProviderTree>, root: Uuid, children: Vec<Uuid>) -> Self {
        let proxy = Proxy::start(&placement());
        let mirror = Mirror::new(
            Arc::clone(&tree),
            client_of(&proxy.url()),
            Scope::Trees(vec![root]),
        );
        Self {
            tree,
            mirror,
            proxy,
            root,
            children,
        }
    }

    /// In Placement, too, and no request counted.
    pub fn pushed() -> Self {
        let host = Self::new();
        assert!(host.mirror.sync().unwrap().is_complete());
        host.proxy.reset();
        host
    }

    /// Another tree that mirrors the same host.
    pub fn twin(&self) -> Self {
        let tree = Arc::new(ProviderTree::new());
        Self::with(tree, self.root, self.children.clone())
    }

    pub fn configured(mut self, configure: impl FnOnce(Mirror) -> Mirror) -> Self {
        self.mirror = configure(self.mirror);
        self
    }

    pub fn set_vcpus(&self, provider: Uuid, total: u32) {
        let inventory = [vcpus(total)];
        self.tree
            .update_inventory(provider, inventory, None)
            .unwrap();
    }

    pub fn vcpus(&self, provider: Uuid) -> Option<u32> {
        let snapshot = self.tree.snapshot();
        let provider = snapshot.get(provider)?;
        Some(provider.inventory_of(&ResourceClass::VCPU)?.total)
    }

    pub fn vcpus_there(&self, provider: Uuid) -> Option<u32> {
        let there = self.there();
        let inventory = there.get(provider)?.inventory();
        Some(inventory.get(&ResourceClass::VCPU)?.total)
    }

    /// What the tree has, generations included.
    pub fn here(&self) -> State {
        let scope = Scope::Trees(vec![self.root]);
        State::of(&self.tree.snapshot(), &scope, [])
    }

    /// What Placement has.
    pub fn there(&self) -> State {
        truth::read(&client(), self.root)
    }

    pub fn requests(&self) -> usize {
        self.proxy.seen().len()
    }

    #[track_caller]
    pub fn assert_in_step(&self) {
        assert_eq!(self.here(), self.there());
        self.proxy.reset();
        let synced = self.mirror.sync().unwrap();
        assert!(synced.is_complete());
        assert_eq!(self.requests(), 1, "nothing is left to do");
    }
}

/// Changes a provider's inventory in Placement, as others do.
pub fn put_vcpus(provider: Uuid, total: u32) {
    let client = client();
    let generation = client.get_provider(provider).unwrap().generation;
    let inventory = [vcpus(total)].into_iter().collect();
    client
        .put_inventories(provider, generation, &inventory)
        .unwrap();
}

/// Changes a provider's traits in Placement, as others do.
pub fn put_traits(provider: Uuid, traits: &[&str]) {
    let client = client();
    let generation = client.get_provider(provider).unwrap().generation;
    let traits: BTreeSet<Trait> = traits.iter().map(|name| trait_(name)).collect();
    client.put_traits(provider, generation, &traits).unwrap();
}

fn creation_takes_at_most_53_requests() {
    let host = Host::new();
    let synced = host.mirror.sync().unwrap();
    assert!(synced.is_complete(), "{:?}", synced.pushed.failed);
    // A listing; 17 providers with inventories and traits; aggregates.
    assert_eq!(host.requests(), 1 + 3 * 17 + 1);
    assert_eq!(synced.requests(), host.requests() as u64);
    host.assert_in_step();
}

fn a_refresh_takes_one_request_if_nothing_has_changed() {
    let host = Host::pushed();
    let before = host.tree.version();
    let pulled = host.mirror.refresh().unwrap();
    assert_eq!((host.requests(), pulled.requests, pulled.read), (1, 1, 0));
    assert_eq!((pulled.version, pulled.providers), (before, 17));
}

fn a_cold_read_takes_at_most_52_requests() {
    let host = Host::pushed();
    let other = host.twin();
    let pulled = other.mirror.pull().unwrap();
    assert_eq!((other.requests(), pulled.read), (52, 17));
    assert_eq!(other.here(), host.there());
    assert_eq!(other.tree.version(), 1);
    other.proxy.reset();
    assert!(other.mirror.sync().unwrap().is_complete());
    assert_eq!(other.requests(), 1);
}

fn two_changed_providers_take_two_requests() {
    let host = Host::pushed();
    host.set_vcpus(host.children[3], 100);
    host.set_vcpus(host.children[7], 101);
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete());
    assert_eq!(
        (host.requests(), host.proxy.count("PUT", "/inventories")),
        (2, 2)
    );
    host.assert_in_step();
}

fn a_conflict_takes_at_most_8_requests() {
    let host = Host::pushed();
    put_traits(host.children[0], &["COMPUTE_NODE"]);
    host.set_vcpus(host.children[0], 100);
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    // The refused request, three that read, and the accepted one.
    assert_eq!((host.requests(), pushed.redone), (5, 1));
    let here = host.here();
    assert!(
        here.get(host.children[0])
            .unwrap()
            .traits()
            .contains("COMPUTE_NODE")
    );
    host.assert_in_step();
}

fn a_refresh_reads_only_what_others_have_changed() {
    let host = Host::pushed();
    put_vcpus(host.children[1], 55);
    put_traits(host.children[2], &["COMPUTE_NODE"]);
    let pulled = host.mirror.refresh().unwrap();
    assert_eq!((host.requests(), pulled.read), (1 + 3 * 2, 2));
    assert_eq!(host.vcpus(host.children[1]), Some(55));
    host.assert_in_step();
}

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

fn records_without_defaults_are_not_written_back() {
    let host = Host::pushed();
    let record = Inventory::new(12).with_reserved(2);
    host.tree
        .update_inventory(host.root, [(ResourceClass::VCPU, record)], None)
        .unwrap();
    assert!(host.mirror.sync().unwrap().is_complete());
    host.mirror.pull().unwrap();
    let provider = host.tree.find(host.root).unwrap();
    assert_eq!(
        provider.inventory_of(&ResourceClass::VCPU),
        Some(&record),
        "as it was given"
    );
    host.assert_in_step();
}

fn a_plan_sends_nothing_and_changes_nothing() {
    let host = Host::pushed();
    host.set_vcpus(host.root, 9);
    let version = host.tree.version();
    let plan = host.mirror.plan().unwrap();
    assert_eq!(
        plan.to_string(),
        format!(
            "PUT /resource_providers/{}/inventories VCPU: 9  # {}\n",
            host.root,
            host.tree.find(host.root).unwrap().name()
        )
    );
    assert_eq!((host.requests(), host.tree.version()), (0, version));

    // One that has read nothing yet reads, and commits nothing.
    let other = host.twin();
    assert!(other.mirror.plan().unwrap().is_empty());
    assert_eq!((other.requests(), other.tree.version()), (52, 0));
}

fn a_push_sends_what_its_plan_prints() {
    let host = Host::new();
    let plan = host.mirror.plan().unwrap();
    host.proxy.reset();
    let pushed = host.mirror.push().unwrap();
    assert_eq!(pushed.done, plan.steps());
    assert_eq!(host.requests(), plan.len());
    assert!(host.mirror.plan().unwrap().is_empty());
    host.assert_in_step();
}

fn names_swap_and_providers_move() {
    let host = Host::pushed();
    let [a, b, moved, gone] = [0, 1, 2, 3].map(|at| host.children[at]);
    let [name_a, name_b] = [a, b].map(|uuid| host.tree.find(uuid).unwrap().name().to_owned());
    host.tree
        .update(|transaction| {
            transaction.rename(a, "between")?;
            transaction.rename(b, &name_a)?;
            transaction.rename(a, &name_b)?;
            transaction.move_to(moved, a)?;
            transaction.remove(gone)?;
            Ok(())
        })
        .unwrap();
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    // Three to swap the names, one to move and one to delete; each is read before.
    assert_eq!((host.requests(), host.proxy.count("GET", "")), (10, 5));
    host.assert_in_step();
}

fn two_mirrors_of_one_root_converge() {
    let host = Host::pushed();
    let other = host.twin();
    other.mirror.pull().unwrap();
    // Other fields of one provider, and other providers.
    host.set_vcpus(host.children[0], 70);
    other
        .tree
        .add_traits(host.children[0], [trait_("COMPUTE_NODE")])
        .unwrap();
    other.set_vcpus(host.children[1], 71);
    host.tree.remove(host.children[2]).unwrap();
    let name = unique("new");
    other.tree.new_child(&name, host.root).unwrap();
    for mirror in [&host.mirror, &other.mirror, &host.mirror] {
        assert!(mirror.sync().unwrap().is_complete());
    }
    assert_eq!(host.here(), other.here());
    assert_eq!(
        (host.vcpus(host.children[0]), host.vcpus(host.children[1])),
        (Some(70), Some(71))
    );
    assert!(host.tree.exists(&name) && !other.tree.exists(host.children[2]));
    host.assert_in_step();
    other.assert_in_step();
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

/// As many as `PROVIDER_TREE_MANY` says, which also prints the figures.
fn many_providers_are_read_by_traits() {
    let wanted = address("PROVIDER_TREE_MANY").map(|text| text.parse().unwrap());
    let host = Host::new();
    // Other tests use some as well, perhaps more of them by and by.
    let traits_at_most = client().list_traits_in_use().unwrap().len() + 10;
    let providers = wanted.unwrap_or(64).max(4 * traits_at_most);
    host.tree
        .update(|transaction| {
            for number in 17..providers {
                let name = format!("{}-{number}", host.root);
                transaction.new_child(&name, host.root)?;
            }
            Ok(())
        })
        .unwrap();
    assert!(host.mirror.sync().unwrap().is_complete());
    let other = host.twin();
    // Right after the first listing somebody changes a provider, which is read by itself.
    let changed = host.children[0];
    let change = move || put_traits(changed, &["COMPUTE_NODE"]);
    other.proxy.inject(1, Fault::Before(Box::new(change)));
    let started = Instant::now();
    let pulled = other.mirror.pull().unwrap();
    let time = started.elapsed();
    if wanted.is_some() {
        println!(
            "{providers} providers: {} requests, {time:?}",
            pulled.requests
        );
    }
    assert_eq!(pulled.read, providers);
    assert_eq!(other.here(), other.there());
    assert_eq!(other.proxy.count("GET", "/traits?associated=true"), 1);
    assert_eq!(other.proxy.count("GET", "/inventories"), providers);
    assert_eq!(other.proxy.count("GET", "/aggregates"), providers);
    assert_eq!(
        other.proxy.count("GET", "/traits"),
        1 + 1,
        "of the changed one alone"
    );
    let listings = other.proxy.count("GET", "required=");
    assert!(listings <= traits_at_most);
    assert_eq!(other.requests(), 1 + 1 + listings + 2 * providers + 1);
}

fn a_call_inside_an_update_is_refused_before_any_request() {
    let host = Host::pushed();
    host.tree
        .update(|transaction| {
            transaction.set_generation(host.root, 1)?;
            for refused in [
                host.mirror.pull().map(drop),
                host.mirror.push().map(drop),
                host.mirror.sync().map(drop),
            ] {
                refused.unwrap_err();
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(host.requests(), 0);
}

fn an_atomic_push_sends_all_inventories_in_one_request() {
    let host = Host::pushed();
    for (&child, total) in host.children.iter().zip(200..) {
        host.set_vcpus(child, total);
    }
    host.tree.update_inventory(host.root, [], None).unwrap();
    let pushed = host.mirror.push_atomic().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(
        (host.requests(), host.proxy.count("POST", "/reshaper")),
        (2, 1)
    );
    host.assert_in_step();

    // Somebody changes one of them meanwhile: nothing is made of it, then all.
    put_traits(host.children[3], &["COMPUTE_NODE"]);
    host.set_vcpus(host.children[3], 300);
    host.set_vcpus(host.children[4], 301);
    host.proxy.reset();
    let pushed = host.mirror.push_atomic().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    // Refused; listed, and that one read; accepted; listed.
    assert_eq!((host.requests(), pushed.redone), (1 + 1 + 3 + 1 + 1, 1));
    host.assert_in_step();

    // The answer is lost.
    host.set_vcpus(host.children[3], 400);
    host.set_vcpus(host.children[4], 401);
    host.proxy.reset();
    host.proxy.inject(0, Fault::DropAnswer);
    let pushed = host.mirror.push_atomic().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(host.proxy.count("POST", "/reshaper"), 1);
    host.assert_in_step();
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
