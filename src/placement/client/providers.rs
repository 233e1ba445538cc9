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
    /// Its generation. While it stays the same, so do inventories, traits and aggregates; the
    /// name and parent may change.
    pub generation: u64,
    /// Its parent; `None` for a root.
    pub parent_provider_uuid: Option<Uuid>,
    /// The root of its tree.
    pub root_provider_uuid: Uuid,
}

/// Which providers to list: those that meet every condition, or all if there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Filter {
    conditions: Vec<(&'static str, String)>,
}

impl Filter {
    /// Only providers in the tree of this one.
    pub fn in_tree(self, uuid: Uuid) -> Self {
        self.with("in_tree", uuid.to_string())
    }

    /// Only the provider with this UUID.
    pub fn uuid(self, uuid: Uuid) -> Self {
        self.with("uuid", uuid.to_string())
    }

    /// Only the provider with this name.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.with("name", name.into())
    }

    /// Only providers with this trait. May be given several times.
    pub fn required(self, name: &Trait) -> Self {
        self.with("required", name.to_string())
    }

    /// Only members of this aggregate. May be given several times.
    pub fn member_of(self, aggregate: Uuid) -> Self {
        self.with("member_of", aggregate.to_string())
    }

    /// Only providers with at least this much of a resource class left. May be given several
    /// times.
    pub fn resources(mut self, class: &ResourceClass, amount: u32) -> Self {
        // The service reads only the last such parameter, so one holds all amounts.
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
    /// Lists providers, each once, in no particular order. A filter that matches nothing, such
    /// as an unknown UUID, gives an empty list.
    pub fn list_providers(&self, filter: &Filter) -> Result<Vec<ListedProvider>, Error> {
        #[derive(Deserialize)]
        struct Document {
            resource_providers: Vec<ListedProvider>,
        }

        let Document { resource_providers } = self.get(&filter.path())?;
        Ok(resource_providers)
    }

    /// Reads one provider, without its content.
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
    /// [`is_duplicate`](Error::is_duplicate) if the UUID or the name is taken; 400 if there is
    /// no such parent.
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

    /// Sets a provider's name and parent; `None` makes it a root.
    ///
    /// The service neither checks nor changes the generation: if two clients do this at the
    /// same time, one silently overwrites the other.
    ///
    /// # Errors
    ///
    /// [`is_not_found`](Error::is_not_found); [`is_duplicate`](Error::is_duplicate) if the
    /// name is taken; 400 if the parent does not exist or is below the provider.
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
    /// [`is_not_found`](Error::is_not_found); [`is_parent`](Error::is_parent) if it has
    /// children; [`is_in_use`](Error::is_in_use) if it has allocations.
    pub fn delete_provider(&self, uuid: Uuid) -> Result<(), Error> {
        let (exchange, response) = self.send(Method::Delete, &provider(uuid), None)?;
        exchange.made(&response)
    }
}

/// The URL path of a provider.
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
