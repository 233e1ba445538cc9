//! The outline beside a sorted map of the standard library. Unit tests run with
//! small slices, so that trees become maps and slices again.

use std::collections::BTreeMap;

use proptest::prelude::*;
use smol_str::SmolStr;
use uuid::Uuid;

use super::Outline;
use crate::Provider;
use crate::path::Path;
use crate::provider::Head;

type Model = BTreeMap<Vec<u8>, Provider>;

fn path(ordinals: &[u32]) -> Path {
    let child = |path: Path, &ordinal: &u32| path.child(ordinal);
    ordinals.iter().fold(Path::TOP, child)
}

fn provider(path: &Path, generation: u64) -> Provider {
    let mut head = Head::new(Uuid::nil(), SmolStr::new("host"));
    head.path = path.clone();
    head.generation = Some(generation);
    Provider::new(head, std::iter::empty())
}

/// What becomes of a path: a provider of some generation, or nothing.
type Step = (Path, Option<u64>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Of the first trees that there are many providers, of others few.
    let root = prop_oneof![4 => 0..2_u32, 1 => 300..303_u32];
    let below = prop::collection::vec(0..5_u32, 0..3);
    let place = (root, below).prop_map(|(root, below)| path(&[vec![root], below].concat()));
    let what = prop_oneof![2 => (0..3_u64).prop_map(Some), 1 => Just(None)];
    prop::collection::vec((place, what), 0..80)
}

fn make(outline: &mut Outline, model: &mut Model, steps: &[Step]) {
    for (path, what) in steps {
        match what {
            Some(generation) => {
                let new = provider(path, *generation);
                outline.insert(new.clone());
                model.insert(path.as_bytes().to_vec(), new);
            }
            None => {
                outline.remove(path);
                model.remove(path.as_bytes());
            }
        }
        outline.check_invariants().unwrap();
        assert_eq!(outline.len(), model.len());
        assert_eq!(outline.is_empty(), model.is_empty());
    }
}

fn is(found: Option<&Provider>, expected: Option<&Provider>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => found.ptr_eq(expected),
        (found, expected) => found.is_none() && expected.is_none(),
    }
}

proptest! {
    #[test]
    fn an_outline_finds_what_a_sorted_map_does(steps in steps(), asked in steps()) {
        let (mut outline, mut model) = (Outline::new(), Model::new());
        make(&mut outline, &mut model, &steps);
        prop_assert!(is(outline.last(), model.values().last()));
        let all: Vec<_> = outline.trees().flat_map(|(_, tree)| tree.iter()).collect();
        prop_assert_eq!(all.len(), model.len());
        prop_assert!(all.iter().zip(model.values()).all(|(a, b)| a.ptr_eq(b)));
        for (path, _) in steps.iter().chain(&asked) {
            let key = path.as_bytes().to_vec();
            let of_tree = |one: &&Provider| one.path().root_ordinal() == path.root_ordinal();
            let is_root = |one: &&Provider| one.path().levels() == 1;
            let before = || model.range(..key.clone()).rev().map(|(_, one)| one);
            let from = || model.range(key.clone()..).map(|(_, one)| one);
            prop_assert!(is(outline.get(path), model.get(&key)));
            prop_assert!(is(outline.last_before(path), before().find(of_tree)));
            prop_assert!(is(outline.first_from(path), from().find(of_tree)));
            let rest: Vec<_> = outline.rest_of_tree(path).collect();
            let expected: Vec<_> = from().take_while(of_tree).collect();
            prop_assert_eq!(rest, expected);
            let tree: Vec<_> = outline.whole_tree(path).collect();
            let expected: Vec<_> = model.values().filter(of_tree).collect();
            prop_assert_eq!(outline.root(path), expected.first().copied());
            prop_assert_eq!(tree, expected);
            // Where each tree has a root: the outline knows its first provider only.
            let firsts: Vec<_> = outline.trees().filter_map(|(_, tree)| tree.first()).collect();
            if firsts.iter().all(is_root) {
                let others = || firsts.iter().filter(|one| !of_tree(one)).copied();
                let earlier = |one: &&Provider| one.path() < path;
                prop_assert!(is(outline.root_before(path), others().rfind(earlier)));
                prop_assert!(is(outline.root_after(path), others().find(|one| !earlier(one))));
            }
        }
    }

    #[test]
    fn a_difference_is_what_one_of_two_outlines_has(
        shared in steps(),
        only_older in steps(),
        only_newer in steps(),
    ) {
        let (mut older, mut old_model) = (Outline::new(), Model::new());
        make(&mut older, &mut old_model, &shared);
        let (mut newer, mut new_model) = (older.clone(), old_model.clone());
        make(&mut older, &mut old_model, &only_older);
        make(&mut newer, &mut new_model, &only_newer);
        let (mut gone, mut came) = (Vec::new(), Vec::new());
        newer.diff(&older, |(old, new)| {
            assert!(old.is_none() || new.is_none() || old.map(Provider::path) == new.map(Provider::path));
            gone.extend(old.cloned());
            came.extend(new.cloned());
        });
        let lacks = |other: &Model, (path, one): &(&Vec<u8>, &Provider)| other.get(*path) != Some(*one);
        let only = |model: &Model, other: &Model| -> Vec<Provider> {
            let only = model.iter().filter(|entry| lacks(other, entry));
            only.map(|(_, one)| one.clone()).collect()
        };
        prop_assert_eq!(gone, only(&old_model, &new_model));
        prop_assert_eq!(came, only(&new_model, &old_model));
    }

    #[test]
    fn a_change_of_one_outline_is_not_seen_in_its_clone(steps in steps(), more in steps()) {
        let (mut outline, mut model) = (Outline::new(), Model::new());
        make(&mut outline, &mut model, &steps);
        let (clone, kept) = (outline.clone(), model.clone());
        make(&mut outline, &mut model, &more);
        clone.check_invariants().unwrap();
        let all: Vec<_> = clone.trees().flat_map(|(_, tree)| tree.iter()).cloned().collect();
        prop_assert_eq!(all, kept.into_values().collect::<Vec<_>>());
    }
}
