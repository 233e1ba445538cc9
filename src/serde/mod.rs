//! Providers in the shape of Placement's API (feature `serde`): what `GET
//! /resource_providers` returns, with each provider's inventories, traits and aggregates
//! included.
//!
//! Reading stores no value before its type is known: a format may have no types of its own
//! (postcard), or may give a number as something else to a reader that accepts anything
//! (`serde_json` with `arbitrary_precision`).

mod fields;
mod inventory;
mod record;
mod report;
mod resource;
mod values;

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use self::fields::Writer;
use self::report::shown;
use crate::forest::forest::Forest;
use crate::provider::record::ProviderRecord;
use crate::snapshot::Snapshot;
use crate::transaction::transaction::Transaction;

const PROVIDERS: &str = "resource_providers";

/// What OpenStack's services add to any document.
const LINKS: &str = "links";

/// Writes `{"resource_providers": [...]}`, in the order of [`iter`](Forest::iter): the same
/// forest always gives the same text. Each provider is written like a [`ProviderRecord`].
///
/// Cost: O(size of the forest), without copies.
impl Serialize for Forest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = Writer::new(serializer, "ResourceProviders", 1, 0)?;
        document.field(PROVIDERS, &record::Providers(self))?;
        document.end()
    }
}

/// Writes its [`Forest`].
impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Forest::serialize(self, serializer)
    }
}

/// Reads `{"resource_providers": [...]}`, or in human-readable formats only the list, as a
/// forest at version 0, with parents in any order.
///
/// Cost: that of [`populate`](Transaction::populate), with all records in memory.
///
/// # Formats
///
/// It reads back an equal value from any format that preserves its input: JSON, YAML, RON,
/// MessagePack with or without field names, CBOR, postcard ... Human-readable formats have
/// UUIDs as text, and leave out what a record leaves out; the others have UUIDs as bytes, and
/// every field in a fixed order. With `serde_json`, enable its feature `float_roundtrip`, or
/// some allocation ratios change in the last digit; its feature `arbitrary_precision` makes no
/// difference.
///
/// # Errors
///
/// It reads strictly, as [`ProviderRecord`] and [`Inventory`](crate::Inventory) document:
/// of the fields beside the list, `links` is ignored and any other is an error. An error in
/// a provider names it by the fields before the error: most formats can't be read past a
/// value of a wrong type, so a name and UUID after it are not known. Data that is well
/// formed but invalid (a trait, an unknown field, a number out of range) does not end the
/// reading of its provider, so the error has its name and UUID. `serde_json` classifies all
/// errors inside a field as data errors, even the end of the input.
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
///     inventories: `vcpu` is not a resource class"));
/// ```
impl<'de> Deserialize<'de> for Snapshot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let records = if deserializer.is_human_readable() {
            deserializer.deserialize_any(Document { or_list: true })
        } else {
            let document = Document { or_list: false };
            deserializer.deserialize_struct("ResourceProviders", &[PROVIDERS], document)
        }?;
        let mut transaction = Transaction::new(Self::default());
        transaction.populate(&records).map_err(D::Error::custom)?;
        Ok(Self::new(0, transaction.fork()))
    }
}

/// Reads the records of a document.
struct Document {
    /// Whether a list is the list of records. Otherwise it is the document, without field
    /// names.
    or_list: bool,
}

impl<'de> Visitor<'de> for Document {
    type Value = Vec<ProviderRecord>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the field `resource_providers`")?;
        if self.or_list {
            f.write_str(", or its list alone")?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let mut records = None;
        while let Some(key) = fields.next_key::<String>()? {
            match key.as_str() {
                PROVIDERS if records.is_some() => {
                    return Err(A::Error::duplicate_field(PROVIDERS));
                }
                PROVIDERS => records = Some(fields.next_value()?),
                LINKS => drop(fields.next_value::<IgnoredAny>()?),
                _ => return Err(A::Error::unknown_field(&shown(&key), &[PROVIDERS])),
            }
        }
        records.ok_or_else(|| A::Error::missing_field(PROVIDERS))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        if !self.or_list {
            let records = items.next_element()?;
            return records.ok_or_else(|| A::Error::missing_field(PROVIDERS));
        }
        let mut records = Vec::new();
        while let Some(record) = items.next_element()? {
            records.push(record);
        }
        Ok(records)
    }
}
