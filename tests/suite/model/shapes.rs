//! Deep, wide and bushy forests of hundreds of providers, cut and rearranged, up to the
//! deepest level and beyond.

use std::collections::{BTreeMap, BTreeSet};

use proptest::collection::vec;
use proptest::prelude::*;
use provider_tree::{Provider, ProviderRecord};
use uuid::Uuid;

use super::branch::expect;
use super::check::{assert_lists, assert_placed};
use super::edit::{Edit, Key};
use super::forest::Model;
use super::records::{Echo, echo, resync};
use super::tally;
use crate::cases::{ProviderTree, new_tree};

/// The most providers of a tree that share one allocation.
const FEW: usize = 32;

/// No more providers are added above this number.
const ENOUGH: usize = 1_700;

/// One change of a forest.
#[derive(Clone, Debug)]
pub struct Shaping(Change);

#[derive(Clone, Debug)]
enum Change {
    Grow(Growth, Option<Pick>, Manner),
    Move(Pick, Option<Pick>),
    /// To the current parent.
    MoveNowhere(Pick),
    Remove(usize),
    /// Removes all but a few roots.
    Trim,
    /// Removes all of a large tree but the first so many.
    Prune(usize, usize),
    Populate(Echo),
    ReplaceAll(Echo),
    /// Populates with a provider and its descendants in reverse order, the topmost with another
    /// parent.
    Regive(Pick, Option<Pick>),
}

/// An existing provider.
#[derive(Clone, Debug)]
enum Pick {
    /// By number, top-down; wraps around.
    At(usize),
    Deepest,
    /// A root by number; wraps around.
    Root(usize),
}

/// A group of new providers.
#[derive(Clone, Debug)]
enum Growth {
    /// Each below the previous one.
    Chain(usize),
    /// All siblings.
    Fan(usize),
    /// Siblings, each with this many descendants: a chain if true, else children.
    Bush(Vec<(usize, bool)>),
}

#[derive(Clone, Copy, Debug)]
enum Manner {
    Populate,
    /// Children before their parents.
    PopulateUpwards,
    /// Only a few of them.
    OneByOne,
}

impl Pick {
    fn uuid(&self, model: &Model) -> Option<Uuid> {
        let walk = model.walk();
        let all = walk.0.iter();
        let roots: Vec<_> = all.clone().filter(|(depth, _)| *depth == 0).collect();
        let picked = match self {
            Self::At(at) => walk.0.get(at % walk.0.len().max(1)),
            Self::Deepest => all.max_by_key(|(depth, _)| *depth),
            Self::Root(at) => roots.get(at % roots.len().max(1)).copied(),
        };
        picked.map(|(_, one)| one.uuid)
    }
}

impl Growth {
    /// The parent of each new provider, by its number.
    fn parents(&self) -> Vec<Option<usize>> {
        match self {
            Self::Chain(length) => (0..*length).map(|at| at.checked_sub(1)).collect(),
            Self::Fan(count) => vec![None; *count],
            Self::Bush(twigs) => {
                let mut parents = Vec::new();
                for (below, is_chain) in twigs {
                    let top = parents.len();
                    parents.push(None);
                    let parent = |at| if *is_chain { top + at } else { top };
                    parents.extend((0..*below).map(|at| Some(parent(at))));
                }
                parents
            }
        }
    }
}

/// A tree with its model.
pub struct Shape {
    tree: ProviderTree,
    model: Model,
    /// How many providers have been created.
    made: u128,
    /// The root of each provider after the last change.
    roots: BTreeMap<Uuid, Uuid>,
    /// Roots of trees that grew beyond [`FEW`] providers and have not become small again.
    large: BTreeSet<Uuid>,
}

impl Shape {
    pub fn new() -> Self {
        Self {
            tree: new_tree(),
            model: Model::default(),
            made: 0,
            roots: BTreeMap::new(),
            large: BTreeSet::new(),
        }
    }

    pub fn take(&mut self, shaping: &Shaping) {
        let edits = self.edits(&shaping.0);
        let before = self.tree.version();
        let mut counted = 0;
        let committed = self.tree.update(|transaction| {
            for edit in &edits {
                let given = edit.make_in(transaction);
                counted += u64::from(expect(edit, &given, &mut self.model));
            }
            Ok(transaction.edits())
        });
        let committed = committed.unwrap();
        assert_eq!(committed.value, counted);
        assert_eq!(committed.version, before + u64::from(counted > 0));
        self.assert_shown();
        self.note();
    }

