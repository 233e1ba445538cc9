//! Records for `populate` and `replace_all`: arbitrary ones, valid ones, and echoes of the
//! current forest with a few twists.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::edit::{Edit, make_known};
use super::forest::Model;
use super::pool::{SIZE, edit, name, name_at, record, uuid, uuid_at};

/// An edit, or one that depends on the current forest.
#[derive(Clone, Debug)]
pub enum Draft {
    Edit(Edit),
    /// An edit of existing providers.
    Known(Edit, usize),
    Echo(Echo),
    /// A `replace_all` with the records.
    Resync(Echo),
}

/// Records of some current providers, with some twists.
#[derive(Clone, Debug)]
pub struct Echo {
    of: Part,
    twists: Vec<Twist>,
    /// Sort keys of the records, repeated as needed: a single key keeps their order.
    order: Vec<u8>,
}

/// Which providers are given. Numbers are top-down and wrap around.
#[derive(Clone, Debug)]
enum Part {
    All,
    Tree(usize),
    AllBut(usize),
    One(usize),
    Some(Vec<bool>),
}

/// How the records differ from the forest. Numbers are those of records and wrap around.
#[derive(Clone, Debug)]
enum Twist {
    SwapNames(usize, usize),
    Rename(usize, String),
    Put(usize, Option<usize>),
    PutUnder(usize, Uuid),
    /// The host's database was rebuilt: the same provider with another UUID, which its children
    /// name as their parent.
    Rebuild(usize, Uuid),
    /// Takes the content of another record: all of it, or one part.
    Renew(usize, ProviderRecord, usize),
    Add(ProviderRecord, Option<usize>),
    /// Every record names its root.
    NameRoots,
    NameRoot(usize, Uuid),
    Repeat(usize),
}

impl Draft {
    pub fn edit(&self, model: &Model) -> Edit {
        match self {
            Self::Edit(edit) => edit.clone(),
            Self::Known(edit, choice) => {
                let mut edit = edit.clone();
                make_known(edit.keys(), model, *choice);
                edit
            }
            Self::Echo(echo) => Edit::Populate(echo.records(model)),
            Self::Resync(echo) => Edit::ReplaceAll(echo.records(model)),
        }
    }
}

impl Echo {
    pub fn records(&self, model: &Model) -> Vec<ProviderRecord> {
        let walk = model.walk();
        let all: Vec<Uuid> = walk.0.iter().map(|(_, one)| one.uuid).collect();
        let tree = |at: usize| match all.get(at % all.len().max(1)) {
            None => Vec::new(),
            Some(uuid) => walk.tree(*uuid).iter().map(|(_, one)| one.uuid).collect(),
        };
        let given: Vec<Uuid> = match &self.of {
            Part::All => all.clone(),
            Part::Tree(at) => tree(*at),
            Part::One(at) => tree(*at).into_iter().take(1).collect(),
            Part::AllBut(at) => {
                let left_out = tree(*at);
                all.iter()
                    .filter(|uuid| !left_out.contains(uuid))
                    .copied()
                    .collect()
            }
            Part::Some(chosen) => {
                let chosen = chosen.iter().cycle();
                all.iter()
                    .zip(chosen)
                    .filter(|(_, chosen)| **chosen)
                    .map(|(uuid, _)| *uuid)
                    .collect()
            }
        };
        let mut records: Vec<ProviderRecord> = given
            .into_iter()
            .filter_map(|uuid| model.get(uuid))
            .cloned()
            .collect();
        for twist in &self.twists {
            twist.apply(model, &mut records);
        }
        let order = self.order.iter().cycle();
        let mut ordered: Vec<_> = order.zip(records).collect();
        ordered.sort_by_key(|(number, _)| *number);
        ordered.into_iter().map(|(_, record)| record).collect()
    }
}

impl Twist {
    fn apply(&self, model: &Model, records: &mut Vec<ProviderRecord>) {
        let count = records.len();
        if count == 0 && !matches!(self, Self::Add(..)) {
            return;
        }
        match self {
            Self::Add(record, parent) => {
                let parent = parent.filter(|_| count > 0);
                let parent_uuid = parent.map(|at| records[at % count].uuid);
                records.push(record.clone());
                records[count].parent_uuid = parent_uuid;
            }
            Self::SwapNames(one, other) => {
                let name = records[one % count].name.clone();
                records[one % count].name =
                    std::mem::replace(&mut records[other % count].name, name);
            }
            Self::Rename(at, name) => records[at % count].name.clone_from(name),
            Self::Put(at, parent) => {
                let parent = parent.map(|parent| records[parent % count].uuid);
                records[at % count].parent_uuid = parent;
            }
            Self::Rebuild(at, uuid) => {
                let old = std::mem::replace(&mut records[at % count].uuid, *uuid);
                let parents = records.iter_mut().map(|one| &mut one.parent_uuid);
                for parent in parents.filter(|parent| **parent == Some(old)) {
                    *parent = Some(*uuid);
                }
            }
            Self::PutUnder(at, parent) => records[at % count].parent_uuid = Some(*parent),
            Self::Renew(at, new, part) => {
                let old = &mut records[at % count];
                let renews = |this| *part == this || *part > 4;
                if renews(0) {
                    old.generation = new.generation;
                }
                if renews(1) {
                    old.inventory.clone_from(&new.inventory);
                }
                if renews(2) {
                    old.traits.clone_from(&new.traits);
                }
                if renews(3) {
                    old.aggregates.clone_from(&new.aggregates);
                }
                if renews(4) {
                    old.resources.clone_from(&new.resources);
                }
            }
            Self::NameRoots => {
                let walk = model.walk();
                for record in records
                    .iter_mut()
                    .filter(|one| model.get(one.uuid).is_some())
                {
                    record.root_uuid = Some(walk.root(record.uuid).uuid);
                }
            }
            Self::NameRoot(at, root) => records[at % count].root_uuid = Some(*root),
            Self::Repeat(at) => records.push(records[at % count].clone()),
        }
    }
}

