//! Inventory records.

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, Serializer};

use super::fields::{self, Build, Fields, Writer};
use super::report::Report;
use super::values::{Amount, Read, read_alone};
use crate::provider::inventory::Inventory;

const FIELDS: &[&str] = &[
    "total",
    "reserved",
    "min_unit",
    "max_unit",
    "step_size",
    "allocation_ratio",
];

/// Writes Placement's field names. Human-readable formats leave out what is not given; the
/// others have every field.
impl Serialize for Inventory {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self {
            total,
            reserved,
            min_unit,
            max_unit,
            step_size,
            allocation_ratio,
        } = self;
        let integers = [
            ("reserved", reserved),
            ("min_unit", min_unit),
            ("max_unit", max_unit),
            ("step_size", step_size),
        ];
        let absent = integers.iter().filter(|(_, value)| value.is_none()).count()
            + usize::from(allocation_ratio.is_none());
        let mut record = Writer::new(serializer, "Inventory", FIELDS.len(), absent)?;
        record.field("total", total)?;
        for (name, value) in integers {
            record.optional(name, value)?;
        }
        record.optional("allocation_ratio", allocation_ratio)?;
        record.end()
    }
}

/// Reads Placement's field names. `total` is required; an unknown field is an error. Ranges
/// are checked when the record is added to a forest, and in a
/// [`ProviderRecord`](crate::ProviderRecord).
///
/// In human-readable formats a whole number may be written as a float (`16.0`, `1e1`), but
/// not as YAML's hexadecimal, and a field that is not given is left out: `null` is an
/// error, as in Placement.
impl<'de> Deserialize<'de> for Inventory {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_alone(deserializer)
    }
}

impl<'de> Read<'de> for Inventory {
    fn read<D: Deserializer<'de>>(
        deserializer: D,
        report: &mut Report,
    ) -> Result<Option<Self>, D::Error> {
        let is_absent_left_out = deserializer.is_human_readable();
        fields::read(
            deserializer,
            Builder {
                report,
                is_absent_left_out,
            },
        )
    }
}

struct Builder<'a> {
    report: &'a mut Report,
    /// Whether fields that are not given are left out. Otherwise they are present, as
    /// `None`.
    is_absent_left_out: bool,
}

impl Builder<'_> {
    fn optional<'de, T: Read<'de>, F: Fields<'de>>(
        report: &mut Report,
        fields: &mut F,
        is_absent_left_out: bool,
    ) -> Result<Option<T>, F::Error> {
        if is_absent_left_out {
            fields.read(report)
        } else {
            fields.read::<Option<T>>(report).map(Option::flatten)
        }
    }
}

impl<'de> Build<'de> for Builder<'_> {
    type Value = Option<Inventory>;

    const EXPECTED: &'static str = "an object with the fields of an inventory";
    const NAME: &'static str = "Inventory";
    const FIELDS: &'static [&'static str] = FIELDS;

    fn build<F: Fields<'de>>(self, mut fields: F) -> Result<Self::Value, F::Error> {
        let Self {
            report,
            is_absent_left_out,
        } = self;
        let mut total = None;
        let mut rest = Inventory::new(0);
        while let Some(name) = fields.next_known(FIELDS, report)? {
            report.within(name, |report| {
                let integer = match name {
                    "total" => {
                        total = Some(fields.read::<Amount<1>>(report)?.map(u32::from));
                        return Ok(());
                    }
                    "reserved" => {
                        let reserved: Option<Amount<0>> =
                            Self::optional(report, &mut fields, is_absent_left_out)?;
                        rest.reserved = reserved.map(u32::from);
                        return Ok(());
                    }
                    "allocation_ratio" => {
                        rest.allocation_ratio =
                            Self::optional(report, &mut fields, is_absent_left_out)?;
                        return Ok(());
                    }
                    "min_unit" => &mut rest.min_unit,
                    "max_unit" => &mut rest.max_unit,
                    _ => &mut rest.step_size,
                };
                let amount: Option<Amount<1>> =
                    Self::optional(report, &mut fields, is_absent_left_out)?;
                *integer = amount.map(u32::from);
                Ok(())
            })?;
        }
        if total.is_none() {
            report.note(F::Error::missing_field("total"));
        }
        Ok(total.flatten().map(|total| Inventory { total, ..rest }))
    }
}
