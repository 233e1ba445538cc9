//! Traits and resource classes that the service knows.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Client, Method};
use crate::placement::error::Error;
use crate::provider::name::{ResourceClass, Trait};

impl Client {
    /// All traits, the standard ones and others.
    pub fn list_traits(&self) -> Result<BTreeSet<Trait>, Error> {
        self.traits("/traits")
    }

    /// The traits that some provider has.
    pub fn list_traits_in_use(&self) -> Result<BTreeSet<Trait>, Error> {
        self.traits("/traits?associated=true")
    }

    fn traits(&self, path: &str) -> Result<BTreeSet<Trait>, Error> {
        #[derive(Deserialize)]
        struct Document {
            traits: BTreeSet<Trait>,
        }

        let document: Document = self.get(path)?;
        Ok(document.traits)
    }

    /// All resource classes, the standard ones and others.
    pub fn list_resource_classes(&self) -> Result<BTreeSet<ResourceClass>, Error> {
        #[derive(Deserialize)]
        struct Document {
            resource_classes: Vec<Named>,
        }
        #[derive(Deserialize)]
        struct Named {
            name: ResourceClass,
        }

        let document: Document = self.get("/resource_classes")?;
        let classes = document.resource_classes.into_iter();
        Ok(classes.map(|Named { name }| name).collect())
    }

    /// Creates a trait, unless it exists. Its name must begin with `CUSTOM_`.
    ///
    /// # Errors
    ///
    /// 400 for any other name, even an existing one.
    pub fn create_trait(&self, name: &Trait) -> Result<(), Error> {
        self.create(&format!("/traits/{name}"))
    }

    /// Creates a resource class, unless it exists. Its name must begin with `CUSTOM_`.
    ///
    /// Placement 16.0.0 on PostgreSQL loses a class that is created at the same moment as
    /// another one, and answers as if it existed. A [`Mirror`](crate::placement::Mirror) that
    /// finds it missing creates it again.
    ///
    /// # Errors
    ///
    /// 400 for any other name, even an existing one.
    pub fn create_resource_class(&self, name: &ResourceClass) -> Result<(), Error> {
        self.create(&format!("/resource_classes/{name}"))
    }

    fn create(&self, path: &str) -> Result<(), Error> {
        let (exchange, response) = self.send(Method::Put, path, None)?;
        exchange.made(&response)
    }
}
