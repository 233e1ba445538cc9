//! What a mirror makes of changes on both sides, and of refusals.

use std::sync::Arc;

use provider_tree::placement::{
    Call, ConflictKind, FieldConflict, Mirror, Policy, Pushed, Reason, Scope,
};
use provider_tree::{ProviderTree, ResourceClass};
use uuid::Uuid;

use crate::host::{Host, put_traits, put_vcpus};
use crate::proxy::{Fault, Proxy};
use crate::service::{allocate, client, client_of, placement, root, trait_, unique, vcpus};

crate::tests![
    edits_on_both_sides_stop_that_provider_alone,
    ours_wins_where_the_policy_says_so,
    theirs_wins_where_the_policy_says_so,
    a_conflict_that_only_the_push_finds_is_reported,
    a_class_in_use_stays_pending_and_the_rest_goes_on,
    a_provider_that_others_removed_is_removed_here_unless_changed,
    a_provider_that_others_removed_is_not_created_again_by_a_push,
    a_deletion_that_others_have_made_is_done,
    a_provider_that_others_changed_is_not_deleted,
    a_provider_with_a_child_of_somebody_else_is_not_deleted,
    a_rename_of_both_sides_is_a_conflict,
    a_provider_that_somebody_has_created_alike_is_adopted,
    a_uuid_that_has_another_name_there_is_a_conflict,
    a_taken_name_is_a_conflict_and_nobody_is_deleted,
    a_name_taken_by_a_rename_is_a_conflict,
    an_unknown_trait_fails_alone,
    a_word_that_was_deleted_there_is_made_again,
];

fn kinds(conflicts: &[FieldConflict]) -> Vec<ConflictKind> {
    conflicts
        .iter()
        .map(|conflict| conflict.kind.clone())
        .collect()
}

/// The conflicts of the one step that failed.
#[track_caller]
fn conflicts_of_one(pushed: &Pushed) -> Vec<ConflictKind> {
    let [failure] = &pushed.failed[..] else {
        panic!("{:?}", pushed.failed)
    };
    match &failure.reason {
        Reason::Conflict(conflicts) => kinds(conflicts),
        Reason::Refused(error) => panic!("{error}"),
        _ => unreachable!(),
    }
}

const VCPU: ConflictKind = ConflictKind::Inventory(ResourceClass::VCPU);

fn edits_on_both_sides_stop_that_provider_alone() {
    let host = Host::pushed();
    let [both, free] = [host.children[0], host.children[1]];
    put_vcpus(both, 50);
    host.set_vcpus(both, 60);
    host.set_vcpus(free, 61);
    let synced = host.mirror.sync().unwrap();
    assert!(!synced.is_complete());
    let [conflict] = &synced.pushed.conflicts[..] else {
        panic!("{:?}", synced.pushed.conflicts)
    };
    assert_eq!((conflict.uuid, &conflict.kind), (both, &VCPU));
    let total = |side: &Option<Arc<provider_tree::placement::ProviderState>>| {
        side.as_ref().unwrap().inventory()[&ResourceClass::VCPU].total
    };
    let sides = [&conflict.base, &conflict.ours, &conflict.theirs].map(total);
    assert_eq!(sides, [1, 60, 50]);
    assert_eq!(
        (host.vcpus(both), host.vcpus_there(both)),
        (Some(60), Some(50))
    );
    assert_eq!(host.vcpus_there(free), Some(61));

    // It is found again, without reading anything again.
    host.proxy.reset();
    let again = host.mirror.sync().unwrap();
    assert_eq!(kinds(&again.pulled.conflicts), [VCPU]);
    assert_eq!(host.requests(), 1);

    // It ends when one side gives way.
    host.set_vcpus(both, 50);
    assert!(host.mirror.sync().unwrap().is_complete());
    host.assert_in_step();
}

fn ours_wins_where_the_policy_says_so() {
    let host = Host::pushed().configured(|mirror| mirror.policy(Policy::Ours));
    put_vcpus(host.root, 50);
    host.set_vcpus(host.root, 60);
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(kinds(&pushed.conflicts), [VCPU]);
    assert_eq!(host.vcpus_there(host.root), Some(60));
    host.assert_in_step();
}

fn theirs_wins_where_the_policy_says_so() {
    let host = Host::pushed().configured(|mirror| mirror.policy(Policy::Theirs));
    put_vcpus(host.root, 50);
    host.set_vcpus(host.root, 60);
    let pushed = host.mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    assert_eq!(kinds(&pushed.conflicts), [VCPU]);
    assert_eq!(host.vcpus(host.root), Some(50));
    host.assert_in_step();
}

fn a_conflict_that_only_the_push_finds_is_reported() {
    let host = Host::pushed();
    put_vcpus(host.root, 50);
    host.set_vcpus(host.root, 60);
    host.set_vcpus(host.children[0], 61);
    let pushed = host.mirror.push().unwrap();
    assert_eq!(conflicts_of_one(&pushed), [VCPU]);
    assert_eq!(kinds(&pushed.conflicts), [VCPU]);
    assert_eq!(
        (host.vcpus(host.root), host.vcpus_there(host.root)),
        (Some(60), Some(50))
    );
    assert_eq!(host.vcpus_there(host.children[0]), Some(61));
}

