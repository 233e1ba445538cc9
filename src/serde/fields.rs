//! Values with named fields. Human-readable formats write them as maps, in which a field may
//! be absent; all others as structs, whose fields may be unnamed and are all present, in
//! order.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::report::{Report, shown};
use super::values::{Read, Seed};

/// Writes the fields of a value.
pub(super) enum Writer<S: Serializer> {
    Map(S::SerializeMap),
    Struct(S::SerializeStruct),
}

impl<S: Serializer> Writer<S> {
    /// `absent` of the fields are left out, if the format allows that.
    pub(super) fn new(
        serializer: S,
        name: &'static str,
        fields: usize,
        absent: usize,
    ) -> Result<Self, S::Error> {
        if serializer.is_human_readable() {
            let map = serializer.serialize_map(Some(fields - absent))?;
            Ok(Self::Map(map))
        } else {
            serializer.serialize_struct(name, fields).map(Self::Struct)
        }
    }

    pub(super) fn field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), S::Error> {
        match self {
            Self::Map(map) => map.serialize_entry(name, value),
            Self::Struct(fields) => fields.serialize_field(name, value),
        }
    }

    /// Leaves the field out if it is `None` and the format allows that; else writes it as
    /// an option.
    pub(super) fn optional<T: Serialize>(
        &mut self,
        name: &'static str,
        value: &Option<T>,
    ) -> Result<(), S::Error> {
        match (&mut *self, value) {
            (Self::Map(map), Some(value)) => map.serialize_entry(name, value),
            (Self::Map(_), None) => Ok(()),
            (Self::Struct(_), _) => self.field(name, value),
        }
    }

    /// Leaves the field out if it is empty and the format allows that.
    pub(super) fn unless_empty<T: Serialize>(
        &mut self,
        name: &'static str,
        value: &T,
        is_empty: bool,
    ) -> Result<(), S::Error> {
        match self {
            Self::Map(_) if is_empty => Ok(()),
            _ => self.field(name, value),
        }
    }

    pub(super) fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Self::Map(map) => map.end(),
            Self::Struct(fields) => fields.end(),
        }
    }
}

/// Builds a value from its fields.
pub(super) trait Build<'de> {
    type Value;

    /// Describes the value in an error.
    const EXPECTED: &'static str;
    const NAME: &'static str;
    /// The fields, in the order in which they are written.
    const FIELDS: &'static [&'static str];
    /// Fields that others write and that are ignored.
    const IGNORED: &'static [&'static str] = &[];

    fn build<F: Fields<'de>>(self, fields: F) -> Result<Self::Value, F::Error>;
}

/// Reads a value from a map, or from a struct in formats that write structs.
pub(super) fn read<'de, D: Deserializer<'de>, B: Build<'de>>(
    deserializer: D,
    build: B,
) -> Result<B::Value, D::Error> {
    if deserializer.is_human_readable() {
        deserializer.deserialize_map(FieldsOf(build))
    } else {
        deserializer.deserialize_struct(B::NAME, B::FIELDS, FieldsOf(build))
    }
}

struct FieldsOf<B>(B);

impl<'de, B: Build<'de>> Visitor<'de> for FieldsOf<B> {
    type Value = B::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(B::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<B::Value, A::Error> {
        self.0.build(Named {
            map,
            known: Known::of::<B>(),
            seen: Vec::new(),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<B::Value, A::Error> {
        self.0.build(InOrder {
            list,
            names: B::FIELDS.iter(),
        })
    }
}

/// The name of a field.
pub(super) enum Field {
    Known(&'static str),
    Again(&'static str),
    Unknown(String),
}

/// The fields of one value, in the order in which they are found.
pub(super) trait Fields<'de> {
    type Error: Error;

    fn next(&mut self) -> Result<Option<Field>, Self::Error>;

    /// The value of the last field.
    fn value_with<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Self::Error>;

    fn value<T: Deserialize<'de>>(&mut self) -> Result<T, Self::Error> {
        self.value_with(PhantomData)
    }

    fn read<T: Read<'de>>(&mut self, report: &mut Report) -> Result<Option<T>, Self::Error> {
        self.value_with(Seed::new(report))
    }

    fn skip(&mut self) -> Result<(), Self::Error> {
        self.value::<IgnoredAny>().map(drop)
    }

    /// The next known field. Others are noted, as a derived reader would, and skipped.
    fn next_known(
        &mut self,
        fields: &'static [&'static str],
        report: &mut Report,
    ) -> Result<Option<&'static str>, Self::Error> {
        while let Some(field) = self.next()? {
            match field {
                Field::Known(name) => return Ok(Some(name)),
                Field::Again(name) => report.note(Self::Error::duplicate_field(name)),
                Field::Unknown(name) => report.note(Self::Error::unknown_field(&name, fields)),
            }
            self.skip()?;
        }
        Ok(None)
    }
}

struct Named<A> {
    map: A,
    known: Known,
    seen: Vec<&'static str>,
}

impl<'de, A: MapAccess<'de>> Fields<'de> for Named<A> {
    type Error = A::Error;

    fn next(&mut self) -> Result<Option<Field>, A::Error> {
        let mut field = self.map.next_key_seed(self.known)?;
        if let Some(Field::Known(name)) = field {
            if self.seen.contains(&name) {
                field = Some(Field::Again(name));
            } else {
                self.seen.push(name);
            }
        }
        Ok(field)
    }

    fn value_with<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

struct InOrder<A> {
    list: A,
    names: std::slice::Iter<'static, &'static str>,
}

impl<'de, A: SeqAccess<'de>> Fields<'de> for InOrder<A> {
    type Error = A::Error;

    fn next(&mut self) -> Result<Option<Field>, A::Error> {
        Ok(self.names.next().copied().map(Field::Known))
    }

    fn value_with<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let value = self.list.next_element_seed(seed)?;
        value.ok_or_else(|| A::Error::custom("a field is missing"))
    }
}

/// The names that a value's fields can have.
#[derive(Clone, Copy)]
struct Known {
    fields: &'static [&'static str],
    ignored: &'static [&'static str],
}

impl Known {
    fn of<'de, B: Build<'de>>() -> Self {
        Self {
            fields: B::FIELDS,
            ignored: B::IGNORED,
        }
    }
}

impl<'de> DeserializeSeed<'de> for Known {
    type Value = Field;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field, D::Error> {
        // The key of a map is text; RON's identifiers are not.
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(self)
        } else {
            deserializer.deserialize_identifier(self)
        }
    }
}

impl Visitor<'_> for Known {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_str<E>(self, text: &str) -> Result<Field, E> {
        let mut names = self.fields.iter().chain(self.ignored);
        Ok(match names.find(|name| **name == text) {
            Some(name) => Field::Known(name),
            None => Field::Unknown(shown(text)),
        })
    }
}
