//! The lowest and highest generations.

use crate::cases::refusal::Refusal;
use provider_tree::{Inventory, NewProvider, ResourceClass};

use super::edit::{edit, expect_generation};
use super::{HOST, NEW, NOBODY, NUMA, record};

const CPUS: (ResourceClass, Inventory) = (ResourceClass::VCPU, Inventory::new(1));

#[test]
fn the_lowest_and_highest_generation_work() {
    for generation in [0, 1, u64::MAX - 1, u64::MAX] {
        let mut given = record(NEW, "new");
        given.generation = Some(generation);
        for edit in [
            edit!(new_root(
                NewProvider::new("new").uuid(NEW).generation(generation)
            )),
            edit!(new_child(
                NewProvider::new("new").uuid(NEW).generation(generation),
                HOST
            )),
            edit!(populate([&given])),
        ] {
            let tree = edit.works();
            assert_eq!(tree.find(NEW).unwrap().generation(), Some(generation));
        }
        for edit in [
            edit!(set_generation(NUMA, generation)),
            edit!(update_inventory(NUMA, [CPUS], generation)),
            edit!(update_traits(NUMA, ["A"], generation)),
            edit!(update_aggregates(NUMA, [NOBODY], generation)),
        ] {
            let tree = edit.works();
            assert_eq!(tree.find(NUMA).unwrap().generation(), Some(generation));
            tree.begin().expect_generation(NUMA, generation).unwrap();
            let text = format!("generation {generation}");
            assert!(tree.to_string().contains(&text));
        }
    }
}

#[test]
fn a_generation_may_decrease() {
    let tree = edit!(set_generation(HOST, u64::MAX)).works();
    assert!(tree.set_generation(HOST, 0).unwrap().value);
    assert_eq!(tree.find(HOST).unwrap().generation(), Some(0));
}

#[test]
fn an_unexpected_generation_is_a_conflict() {
    for expected in [0, 6, 8, u64::MAX] {
        let (uuid, actual) = (HOST, Some(7));
        expect_generation("host", expected).fails_with(&Refusal::GenerationConflict {
            uuid,
            expected,
            actual,
        });
        let (uuid, actual) = (NUMA, None);
        expect_generation(NUMA, expected).fails_with(&Refusal::GenerationConflict {
            uuid,
            expected,
            actual,
        });
    }
    let tree = expect_generation(HOST, 7).works();
    assert_eq!(tree.version(), super::forest().version());
}
