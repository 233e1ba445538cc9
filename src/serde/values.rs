//! Values of one type each, read with a report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess,
    Unexpected, Visitor,
};
use serde::ser::{Serialize, Serializer};
use uuid::Uuid;

use super::report::{Report, shown};
use crate::provider::inventory::{Inventory, range_from};
use crate::provider::name::{ResourceClass, Trait};

/// `Deserialize` with a report: `None` is an invalid value that was noted.
pub(super) trait Read<'de>: Sized {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error>;
}

/// Reads a value into a report.
pub(super) struct Seed<'a, T>(&'a mut Report, PhantomData<T>);

impl<'a, T> Seed<'a, T> {
    pub(super) fn new(report: &'a mut Report) -> Self {
        Self(report, PhantomData)
    }
}

impl<'de, T: Read<'de>> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        T::read(deserializer, self.0)
    }
}

/// Reads a value by itself: anything noted is an error.
pub(super) fn read_alone<'de, T: Read<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let mut report = Report::default();
    let outcome = T::read(deserializer, &mut report);
    match (report.conclude(outcome.as_ref().err()), outcome) {
        (None, Ok(Some(value))) => Ok(value),
        (None, Err(error)) => Err(error),
        (wrong, _) => Err(D::Error::custom(wrong.unwrap_or_default())),
    }
}

/// Parses text.
struct Text<F> {
    expected: &'static str,
    parse: F,
}

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E>(self, text: &str) -> Result<T, E> {
        Ok((self.parse)(text))
    }
}

/// A UUID, or text that is not one.
pub(super) struct GivenUuid(pub(super) Result<Uuid, String>);

impl<'de> Read<'de> for GivenUuid {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        if !deserializer.is_human_readable() {
            return Ok(Some(Self(Ok(Uuid::deserialize(deserializer)?))));
        }
        let uuid = deserializer.deserialize_str(Text {
            expected: "a UUID",
            parse: |text: &str| {
                Uuid::try_parse(text).map_err(|error| {
                    let error = shown(&error.to_string());
                    report.note(format_args!("UUID parsing failed: {error}"));
                    shown(text)
                })
            },
        })?;
        Ok(Some(Self(uuid)))
    }
}

impl<'de> Read<'de> for Uuid {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        let given = GivenUuid::read(deserializer, report)?;
        Ok(given.and_then(|given| given.0.ok()))
    }
}

macro_rules! names {
    ($($name:ident: $expected:literal),*) => {$(
        impl<'de> Read<'de> for $name {
            fn read<D: Deserializer<'de>>(
                deserializer: D,
                report: &mut Report,
            ) -> Result<Option<Self>, D::Error> {
                deserializer.deserialize_str(Text {
                    expected: $expected,
                    parse: |text: &str| report.keep(Self::new(text)),
                })
            }
        }

        /// Reads text, and refuses invalid names.
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                read_alone(deserializer)
            }
        }

        /// Writes text.
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

names!(ResourceClass: "a resource class", Trait: "a trait");

/// Reads a whole number, however it is written: 16, 16.0 or 1.6e1. A float must be exact.
struct Whole<'a, T> {
    report: &'a mut Report,
    range: &'static str,
    number: PhantomData<T>,
}

impl<T: TryFrom<u64>> Visitor<'_> for Whole<'_, T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an integer from {}", self.range)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Option<T>, E> {
        let number = T::try_from(value);
        let number = number.map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self));
        Ok(self.report.keep(number))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Option<T>, E> {
        match u64::try_from(value) {
            Ok(value) => self.visit_u64(value),
            Err(_) => {
                let wrong = E::invalid_value(Unexpected::Signed(value), &self);
                self.report.note(wrong);
                Ok(None)
            }
        }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Option<T>, E> {
        // From 2^53 on, two integers can have the same float.
        const END: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;
        let given = Unexpected::Float(value);
        let wrong = if value.fract() != 0.0 {
            E::invalid_type(given, &self)
        } else if (0.0..END).contains(&value) {
            return self.visit_u64(value as u64);
        } else {
            E::invalid_value(given, &self)
        };
        self.report.note(wrong);
        Ok(None)
    }
}

/// An integer field of an inventory, which is at least `LEAST`: 0 or 1.
pub(super) struct Amount<const LEAST: u32>(u32);

impl<const LEAST: u32> From<Amount<LEAST>> for u32 {
    fn from(amount: Amount<LEAST>) -> Self {
        amount.0
    }
}

impl<'de, const LEAST: u32> Read<'de> for Amount<LEAST> {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        let whole = Whole {
            report,
            range: range_from(LEAST),
            number: PhantomData,
        };
        // A float can hold it, and some JSON readers do not give 16.0 to a visitor that
        // asks for an integer.
        let amount = if deserializer.is_human_readable() {
            deserializer.deserialize_f64(whole)
        } else {
            deserializer.deserialize_u32(whole)
        };
        Ok(amount?.map(Self))
    }
}

impl<'de> Read<'de> for u64 {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_u64(Whole {
            report,
            range: "0 to 18446744073709551615 (as a float, to 9007199254740991)",
            number: PhantomData,
        })
    }
}

impl<'de> Read<'de> for f64 {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        _: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        Self::deserialize(deserializer).map(Some)
    }
}

impl<'de, T: Read<'de>> Read<'de> for Option<T> {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        struct Maybe<'a, T>(Seed<'a, T>);

        impl<'de, T: Read<'de>> Visitor<'de> for Maybe<'_, T> {
            type Value = Option<Option<T>>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value or none")
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(Some(None))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Some(None))
            }

            fn visit_some<D: Deserializer<'de>>(self, some: D) -> Result<Self::Value, D::Error> {
                Ok(self.0.deserialize(some)?.map(Some))
            }
        }

        deserializer.deserialize_option(Maybe(Seed::new(report)))
    }
}

impl<'de, T: Read<'de> + Ord> Read<'de> for BTreeSet<T> {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        struct List<'a, T>(&'a mut Report, PhantomData<T>);

        impl<'de, T: Read<'de> + Ord> Visitor<'de> for List<'_, T> {
            type Value = BTreeSet<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut items = BTreeSet::new();
                while let Some(item) = list.next_element_seed(Seed::new(self.0))? {
                    items.extend(item);
                }
                Ok(items)
            }
        }

        deserializer
            .deserialize_seq(List(report, PhantomData))
            .map(Some)
    }
}

impl<'de> Read<'de> for BTreeMap<ResourceClass, Inventory> {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        struct Inventories<'a>(&'a mut Report);

        impl<'de> Visitor<'de> for Inventories<'_> {
            type Value = BTreeMap<ResourceClass, Inventory>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of resource classes")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let Self(report) = self;
                let mut records = BTreeMap::new();
                while let Some(class) = map.next_key_seed(Seed::<ResourceClass>::new(report))? {
                    let fresh = class.filter(|class| {
                        let fresh = !records.contains_key(class);
                        if !fresh {
                            report.note(format_args!("`{class}` is given twice"));
                        }
                        fresh
                    });
                    let Some(class) = fresh else {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    };
                    let record = report.within(class.as_str(), |report| {
                        map.next_value_seed(Seed::<Inventory>::new(report))
                    })?;
                    if let Some(record) = record {
                        report.keep(record.check(&class));
                        records.insert(class, record);
                    }
                }
                Ok(records)
            }
        }

        deserializer.deserialize_map(Inventories(report)).map(Some)
    }
}