    /// Tallies how the trees changed.
    fn note(&mut self) {
        let mut roots = BTreeMap::new();
        let mut sizes: BTreeMap<Uuid, usize> = BTreeMap::new();
        let mut root = Uuid::nil();
        let walk = self.model.walk();
        if walk.0.iter().any(|(depth, _)| *depth >= 1_000) {
            tally::mark("Levels", "thousand");
        }
        for (depth, one) in &walk.0 {
            if *depth == 0 {
                root = one.uuid;
            }
            roots.insert(one.uuid, root);
            *sizes.entry(root).or_default() += 1;
        }
        let old: BTreeSet<_> = self.roots.values().collect();
        if sizes.len() > old.len() + 100 {
            tally::mark("Roots", "come");
        } else if old.len() > sizes.len() + 100 {
            tally::mark("Roots", "go");
        }
        self.large.retain(|root| sizes.contains_key(root));
        for (root, size) in sizes {
            if size > FEW && self.large.insert(root) {
                tally::mark("Tree", "grown");
            } else if size <= FEW / 2 && self.large.remove(&root) {
                tally::mark("Tree", "shrunk");
            }
        }
        for (uuid, old) in &self.roots {
            match roots.get(uuid) {
                Some(new) if new != old => {
                    let large = self.large.contains(new) || self.large.contains(old);
                    tally::mark("Moved", if large { "large" } else { "between" });
                }
                _ => {}
            }
        }
        self.roots = roots;
    }

    fn edits(&mut self, change: &Change) -> Vec<Edit> {
        let model = &self.model;
        let uuid = |pick: &Pick| pick.uuid(model).unwrap_or_default();
        match change {
            Change::Grow(..) if model.providers.len() >= ENOUGH => Vec::new(),
            Change::Grow(growth, below, manner) => {
                let below = below.as_ref().and_then(|pick| pick.uuid(model));
                self.growth(growth, below, *manner)
            }
            Change::Move(pick, None) => vec![Edit::MoveToRoot(Key::Uuid(uuid(pick)))],
            Change::Move(pick, Some(parent)) => {
                vec![Edit::MoveTo(Key::Uuid(uuid(pick)), Key::Uuid(uuid(parent)))]
            }
            Change::MoveNowhere(pick) => {
                let parent = model.get(uuid(pick)).and_then(|one| one.parent_uuid);
                let parent = Key::Uuid(parent.unwrap_or_default());
                vec![Edit::MoveTo(Key::Uuid(uuid(pick)), parent)]
            }
            Change::Remove(at) => vec![Edit::Remove(Key::Uuid(uuid(&Pick::At(*at))))],
            Change::Trim => {
                let walk = model.walk();
                let roots = walk.0.iter().filter(|(depth, _)| *depth == 0);
                let those = roots.map(|(_, one)| Edit::Remove(Key::Uuid(one.uuid)));
                those.skip(5).collect()
            }
            Change::Prune(at, keep) => {
                let walk = model.walk();
                let roots = walk.0.iter().filter(|(depth, _)| *depth == 0);
                let trees = roots.map(|(_, root)| walk.tree(root.uuid));
                let large: Vec<_> = trees.filter(|tree| tree.len() > FEW).collect();
                let tree = large.get(at % large.len().max(1)).copied();
                let tree = tree.unwrap_or_default();
                let (kept, others) = tree.split_at((*keep).min(tree.len()));
                let kept: BTreeSet<_> = kept.iter().map(|(_, one)| Some(one.uuid)).collect();
                let those = others
                    .iter()
                    .filter(|(_, one)| kept.contains(&one.parent_uuid));
                let those = those.map(|(_, one)| Edit::Remove(Key::Uuid(one.uuid)));
                those.collect()
            }
            Change::Regive(pick, parent) => {
                let walk = model.walk();
                let top = pick.uuid(model);
                let tree = top.map_or(&[][..], |top| walk.tree(top)).iter();
                let mut records: Vec<_> = tree.map(|(_, one)| (*one).clone()).collect();
                if let Some(top) = records.first_mut() {
                    top.parent_uuid = parent.as_ref().and_then(|pick| pick.uuid(model));
                }
                records.reverse();
                vec![Edit::Populate(records)]
            }
            Change::Populate(echo) => vec![Edit::Populate(echo.records(model))],
            Change::ReplaceAll(echo) => vec![Edit::ReplaceAll(echo.records(model))],
        }
    }

