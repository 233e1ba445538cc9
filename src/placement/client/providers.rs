//! Providers: listing, creating, changing, deleting.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Client, Method};
use crate::placement::error::Error;
use crate::provider::name::{ResourceClass, Trait};

/// A provider as listings show it: all but its content.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ListedProvider {
    /// Its UUID.
    pub uuid: Uuid,
    /// Its name.
    pub name: String,
    /// Its generation. As long as it is the same, so are its inventories, traits
    /// and aggregates; its name and parent may differ.
    pub generation: u64,
    /// Its parent; `None` for a root.
    pub parent_provider_uuid: Option<Uuid>,
    /// The root of its tree.
    pub root_provider_uuid: Uuid,
}

/// Which providers to list: those that meet every condition; all without one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Filter {
    conditions: Vec<(&'static str, String)>,
}

impl Filter {
    /// Those of the tree that this provider is in.
    pub fn in_tree(self, uuid: Uuid) -> Self {
        self.with("in_tree", uuid.to_string())
    }

    /// The one with this UUID.
    pub fn uuid(self, uuid: Uuid) -> Self {
        self.with("uuid", uuid.to_string())
    }

    /// The one with this name.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.with("name", name.into())
    }

    /// Those that have the trait. May be given several times.
    pub fn required(self, name: &Trait) -> Self {
        self.with("required", name.to_string())
    }

    /// Those that are in the aggregate. May be given several times.
    pub fn member_of(self, aggregate: Uuid) -> Self {
        self.with("member_of", aggregate.to_string())
    }

    /// Those that have this much of a resource class left. May be given several
    /// times.
    pub fn resources(mut self, class: &ResourceClass, amount: u32) -> Self {
        // The service reads the last of several, so that they go into one.
        let wanted = format!("{class}:{amount}");
        match self
            .conditions
            .iter_mut()
            .find(|(name, _)| *name == "resources")
        {
            Some((_, all)) => {
                all.push(',');
                all.push_str(&wanted);
                self
            }
            None => self.with("resources", wanted),
        }
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.conditions.push((name, value));
        self
    }

    fn path(&self) -> String {
        let mut path = "/resource_providers".to_owned();
        for (position, (name, value)) in self.conditions.iter().enumerate() {
            path.push(if position == 0 { '?' } else { '&' });
            path.push_str(name);
            path.push('=');
            path.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
        }
        path
    }
}

impl Client {
    /// Lists providers, each once, in no particular order. A filter that
    /// nothing meets, such as an unknown UUID, gives an empty list.
    pub fn list_providers(&self, filter: &Filter) -> Result<Vec<ListedProvider>, Error> {
        #[derive(Deserialize)]
        struct Document {
            resource_providers: Vec<ListedProvider>,
        }

        let Document { resource_providers } = self.get(&filter.path())?;
        Ok(resource_providers)
    }

    /// One provider.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found) if there is no such provider.
    pub fn get_provider(&self, uuid: Uuid) -> Result<ListedProvider, Error> {
        self.get(&provider(uuid))
    }

    /// Creates a provider, a root if `parent` is `None`. Its generation is 0.
    ///
    /// # Errors
    ///
    /// [`is_duplicate`](Error::is_duplicate) if the UUID or the name is taken;
    /// 400 if there is no such parent.
    pub fn create_provider(
        &self,
        uuid: Uuid,
        name: &str,
        parent: Option<Uuid>,
    ) -> Result<ListedProvider, Error> {
        #[derive(Serialize)]
        struct Document<'a> {
            uuid: Uuid,
            name: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            parent_provider_uuid: Option<Uuid>,
        }

        self.post(
            "/resource_providers",
            &Document {
                uuid,
                name,
                parent_provider_uuid: parent,
            },
        )
    }

    /// Gives a provider this name and this parent; `None` makes it a root.
    ///
    /// The service checks no generation and does not change it: of two who do
    /// this at the same time one overwrites the other unseen.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found); [`is_duplicate`](Error::is_duplicate)
    /// if the name is taken; 400 if there is no such parent, or it is below the
    /// provider.
    pub fn update_provider(
        &self,
        uuid: Uuid,
        name: &str,
        parent: Option<Uuid>,
    ) -> Result<ListedProvider, Error> {
        #[derive(Serialize)]
        struct Document<'a> {
            name: &'a str,
            parent_provider_uuid: Option<Uuid>,
        }

        self.put(
            &provider(uuid),
            &Document {
                name,
                parent_provider_uuid: parent,
            },
        )
    }

    /// Deletes a provider with its inventories. The service checks no generation.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found); [`is_parent`](Error::is_parent) if
    /// it has children; [`is_in_use`](Error::is_in_use) if it has allocations.
    pub fn delete_provider(&self, uuid: Uuid) -> Result<(), Error> {
        let (exchange, response) = self.send(Method::Delete, &provider(uuid), None)?;
        exchange.made(&response)
    }
}

/// The path of a provider.
pub(super) fn provider(uuid: Uuid) -> String {
    format!("/resource_providers/{uuid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_one_query() {
        let uuid = Uuid::from_u128(1);
        let filter = Filter::default()
            .in_tree(uuid)
            .name("a b&c=d/é")
            .resources(&ResourceClass::VCPU, 1)
            .resources(&ResourceClass::DISK_GB, 2);
        assert_eq!(
            filter.path(),
            "/resource_providers?in_tree=00000000%2D0000%2D0000%2D0000%2D000000000001\
             &name=a%20b%26c%3Dd%2F%C3%A9&resources=VCPU%3A1%2CDISK%5FGB%3A2"
        );
        assert_eq!(Filter::default().path(), "/resource_providers");
    }
}
