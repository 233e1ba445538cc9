//! Traits and aggregates are sets.

use uuid::Uuid;

use super::{C1, C2, NOBODY, names, one_root, refused, unknown};

const NO_TRAITS: [&str; 0] = [];
const NO_AGGREGATES: [Uuid; 0] = [];

fn traits(tree: &crate::cases::ProviderTree) -> Vec<String> {
    let found = tree.find("r").unwrap();
    found.traits().iter().map(ToString::to_string).collect()
}

#[test]
fn duplicates_in_a_list_collapse() {
    // Nova: update_traits(["A", "A"]) -> True and {"A"}; again with ["A"]
    // -> False.
    let tree = one_root();
    assert!(tree.update_traits("r", ["A", "A"], None).unwrap().value);
    assert_eq!(traits(&tree), ["A"]);
    assert!(!tree.update_traits("r", ["A"], None).unwrap().value);
    let twice = [NOBODY, NOBODY];
    assert!(tree.update_aggregates("r", twice, None).unwrap().value);
    assert_eq!(tree.find("r").unwrap().aggregates(), [NOBODY]);
    assert!(!tree.update_aggregates("r", [NOBODY], None).unwrap().value);
    let snapshot = tree.snapshot();
    assert!(!snapshot.traits_changed("r", ["A", "A"]).unwrap());
    assert!(!snapshot.aggregates_changed("r", twice).unwrap());
}

#[test]
fn adding_to_or_removing_from_an_unknown_provider_is_an_error() {
    // Nova: add_traits() and remove_traits() with no trait -> silent; with one
    // -> ValueError; add_aggregates() and remove_aggregates() with none
    // -> ValueError.
    // Differs: an unknown provider is always an error.
    let tree = one_root();
    let none = NO_AGGREGATES;
    for error in [
        refused(&tree, |tree| tree.add_traits("bogus", NO_TRAITS)),
        refused(&tree, |tree| tree.remove_traits("bogus", NO_TRAITS)),
        refused(&tree, |tree| tree.add_traits("bogus", ["T"])),
        refused(&tree, |tree| tree.remove_traits("bogus", ["T"])),
        refused(&tree, |tree| tree.add_aggregates("bogus", none)),
        refused(&tree, |tree| tree.remove_aggregates("bogus", none)),
        refused(&tree, |tree| tree.update_traits("bogus", NO_TRAITS, 1)),
        refused(&tree, |tree| tree.update_aggregates("bogus", none, 1)),
        refused(&tree, |tree| tree.update_resources("bogus", [])),
    ] {
        assert_eq!(error, unknown("bogus"));
    }
}

#[test]
fn adding_and_removing_traits_leaves_the_others_alone() {
    // Nova: add_traits(), remove_traits() -> None.
    // Differs: they say whether anything changed.
    let tree = one_root();
    assert!(tree.add_traits("r", ["B", "A"]).unwrap().value);
    assert!(tree.add_traits("r", ["C", "A"]).unwrap().value);
    assert_eq!(traits(&tree), ["A", "B", "C"]);
    let version = tree.version();
    assert!(!tree.add_traits("r", ["A"]).unwrap().value);
    assert!(!tree.remove_traits("r", ["Z"]).unwrap().value);
    assert!(!tree.remove_traits("r", NO_TRAITS).unwrap().value);
    assert_eq!(tree.version(), version);
    assert!(tree.remove_traits("r", ["B", "Z"]).unwrap().value);
    assert_eq!(traits(&tree), ["A", "C"]);
    tree.update_traits("r", ["D"], None).unwrap();
    assert_eq!(traits(&tree), ["D"]);
}

