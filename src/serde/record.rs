//! A provider with Placement's field names.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeSeq, Serializer};
use uuid::Uuid;

use super::fields::{self, Build, Field, Fields, Writer};
use super::report::{Report, shown};
use super::values::GivenUuid;
use crate::forest::forest::Forest;
use crate::provider::inventory::Inventory;
use crate::provider::name::ResourceClass;
use crate::provider::provider::{Name, Parts, Provider};
use crate::provider::record::ProviderRecord;

const FIELDS: &[&str] = &[
    "uuid",
    "name",
    "generation",
    "parent_provider_uuid",
    "root_provider_uuid",
    "inventories",
    "traits",
    "aggregates",
    "resources",
];

/// The fields written for a provider, whatever its type.
struct Written<'a, I, T, A, R> {
    uuid: Uuid,
    name: &'a str,
    generation: Option<u64>,
    parent: Option<Uuid>,
    root: Option<Uuid>,
    inventories: I,
    traits: T,
    aggregates: A,
    resources: R,
    has_resources: bool,
}

impl<I: Serialize, T: Serialize, A: Serialize, R: Serialize> Serialize for Written<'_, I, T, A, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let absent = usize::from(!self.has_resources);
        let mut record = Writer::new(serializer, "ProviderRecord", FIELDS.len(), absent)?;
        record.field("uuid", &self.uuid)?;
        record.field("name", self.name)?;
        record.field("generation", &self.generation)?;
        record.field("parent_provider_uuid", &self.parent)?;
        record.field("root_provider_uuid", &self.root)?;
        record.field("inventories", &self.inventories)?;
        record.field("traits", &self.traits)?;
        record.field("aggregates", &self.aggregates)?;
        record.unless_empty("resources", &self.resources, !self.has_resources)?;
        record.end()
    }
}

/// Writes Placement's field names. Human-readable formats leave out `resources` if there
/// are none, since Placement has no such field.
impl Serialize for ProviderRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            uuid,
            name,
            generation,
            parent_uuid,
            root_uuid,
            inventory,
            traits,
            aggregates,
            resources,
        } = self;
        let written = Written {
            uuid: *uuid,
            name,
            generation: *generation,
            parent: *parent_uuid,
            root: *root_uuid,
            inventories: inventory,
            traits,
            aggregates,
            resources,
            has_resources: !resources.is_empty(),
        };
        written.serialize(serializer)
    }
}

/// Writes what [`ProviderRecord::from`] makes of it, without a copy and without its root.
/// It is read as a [`ProviderRecord`].
impl Serialize for Provider {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write(self, None, serializer)
    }
}

fn write<S: Serializer>(
    provider: &Provider,
    root: Option<Uuid>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let Parts {
        uuid,
        name,
        generation,
        parent_uuid,
        inventory,
        traits,
        aggregates,
        resources,
    } = provider.parts();
    let written = Written {
        uuid,
        name,
        generation,
        parent: parent_uuid,
        root,
        inventories: Inventories(inventory),
        traits,
        aggregates,
        resources,
        has_resources: !resources.is_empty(),
    };
    written.serialize(serializer)
}

struct Inventories<'a>(&'a [(ResourceClass, Inventory)]);

impl Serialize for Inventories<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(class, record)| (class, record)))
    }
}

/// The providers of a forest, with their roots.
pub(super) struct Providers<'a>(pub(super) &'a Forest);

impl Serialize for Providers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Rooted<'a>(&'a Provider, Option<Uuid>);

        impl Serialize for Rooted<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                write(self.0, self.1, serializer)
            }
        }

        // Some formats write the length first.
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        let mut root = None;
        for provider in self.0.iter() {
            if provider.parent_uuid().is_none() {
                root = Some(provider.uuid());
            }
            list.serialize_element(&Rooted(provider, root))?;
        }
        list.end()
    }
}

