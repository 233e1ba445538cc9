//! Individual resources.

use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::fields::{self, Build, Fields, Writer};
use super::report::Report;
use super::values::{Read, read_alone};
use crate::provider::resource::Resource;

const FIELDS: &[&str] = &["class", "identifier", "metadata"];

/// Writes its fields.
impl Serialize for Resource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            class,
            identifier,
            metadata,
        } = self;
        let mut resource = Writer::new(serializer, "Resource", FIELDS.len(), 0)?;
        resource.field("class", class)?;
        resource.field("identifier", identifier)?;
        resource.field("metadata", metadata)?;
        resource.end()
    }
}

/// Reads its fields; `metadata` is optional. Any other field is an error.
impl<'de> Deserialize<'de> for Resource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_alone(deserializer)
    }
}

impl<'de> Read<'de> for Resource {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        fields::read(deserializer, Builder(report))
    }
}

struct Builder<'a>(&'a mut Report);

impl<'de> Build<'de> for Builder<'_> {
    type Value = Option<Resource>;

    const EXPECTED: &'static str = "an object with the fields of a resource";
    const NAME: &'static str = "Resource";
    const FIELDS: &'static [&'static str] = FIELDS;

    fn build<F: Fields<'de>>(self, mut fields: F) -> Result<Self::Value, F::Error> {
        let Self(report) = self;
        let mut class = None;
        let mut identifier: Option<String> = None;
        let mut metadata = BTreeMap::new();
        while let Some(name) = fields.next_known(FIELDS, report)? {
            match name {
                "class" => class = Some(fields.read(report)?),
                "identifier" => identifier = Some(fields.value()?),
                _ => metadata = fields.value()?,
            }
        }
        for (name, is_missing) in [
            ("class", class.is_none()),
            ("identifier", identifier.is_none()),
        ] {
            if is_missing {
                report.note(F::Error::missing_field(name));
            }
        }
        let resource = class.flatten().zip(identifier);
        Ok(resource.map(|(class, identifier)| Resource {
            class,
            identifier,
            metadata,
        }))
    }
}
