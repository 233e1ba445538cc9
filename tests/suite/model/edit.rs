//! Every edit as a value that can be made in a transaction, by a tree's shorthand and in the
//! model.

use crate::cases::refusal::Refusal;
use provider_tree::{
    Committed, Error, Inventory, NewProvider, ProviderKey, ProviderRecord, Resource, ResourceClass,
    Transaction,
};
use uuid::Uuid;

use super::content::Mode;
use super::forest::{Model, Refusals};
use super::names::start_of;
use crate::cases::ProviderTree;

#[derive(Clone, Debug)]
pub enum Key {
    Uuid(Uuid),
    Text(String),
}

impl Key {
    pub fn unknown(&self) -> Refusal {
        Refusal::UnknownProvider {
            key: match self {
                Self::Uuid(uuid) => uuid.to_string(),
                Self::Text(text) => start_of(text),
            },
        }
    }
}

/// Replaces unknown keys with those of existing providers, by UUID or by name.
pub fn make_known(keys: Vec<&mut Key>, model: &Model, mut choice: usize) {
    let count = model.providers.len();
    for key in keys {
        if model.find(key).is_none() && count > 0 {
            let one = &model.providers[choice % count];
            *key = match choice % 3 {
                0 => Key::Text(one.name.clone()),
                _ => Key::Uuid(one.uuid),
            };
        }
        choice /= count.max(1);
    }
}

impl<'a> From<&'a Key> for ProviderKey<'a> {
    fn from(key: &'a Key) -> Self {
        match key {
            Key::Uuid(uuid) => uuid.into(),
            Key::Text(text) => text.into(),
        }
    }
}

#[derive(Clone, Debug)]
pub enum Edit {
    NewRoot(String, Option<Uuid>, Option<u64>),
    NewChild(String, Key, Option<Uuid>, Option<u64>),
    Remove(Key),
    Rename(Key, String),
    MoveTo(Key, Key),
    MoveToRoot(Key),
    Populate(Vec<ProviderRecord>),
    ReplaceAll(Vec<ProviderRecord>),
    UpdateInventory(Key, Vec<(ResourceClass, Inventory)>, Option<u64>),
    UpdateTraits(Key, Vec<String>, Option<u64>),
    AddTraits(Key, Vec<String>),
    RemoveTraits(Key, Vec<String>),
    UpdateAggregates(Key, Vec<Uuid>, Option<u64>),
    AddAggregates(Key, Vec<Uuid>),
    RemoveAggregates(Key, Vec<Uuid>),
    UpdateResources(Key, Vec<Resource>),
    SetGeneration(Key, u64),
    ExpectGeneration(Key, u64),
}

/// The value that an edit returns.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    New(Uuid),
    Count(usize),
    Changed(bool),
    Nothing,
}

impl From<Uuid> for Answer {
    fn from(uuid: Uuid) -> Self {
        Self::New(uuid)
    }
}

impl From<usize> for Answer {
    fn from(count: usize) -> Self {
        Self::Count(count)
    }
}

impl From<bool> for Answer {
    fn from(changed: bool) -> Self {
        Self::Changed(changed)
    }
}

impl From<()> for Answer {
    fn from((): ()) -> Self {
        Self::Nothing
    }
}

/// The expected value of an edit, and whether it counts as a change.
#[derive(Debug)]
pub struct Made {
    pub answer: Answer,
    pub counts: bool,
}

impl Made {
    pub fn change(answer: impl Into<Answer>) -> Self {
        let answer = answer.into();
        Self {
            answer,
            counts: true,
        }
    }

    pub fn changed(changed: bool) -> Self {
        Self {
            answer: changed.into(),
            counts: changed,
        }
    }

    pub fn nothing(counts: bool) -> Self {
        Self {
            answer: Answer::Nothing,
            counts,
        }
    }
}

/// A shorthand's commit: its answer, version and attempts.
pub type Commit = (Answer, u64, u64);

fn commit<T: Into<Answer>>(committed: Committed<T>) -> Commit {
    let answer = committed.value.into();
    (answer, committed.version, committed.attempts)
}