#[test]
fn adding_and_removing_aggregates_leaves_the_others_alone() {
    // Nova: add_aggregates(), remove_aggregates() -> None.
    // Differs: they say whether anything changed.
    let tree = one_root();
    let aggregates = || tree.find("r").unwrap().aggregates().to_vec();
    assert!(tree.add_aggregates("r", [C2, C1]).unwrap().value);
    assert!(tree.add_aggregates("r", [NOBODY, C1]).unwrap().value);
    assert_eq!(aggregates(), [C1, C2, NOBODY]);
    let version = tree.version();
    assert!(!tree.add_aggregates("r", [C1]).unwrap().value);
    assert!(!tree.remove_aggregates("r", NO_AGGREGATES).unwrap().value);
    assert_eq!(tree.version(), version);
    assert!(
        tree.remove_aggregates("r", [C1, Uuid::nil()])
            .unwrap()
            .value
    );
    assert_eq!(aggregates(), [C2, NOBODY]);
    tree.update_aggregates("r", [C1], None).unwrap();
    assert_eq!(aggregates(), [C1]);
}

#[test]
fn every_provider_has_all_of_no_traits() {
    // Nova: has_traits([]) -> True; of an unknown provider -> ValueError.
    let tree = one_root();
    let has = |wanted: &[&str]| tree.snapshot().has_traits("r", wanted).unwrap();
    assert!(has(&[]) && !has(&["A"]));
    tree.update_traits("r", ["A", "B"], None).unwrap();
    assert!(has(&[]) && has(&["B"]) && has(&["B", "A"]));
    assert!(!has(&["A", "C"]));
    let bogus = tree.snapshot().has_traits("bogus", NO_TRAITS);
    assert_eq!(bogus, unknown("bogus"));
}

#[test]
fn every_provider_is_in_all_of_no_aggregates() {
    // Nova: in_aggregates([]) -> True.
    let tree = one_root();
    let within = |wanted: &[Uuid]| tree.snapshot().in_aggregates("r", wanted).unwrap();
    assert!(within(&[]) && !within(&[C1]));
    tree.update_aggregates("r", [C1, C2], None).unwrap();
    assert!(within(&[]) && within(&[C2]) && within(&[C2, C1]));
    assert!(!within(&[C1, NOBODY]));
    let bogus = tree.snapshot().in_aggregates("bogus", NO_AGGREGATES);
    assert_eq!(bogus, unknown("bogus"));
}

#[cfg(feature = "serde")]
#[test]
fn spellings_of_one_aggregate_are_the_same() {
    // Nova: compares text -> in upper case it is another aggregate.
    // Differs: an aggregate is a Uuid, however it is spelled.
    let spelled = [
        NOBODY.to_string(),
        NOBODY.simple().to_string().to_uppercase(),
    ];
    let tree = one_root();
    for text in &spelled {
        let record = format!(
            r#"{{"uuid": "{}", "name": "r", "aggregates": ["{text}"]}}"#,
            super::R
        );
        let record: provider_tree::ProviderRecord = serde_json::from_str(&record).unwrap();
        tree.populate([record]).unwrap();
        assert_eq!(tree.find("r").unwrap().aggregates(), [NOBODY]);
        assert_eq!(tree.version(), 2, "the second update is no change");
    }
    let read = spelled.map(|text| Uuid::parse_str(&text).unwrap());
    assert_eq!(tree.snapshot().in_aggregates("r", read), Ok(true));
}

#[test]
fn changed_compares_sets() {
    // Nova: have_traits_changed() and have_aggregates_changed() compare sets.
    let tree = one_root();
    tree.update_traits("r", ["A", "B"], None).unwrap();
    tree.update_aggregates("r", [C1, C2], None).unwrap();
    let snapshot = tree.snapshot();
    assert_eq!(names(snapshot.iter()), ["r"]);
    for (new, changed) in [
        (&["B", "A"][..], false),
        (&["A"], true),
        (&["A", "B", "C"], true),
        (&[], true),
    ] {
        assert_eq!(snapshot.traits_changed("r", new), Ok(changed), "{new:?}");
    }
    for (new, changed) in [
        (&[C2, C1][..], false),
        (&[C1], true),
        (&[C1, C2, NOBODY], true),
        (&[], true),
    ] {
        assert_eq!(snapshot.aggregates_changed("r", new), Ok(changed));
    }
    let bogus = snapshot.traits_changed("bogus", NO_TRAITS);
    assert_eq!(bogus, unknown("bogus"));
    let bogus = snapshot.aggregates_changed("bogus", NO_AGGREGATES);
    assert_eq!(bogus, unknown("bogus"));
}