fn a_class_in_use_stays_pending_and_the_rest_goes_on() {
    let host = Host::pushed();
    let used = host.children[3];
    allocate(used, 1);
    host.mirror.refresh().unwrap();
    host.proxy.reset();
    host.tree.update_inventory(used, [], None).unwrap();
    host.set_vcpus(host.children[4], 40);
    let pushed = host.mirror.push().unwrap();
    let [failure] = &pushed.failed[..] else {
        panic!("{:?}", pushed.failed)
    };
    let Reason::Refused(error) = &failure.reason else {
        panic!("{failure}")
    };
    assert!(error.is_in_use());
    assert_eq!(
        host.proxy.count("PUT", &used.to_string()),
        1,
        "not repeated"
    );
    assert_eq!((host.vcpus(used), host.vcpus_there(used)), (None, Some(4)));
    assert_eq!(host.vcpus_there(host.children[4]), Some(40));
    assert_eq!(host.mirror.plan().unwrap().len(), 1, "it is pending");
    let again = host.mirror.sync().unwrap();
    assert_eq!((again.pushed.failed.len(), host.vcpus(used)), (1, None));
}

fn a_provider_that_others_removed_is_removed_here_unless_changed() {
    let host = Host::pushed();
    let [unchanged, changed] = [host.children[0], host.children[1]];
    host.set_vcpus(changed, 70);
    for uuid in [unchanged, changed] {
        client().delete_provider(uuid).unwrap();
    }
    let synced = host.mirror.sync().unwrap();
    assert_eq!(kinds(&synced.pulled.conflicts), [ConflictKind::Removed]);
    assert!(!host.tree.exists(unchanged) && host.tree.exists(changed));
    host.mirror.sync().unwrap();
    assert!(!host.there().contains(changed), "never made again silently");
    assert_eq!(host.proxy.count("POST", ""), 0);
    // Here it may still be removed, which ends the conflict.
    host.tree.remove(changed).unwrap();
    assert!(host.mirror.sync().unwrap().is_complete());
    host.assert_in_step();
}

fn a_provider_that_others_removed_is_not_created_again_by_a_push() {
    let host = Host::pushed();
    host.set_vcpus(host.children[1], 70);
    client().delete_provider(host.children[1]).unwrap();
    let pushed = host.mirror.push().unwrap();
    assert_eq!(conflicts_of_one(&pushed), [ConflictKind::Removed]);
    assert!(host.tree.exists(host.children[1]));
    assert_eq!(host.proxy.count("POST", ""), 0);
}

fn a_deletion_that_others_have_made_is_done() {
    let host = Host::pushed();
    let [before, meanwhile] = [host.children[1], host.children[2]];
    host.tree.remove(before).unwrap();
    client().delete_provider(before).unwrap();
    assert!(host.mirror.push().unwrap().is_complete());
    assert_eq!(host.proxy.count("DELETE", ""), 0);
    host.tree.remove(meanwhile).unwrap();
    host.proxy.reset();
    let delete = move || client().delete_provider(meanwhile).unwrap();
    host.proxy.inject(1, Fault::Before(Box::new(delete)));
    assert!(host.mirror.push().unwrap().is_complete());
    assert_eq!(host.proxy.seen()[1].status, Some(404));
    host.assert_in_step();
}

fn a_provider_that_others_changed_is_not_deleted() {
    let host = Host::pushed();
    let child = host.children[1];
    host.tree.remove(child).unwrap();
    put_vcpus(child, 50);
    let pushed = host.mirror.push().unwrap();
    assert_eq!(conflicts_of_one(&pushed), [ConflictKind::Removed]);
    assert_eq!(host.vcpus_there(child), Some(50));
    assert_eq!(host.proxy.count("DELETE", ""), 0);
}

fn a_provider_with_a_child_of_somebody_else_is_not_deleted() {
    let host = Host::pushed();
    let [parent, other] = [host.children[1], host.children[2]];
    let child = Uuid::new_v4();
    client()
        .create_provider(child, &unique("child"), Some(parent))
        .unwrap();
    host.tree.remove(parent).unwrap();
    host.set_vcpus(other, 80);
    let pushed = host.mirror.push().unwrap();
    let [failure] = &pushed.failed[..] else {
        panic!("{:?}", pushed.failed)
    };
    assert!(matches!(&failure.reason, Reason::Refused(error) if error.is_parent()));
    assert!(host.there().contains(child) && host.there().contains(parent));
    assert_eq!(host.vcpus_there(other), Some(80));
}

fn a_rename_of_both_sides_is_a_conflict() {
    let host = Host::pushed();
    let child = host.children[1];
    let [ours, theirs] = ["ours", "theirs"].map(unique);
    host.tree.rename(child, &ours).unwrap();
    client()
        .update_provider(child, &theirs, Some(host.root))
        .unwrap();
    let pushed = host.mirror.push().unwrap();
    assert_eq!(conflicts_of_one(&pushed), [ConflictKind::Name]);
    assert_eq!(host.there().get(child).unwrap().name(), theirs);
    assert!(host.tree.exists(&ours));
}

