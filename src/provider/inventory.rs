//! A provider's inventory of one resource class.

use crate::error::Error;
use crate::provider::name::ResourceClass;

/// How much of one resource class a provider has: Placement's inventory record.
///
/// A field that was not given stays `None`, so that
/// [`Forest::inventory_changed`](crate::Forest::inventory_changed) can ignore it;
/// [`effective`](Self::effective) fills in Placement's defaults. Ranges are checked by
/// Placement's rules when the record is added to a forest. All methods cost O(1).
///
/// ```
/// use provider_tree::Inventory;
///
/// let cpus = Inventory::new(8).with_reserved(2).with_allocation_ratio(16.0);
/// assert_eq!(cpus.capacity(), 96.0);
/// assert_eq!((cpus.step_size, cpus.effective().step_size), (None, 1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Inventory {
    /// The total amount: 1 to 2147483647.
    pub total: u32,
    /// The amount withheld from consumers: 0 to the total.
    pub reserved: Option<u32>,
    /// The least that one consumer can allocate: 1 to 2147483647.
    pub min_unit: Option<u32>,
    /// The most that one consumer can allocate: 1 to 2147483647.
    pub max_unit: Option<u32>,
    /// Each allocation is a multiple of this: 1 to 2147483647.
    pub step_size: Option<u32>,
    /// How many times over it can be allocated: 0 to 3.40282e38. With 0 nothing can be
    /// allocated.
    pub allocation_ratio: Option<f64>,
}

/// An [`Inventory`] with Placement's defaults for what was not given. Returned by
/// [`Inventory::effective`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct EffectiveInventory {
    /// The total amount.
    pub total: u32,
    /// How much of it is not for consumers; 0 by default.
    pub reserved: u32,
    /// The least that one consumer can allocate; 1 by default.
    pub min_unit: u32,
    /// The most that one consumer can allocate; 2147483647 by default.
    pub max_unit: u32,
    /// Each allocation is a multiple of this; 1 by default.
    pub step_size: u32,
    /// How many times over it can be allocated; 1.0 by default.
    pub allocation_ratio: f64,
}

impl Inventory {
    /// The largest integer that a field can have, as in Placement's schema.
    pub const MAX: u32 = 2_147_483_647;

    /// The largest allocation ratio, as in Placement's schema: about the largest number
    /// that fits a database's float.
    pub const MAX_ALLOCATION_RATIO: f64 = 3.40282e38;

    /// A record with only a total.
    #[must_use]
    pub const fn new(total: u32) -> Self {
        Self {
            total,
            reserved: None,
            min_unit: None,
            max_unit: None,
            step_size: None,
            allocation_ratio: None,
        }
    }

    /// Sets how much is reserved.
    #[must_use]
    pub const fn with_reserved(mut self, reserved: u32) -> Self {
        self.reserved = Some(reserved);
        self
    }

    /// Sets the least that one consumer can allocate.
    #[must_use]
    pub const fn with_min_unit(mut self, min_unit: u32) -> Self {
        self.min_unit = Some(min_unit);
        self
    }

    /// Sets the most that one consumer can allocate.
    #[must_use]
    pub const fn with_max_unit(mut self, max_unit: u32) -> Self {
        self.max_unit = Some(max_unit);
        self
    }

    /// Sets the step size: each allocation is a multiple of it.
    #[must_use]
    pub const fn with_step_size(mut self, step_size: u32) -> Self {
        self.step_size = Some(step_size);
        self
    }

    /// Sets how many times over it can be allocated.
    #[must_use]
    pub const fn with_allocation_ratio(mut self, allocation_ratio: f64) -> Self {
        self.allocation_ratio = Some(allocation_ratio);
        self
    }

    /// The values in effect: those given, and Placement's defaults for the others.
    #[must_use]
    pub fn effective(&self) -> EffectiveInventory {
        EffectiveInventory {
            total: self.total,
            reserved: self.reserved.unwrap_or(0),
            min_unit: self.min_unit.unwrap_or(1),
            max_unit: self.max_unit.unwrap_or(Self::MAX),
            step_size: self.step_size.unwrap_or(1),
            allocation_ratio: self.allocation_ratio.unwrap_or(1.0),
        }
    }

