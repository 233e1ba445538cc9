//! Writes the inventories of several providers in one step.

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use super::content::InventoriesDocument;
use super::{AtGeneration, Client, Inventories, Method, json};
use crate::placement::error::Error;
use crate::provider::inventory::Inventory;

impl Client {
    /// Replaces the inventories of several providers in one step: all or none. Allocations
    /// stay as they are. The user needs the role `service`.
    ///
    /// The answer has no generations: list the providers to learn them.
    ///
    /// # Errors
    ///
    /// [`is_conflict`](Error::is_conflict) if any provider has another generation;
    /// [`is_in_use`](Error::is_in_use) if a class that is left out has allocations; 400 if a
    /// provider or a class is unknown, or none is given.
    pub fn reshape(
        &self,
        inventories: &BTreeMap<Uuid, AtGeneration<Inventories>>,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Document {
            inventories: BTreeMap<Uuid, InventoriesDocument<Inventory>>,
            allocations: BTreeMap<Uuid, ()>,
        }

        let document = Document {
            inventories: inventories
                .iter()
                .map(|(uuid, at)| (*uuid, InventoriesDocument::new(at.generation, &at.content)))
                .collect(),
            allocations: BTreeMap::new(),
        };
        let (exchange, response) = self.send(Method::Post, "/reshaper", Some(&json(&document)))?;
        exchange.made(&response)
    }
}