/// A tree of one new root, whose mirror has seen that Placement has no such provider.
fn lone() -> (Arc<ProviderTree>, Mirror, Proxy, Uuid, String) {
    let (tree, name) = (Arc::new(ProviderTree::new()), unique("lone"));
    let root = tree.new_root(&name).unwrap().value;
    tree.update_inventory(root, [vcpus(8)], None).unwrap();
    let proxy = Proxy::start(&placement());
    let client = client_of(&proxy.url());
    let mirror = Mirror::new(Arc::clone(&tree), client, Scope::Trees(vec![root]));
    mirror.refresh().unwrap();
    (tree, mirror, proxy, root, name)
}

fn a_provider_that_somebody_has_created_alike_is_adopted() {
    let (tree, mirror, proxy, root, name) = lone();
    client().create_provider(root, &name, None).unwrap();
    put_traits(root, &["COMPUTE_NODE"]);
    let pushed = mirror.push().unwrap();
    assert!(pushed.is_complete(), "{:?}", pushed.failed);
    let provider = tree.find(root).unwrap();
    assert!(provider.has_trait("COMPUTE_NODE"));
    let there = client().get_inventories(root).unwrap();
    assert_eq!(there.content[&ResourceClass::VCPU].total, 8);
    assert_eq!(provider.generation(), Some(there.generation));
    assert_eq!(proxy.count("DELETE", ""), 0);
}

fn a_uuid_that_has_another_name_there_is_a_conflict() {
    let (_, mirror, _, root, _) = lone();
    let theirs = unique("theirs");
    client().create_provider(root, &theirs, None).unwrap();
    let pushed = mirror.push().unwrap();
    assert_eq!(conflicts_of_one(&pushed), [ConflictKind::Name]);
    assert_eq!(pushed.not_tried.len(), 1, "its inventory");
    assert_eq!(client().get_provider(root).unwrap().name, theirs);
}

fn a_taken_name_is_a_conflict_and_nobody_is_deleted() {
    let (_, mirror, proxy, root, name) = lone();
    let other = Uuid::new_v4();
    client().create_provider(other, &name, None).unwrap();
    let pushed = mirror.push().unwrap();
    assert_eq!(
        conflicts_of_one(&pushed),
        [ConflictKind::NameTaken { other }]
    );
    assert_eq!(
        kinds(&pushed.conflicts),
        [ConflictKind::NameTaken { other }]
    );
    assert_eq!(pushed.not_tried.len(), 1, "its inventory");
    assert!(!pushed.is_complete());
    client().get_provider(other).unwrap();
    assert_eq!(proxy.count("DELETE", ""), 0);
    // The name becomes free.
    client().delete_provider(other).unwrap();
    assert!(mirror.sync().unwrap().is_complete());
    assert_eq!(client().get_provider(root).unwrap().name, name);
}

fn a_name_taken_by_a_rename_is_a_conflict() {
    let host = Host::pushed();
    let other = root(&client());
    let taken = client().get_provider(other).unwrap().name;
    host.tree.rename(host.children[1], &taken).unwrap();
    let pushed = host.mirror.push().unwrap();
    assert_eq!(
        conflicts_of_one(&pushed),
        [ConflictKind::NameTaken { other }]
    );
}

fn an_unknown_trait_fails_alone() {
    let host = Host::pushed();
    let (bad, good) = (host.root, &host.children);
    host.tree
        .add_traits(bad, [trait_("NO_SUCH_TRAIT")])
        .unwrap();
    for &child in good {
        host.tree
            .add_traits(child, [trait_("COMPUTE_NODE")])
            .unwrap();
    }
    let pushed = host.mirror.push().unwrap();
    assert_eq!((pushed.failed.len(), pushed.done.len()), (1, good.len()));
    assert_eq!(pushed.failed[0].to_string().lines().count(), 1);
    assert!(pushed.failed[0].to_string().contains("NO_SUCH_TRAIT"));
}

fn a_word_that_was_deleted_there_is_made_again() {
    let host = Host::pushed();
    let word = format!("CUSTOM_{}", Uuid::new_v4().simple()).to_uppercase();
    let name = trait_(&word);
    let sent = |pushed: &Pushed| {
        let mut calls = pushed.done.iter().map(|step| &step.request);
        calls.any(|call| matches!(call, Call::CreateTrait { name: sent } if *sent == name))
    };
    host.tree.add_traits(host.root, [&name]).unwrap();
    assert!(sent(&host.mirror.push().unwrap()));
    host.tree.remove_traits(host.root, [&name]).unwrap();
    assert!(host.mirror.push().unwrap().is_complete());
    crate::service::raw(
        provider_tree::placement::Method::Delete,
        &format!("/traits/{word}"),
        "",
    );
    host.tree.add_traits(host.root, [&name]).unwrap();
    let pushed = host.mirror.push().unwrap();
    // It was thought to be known, so that no step of the plan creates it.
    assert!(!sent(&pushed) && pushed.is_complete());
    let traits = client().get_traits(host.root).unwrap();
    assert!(traits.content.contains(&name));
}
