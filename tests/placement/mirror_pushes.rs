//! What a mirror sends, and what its plan says of it.

use provider_tree::{Inventory, ResourceClass};

use crate::host::Host;
use crate::service::{trait_, unique};

crate::tests![
    records_without_defaults_are_not_written_back,
    a_plan_sends_nothing_and_changes_nothing,
    a_push_sends_what_its_plan_prints,
    names_swap_and_providers_move,
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
