//! The rules of OpenStack Placement 16 (microversion 1.39).
//!
//! Placement decides which providers are valid; if a forest accepted others, Placement would
//! refuse them later. Each test states a request to Placement and its response.

#[cfg(feature = "serde")]
mod verdicts;

use crate::cases::refusal::Refusal;
use provider_tree::{Error, Inventory, NewProvider, ProviderRecord, ResourceClass, Trait};
use uuid::{Uuid, uuid};

use crate::cases::{ProviderTree, name_taken, new_tree};

const COMPUTE: Uuid = uuid!("00000001-0000-4000-8000-000000000000");
const NUMA0: Uuid = uuid!("00000011-0000-4000-8000-000000000000");
const NUMA1: Uuid = uuid!("00000012-0000-4000-8000-000000000000");
const NUMA0_PF0: Uuid = uuid!("00000111-0000-4000-8000-000000000000");
const NUMA1_PF0: Uuid = uuid!("00000121-0000-4000-8000-000000000000");
const NEW: Uuid = uuid!("00000003-0000-4000-8000-000000000000");
const MISSING: Uuid = uuid!("00000404-0000-4000-8000-000000000000");
const AGGREGATE: Uuid = uuid!("00000077-0000-4000-8000-000000000000");

/// compute-1 with two NUMA nodes, each with one network card.
fn forest() -> ProviderTree {
    let tree = new_tree();
    tree.new_root(NewProvider::new("compute-1").uuid(COMPUTE).generation(0))
        .unwrap();
    for (name, parent, uuid) in [
        ("compute-1_numa0", COMPUTE, NUMA0),
        ("compute-1_numa1", COMPUTE, NUMA1),
        ("compute-1_numa0_pf0", NUMA0, NUMA0_PF0),
        ("compute-1_numa1_pf0", NUMA1, NUMA1_PF0),
    ] {
        tree.new_child(NewProvider::new(name).uuid(uuid).generation(0), parent)
            .unwrap();
    }
    tree
}

fn record(uuid: Uuid, name: &str, parent: Uuid) -> ProviderRecord {
    let mut record = ProviderRecord::new(uuid, name);
    record.parent_uuid = Some(parent);
    record
}

/// The fields of a provider in `GET /resource_providers`.
fn shown(tree: &ProviderTree, uuid: Uuid) -> (String, Option<u64>, Option<Uuid>, Uuid) {
    tree.read(|snapshot| {
        let provider = snapshot.require(uuid).unwrap();
        (
            provider.name().to_owned(),
            provider.generation(),
            provider.parent_uuid(),
            snapshot.root_of(uuid).unwrap().uuid(),
        )
    })
}

#[test]
fn a_duplicate_name_is_a_conflict() {
    // POST a provider with the name compute-1 and another UUID -> 409,
    // placement.duplicate_name.
    let error = forest()
        .new_root(NewProvider::new("compute-1").uuid(NEW))
        .unwrap_err();
    assert_eq!(error, name_taken("compute-1", COMPUTE));
}

#[test]
fn names_that_differ_in_case_or_a_trailing_blank_are_distinct() {
    // POST providers with the names VDC01, vDC01 and `VDC01 ` -> 200 for each on SQLite;
    // MySQL refuses the second and third.
    let tree = forest();
    for name in ["VDC01", "vDC01", "VDC01 "] {
        let uuid = tree.new_root(name).unwrap().value;
        assert_eq!(tree.find(name).unwrap().uuid(), uuid);
    }
}

#[test]
fn a_duplicate_uuid_is_a_conflict() {
    // POST a provider with another name and the UUID of compute-1 -> 409.
    let error = forest()
        .new_root(NewProvider::new("another").uuid(COMPUTE))
        .unwrap_err();
    let (name, uuid) = ("compute-1".to_owned(), COMPUTE);
    assert_eq!(error, Refusal::UuidTaken { uuid, name });
}

#[test]
fn a_missing_parent_is_a_bad_request() {
    // POST a provider whose parent does not exist -> 400.
    let tree = forest();
    let error = tree
        .new_child(NewProvider::new("orphan").uuid(NEW), MISSING)
        .unwrap_err();
    let key = MISSING.to_string();
    assert_eq!(error, Refusal::UnknownProvider { key });
    let error = tree.populate([record(NEW, "orphan", MISSING)]).unwrap_err();
    let uuids = vec![MISSING];
    assert_eq!(error, Refusal::MissingParents { uuids });
}

#[test]
fn a_provider_as_its_own_parent_is_a_bad_request() {
    // POST a provider whose parent is its own UUID -> 400.
    let tree = forest();
    let error = tree
        .new_child(NewProvider::new("selfish").uuid(NEW), NEW)
        .unwrap_err();
    let key = NEW.to_string();
    assert_eq!(error, Refusal::UnknownProvider { key });
    let error = tree.populate([record(NEW, "selfish", NEW)]).unwrap_err();
    let uuids = vec![NEW];
    assert_eq!(error, Refusal::Cycle { uuids });
    let error = tree.move_to(NUMA0, NUMA0).unwrap_err();
    let uuids = vec![NUMA0];
    assert_eq!(error, Refusal::Cycle { uuids });
}

