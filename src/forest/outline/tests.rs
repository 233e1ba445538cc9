//! The outline, compared with a sorted map of the standard library. Unit tests use small
//! trees, so that trees become maps and small again.

use std::array;
use std::collections::BTreeMap;
use std::ptr;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::{Block, Outline, Tree};
use crate::provider::path::Path;
use crate::provider::provider::{Head, Name, Provider};

type Model = BTreeMap<Vec<u8>, Provider>;

fn path(ordinals: &[u32]) -> Path {
    let child = |path: Path, &ordinal: &u32| path.child(ordinal);
    ordinals.iter().fold(Path::TOP, child)
}

/// A provider with a UUID made of its path, and a name that changes with every other
/// generation.
fn provider(path: &Path, generation: u64) -> Provider {
    let name = format!("{:02x?} {}", path.as_bytes(), generation / 2);
    let mut uuid = [0; 16];
    for (byte, step) in uuid.iter_mut().zip(path.as_bytes()) {
        *byte = *step;
    }
    uuid[15] = path.as_bytes().len() as u8;
    let name = Name::new(&name).unwrap();
    let mut head = Head::new(Uuid::from_bytes(uuid), name.into());
    head.path = path.clone();
    head.generation = Some(generation);
    Provider::new(head, std::iter::empty())
}

/// Some names have the same hash.
fn hash(provider: &Provider) -> u64 {
    provider.name().bytes().map(u64::from).sum::<u64>() % 3
}

#[derive(Clone, Debug)]
enum Step {
    /// Put a provider of that generation there, or edit the one there.
    Put(Path, u64),
    Remove(Path),
    RemoveBelow(Path),
    /// Some adjacent ones, one level below.
    PutMany(Path, u32),
}

fn any_path() -> impl Strategy<Value = Path> {
    // The first trees have many providers, others few; the last are far apart.
    let root = prop_oneof![
        8 => 0..2_u32,
        2 => 30..40_u32,
        1 => 1_020..1_030_u32,
        1 => 299_990..300_010_u32,
        1 => u32::MAX - 3..=u32::MAX,
    ];
    let below = prop::collection::vec(0..5_u32, 0..3);
    (root, below).prop_map(|(root, below)| path(&[vec![root], below].concat()))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (any_path(), 0..3_u64).prop_map(|(path, generation)| Step::Put(path, generation)),
        3 => any_path().prop_map(Step::Remove),
        2 => any_path().prop_map(Step::RemoveBelow),
        1 => (any_path(), 1..9_u32).prop_map(|(path, count)| Step::PutMany(path, count)),
    ];
    prop::collection::vec(step, 0..80)
}

fn make(outline: &mut Outline, model: &mut Model, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Put(path, generation) => {
                let new = provider(path, *generation);
                match model.insert(path.as_bytes().to_vec(), new.clone()) {
                    Some(_) => outline.edit(path, &hash, |there| *there = new),
                    None => outline.insert(vec![new], &hash),
                }
            }
            Step::Remove(path) => {
                let removed = outline.remove(path, path, &hash);
                let expected = model.remove(path.as_bytes());
                assert_eq!(removed, expected.into_iter().collect::<Vec<_>>());
            }
            Step::RemoveBelow(path) => {
                let removed = outline.remove(path, &path.end(), &hash);
                let is_below = |key: &Vec<u8>| key.starts_with(path.as_bytes());
                let below = model.range(path.as_bytes().to_vec()..);
                let expected: Vec<_> = below.take_while(|(key, _)| is_below(key)).collect();
                assert_eq!(
                    removed.iter().collect::<Vec<_>>(),
                    expected.iter().map(|(_, one)| *one).collect::<Vec<_>>()
                );
                model.retain(|key, _| !is_below(key));
            }
            Step::PutMany(path, count) => {
                let paths = (0..*count).map(|ordinal| path.child(ordinal));
                let new: Vec<_> = paths.map(|path| provider(&path, 7)).collect();
                let free = |one: &Provider| !model.contains_key(one.path().as_bytes());
                let new: Vec<_> = new.into_iter().filter(free).collect();
                outline.insert(new.clone(), &hash);
                model.extend(
                    new.into_iter()
                        .map(|one| (one.path().as_bytes().to_vec(), one)),
                );
            }
        }
        outline.check_invariants().unwrap();
        assert_eq!(outline.len(), model.len());
    }
}

