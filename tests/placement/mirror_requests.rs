//! How many requests a mirror needs, exactly: what the table of `docs::placement` says.

use std::time::Instant;

use crate::host::{Host, put_traits, put_vcpus};
use crate::proxy::Fault;
use crate::service::address;

crate::tests![
    creation_takes_at_most_53_requests,
    a_refresh_takes_one_request_if_nothing_has_changed,
    a_cold_read_takes_at_most_52_requests,
    two_changed_providers_take_two_requests,
    a_conflict_takes_at_most_8_requests,
    an_atomic_push_sends_all_inventories_in_one_request,
    a_refresh_reads_only_what_others_have_changed,
    many_providers_are_read_by_traits,
];

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

fn a_refresh_reads_only_what_others_have_changed() {
    let host = Host::pushed();
    put_vcpus(host.children[1], 55);
    put_traits(host.children[2], &["COMPUTE_NODE"]);
    let pulled = host.mirror.refresh().unwrap();
    assert_eq!((host.requests(), pulled.read), (1 + 3 * 2, 2));
    assert_eq!(host.vcpus(host.children[1]), Some(55));
    host.assert_in_step();
}

/// As many as `PROVIDER_TREE_MANY` says, which also prints the figures.
fn many_providers_are_read_by_traits() {
    let wanted = address("PROVIDER_TREE_MANY").map(|text| text.parse().unwrap());
    let host = Host::new();
    let providers = wanted.unwrap_or(64);
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
    // How many traits the other tests use changes all the time. Here only this host's are.
    let in_use = r#"{"traits": ["COMPUTE_NODE", "HW_CPU_X86_AVX2", "HW_CPU_X86_VMX"]}"#;
    other.proxy.inject(1, Fault::Answer(200, in_use));
    // Right after that somebody changes a provider, which is read by itself.
    let changed = host.children[0];
    let change = move || put_traits(changed, &["COMPUTE_NODE"]);
    other.proxy.inject(2, Fault::Before(Box::new(change)));
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
    assert_eq!(listings, 3);
    // The tree is listed before and after its traits.
    assert_eq!(other.requests(), 2 + 1 + listings + 2 * providers + 1);
}