#[test]
fn the_tree_of_any_provider_is_the_whole_tree() {
    // GET ?in_tree=<the root>, or <a grandchild> -> 200, all five.
    let snapshot = forest().snapshot();
    for key in [COMPUTE, NUMA0, NUMA0_PF0] {
        let mut uuids: Vec<Uuid> = snapshot.provider_uuids_in_tree(key).unwrap().collect();
        uuids.sort_unstable();
        assert_eq!(uuids, [COMPUTE, NUMA0, NUMA1, NUMA0_PF0, NUMA1_PF0]);
    }
    // ?in_tree=<unknown> -> 200, none. Here, as in Nova, it is an error.
    assert!(snapshot.provider_uuids_in_tree(MISSING).is_err());
}

#[test]
fn a_provider_is_listed_by_its_name_and_by_its_uuid() {
    // GET ?name=compute-1_numa0, ?uuid=00000011-... -> that provider; an unknown
    // or malformed UUID -> 404.
    let tree = forest();
    let by_name = tree.find("compute-1_numa0").unwrap();
    assert_eq!(by_name.uuid(), NUMA0);
    assert_eq!(tree.find(NUMA0), Some(by_name));
    assert!(!tree.exists(MISSING) && !tree.exists("not-a-uuid"));
}

#[test]
fn a_total_of_zero_is_a_bad_request() {
    // PUT inventories {VCPU: {total: 0}} -> 400, less than the minimum of 1.
    let tree = forest();
    let nothing = [(ResourceClass::VCPU, Inventory::new(0))];
    let error = tree.update_inventory(NUMA1, nothing, 1).unwrap_err();
    let Error::InvalidInventory { class, field, .. } = error else {
        panic!("{error}");
    };
    assert_eq!((class, field), (ResourceClass::VCPU, "total"));
    assert_eq!(tree.find(NUMA1).unwrap().generation(), Some(0));
}

#[test]
fn a_record_with_only_a_total_has_placements_defaults() {
    // PUT inventories {VCPU: {total: 8}} -> reserved 0, min_unit 1, max_unit
    // 2147483647, step_size 1, allocation_ratio 1.0.
    let tree = forest();
    let total = [(ResourceClass::VCPU, Inventory::new(8))];
    tree.update_inventory(NUMA0, total, 1).unwrap();
    let provider = tree.find(NUMA0).unwrap();
    let stored = provider.inventory_of(&ResourceClass::VCPU).unwrap();
    assert_eq!((stored.total, stored.effective().reserved), (8, 0));
    assert_eq!(
        (stored.effective().min_unit, stored.effective().max_unit),
        (1, 2_147_483_647)
    );
    assert_eq!(
        (
            stored.effective().step_size,
            stored.effective().allocation_ratio
        ),
        (1, 1.0)
    );
    assert_eq!(stored.capacity(), 8.0);
}