fn is(found: Option<&Provider>, expected: Option<&Provider>) -> bool {
    found == expected && found.map(Provider::path) == expected.map(Provider::path)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_shows_what_a_sorted_map_does(steps in steps(), asked in prop::collection::vec(any_path(), 1..20)) {
        let (mut outline, mut model) = (Outline::default(), Model::new());
        make(&mut outline, &mut model, &steps);
        prop_assert!(is(outline.last(), model.values().last()));
        let all: Vec<_> = outline.trees().flat_map(Tree::iter).collect();
        prop_assert_eq!(all, model.values().collect::<Vec<_>>());
        let there = model.values().map(|one| one.path().clone());
        for path in there.chain(asked) {
            let key = path.as_bytes().to_vec();
            let of_tree = |one: &&Provider| one.path().root_ordinal() == path.root_ordinal();
            let is_root = |one: &&Provider| one.path().levels() == 1;
            let before = || model.range(..key.clone()).rev().map(|(_, one)| one);
            let from = || model.range(key.clone()..).map(|(_, one)| one);
            prop_assert!(is(outline.get(&path), model.get(&key)));
            let tree = outline.tree_of(&path);
            let expected: Vec<_> = model.values().filter(of_tree).collect();
            prop_assert_eq!(tree.is_some(), !expected.is_empty());
            if let Some(tree) = tree {
                prop_assert!(is(tree.last_before(&path), before().find(of_tree)));
                let rest: Vec<_> = tree.from(&path).collect();
                prop_assert_eq!(rest, from().take_while(of_tree).collect::<Vec<_>>());
                prop_assert_eq!(tree.first(), expected.first().copied());
                prop_assert_eq!(tree.iter().collect::<Vec<_>>(), expected);
            }
            // Only if each tree has a root: the outline knows only its first provider.
            let firsts: Vec<_> = outline.trees().filter_map(Tree::first).collect();
            if firsts.iter().all(is_root) {
                let others = || firsts.iter().filter(|one| !of_tree(one)).copied();
                let earlier = |one: &&Provider| one.path() < &path;
                prop_assert!(is(outline.root_before(&path), others().rfind(earlier)));
                prop_assert!(is(outline.root_after(&path), others().find(|one| !earlier(one))));
            }
        }
    }

    #[test]
    fn providers_are_found_from_any_position(steps in steps(), at in 0..40_usize) {
        let (mut outline, mut model) = (Outline::default(), Model::new());
        make(&mut outline, &mut model, &steps);
        for provider in model.values() {
            let tree = outline.tree_of(provider.path()).unwrap();
            prop_assert!(is(tree.by_uuid(provider.uuid(), at), Some(provider)));
            let is_it = |one: &Provider| one.name() == provider.name();
            prop_assert!(is(tree.by_name(hash(provider), at, is_it), Some(provider)));
            prop_assert_eq!(tree.by_uuid(Uuid::max(), at), None);
            prop_assert_eq!(tree.by_name(hash(provider), at, |_| false), None);
            let ordinal = provider.path().root_ordinal().unwrap();
            let position = tree.count_before(provider.path());
            let there = outline.near(ordinal, position).map(ptr::from_ref);
            let expected = tree.get(provider.path()).map(ptr::from_ref);
            prop_assert_eq!(there, expected.filter(|_| tree.is_small()));
        }
    }

    #[test]
    fn a_difference_is_what_one_of_two_outlines_has(
        shared in steps(),
        only_older in steps(),
        only_newer in steps(),
    ) {
        let (mut older, mut old_model) = (Outline::default(), Model::new());
        make(&mut older, &mut old_model, &shared);
        let (mut newer, mut new_model) = (older.clone(), old_model.clone());
        make(&mut older, &mut old_model, &only_older);
        make(&mut newer, &mut new_model, &only_newer);
        let (mut gone, mut came) = (Vec::new(), Vec::new());
        newer.diff(&older, &mut |(old, new)| {
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
        let (mut outline, mut model) = (Outline::default(), Model::new());
        make(&mut outline, &mut model, &steps);
        let (clone, kept) = (outline.clone(), model.clone());
        make(&mut outline, &mut model, &more);
        clone.check_invariants().unwrap();
        let all: Vec<_> = clone.trees().flat_map(Tree::iter).cloned().collect();
        prop_assert_eq!(all, kept.into_values().collect::<Vec<_>>());
    }
}

/// An outline of trees with one provider each.
fn roots(ordinals: impl IntoIterator<Item = u32>) -> Outline {
    let mut outline = Outline::default();
    for ordinal in ordinals {
        outline.insert(vec![provider(&path(&[ordinal]), 0)], &hash);
    }
    outline
}

#[test]
fn the_root_is_the_smallest_block_that_has_all_ordinals() {
    let is_leaf = |outline: &Outline| matches!(outline.root, Some(Block::Leaf(_)));
    let mut outline = roots([5, 70_000, 70_001]);
    assert_eq!(outline.cover.shift, 14);
    outline.remove(&path(&[5]), &path(&[5]), &hash);
    assert!(is_leaf(&outline));
    assert_eq!(outline.len(), 2);
    outline.check_invariants().unwrap();
    outline.insert(vec![provider(&path(&[69_000]), 0)], &hash);
    assert!(!is_leaf(&outline));
    outline.check_invariants().unwrap();
    for ordinal in [69_000, 70_000, 70_001] {
        outline.remove(&path(&[ordinal]), &path(&[ordinal]), &hash);
    }
    assert!(outline.root.is_none());
}

#[test]
fn roots_that_are_far_apart_are_found_from_one_another() {
    let all = [70, 71, 100, 127, 1_100, 1_101, 5_000, 70_000, 70_001];
    for count in 1..=all.len() {
        for some in all.windows(count) {
            let outline = roots(some.iter().copied());
            let edges = some.iter().flat_map(|root| root - 1..=root + 1);
            for asked in edges.chain([0, 2_000, u32::MAX]) {
                let here = path(&[asked]);
                let found =
                    |root: Option<&Provider>| root.and_then(|one| one.path().root_ordinal());
                let before = some.iter().rev().find(|root| **root < asked);
                let after = some.iter().find(|root| **root > asked);
                assert_eq!(found(outline.root_before(&here)), before.copied());
                assert_eq!(found(outline.root_after(&here)), after.copied());
            }
        }
    }
}

#[test]
fn a_tree_is_small_up_to_the_limit_and_again_at_half_of_it() {
    let mut outline = roots([1]);
    let child = |ordinal| provider(&path(&[1, ordinal]), 0);
    let is_small = |outline: &Outline| outline.tree(1).unwrap().is_small();
    for len in 2..=7 {
        outline.insert(vec![child(len)], &hash);
        assert_eq!(is_small(&outline), len <= 6);
    }
    for len in (3..=6).rev() {
        let last = path(&[1, len + 1]);
        outline.remove(&last, &last, &hash);
        assert_eq!(is_small(&outline), len == 3);
    }
    // The same if they are all inserted at once.
    for len in [6, 7] {
        let mut outline = Outline::default();
        let root = provider(&path(&[1]), 0);
        outline.insert(
            [root].into_iter().chain((2..=len).map(child)).collect(),
            &hash,
        );
        assert_eq!(is_small(&outline), len == 6);
    }
}

#[test]
fn a_difference_looks_at_nothing_that_both_have() {
    let older = roots(0..3_000);
    let mut newer = older.clone();
    newer.edit(&path(&[1_500]), &hash, |one| {
        one.head_mut().generation = Some(1)
    });
    newer.insert(vec![provider(&path(&[4_000_000]), 0)], &hash);
    let shared = |ordinal| {
        let [one, other] = [&older, &newer].map(|outline| outline.tree(ordinal).unwrap());
        one.ptr_eq(other)
    };
    assert!((0..3_000).all(|ordinal| shared(ordinal) == (ordinal != 1_500)));
    let mut differences = Vec::new();
    newer.diff(&older, &mut |(old, new)| {
        differences.push((old.map(Provider::generation), new.map(Provider::generation)));
    });
    let expected = [(Some(Some(0)), Some(Some(1))), (None, Some(Some(0)))];
    assert_eq!(differences, expected);
    let mut trees = 0;
    newer.diff_trees(&older, &mut |_, _| trees += 1);
    assert_eq!(trees, 2);
}

/// In a forest whose blocks all have the same block 32 times below them, so that a walk of
/// all its trees takes minutes.
#[test]
fn a_difference_enters_no_block_that_both_have() {
    let mut older = roots(0..16);
    for _ in 0..6 {
        let below = older.root.take();
        older.root = Some(Block::Inner(Arc::new(array::from_fn(|_| below.clone()))));
        older.cover = older.cover.above();
    }
    let mut newer = older.clone();
    newer.edit(&path(&[0]), &hash, |one| {
        one.head_mut().generation = Some(1)
    });
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        newer.diff(&older, &mut |(_, new)| {
            sender.send(new.map(Provider::generation)).unwrap();
        });
    });
    let next = || receiver.recv_timeout(Duration::from_secs(10));
    assert_eq!(next(), Ok(Some(Some(1))));
    assert_eq!(next(), Err(mpsc::RecvTimeoutError::Disconnected));
}

#[test]
fn edits_of_what_nobody_shares_are_made_in_place() {
    let mut outline = roots(0..100);
    let fork = outline.clone();
    let here = path(&[42]);
    let address = |outline: &Outline| outline.get(&here).map(ptr::from_ref);
    outline.edit(&here, &hash, |one| one.head_mut().generation = Some(1));
    let copied = address(&outline);
    assert_ne!(copied, address(&fork));
    outline.edit(&here, &hash, |one| one.head_mut().generation = Some(2));
    assert_eq!(copied, address(&outline));
}