/// Reads a provider strictly. `uuid` and `name` are required. Fields that Placement adds
/// (`links`, `resource_provider_generation`) are ignored; any other field is an error, and
/// so is a field given twice. Inventories must be [valid](crate::Inventory).
///
/// Formats and errors are those of a [`Snapshot`](crate::Snapshot): each error in a field
/// names the provider, by the fields before it. A generation may be written as a float in
/// JSON text, below 2^53, where floats are exact; a `serde_json::Value` with
/// `arbitrary_precision` gives only integers.
impl<'de> Deserialize<'de> for ProviderRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut draft = Draft {
            uuid: None,
            has_name: false,
            rest: Self::new(Uuid::nil(), String::new()),
            report: Report::default(),
        };
        let outcome = fields::read(deserializer, &mut draft);
        match (draft.report.conclude(outcome.as_ref().err()), outcome) {
            (None, Ok(())) => Ok(draft.rest),
            (None, Err(error)) => Err(error),
            (Some(wrong), outcome) => {
                let subject = draft.subject(outcome.is_ok());
                Err(D::Error::custom(format_args!("{subject}: {wrong}")))
            }
        }
    }
}

/// What has been read of a provider.
struct Draft {
    uuid: Option<GivenUuid>,
    has_name: bool,
    /// The valid part of it.
    rest: ProviderRecord,
    report: Report,
}

impl<'de> Build<'de> for &mut Draft {
    type Value = ();

    const EXPECTED: &'static str = "a provider, which is an object";
    const NAME: &'static str = "ProviderRecord";
    const FIELDS: &'static [&'static str] = FIELDS;
    const IGNORED: &'static [&'static str] = &["links", "resource_provider_generation"];

    fn build<F: Fields<'de>>(self, mut fields: F) -> Result<(), F::Error> {
        while let Some(field) = fields.next()? {
            match field {
                Field::Known(name) => self.read(name, &mut fields)?,
                Field::Again(name) => {
                    self.report.note(format_args!("`{name}` is given twice"));
                    fields.skip()?;
                }
                Field::Unknown(name) => {
                    let wrong = format_args!("`{name}` is not a field of a provider");
                    self.report.note(wrong);
                    fields.skip()?;
                }
            }
        }
        for (name, is_missing) in [("uuid", self.uuid.is_none()), ("name", !self.has_name)] {
            if is_missing {
                self.report.note(format_args!("`{name}` is missing"));
            }
        }
        Ok(())
    }
}

impl Draft {
    fn read<'de, F: Fields<'de>>(
        &mut self,
        field: &'static str,
        fields: &mut F,
    ) -> Result<(), F::Error> {
        let Self {
            uuid, rest, report, ..
        } = self;
        let ProviderRecord {
            uuid: valid_uuid,
            name,
            generation,
            parent_uuid,
            root_uuid,
            inventory,
            traits,
            aggregates,
            resources,
        } = rest;
        report.within(field, |report| {
            match field {
                "uuid" => {
                    *uuid = fields.read(report)?;
                    if let Some(GivenUuid(Ok(valid))) = uuid {
                        *valid_uuid = *valid;
                    }
                }
                "name" => *name = fields.value()?,
                "generation" => *generation = fields.read(report)?.flatten(),
                "parent_provider_uuid" => *parent_uuid = fields.read(report)?.flatten(),
                "root_provider_uuid" => *root_uuid = fields.read(report)?.flatten(),
                "inventories" => *inventory = fields.read(report)?.unwrap_or_default(),
                "traits" => *traits = fields.read(report)?.unwrap_or_default(),
                "aggregates" => *aggregates = fields.read(report)?.unwrap_or_default(),
                "resources" => *resources = fields.read(report)?.unwrap_or_default(),
                _ => fields.skip()?,
            }
            Ok(())
        })?;
        if field == "name" {
            self.has_name = true;
            report.keep(Name::new(name));
        }
        Ok(())
    }

    /// How an error names the provider: by its name and UUID, as far as known.
    fn subject(&self, is_read_whole: bool) -> String {
        let uuid = self.uuid.as_ref().map(|GivenUuid(given)| match given {
            Ok(uuid) => uuid.to_string(),
            Err(text) => text.clone(),
        });
        let name = self.has_name.then(|| shown(&self.rest.name));
        match (name, uuid) {
            (Some(name), Some(uuid)) => format!("provider `{name}` ({uuid})"),
            (Some(name), None) => format!("provider `{name}`"),
            (None, Some(uuid)) => format!("provider {uuid}"),
            (None, None) if is_read_whole => "a provider without name and uuid".to_owned(),
            (None, None) => "a provider whose name and uuid were not read yet".to_owned(),
        }
    }
}
