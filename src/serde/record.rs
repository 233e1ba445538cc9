//! A provider in Placement's field names.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use uuid::Uuid;

use super::value::Value;
use crate::error::excerpt;
use crate::provider::Name;
use crate::text::Escaped;
use crate::{Inventory, ProviderRecord, ResourceClass, inventory};

impl Serialize for ProviderRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let has_resources = !self.resources.is_empty();
        let fields = 8 + usize::from(has_resources);
        let mut record = serializer.serialize_struct("ProviderRecord", fields)?;
        record.serialize_field("uuid", &self.uuid)?;
        record.serialize_field("name", &self.name)?;
        record.serialize_field("generation", &self.generation)?;
        record.serialize_field("parent_provider_uuid", &self.parent_uuid)?;
        record.serialize_field("root_provider_uuid", &self.root_uuid)?;
        record.serialize_field("inventories", &self.inventory)?;
        record.serialize_field("traits", &self.traits)?;
        record.serialize_field("aggregates", &self.aggregates)?;
        if has_resources {
            record.serialize_field("resources", &self.resources)?;
        }
        record.end()
    }
}

/// Reads a provider strictly; each error names the provider. `uuid` and `name`
/// must be there; what Placement gives besides is passed over (`links`,
/// `resource_provider_generation`), any other field is an error.
impl<'de> Deserialize<'de> for ProviderRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Value::Object(fields) = Value::deserialize(deserializer)? else {
            return Err(D::Error::custom("a provider must be an object"));
        };
        let subject = subject(&fields);
        read(fields).map_err(|wrong| D::Error::custom(format!("{subject}: {wrong}")))
    }
}

/// How an error names the provider: by what it has of a name and a UUID.
fn subject(fields: &[(String, Value)]) -> String {
    let text_of = |wanted: &str| {
        fields.iter().find_map(|(key, value)| match value {
            Value::Text(text) if key == wanted => Some(shown(text)),
            _ => None,
        })
    };
    match (text_of("name"), text_of("uuid")) {
        (Some(name), Some(uuid)) => format!("provider `{name}` ({uuid})"),
        (Some(name), None) => format!("provider `{name}`"),
        (None, Some(uuid)) => format!("provider {uuid}"),
        (None, None) => "a provider without name and uuid".to_owned(),
    }
}

fn read(fields: Vec<(String, Value)>) -> Result<ProviderRecord, String> {
    let mut by_name = unique(fields)?;
    let uuid = by_name.remove("uuid").ok_or("`uuid` is missing")?;
    let name = by_name.remove("name").ok_or("`name` is missing")?;
    let name: String = field("name", name)?;
    Name::new(&name).map_err(|error| error.to_string())?;
    let mut record = ProviderRecord::new(field("uuid", uuid)?, name);
    for (key, value) in by_name {
        match key.as_str() {
            "generation" => record.generation = field(&key, value)?,
            "parent_provider_uuid" => record.parent_uuid = field(&key, value)?,
            "root_provider_uuid" => record.root_uuid = field(&key, value)?,
            "inventories" => record.inventory = inventories(value)?,
            "traits" => record.traits = field(&key, value)?,
            "aggregates" => record.aggregates = field::<BTreeSet<Uuid>>(&key, value)?,
            "resources" => record.resources = field(&key, value)?,
            "links" | "resource_provider_generation" => {}
            _ => return Err(format!("`{}` is no field of a provider", shown(&key))),
        }
    }
    Ok(record)
}

fn inventories(value: Value) -> Result<BTreeMap<ResourceClass, Inventory>, String> {
    let Value::Object(fields) = value else {
        return Err("inventories: must be an object of resource classes".to_owned());
    };
    let mut records = BTreeMap::new();
    for (class, value) in unique(fields).map_err(|wrong| format!("inventories: {wrong}"))? {
        let class = ResourceClass::new(class).map_err(|error| format!("inventories: {error}"))?;
        let record = field(&format!("inventories.{class}"), value)?;
        records.insert(class, record);
    }
    let checked = records
        .iter()
        .map(|(class, record)| (class.clone(), *record));
    inventory::checked(checked).map_err(|error| format!("inventories: {error}"))?;
    Ok(records)
}

/// Refuses an object that has a field twice.
fn unique(fields: Vec<(String, Value)>) -> Result<BTreeMap<String, Value>, String> {
    let mut by_name = BTreeMap::new();
    for (key, value) in fields {
        if by_name.contains_key(&key) {
            return Err(format!("`{}` is given twice", shown(&key)));
        }
        by_name.insert(key, value);
    }
    Ok(by_name)
}

fn field<'de, T: Deserialize<'de>>(name: &str, value: Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| format!("{name}: {}", shown(&error.to_string())))
}

/// Text from outside, fit for an error.
fn shown(text: &str) -> String {
    Escaped(&excerpt(text)).to_string()
}