// Transactions and trees have the same edits, but no common trait.
macro_rules! make {
    ($edit:expr, $on:expr, $answer:expr, $expect:expr) => {
        match $edit {
            Edit::NewRoot(name, uuid, generation) => $on
                .new_root(NewProvider::new(name).uuid(*uuid).generation(*generation))
                .map($answer),
            Edit::NewChild(name, parent, uuid, generation) => $on
                .new_child(
                    NewProvider::new(name).uuid(*uuid).generation(*generation),
                    parent,
                )
                .map($answer),
            Edit::Remove(key) => $on.remove(key).map($answer),
            Edit::Rename(key, name) => $on.rename(key, name).map($answer),
            Edit::MoveTo(key, parent) => $on.move_to(key, parent).map($answer),
            Edit::MoveToRoot(key) => $on.move_to_root(key).map($answer),
            Edit::Populate(records) => $on.populate(records).map($answer),
            Edit::ReplaceAll(records) => $on.replace_all(records).map($answer),
            Edit::UpdateInventory(key, new, generation) => $on
                .update_inventory(key, new.iter().cloned(), *generation)
                .map($answer),
            Edit::UpdateTraits(key, new, generation) => {
                $on.update_traits(key, texts(new), *generation).map($answer)
            }
            Edit::AddTraits(key, more) => $on.add_traits(key, texts(more)).map($answer),
            Edit::RemoveTraits(key, those) => $on.remove_traits(key, texts(those)).map($answer),
            Edit::UpdateAggregates(key, new, generation) => {
                $on.update_aggregates(key, new, *generation).map($answer)
            }
            Edit::AddAggregates(key, more) => $on.add_aggregates(key, more).map($answer),
            Edit::RemoveAggregates(key, those) => $on.remove_aggregates(key, those).map($answer),
            Edit::UpdateResources(key, new) => {
                $on.update_resources(key, new.iter().cloned()).map($answer)
            }
            Edit::SetGeneration(key, generation) => {
                $on.set_generation(key, *generation).map($answer)
            }
            Edit::ExpectGeneration(key, expected) => $expect(key, *expected).map($answer),
        }
    };
}

fn texts(names: &[String]) -> impl Iterator<Item = &str> {
    names.iter().map(String::as_str)
}

impl Edit {
    pub fn keys(&mut self) -> Vec<&mut Key> {
        match self {
            Self::NewRoot(..) | Self::Populate(_) | Self::ReplaceAll(_) => Vec::new(),
            Self::MoveTo(key, parent) => vec![key, parent],
            Self::NewChild(_, key, ..)
            | Self::Remove(key)
            | Self::Rename(key, _)
            | Self::MoveToRoot(key)
            | Self::UpdateInventory(key, ..)
            | Self::UpdateTraits(key, ..)
            | Self::AddTraits(key, _)
            | Self::RemoveTraits(key, _)
            | Self::UpdateAggregates(key, ..)
            | Self::AddAggregates(key, _)
            | Self::RemoveAggregates(key, _)
            | Self::UpdateResources(key, _)
            | Self::SetGeneration(key, _)
            | Self::ExpectGeneration(key, _) => vec![key],
        }
    }

    pub fn make_in(&self, transaction: &mut Transaction) -> Result<Answer, Error> {
        make!(self, transaction, Answer::from, |key: &Key, expected| {
            transaction.expect_generation(key, expected)
        })
    }

    pub fn make_on(&self, tree: &ProviderTree) -> Result<Commit, Error> {
        make!(self, tree, commit, |key: &Key, expected| {
            tree.update(|transaction| transaction.expect_generation(key, expected))
        })
    }

    /// Makes the edit in the model. A provider without a UUID gets the one that the library
    /// chose.
    pub fn make_in_model(&self, model: &mut Model, chosen: Option<Uuid>) -> Result<Made, Refusals> {
        let new = |name: &str, uuid: &Option<Uuid>, generation: &Option<u64>| {
            let uuid = uuid.or(chosen).unwrap_or_else(Uuid::new_v4);
            let mut record = ProviderRecord::new(uuid, name);
            record.generation = *generation;
            record
        };
        match self {
            Self::NewRoot(name, uuid, generation) => model.add(new(name, uuid, generation), None),
            Self::NewChild(name, parent, uuid, generation) => {
                model.add(new(name, uuid, generation), Some(parent))
            }
            Self::Remove(key) => model.remove(key),
            Self::Rename(key, name) => model.rename(key, name),
            Self::MoveTo(key, parent) => model.put(key, Some(parent)),
            Self::MoveToRoot(key) => model.put(key, None),
            Self::Populate(records) => model.populate(records),
            Self::ReplaceAll(records) => model.replace_all(records),
            Self::UpdateInventory(key, new, generation) => {
                model.update_inventory(key, new, *generation)
            }
            Self::UpdateTraits(key, new, generation) => {
                model.update_traits(key, new, Mode::Replace(*generation))
            }
            Self::AddTraits(key, more) => model.update_traits(key, more, Mode::Add),
            Self::RemoveTraits(key, those) => model.update_traits(key, those, Mode::Remove),
            Self::UpdateAggregates(key, new, generation) => {
                model.update_aggregates(key, new, Mode::Replace(*generation))
            }
            Self::AddAggregates(key, more) => model.update_aggregates(key, more, Mode::Add),
            Self::RemoveAggregates(key, those) => model.update_aggregates(key, those, Mode::Remove),
            Self::UpdateResources(key, new) => model.update_resources(key, new),
            Self::SetGeneration(key, generation) => model.set_generation(key, *generation),
            Self::ExpectGeneration(key, expected) => model.expect_generation(key, *expected),
        }
    }
}
