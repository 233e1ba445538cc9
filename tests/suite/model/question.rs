//! Every query of a provider's content as a value.

use proptest::prelude::*;
use provider_tree::{Error, Forest, Inventory, Resource, ResourceClass};
use uuid::Uuid;

use super::check::assert_agrees;
use super::edit::{Key, make_known};
use super::forest::{Model, Refusals};
use super::pool::{aggregates, class, inventories, key, resources, trait_names};

#[derive(Clone, Debug)]
pub enum Question {
    HasInventory(Key),
    InventoryChanged(Key, Vec<(ResourceClass, Inventory)>),
    HasTraits(Key, Vec<String>),
    TraitsChanged(Key, Vec<String>),
    InAggregates(Key, Vec<Uuid>),
    AggregatesChanged(Key, Vec<Uuid>),
    ResourcesChanged(Key, Vec<Resource>),
    HasSharingProvider(ResourceClass),
}

impl Question {
    fn keys(&mut self) -> Vec<&mut Key> {
        match self {
            Self::HasSharingProvider(_) => Vec::new(),
            Self::HasInventory(key)
            | Self::InventoryChanged(key, _)
            | Self::HasTraits(key, _)
            | Self::TraitsChanged(key, _)
            | Self::InAggregates(key, _)
            | Self::AggregatesChanged(key, _)
            | Self::ResourcesChanged(key, _) => vec![key],
        }
    }

    /// The same query of an existing provider.
    pub fn known(&self, model: &Model, choice: usize) -> Self {
        let mut question = self.clone();
        make_known(question.keys(), model, choice);
        question
    }

    /// Asks the forest and the model, and compares. Returns the answer.
    pub fn ask(&self, forest: &Forest, model: &Model) -> Result<bool, Error> {
        let given = self.of_forest(forest);
        assert_agrees(&given, &self.of_model(model), self);
        given
    }

    fn of_forest(&self, forest: &Forest) -> Result<bool, Error> {
        match self {
            Self::HasInventory(key) => forest.has_inventory(key),
            Self::InventoryChanged(key, new) => forest.inventory_changed(key, new.iter().cloned()),
            Self::HasTraits(key, names) => forest.has_traits(key, names),
            Self::TraitsChanged(key, names) => forest.traits_changed(key, names),
            Self::InAggregates(key, list) => forest.in_aggregates(key, list),
            Self::AggregatesChanged(key, list) => forest.aggregates_changed(key, list),
            Self::ResourcesChanged(key, new) => forest.resources_changed(key, new.iter().cloned()),
            Self::HasSharingProvider(class) => Ok(forest.has_sharing_provider(class)),
        }
    }

    fn of_model(&self, model: &Model) -> Result<bool, Refusals> {
        match self {
            Self::HasInventory(key) => Ok(!model.require(key)?.inventory.is_empty()),
            Self::InventoryChanged(key, new) => model.inventory_changed(key, new),
            Self::HasTraits(key, names) => model.has_traits(key, names),
            Self::TraitsChanged(key, names) => model.traits_changed(key, names),
            Self::InAggregates(key, list) => {
                let member_of = &model.require(key)?.aggregates;
                Ok(list.iter().all(|one| member_of.contains(one)))
            }
            Self::AggregatesChanged(key, list) => {
                Ok(model.require(key)?.aggregates != list.iter().copied().collect())
            }
            Self::ResourcesChanged(key, new) => {
                Ok(model.require(key)?.resources != new.iter().cloned().collect())
            }
            Self::HasSharingProvider(class) => Ok(model.has_sharing_provider(class)),
        }
    }
}

pub fn question() -> BoxedStrategy<Question> {
    prop_oneof![
        key().prop_map(Question::HasInventory),
        (key(), inventories()).prop_map(|(key, new)| Question::InventoryChanged(key, new)),
        (key(), trait_names()).prop_map(|(key, names)| Question::HasTraits(key, names)),
        (key(), trait_names()).prop_map(|(key, names)| Question::TraitsChanged(key, names)),
        (key(), aggregates()).prop_map(|(key, list)| Question::InAggregates(key, list)),
        (key(), aggregates()).prop_map(|(key, list)| Question::AggregatesChanged(key, list)),
        (key(), resources()).prop_map(|(key, new)| Question::ResourcesChanged(key, new)),
        class().prop_map(Question::HasSharingProvider),
    ]
    .boxed()
}
