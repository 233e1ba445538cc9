//! The index, compared with a map of the standard library, with forks that are kept. Unit
//! tests use small tables, so a few hundred locations make a directory of several levels.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;

use super::table::Table;
use super::{Glance, Index, Location, Node, WAYS};

/// Locations by the hashes and trees that they were added with. The tree stands for the
/// key, which the forest compares with the provider at the location.
type Model = BTreeMap<(u64, u32), usize>;

#[derive(Clone, Debug)]
enum Step {
    Insert {
        hash: u64,
        tree: u32,
        at: usize,
    },
    /// One that exists, by its number modulo how many there are.
    Remove(usize),
    Relocate {
        which: usize,
        tree: u32,
        at: usize,
    },
    RemoveMost,
    Fork,
}

/// How hashes differ.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Any,
    Few,
    Equal,
    /// In the bits that distinguish no tables.
    LastBits,
    /// In one bit from some hash.
    OneBit,
}

fn hash(kind: Kind, random: u64) -> u64 {
    match kind {
        Kind::Any => random,
        Kind::Few => (random % 5).wrapping_mul(0x9E37_79B9_7F4A_7C15),
        Kind::Equal => 0x0123_4567_89AB_CDEF,
        Kind::LastBits => 0x0123_4567_89AB_CDEF ^ (random % 0x200),
        Kind::OneBit => 0x0123_4567_89AB_CDEF ^ 1 << (random % 64),
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    prop_oneof![
        Just(Kind::Any),
        Just(Kind::Few),
        Just(Kind::Equal),
        Just(Kind::LastBits),
        Just(Kind::OneBit)
    ]
}

fn steps(kind: Kind) -> impl Strategy<Value = Vec<Step>> {
    let insert = (any::<u64>(), any::<u32>(), 0..32_usize).prop_map(move |(random, tree, at)| {
        let hash = hash(kind, random);
        Step::Insert { hash, tree, at }
    });
    let relocate = (any::<usize>(), any::<u32>(), 0..32_usize)
        .prop_map(|(which, tree, at)| Step::Relocate { which, tree, at });
    let step = prop_oneof![
        80 => insert,
        20 => any::<usize>().prop_map(Step::Remove),
        10 => relocate,
        1 => Just(Step::RemoveMost),
        2 => Just(Step::Fork),
    ];
    prop::collection::vec(step, 0..400)
}

fn nth(model: &Model, which: usize) -> Option<(u64, u32)> {
    model.keys().nth(which % model.len().max(1)).copied()
}

fn check(index: &Index, model: &Model) {
    index.check_invariants().unwrap();
    assert_eq!(index.len(), model.len());
    let roots: BTreeSet<u32> = model.keys().map(|(_, root)| *root).collect();
    for (&(hash, root), &at) in model {
        let is_it = |location: Location| (location.root == root).then_some(location.at);
        assert_eq!(index.find(hash, is_it), Some(at));
        // A hash that differs in few bits may be taken for this one; a removed one is never
        // found.
        let gone = |location: Location| (!roots.contains(&location.root)).then_some(());
        assert_eq!(index.find(hash, gone), None);
    }
    let hashes: BTreeSet<u64> = model.keys().map(|(hash, _)| *hash).collect();
    for hash in hashes {
        // If the first is refused, the others are offered, each once.
        let mut offered = Vec::new();
        let refuse = |location: Location| -> Option<()> {
            offered.push(location.root);
            None
        };
        assert_eq!(index.find(hash, refuse), None);
        offered.sort_unstable();
        assert!(offered.is_sorted_by(|a, b| a < b), "one is offered twice");
        let mut all = model.range((hash, 0)..=(hash, u32::MAX));
        assert!(all.all(|((_, root), _)| offered.binary_search(root).is_ok()));
        match index.glance(hash) {
            // Perhaps one of another hash, but none that was removed.
            Glance::Location(location) => assert!(roots.contains(&location.root)),
            Glance::Unknown => {}
            Glance::Nothing => panic!("{hash:x} is there"),
        }
    }
}

fn remove(index: &mut Index, model: &mut Model, (hash, root): (u64, u32)) {
    assert!(index.remove(hash, root));
    assert!(!index.remove(hash, root));
    model.remove(&(hash, root));
}

fn take(index: &mut Index, model: &mut Model, step: &Step, kept: &mut Vec<(Index, Model)>) {
    match *step {
        Step::Insert { hash, tree, at } => {
            if model.insert((hash, tree), at).is_some() {
                assert!(index.relocate(hash, tree, Location { root: tree, at }));
            } else {
                assert!(!index.remove(hash, tree));
                index.insert(hash, Location { root: tree, at });
            }
        }
        Step::Remove(which) => {
            if let Some(key) = nth(model, which) {
                remove(index, model, key);
            }
        }
        Step::Relocate { which, tree, at } => {
            if let Some((hash, root)) = nth(model, which)
                && !model.contains_key(&(hash, tree))
            {
                let location = Location { root: tree, at };
                assert!(index.relocate(hash, root, location));
                assert!(!index.relocate(hash, root, location));
                model.remove(&(hash, root));
                model.insert((hash, tree), at);
            }
        }
        Step::RemoveMost => {
            while model.len() > 3 {
                let key = nth(model, model.len() / 2).unwrap();
                remove(index, model, key);
            }
        }
        Step::Fork => kept.push((index.clone(), model.clone())),
    }
}

/// There are as few tables as possible: no two halves fit into one.
fn is_tidy(node: &Node) -> bool {
    let half = |way: usize| {
        let (first, count) = node.run(way);
        let other = (first ^ count) % WAYS;
        match (&node.tables[node.at(way)], &node.tables[node.at(other)]) {
            (Some(one), Some(half)) => {
                count < WAYS && node.run(other).1 == count && one.fits_with(half)
            }
            _ => false,
        }
    };
    !(0..WAYS).any(half) && node.nodes.iter().flatten().all(|node| is_tidy(node))
}

/// How many levels of nodes divide.
fn height(index: &Index) -> usize {
    fn of(node: &Node) -> usize {
        let below = node.nodes.iter().flatten().map(|node| of(node)).max();
        usize::from(node.run(0).1 < WAYS) + below.unwrap_or(0)
    }
    index.root.as_deref().map_or(0, of)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_finds_what_a_map_does_and_forks_stay_as_they_were(
        (_, steps) in kinds().prop_flat_map(|kind| (Just(kind), steps(kind))),
    ) {
        let (mut index, mut model, mut kept) = (Index::default(), Model::new(), Vec::new());
        for (at, step) in steps.iter().enumerate() {
            take(&mut index, &mut model, step, &mut kept);
            if at % 32 == 0 {
                check(&index, &model);
            }
        }
        check(&index, &model);
        for (index, model) in &kept {
            check(index, model);
        }
        for key in model.keys().copied().collect::<Vec<_>>() {
            remove(&mut index, &mut model, key);
        }
        prop_assert!(index.root.is_none() && index.spilled.is_none());
        for (index, model) in &kept {
            check(index, model);
        }
    }

    #[test]
    fn the_tables_are_as_few_as_they_can_be(
        (_, steps) in prop_oneof![Just(Kind::Any), Just(Kind::Few)]
            .prop_flat_map(|kind| (Just(kind), steps(kind))),
    ) {
        let (mut index, mut model, mut kept) = (Index::default(), Model::new(), Vec::new());
        for step in &steps {
            let was_spilled = index.spilled.is_some();
            take(&mut index, &mut model, step, &mut kept);
            // While entries are spilled, the marks that lead to them stay.
            if was_spilled {
                return Ok(());
            }
            prop_assert!(index.root.as_deref().is_none_or(is_tidy), "after {step:?}");
        }
    }

    /// A table can't distinguish hashes that differ only between the bits of its entries
    /// and those of its tags.
    #[test]
    fn locations_of_hashes_that_are_the_same_to_tables_lead_to_their_trees(
        steps in prop::collection::vec((0..5_u8, 0..4_u64, 0..3_u32, 0..3_u32), 0..120),
    ) {
        let mut index = Index::default();
        let mut model: Vec<(u64, u32)> = Vec::new();
        for (step, number, tree, to) in steps {
            let hash = 0x0123_4567_89AB_CDEF ^ number << 20;
            let there = model.iter().position(|one| *one == (hash, tree));
            match (step, there) {
                (0, Some(at)) => {
                    prop_assert!(index.remove(hash, tree));
                    model.swap_remove(at);
                }
                (1, Some(at)) => {
                    let moved = index.relocate(hash, tree, Location { root: to, at: 0 });
                    prop_assert!(moved);
                    model[at].1 = to;
                }
                _ => {
                    index.insert(hash, Location { root: tree, at: 0 });
                    model.push((hash, tree));
                }
            }
            index.check_invariants().unwrap();
            prop_assert_eq!(index.len(), model.len());
            for (hash, tree) in &model {
                let found = index.find(*hash, |location| (location.root == *tree).then_some(()));
                prop_assert!(found.is_some(), "{hash:x} in {tree}");
            }
        }
        for (hash, tree) in model {
            prop_assert!(index.remove(hash, tree));
        }
        prop_assert!(index.root.is_none() && index.spilled.is_none());
    }
}

/// Well spread, and different for each number.
fn spread(number: u32) -> u64 {
    u64::from(number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

fn of(numbers: std::ops::Range<u32>) -> Index {
    let mut index = Index::default();
    for root in numbers {
        index.insert(spread(root), Location { root, at: 0 });
    }
    index
}

#[test]
fn the_directory_grows_and_shrinks_with_the_number_of_locations() {
    let mut index = of(0..10_000);
    let levels = height(&index);
    assert!((2..=4).contains(&levels), "{levels} levels");
    assert!(fill(&index) > 0.37, "{}", fill(&index));
    for root in 100..10_000 {
        assert!(index.remove(spread(root), root));
        if root % 64 == 0 {
            index.check_invariants().unwrap();
        }
    }
    assert!(height(&index) < levels, "still {levels} levels");
    assert!(fill(&index) > 0.15, "{}", fill(&index));
    for root in 5..100 {
        assert!(index.remove(spread(root), root));
    }
    assert_eq!(height(&index), 0);
    assert_eq!(index.len(), 5);
}

#[test]
fn a_glance_nearly_always_shows_the_location() {
    let index = of(0..10_000);
    let is_shown = |root: &u32| match index.glance(spread(*root)) {
        Glance::Location(location) => location.root == *root,
        _ => false,
    };
    let shown = (0..10_000).filter(is_shown).count();
    assert!(shown > 9_000, "{shown} of 10,000");
}

#[test]
fn adding_and_removing_one_location_does_not_rebuild_tables_each_time() {
    let mut index = Index::default();
    let mut locations = (0..).map(|root| (spread(root), Location { root, at: 0 }));
    while height(&index) == 0 {
        let (hash, location) = locations.next().unwrap();
        index.insert(hash, location);
    }
    let split = index.len();
    while height(&index) > 0 {
        let last = index.len() as u32 - 1;
        assert!(index.remove(spread(last), last));
    }
    assert!(index.len() <= split / 2, "from {split} to {}", index.len());
}

/// The lines are not counted while the selected line has room.
#[test]
fn a_table_is_split_once_a_location_finds_its_line_full() {
    let mut index = Index::default();
    // Alternating between the two lines.
    for root in 0..14 {
        assert_eq!((height(&index), index.len()), (0, root as usize));
        index.insert(
            u64::from(root) << 60 | u64::from(root % 2) << 37,
            Location { root, at: 0 },
        );
    }
    index.insert(15 << 60, Location { root: 14, at: 0 });
    assert_eq!(height(&index), 1);
    index.check_invariants().unwrap();
}

#[test]
fn a_table_whose_line_is_full_is_split_from_three_quarters_on() {
    for others in [2, 3] {
        let mut index = Index::default();
        for root in 0..7 + others {
            let line = u64::from(root >= 7) << 37;
            index.insert(u64::from(root) << 60 | line, Location { root, at: 0 });
        }
        assert_eq!(height(&index), 0);
        index.insert(15 << 60, Location { root: 15, at: 0 });
        assert_eq!(height(&index), usize::from(others == 3));
        index.check_invariants().unwrap();
    }
}

#[test]
fn an_index_that_shrinks_and_grows_again_is_as_one_that_has_only_grown() {
    let mut index = of(0..5_000);
    let levels = height(&index);
    let full = index.clone();
    for root in 3..5_000 {
        assert!(index.remove(spread(root), root));
    }
    index.check_invariants().unwrap();
    assert_eq!(height(&index), 0);
    let few = index.clone();
    for root in 3..5_000 {
        index.insert(spread(root), Location { root, at: 0 });
    }
    assert_eq!(height(&index), levels);
    for (index, count) in [(&index, 5_000), (&full, 5_000), (&few, 3)] {
        index.check_invariants().unwrap();
        assert_eq!(index.len(), count);
        for root in 0..5_000 {
            let found = index.find(spread(root), |location| {
                (location.root == root).then_some(())
            });
            assert_eq!(found.is_some(), (root as usize) < count);
        }
    }
}

#[test]
fn marks_are_removed_once_all_entries_are_on_their_lines() {
    // Seven are on their line, the last two on the next.
    for removed in [0..2, 7..9] {
        let mut index = Index::default();
        for root in 0..9 {
            index.insert(7, Location { root, at: 0 });
        }
        assert!(matches!(index.glance(0xFFFF), Glance::Unknown));
        for root in removed {
            assert!(index.remove(7, root));
        }
        assert!(matches!(index.glance(0xFFFF), Glance::Nothing));
    }
}

/// How full the tables are.
fn fill(index: &Index) -> f64 {
    fn tables(node: &Node) -> usize {
        let below = node.nodes.iter().flatten().map(|node| tables(node));
        node.tables.iter().flatten().count() + below.sum::<usize>()
    }
    let tables = index.root.as_deref().map_or(1, tables);
    let room = size_of::<Table>() / 64 * 7;
    index.len() as f64 / (tables * room) as f64
}

#[test]
fn a_spilled_location_is_found_after_the_table_has_room_again() {
    let mut index = Index::default();
    let locations = |roots: std::ops::Range<u32>| roots.map(|root| Location { root, at: 1 });
    for location in locations(0..60) {
        index.insert(7, location);
    }
    assert!(index.spilled.is_some());
    let last = index.spilled.iter().flat_map(|all| all.iter()).next_back();
    let &(_, spilled) = last.unwrap();
    for location in locations(0..60).filter(|location| *location != spilled) {
        assert!(index.remove(7, location.root));
        index.check_invariants().unwrap();
        let found = index.find(7, |location| (location == spilled).then_some(location));
        assert_eq!(found, Some(spilled));
    }
    assert!(index.remove(7, spilled.root));
    assert_eq!(index.len(), 0);
}

#[test]
fn a_spilled_location_is_found_by_any_hash_that_tables_treat_as_equal() {
    let [one, other] = [7, 7 | 1 << 20];
    let mut index = Index::default();
    for root in 0..14 {
        index.insert(one, Location { root, at: 0 });
    }
    index.insert(other, Location { root: 0, at: 0 });
    assert!(index.spilled.is_some());
    // To the table, this is the other hash's.
    assert!(index.remove(other, 0));
    let is_left = |location: Location| (location.root == 0).then_some(());
    assert_eq!(index.find(one, is_left), Some(()));
    assert!(index.remove(one, 0));
    assert_eq!(index.len(), 13);
}

#[test]
fn a_spilled_location_is_removed_by_its_hash_within_a_tree() {
    let hashes = [7, 1 << 63];
    let mut index = Index::default();
    for hash in hashes {
        for root in 0..15 {
            index.insert(hash, Location { root, at: 0 });
        }
    }
    let spilled: Vec<_> = index.spilled.iter().flat_map(|all| all.iter()).collect();
    assert_eq!(spilled.len(), 2);
    let is_it = |location: Location| (location.root == 14).then_some(());
    assert!(index.remove(hashes[1], 14));
    assert_eq!(hashes.map(|hash| index.find(hash, is_it)), [Some(()), None]);
}

#[test]
fn a_change_copies_what_a_fork_shares_once_and_no_more() {
    let mut index = of(0..2_000);
    let fork = index.clone();
    let table = |index: &Index| index.table(spread(7)).map(std::ptr::from_ref);
    index.relocate(spread(7), 7, Location { root: 7, at: 1 });
    let copied = table(&index);
    assert_ne!(copied, table(&fork));
    index.relocate(spread(7), 7, Location { root: 7, at: 2 });
    assert_eq!(copied, table(&index));
    // Nor does it copy if there is nothing to change.
    let fork = index.clone();
    assert!(!index.remove(spread(7), 8));
    assert!(!index.relocate(spread(7), 8, Location { root: 9, at: 0 }));
    let same = match (&index.root, &fork.root) {
        (Some(one), Some(other)) => Arc::ptr_eq(one, other),
        _ => false,
    };
    assert!(same);
}
