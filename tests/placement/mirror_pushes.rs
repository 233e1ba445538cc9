//! What a mirror sends, and what its plan says of it.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use provider_tree::placement::{
    Client, HttpTransport, Mirror, NoAuth, Request, Response, Scope, Transport, TransportError,
};
use provider_tree::{Inventory, ResourceClass};

use crate::host::Host;
use crate::service::{placement, trait_, unique, vcpus};

crate::tests![
    records_without_defaults_are_not_written_back,
    a_plan_sends_nothing_and_changes_nothing,
    a_push_sends_what_its_plan_prints,
    names_swap_and_providers_move,
    requests_of_one_provider_never_overlap,
    two_mirrors_of_one_root_converge,
    a_call_inside_an_update_is_refused_before_any_request,
];

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

/// Notes requests about a provider that come while another one is under way.
struct Overlaps {
    http: HttpTransport,
    under_way: Mutex<HashSet<String>>,
    found: Arc<Mutex<Vec<String>>>,
}

impl Transport for Overlaps {
    fn send(&self, request: &Request<'_>) -> Result<Response, TransportError> {
        let Some((_, rest)) = request.url.split_once("/resource_providers/") else {
            return self.http.send(request);
        };
        let provider = rest.split('/').next().unwrap();
        if !self.under_way.lock().unwrap().insert(provider.to_owned()) {
            let overlaps = format!("{} {rest}", request.method);
            self.found.lock().unwrap().push(overlaps);
        }
        // Long enough for the other connections to send theirs.
        thread::sleep(Duration::from_millis(20));
        let answer = self.http.send(request);
        self.under_way.lock().unwrap().remove(provider);
        answer
    }
}

/// A rename reads the provider first. If its inventory were sent meanwhile, what was read
/// would be taken for a newer state than what the service answers to that.
fn requests_of_one_provider_never_overlap() {
    let host = Host::pushed();
    let found = Arc::default();
    let transport = Overlaps {
        http: HttpTransport::builder().build().unwrap(),
        under_way: Mutex::default(),
        found: Arc::clone(&found),
    };
    let client = Client::builder(placement()).auth(NoAuth::admin());
    let client = client.transport(transport).build().unwrap();
    let scope = Scope::Trees(vec![host.root]);
    let mirror = Mirror::new(Arc::clone(&host.tree), client, scope);
    mirror.pull().unwrap();
    host.tree
        .update(|transaction| {
            for &child in &host.children[..4] {
                transaction.rename(child, &unique("renamed"))?;
                transaction.update_inventory(child, [vcpus(90)], None)?;
                transaction.add_traits(child, ["COMPUTE_NODE"])?;
            }
            transaction.remove(host.children[4])?;
            Ok(())
        })
        .unwrap();
    let pushed = mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(pushed.done.len(), 4 * 3 + 1);
    assert_eq!(*found.lock().unwrap(), [""; 0]);
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