#[test]
fn a_stale_or_future_generation_is_a_conflict() {
    // PUT inventories, traits or aggregates with a generation that is not the
    // provider's -> 409, placement.concurrent_update.
    let tree = forest();
    tree.set_generation(COMPUTE, 2).unwrap();
    let before = tree.snapshot();
    for expected in [0, 1, 99] {
        let error = tree
            .update(|transaction| {
                transaction.expect_generation(COMPUTE, expected)?;
                let half = [(ResourceClass::VCPU, Inventory::new(32))];
                transaction.update_inventory(COMPUTE, half, expected + 1)
            })
            .unwrap_err();
        let (uuid, actual) = (COMPUTE, Some(2));
        let conflict = Refusal::GenerationConflict {
            uuid,
            expected,
            actual,
        };
        assert_eq!(error, conflict);
    }
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn the_returned_generation_is_stored_even_if_nothing_else_changed() {
    // PUT inventories with the current content and generation 1 -> 200,
    // generation 2; PUT aggregates -> generation 3.
    let tree = forest();
    let cpus = [(ResourceClass::VCPU, Inventory::new(64))];
    assert!(
        tree.update_inventory(COMPUTE, cpus.clone(), 1)
            .unwrap()
            .value
    );
    assert!(!tree.update_inventory(COMPUTE, cpus, 2).unwrap().value);
    assert_eq!(shown(&tree, COMPUTE).1, Some(2));
    tree.update_aggregates(COMPUTE, [AGGREGATE], 3).unwrap();
    assert_eq!(shown(&tree, COMPUTE).1, Some(3));
}

#[test]
fn several_providers_change_together_or_not_at_all() {
    // POST /reshaper with one stale generation -> 409, nothing changes;
    // with current generations -> 204, everything changes.
    let tree = forest();
    let reshape = |generation_of_child| {
        tree.update(|transaction| {
            transaction.expect_generation(COMPUTE, 0)?;
            transaction.update_inventory(COMPUTE, None, 1)?;
            transaction.expect_generation(NUMA0, generation_of_child)?;
            let cpus = [(ResourceClass::VCPU, Inventory::new(64))];
            transaction.update_inventory(NUMA0, cpus, 1)
        })
    };
    let before = tree.snapshot();
    assert!(reshape(4).is_err());
    assert!(tree.snapshot().ptr_eq(&before));
    reshape(0).unwrap();
    assert_eq!(shown(&tree, COMPUTE).1, Some(1));
    assert!(tree.snapshot().has_inventory(NUMA0).unwrap());
}

#[test]
fn a_rename_keeps_the_generation() {
    // PUT {name: renamed, the same parent} on numa1_pf0 -> 200.
    let tree = forest();
    tree.set_generation(NUMA1_PF0, 1).unwrap();
    assert!(tree.rename(NUMA1_PF0, "renamed").unwrap().value);
    let expected = ("renamed".to_owned(), Some(1), Some(NUMA1), COMPUTE);
    assert_eq!(shown(&tree, NUMA1_PF0), expected);
    assert!(!tree.exists("compute-1_numa1_pf0"));
    // Placement accepts a rename to the current name; so does the tree.
    assert!(!tree.rename(NUMA1_PF0, "renamed").unwrap().value);
}

#[test]
fn a_move_keeps_the_generation_and_the_tree() {
    // PUT {parent: numa0} on numa1_pf0 -> 200 from microversion 1.37.
    let tree = forest();
    assert!(tree.move_to(NUMA1_PF0, NUMA0).unwrap().value);
    let name = "compute-1_numa1_pf0".to_owned();
    let expected = (name, Some(0), Some(NUMA0), COMPUTE);
    assert_eq!(shown(&tree, NUMA1_PF0), expected);
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn a_move_below_a_descendant_is_a_bad_request() {
    // PUT {parent: numa0} on compute-1 -> 400, creating loop in the provider
    // tree is not allowed.
    let tree = forest();
    let before = tree.snapshot();
    let error = tree.move_to(COMPUTE, NUMA0).unwrap_err();
    let uuids = vec![NUMA0, COMPUTE];
    assert_eq!(error, Refusal::Cycle { uuids });
    let error = tree.move_to(COMPUTE, NUMA0_PF0).unwrap_err();
    let uuids = vec![NUMA0_PF0, NUMA0, COMPUTE];
    assert_eq!(error, Refusal::Cycle { uuids });
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn an_unparented_provider_is_a_root_of_its_own_tree() {
    // PUT {parent: null} on numa1_pf0 -> 200, it is its own root.
    let tree = forest();
    assert!(tree.move_to_root(NUMA1_PF0).unwrap().value);
    let name = "compute-1_numa1_pf0".to_owned();
    let expected = (name, Some(0), None, NUMA1_PF0);
    assert_eq!(shown(&tree, NUMA1_PF0), expected);
    assert_eq!(tree.snapshot().tree_of(COMPUTE).unwrap().count(), 4);
    tree.snapshot().check_invariants().unwrap();
}

#[test]
fn removing_a_provider_removes_its_children() {
    // DELETE a provider that has children -> 409: in Placement the children must
    // be removed first. Here, as in Nova, the whole subtree is removed.
    let tree = forest();
    assert_eq!(tree.remove(NUMA1).unwrap().value, 2);
    assert_eq!(tree.len(), 3);
    // DELETE a removed provider -> 404.
    let error = tree.remove(NUMA1).unwrap_err();
    let key = NUMA1.to_string();
    assert_eq!(error, Refusal::UnknownProvider { key });
}

#[test]
fn a_sharing_provider_is_found_by_trait_and_class() {
    // GET ?member_of=in:<aggregate>&required=MISC_SHARES_VIA_AGGREGATE -> the
    // provider with both.
    let tree = forest();
    let share = tree
        .new_root(NewProvider::new("share-1").generation(0))
        .unwrap()
        .value;
    let disk = [(ResourceClass::DISK_GB, Inventory::new(1000))];
    tree.update_aggregates(share, [AGGREGATE], 1).unwrap();
    tree.update_inventory(share, disk, 2).unwrap();
    let shares = [Trait::MISC_SHARES_VIA_AGGREGATE];
    tree.update_traits(share, shares, 3).unwrap();
    let snapshot = tree.snapshot();
    assert!(snapshot.has_sharing_provider(&ResourceClass::DISK_GB));
    assert!(snapshot.in_aggregates(share, [AGGREGATE]).unwrap());
    assert_eq!(shown(&tree, share).1, Some(3));
}
