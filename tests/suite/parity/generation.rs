//! A provider's generation, which belongs to Placement.

use crate::cases::refusal::Refusal;
use provider_tree::{Inventory, NewProvider, Resource, ResourceClass};

use super::{R, one_root, refused, unknown};

const NO_TRAITS: [&str; 0] = [];

fn cpus() -> [(ResourceClass, Inventory); 1] {
    [(ResourceClass::VCPU, Inventory::new(8))]
}

#[test]
fn a_new_provider_has_no_generation_unless_given() {
    // Nova: new_root() without a generation -> None.
    let tree = one_root();
    tree.new_child(NewProvider::new("c").generation(0), "r")
        .unwrap();
    assert_eq!(tree.find("r").unwrap().generation(), None);
    assert_eq!(tree.find("c").unwrap().generation(), Some(0));
}

#[test]
fn a_given_generation_is_set_even_if_the_content_is_the_same() {
    // Nova: update_inventory(), content unchanged, with generation 5, None, 2
    // and 0 -> False each time; the generation is 5, 5, 2 and 0.
    let tree = one_root();
    tree.update_inventory("r", cpus(), None).unwrap();
    let version = tree.version();
    let generations = [(Some(5), 5), (None, 5), (Some(2), 2), (Some(0), 0)];
    for (given, expected) in generations {
        assert!(!tree.update_inventory("r", cpus(), given).unwrap().value);
        assert_eq!(tree.find("r").unwrap().generation(), Some(expected));
    }
    // Each new generation was a commit; None was not.
    assert_eq!(tree.version(), version + 3);
}

#[test]
fn every_update_sets_a_given_generation_and_says_whether_content_changed() {
    // Nova: update_traits() and update_aggregates() behave like update_inventory().
    let tree = one_root();
    let generation = || tree.find("r").unwrap().generation();
    assert!(!tree.update_traits("r", NO_TRAITS, 1).unwrap().value);
    assert_eq!(generation(), Some(1));
    assert!(tree.update_traits("r", ["T"], None).unwrap().value);
    assert_eq!(generation(), Some(1));
    assert!(!tree.update_aggregates("r", [R; 0], 2).unwrap().value);
    assert_eq!(generation(), Some(2));
    assert!(tree.update_aggregates("r", [R], 3).unwrap().value);
    assert_eq!(generation(), Some(3));
    assert!(tree.set_generation("r", 4).unwrap().value);
    assert!(!tree.set_generation("r", 4).unwrap().value);
    assert_eq!(generation(), Some(4));
}

#[test]
fn edits_without_a_generation_leave_it_unchanged() {
    // Nova: add_traits() -> None, update_resources() -> True; the generation
    // is unchanged.
    // Differs: add_traits() returns whether a trait was new.
    let tree = one_root();
    tree.set_generation("r", 0).unwrap();
    assert!(tree.add_traits("r", ["T"]).unwrap().value);
    assert!(tree.remove_traits("r", ["T"]).unwrap().value);
    assert!(tree.add_aggregates("r", [R]).unwrap().value);
    assert!(tree.remove_aggregates("r", [R]).unwrap().value);
    let resource = Resource::new(ResourceClass::VGPU, "gpu0");
    let changed = tree.update_resources("r", [resource.clone()]).unwrap();
    assert!(changed.value);
    assert!(
        !tree
            .update_resources("r", [resource.clone()])
            .unwrap()
            .value
    );
    let snapshot = tree.snapshot();
    let root = snapshot.find("r").unwrap();
    assert_eq!(root.generation(), Some(0));
    assert_eq!(root.resources(), std::slice::from_ref(&resource));
    assert!(!snapshot.resources_changed("r", [resource]).unwrap());
    assert!(snapshot.resources_changed("r", []).unwrap());
}

#[test]
fn setting_no_resources_where_there_are_none_is_no_change() {
    // Nova: update_resources() of an empty set -> True the first time, as a
    // provider begins with an empty dict; then False.
    // Differs: there were none before either.
    let tree = one_root();
    let version = tree.version();
    assert!(!tree.snapshot().resources_changed("r", []).unwrap());
    assert!(!tree.update_resources("r", []).unwrap().value);
    assert_eq!(tree.version(), version);
}

// Nova: stores negative, huge and fractional generations.
// Differs: a u64 rules them out; in JSON they are errors.
#[cfg(feature = "serde")]
#[test]
fn a_generation_in_json_is_a_nonnegative_integer() {
    for generation in ["-1", "1.5", "1e30", "1000000000000000000000000000000"] {
        let record = format!(r#"{{"uuid": "{R}", "name": "r", "generation": {generation}}}"#);
        let refused = serde_json::from_str::<provider_tree::ProviderRecord>(&record).unwrap_err();
        assert!(refused.to_string().contains("generation"), "{refused}");
    }
}

#[test]
fn a_generation_may_be_any_u64() {
    let tree = one_root();
    tree.set_generation("r", u64::MAX).unwrap();
    assert_eq!(tree.find("r").unwrap().generation(), Some(u64::MAX));
}

#[test]
fn a_stale_generation_is_refused_where_it_is_expected() {
    // Nova: stores any generation; only Placement compares.
    // Differs: a transaction can require a generation.
    let tree = one_root();
    let actual = None;
    let error = refused(&tree, |tree| tree.begin().expect_generation("r", 0));
    let (uuid, expected) = (R, 0);
    let conflict = Refusal::GenerationConflict {
        uuid,
        expected,
        actual,
    };
    assert_eq!(error, conflict);

    tree.set_generation("r", 5).unwrap();
    let (expected, actual) = (4, Some(5));
    let error = refused(&tree, |tree| {
        tree.update(|transaction| {
            transaction.add_traits("r", ["T"])?;
            transaction.expect_generation("r", expected)
        })
    });
    let conflict = Refusal::GenerationConflict {
        uuid,
        expected,
        actual,
    };
    assert_eq!(error, conflict);

    tree.begin().expect_generation("r", 5).unwrap();
    let error = refused(&tree, |tree| tree.begin().expect_generation("nope", 5));
    assert_eq!(error, unknown("nope"));
}
