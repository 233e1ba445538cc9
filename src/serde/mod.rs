//! Providers in the shape of Placement's API (feature `serde`): what
//! `GET /resource_providers` gives, with each provider's inventories, traits
//! and aggregates beside it.

mod record;
mod value;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::{Forest, ProviderRecord, ResourceClass, Snapshot, Trait, Transaction};

/// Writes `{"resource_providers": [...]}`, in the order of
/// [`iter`](Forest::iter): the same forest always gives the same text.
impl Serialize for Forest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Providers<'a>(&'a Forest);

        impl Serialize for Providers<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.to_records())
            }
        }

        let mut document = serializer.serialize_struct("ResourceProviders", 1)?;
        document.serialize_field("resource_providers", &Providers(self))?;
        document.end()
    }
}

/// Writes its [`Forest`].
impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Forest::serialize(self, serializer)
    }
}

/// Reads `{"resource_providers": [...]}` as a forest at version 0, parents in
/// any order. It reads strictly: an error in a provider names it.
///
/// JSON and other formats that people can read are meant, in which a UUID is
/// text. With `serde_json`, switch on its feature `float_roundtrip`, or some
/// allocation ratios come back with another last digit.
///
/// ```
/// use provider_tree::{ProviderTree, Snapshot};
///
/// let text = r#"{"resource_providers": [{
///     "uuid": "7047900c-f5d0-5a9a-ba82-5813c414bef0",
///     "name": "host",
///     "inventories": {"VCPU": {"total": 8}}
/// }]}"#;
/// let snapshot: Snapshot = serde_json::from_str(text).unwrap();
/// let tree = ProviderTree::from(snapshot);
/// assert_eq!(tree.find("host").unwrap().inventory()[0].1.total, 8);
///
/// let again: Snapshot = serde_json::from_str(&serde_json::to_string(&tree.snapshot()).unwrap()).unwrap();
/// assert_eq!(again, tree.snapshot());
///
/// let wrong = text.replace("VCPU", "vcpu");
/// let error = serde_json::from_str::<Snapshot>(&wrong).unwrap_err().to_string();
/// assert!(error.starts_with("provider `host` (7047900c-f5d0-5a9a-ba82-5813c414bef0): \
///     inventories: `vcpu` is no resource class"));
/// ```
impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let records = deserializer.deserialize_map(Document)?;
        let mut transaction = Transaction::new(Self::default());
        transaction.populate(&records).map_err(D::Error::custom)?;
        Ok(Self::new(0, transaction.fork()))
    }
}

/// Reads the records of a document.
struct Document;

impl<'de> Visitor<'de> for Document {
    type Value = Vec<ProviderRecord>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the field `resource_providers`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut records = None;
        while let Some(key) = fields.next_key::<String>()? {
            if key != "resource_providers" {
                fields.next_value::<IgnoredAny>()?;
            } else if records.is_some() {
                return Err(A::Error::duplicate_field("resource_providers"));
            } else {
                records = Some(fields.next_value()?);
            }
        }
        records.ok_or_else(|| A::Error::missing_field("resource_providers"))
    }
}

macro_rules! as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )*};
}

as_text!(ResourceClass, Trait);
