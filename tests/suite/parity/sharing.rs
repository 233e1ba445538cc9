//! Sharing providers, whose inventory the members of their aggregates can use.

use crate::cases::refusal::Refusal;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::{Error, Inventory, ResourceClass, Trait};

use super::{C1, NOBODY, one_root, record, refused};
use crate::cases::new_tree;

const SHARES: Trait = Trait::MISC_SHARES_VIA_AGGREGATE;

fn disk() -> [(ResourceClass, Inventory); 1] {
    [(ResourceClass::DISK_GB, Inventory::new(100))]
}

#[test]
fn a_sharing_provider_has_the_class_and_the_trait() {
    // Nova: has_sharing_provider() -> True for a class that a provider with the
    // trait has; False for another class.
    let tree = one_root();
    let sharing = |class| tree.snapshot().has_sharing_provider(&class);
    tree.new_root("storage").unwrap();
    tree.update_inventory("storage", disk(), None).unwrap();
    assert!(!sharing(ResourceClass::DISK_GB));
    tree.add_traits("r", [SHARES]).unwrap();
    assert!(
        !sharing(ResourceClass::DISK_GB),
        "class and trait on two providers"
    );
    tree.add_traits("storage", [SHARES]).unwrap();
    assert!(sharing(ResourceClass::DISK_GB));
    assert!(!sharing(ResourceClass::VCPU));
}

#[test]
fn the_search_for_a_sharing_provider_reads_one_version() {
    // Nova: takes and releases its lock once per provider -> if sharing moves
    // from the last provider to the first meanwhile, it can find neither.
    // Differs: it reads one snapshot.
    let tree = new_tree();
    for number in 0..100 {
        tree.new_root(&number.to_string()).unwrap();
    }
    tree.update_inventory("0", disk(), None).unwrap();
    tree.update_inventory("99", disk(), None).unwrap();
    tree.add_traits("99", [SHARES]).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for (from, to) in [("99", "0"), ("0", "99")].into_iter().cycle() {
                if done.load(Relaxed) {
                    break;
                }
                tree.update(|transaction| {
                    transaction.remove_traits(from, [SHARES])?;
                    transaction.add_traits(to, [SHARES])
                })
                .map(drop)
                .unwrap_or_else(|error: Error| panic!("{error}"));
            }
        });
        let started = Instant::now();
        while tree.version() < 1_000 && started.elapsed() < Duration::from_secs(20) {
            let found =
                tree.read(|snapshot| snapshot.has_sharing_provider(&ResourceClass::DISK_GB));
            if !found {
                done.store(true, Relaxed);
                panic!("mixed two versions");
            }
        }
        done.store(true, Relaxed);
    });
    assert!(tree.version() >= 1_000, "the writer hardly committed");
}

#[test]
fn a_sharing_provider_of_another_tree_is_given_as_a_root() {
    // Nova: the report client adds it by new_root(), whatever its parent.
    // Differs: a parent that a record names must exist.
    let tree = one_root();
    let mut storage = record(C1, "storage", NOBODY);
    storage.root_uuid = Some(NOBODY);
    storage.inventory.extend(disk());
    storage.traits.insert(SHARES);
    let uuids = vec![NOBODY];
    let error = refused(&tree, |tree| tree.populate([&storage]));
    assert_eq!(error, Refusal::MissingParents { uuids });
    storage.parent_uuid = None;
    let error = refused(&tree, |tree| tree.populate([&storage]));
    assert!(matches!(error, Error::RootMismatch { .. }), "{error}");
    storage.root_uuid = None;
    tree.populate([&storage]).unwrap();
    assert!(
        tree.snapshot()
            .has_sharing_provider(&ResourceClass::DISK_GB)
    );
}