    fn growth(&mut self, growth: &Growth, below: Option<Uuid>, manner: Manner) -> Vec<Edit> {
        let mut records: Vec<ProviderRecord> = Vec::new();
        for parent in growth.parents() {
            self.made += 1;
            let uuid = Uuid::from_u128(self.made);
            let mut record = ProviderRecord::new(uuid, format!("made-{}", self.made));
            record.parent_uuid = parent.map_or(below, |at| Some(records[at].uuid));
            records.push(record);
        }
        match manner {
            Manner::Populate => vec![Edit::Populate(records)],
            Manner::PopulateUpwards => {
                records.reverse();
                vec![Edit::Populate(records)]
            }
            Manner::OneByOne => records.into_iter().take(200).map(one).collect(),
        }
    }

    fn assert_shown(&self) {
        let snapshot = self.tree.snapshot();
        assert_lists(&snapshot, &self.model);
        let walk = self.model.walk();
        for (at, (depth, one)) in walk.0.iter().enumerate() {
            let below = walk.0[at + 1..]
                .iter()
                .take_while(|(other, _)| other > depth);
            let children = below.filter(|(other, _)| *other == depth + 1);
            let children: Vec<Uuid> = children.map(|(_, child)| child.uuid).collect();
            let shown = snapshot.children(one.uuid).unwrap();
            assert!(shown.map(Provider::uuid).eq(children.iter().copied()));
            if children.len() > 256 {
                tally::mark("Children", "hundreds");
            }
        }
        let some = walk.0.iter().step_by(walk.0.len() / 8 + 1);
        let deepest = walk.0.iter().max_by_key(|(depth, _)| *depth);
        for (_, one) in some.chain(deepest) {
            assert_placed(&snapshot, &walk, one);
        }
    }
}

fn one(record: ProviderRecord) -> Edit {
    let uuid = Some(record.uuid);
    match record.parent_uuid {
        None => Edit::NewRoot(record.name, uuid, None),
        Some(parent) => Edit::NewChild(record.name, Key::Uuid(parent), uuid, None),
    }
}

pub fn shapings(count: usize) -> impl Strategy<Value = Vec<Shaping>> {
    let number = || 0..2_000_usize;
    let at = || number().prop_map(Pick::At);
    let pick =
        || prop_oneof![1 => at(), 1 => Just(Pick::Deepest), 3 => number().prop_map(Pick::Root)];
    let place = || prop::option::weighted(0.8, prop_oneof![1 => at(), 2 => Just(Pick::Deepest)]);
    let growth = prop_oneof![
        2 => (100..=400_usize).prop_map(Growth::Chain),
        1 => (1..=20_usize).prop_map(Growth::Chain),
        2 => (1..=420_usize).prop_map(Growth::Fan),
        3 => vec((0..14_usize, any::<bool>()), 1..12).prop_map(Growth::Bush),
    ];
    let manner = prop_oneof![
        2 => Just(Manner::Populate),
        1 => Just(Manner::PopulateUpwards),
        2 => Just(Manner::OneByOne),
    ];
    let change = prop_oneof![
        8 => (growth, place(), manner)
            .prop_map(|(growth, below, manner)| Change::Grow(growth, below, manner)),
        8 => (pick(), place()).prop_map(|(pick, parent)| Change::Move(pick, parent)),
        1 => pick().prop_map(Change::MoveNowhere),
        1 => number().prop_map(Change::Remove),
        1 => Just(Change::Trim),
        1 => (number(), 1..=20_usize).prop_map(|(at, keep)| Change::Prune(at, keep)),
        3 => echo().prop_map(Change::Populate),
        3 => resync().prop_map(Change::ReplaceAll),
        2 => (pick(), prop::option::weighted(0.8, pick()))
            .prop_map(|(pick, parent)| Change::Regive(pick, parent)),
    ];
    // A chain that is almost too deep, and a fan too wide for one-byte ordinals.
    let start = prop_oneof![
        2 => (1_016..=1_024_usize).prop_map(Growth::Chain),
        1 => (260..=420_usize).prop_map(Growth::Fan),
    ];
    let start = start.prop_map(|growth| Change::Grow(growth, None, Manner::Populate));
    (vec(start, 0..=2), vec(change, 0..=count)).prop_map(|(starts, changes)| {
        let all = starts.into_iter().chain(changes);
        all.map(Shaping).collect()
    })
}