    /// How much consumers can allocate: `(total - reserved) * allocation_ratio`, in the
    /// unit of the resource class.
    ///
    /// It is 0 if everything is reserved or the ratio is 0, and is not rounded (Placement
    /// rounds it towards zero). For a record that no forest has checked it can be any
    /// number.
    #[must_use]
    pub fn capacity(&self) -> f64 {
        let effective = self.effective();
        let unreserved = f64::from(effective.total) - f64::from(effective.reserved);
        // A ratio of -0.0 is valid; a capacity of -0 would be odd.
        unreserved * effective.allocation_ratio + 0.0
    }

    /// Whether a new record differs from this one: it has a field that this one lacks, or
    /// another value. Fields that the new record leaves out are ignored.
    pub(crate) fn is_changed_by(&self, new: &Self) -> bool {
        fn differs<T: PartialEq>(old: Option<T>, new: Option<T>) -> bool {
            new.is_some() && old != new
        }
        let Self {
            total,
            reserved,
            min_unit,
            max_unit,
            step_size,
            allocation_ratio,
        } = *self;
        total != new.total
            || differs(reserved, new.reserved)
            || differs(min_unit, new.min_unit)
            || differs(max_unit, new.max_unit)
            || differs(step_size, new.step_size)
            || differs(allocation_ratio, new.allocation_ratio)
    }

    /// Checks that the record is valid.
    pub(crate) fn check(&self, class: &ResourceClass) -> Result<(), Error> {
        let invalid = |field, value: String, range| Error::InvalidInventory {
            class: class.clone(),
            field,
            value,
            range,
        };
        let whole = |field, value: Option<u32>, least| match value {
            Some(value) if !(least..=Self::MAX).contains(&value) => {
                Err(invalid(field, value.to_string(), range_from(least)))
            }
            _ => Ok(()),
        };
        whole("total", Some(self.total), 1)?;
        whole("reserved", self.reserved, 0)?;
        whole("min_unit", self.min_unit, 1)?;
        whole("max_unit", self.max_unit, 1)?;
        whole("step_size", self.step_size, 1)?;
        let reserved = self.effective().reserved;
        if reserved > self.total {
            return Err(Error::ReservedAboveTotal {
                class: class.clone(),
                reserved,
                total: self.total,
            });
        }
        // NaN is in no range.
        match self.allocation_ratio {
            Some(ratio) if !(0.0..=Self::MAX_ALLOCATION_RATIO).contains(&ratio) => Err(invalid(
                "allocation_ratio",
                format!("{ratio:?}"),
                "0 to 3.40282e38",
            )),
            _ => Ok(()),
        }
    }
}

/// The range of an integer field that is at least 0 or 1, in the words of an error.
pub(crate) const fn range_from(least: u32) -> &'static str {
    if least == 0 {
        "0 to 2147483647"
    } else {
        "1 to 2147483647"
    }
}

/// The records of one provider, sorted by class, each class once.
pub(crate) type Inventories = [(ResourceClass, Inventory)];

/// Sorts and checks a caller's records.
pub(crate) fn checked(
    records: impl IntoIterator<Item = (ResourceClass, Inventory)>,
) -> Result<Vec<(ResourceClass, Inventory)>, Error> {
    let mut records: Vec<_> = records.into_iter().collect();
    // Most are sorted already.
    if !records.is_sorted_by(|(a, _), (b, _)| a < b) {
        records.sort_by(|(a, _), (b, _)| a.cmp(b));
        if let Some(pair) = records.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::DuplicateResourceClass {
                class: pair[0].0.clone(),
            });
        }
    }
    for (class, record) in &records {
        record.check(class)?;
    }
    Ok(records)
}

/// Whether new records differ from the old ones: other classes, or a changed record.
pub(crate) fn changed(old: &Inventories, new: &Inventories) -> bool {
    old.len() != new.len()
        || old
            .iter()
            .zip(new)
            .any(|((a, old), (b, new))| a != b || old.is_changed_by(new))
}