pub fn draft() -> BoxedStrategy<Draft> {
    prop_oneof![
        3 => edit().prop_map(Draft::Edit),
        9 => (edit(), 0..1_000_usize).prop_map(|(edit, choice)| Draft::Known(edit, choice)),
        1 => given(wild()),
        2 => given(sound()),
        2 => echo().prop_map(Draft::Echo),
        2 => resync().prop_map(Draft::Resync),
    ]
    .boxed()
}

/// Given to `populate`, or less often to `replace_all`.
fn given(records: impl Strategy<Value = Vec<ProviderRecord>>) -> impl Strategy<Value = Draft> {
    (records, prop::bool::weighted(0.3)).prop_map(|(records, all)| {
        Draft::Edit(if all {
            Edit::ReplaceAll(records)
        } else {
            Edit::Populate(records)
        })
    })
}

/// Arbitrary records, which mostly contradict each other.
fn wild() -> impl Strategy<Value = Vec<ProviderRecord>> {
    let record = (record(), option::of(uuid()), option::weighted(0.1, uuid()));
    let record = record.prop_map(|(mut record, parent, root)| {
        record.parent_uuid = parent;
        record.root_uuid = root;
        record
    });
    vec(record, 0..5)
}

/// Distinct providers with distinct plain names, each a root or below another: mostly a
/// valid forest, in any order.
fn sound() -> impl Strategy<Value = Vec<ProviderRecord>> {
    let places = Just((0..SIZE).collect::<Vec<_>>());
    let contents = vec((record(), option::of(0..SIZE)), 1..SIZE);
    let names = places.clone().prop_shuffle();
    (places.prop_shuffle(), names, contents, 0..SIZE).prop_map(|(uuids, names, contents, by)| {
        let mut records = Vec::new();
        for (at, (mut record, parent)) in contents.into_iter().enumerate() {
            record.uuid = uuid_at(uuids[at]);
            record.name = name_at(names[at]);
            record.parent_uuid = parent
                .filter(|_| at > 0)
                .map(|parent| uuid_at(uuids[parent % at]));
            records.push(record);
        }
        let count = records.len();
        records.rotate_left(by % count);
        records
    })
}

/// The number of a provider.
fn at() -> impl Strategy<Value = usize> {
    0..64_usize
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        Just(Part::All),
        at().prop_map(Part::Tree),
        at().prop_map(Part::AllBut),
        at().prop_map(Part::One),
        vec(any::<bool>(), 1..SIZE).prop_map(Part::Some),
    ]
}

/// Records for `populate`.
pub fn echo() -> BoxedStrategy<Echo> {
    echo_of(part())
}

/// Records for `replace_all`: mostly of nearly all providers, since it removes the others.
pub fn resync() -> BoxedStrategy<Echo> {
    echo_of(prop_oneof![
        6 => Just(Part::All),
        2 => at().prop_map(Part::AllBut),
        1 => part(),
    ])
}

fn echo_of(part: impl Strategy<Value = Part> + 'static) -> BoxedStrategy<Echo> {
    let twist = prop_oneof![
        3 => (at(), at()).prop_map(|(one, other)| Twist::SwapNames(one, other)),
        2 => (at(), name()).prop_map(|(at, name)| Twist::Rename(at, name)),
        3 => (at(), option::weighted(0.8, at())).prop_map(|(at, parent)| Twist::Put(at, parent)),
        1 => (at(), uuid()).prop_map(|(at, parent)| Twist::PutUnder(at, parent)),
        2 => (at(), uuid()).prop_map(|(at, uuid)| Twist::Rebuild(at, uuid)),
        3 => (at(), record(), 0..7_usize).prop_map(|(at, new, part)| Twist::Renew(at, new, part)),
        4 => (record(), option::weighted(0.8, at())).prop_map(|(one, at)| Twist::Add(one, at)),
        2 => Just(Twist::NameRoots),
        1 => (at(), uuid()).prop_map(|(at, root)| Twist::NameRoot(at, root)),
        1 => at().prop_map(Twist::Repeat),
    ];
    let order = prop_oneof![1 => Just(vec![0]), 3 => vec(any::<u8>(), 2..2 * SIZE)];
    (part, vec(twist, 0..4), order)
        .prop_map(|(of, twists, order)| Echo { of, twists, order })
        .boxed()
}
