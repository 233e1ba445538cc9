//! Edits and queries of one provider's content in the model.

use crate::cases::refusal::Refusal;
use std::collections::BTreeSet;

use provider_tree::{Inventory, ProviderRecord, Resource, ResourceClass, Trait};
use uuid::Uuid;

use super::edit::{Key, Made};
use super::forest::{Model, Refusals};
use super::names::start_of;

/// All faults of one inventory record.
pub fn invalid_inventories(class: &ResourceClass, inventory: &Inventory) -> Refusals {
    let out_of = |range, field, value: String| Refusal::InvalidInventory {
        class: class.clone(),
        field,
        value,
        range,
    };
    let mut refusals = Vec::new();
    let Inventory {
        total,
        reserved,
        min_unit,
        max_unit,
        step_size,
        allocation_ratio,
        ..
    } = *inventory;
    if let Some(reserved) = reserved.filter(|amount| *amount > 2_147_483_647) {
        refusals.push(out_of("0 to 2147483647", "reserved", reserved.to_string()));
    }
    for (field, amount) in [
        ("total", Some(total)),
        ("min_unit", min_unit),
        ("max_unit", max_unit),
        ("step_size", step_size),
    ] {
        if let Some(amount) = amount.filter(|amount| !(1..=2_147_483_647).contains(amount)) {
            refusals.push(out_of("1 to 2147483647", field, amount.to_string()));
        }
    }
    if let Some(reserved) = reserved.filter(|reserved| *reserved > total) {
        refusals.push(Refusal::ReservedAboveTotal {
            class: class.clone(),
            reserved,
            total,
        });
    }
    let legal = |ratio: &f64| *ratio >= 0.0 && *ratio <= 3.40282e38;
    if let Some(ratio) = allocation_ratio.filter(|ratio| !legal(ratio)) {
        let range = "0 to 3.40282e38";
        refusals.push(out_of(range, "allocation_ratio", format!("{ratio:?}")));
    }
    refusals
}

fn invalid_list(new: &[(ResourceClass, Inventory)]) -> Refusals {
    let mut refusals = Vec::new();
    for (at, (class, inventory)) in new.iter().enumerate() {
        if new[..at].iter().any(|(other, _)| other == class) {
            refusals.push(Refusal::DuplicateResourceClass {
                class: class.clone(),
            });
        }
        refusals.extend(invalid_inventories(class, inventory));
    }
    refusals
}

/// Whether new records differ from a provider's: other classes, or another value of a field.
/// Fields that a new record leaves out don't count.
fn says_more(new: &[(ResourceClass, Inventory)], provider: &ProviderRecord) -> bool {
    let fields = |one: &Inventory| {
        [
            Some(f64::from(one.total)),
            one.reserved.map(f64::from),
            one.min_unit.map(f64::from),
            one.max_unit.map(f64::from),
            one.step_size.map(f64::from),
            one.allocation_ratio,
        ]
    };
    let differs = |(class, new): &(ResourceClass, Inventory)| {
        let old = provider.inventory.iter().find(|(other, _)| *other == class);
        old.is_none_or(|(_, old)| {
            let pairs = fields(old).into_iter().zip(fields(new));
            pairs
                .into_iter()
                .any(|(old, new)| new.is_some() && old != new)
        })
    };
    new.len() != provider.inventory.len() || new.iter().any(differs)
}

fn traits_of(names: &[String]) -> Result<BTreeSet<Trait>, Refusals> {
    let legal = |name: &&String| {
        let allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
        (1..256).contains(&name.len()) && name.chars().all(|one| allowed.contains(one))
    };
    let refusals: Refusals = names
        .iter()
        .filter(|name| !legal(name))
        .map(|name| Refusal::InvalidTrait {
            name: start_of(name),
        })
        .collect();
    if refusals.is_empty() {
        Ok(names.iter().flat_map(Trait::new).collect())
    } else {
        Err(refusals)
    }
}

/// How an edit applies a list to a provider's set.
#[derive(Clone, Copy, Debug)]
pub enum Mode {
    Replace(Option<u64>),
    Add,
    Remove,
}

impl Mode {
    /// The new set, and the generation to set with it.
    fn apply<T: Clone + Ord>(
        self,
        old: &BTreeSet<T>,
        list: BTreeSet<T>,
    ) -> (BTreeSet<T>, Option<u64>) {
        match self {
            Self::Replace(generation) => (list, generation),
            Self::Add => (old | &list, None),
            Self::Remove => (old - &list, None),
        }
    }
}

impl Model {
    pub fn update_inventory(
        &mut self,
        key: &Key,
        new: &[(ResourceClass, Inventory)],
        generation: Option<u64>,
    ) -> Result<Made, Refusals> {
        let changed = self.inventory_changed(key, new)?;
        self.edit(key, generation, |provider| {
            if changed {
                provider.inventory = new.iter().cloned().collect();
            }
            changed
        })
    }

    pub fn update_traits(
        &mut self,
        key: &Key,
        names: &[String],
        mode: Mode,
    ) -> Result<Made, Refusals> {
        let list = self.with_valid(key, traits_of(names))?;
        let (new, generation) = mode.apply(&self.require(key)?.traits, list);
        self.edit(key, generation, |provider| {
            replace(&mut provider.traits, new)
        })
    }

    pub fn update_aggregates(
        &mut self,
        key: &Key,
        list: &[Uuid],
        mode: Mode,
    ) -> Result<Made, Refusals> {
        let list = list.iter().copied().collect();
        let (new, generation) = mode.apply(&self.require(key)?.aggregates, list);
        self.edit(key, generation, |provider| {
            replace(&mut provider.aggregates, new)
        })
    }

    pub fn update_resources(&mut self, key: &Key, new: &[Resource]) -> Result<Made, Refusals> {
        let new = new.iter().cloned().collect();
        self.edit(key, None, |provider| replace(&mut provider.resources, new))
    }

    pub fn set_generation(&mut self, key: &Key, generation: u64) -> Result<Made, Refusals> {
        let changed = self.require(key)?.generation != Some(generation);
        self.require_mut(key)?.generation = Some(generation);
        Ok(Made::changed(changed))
    }

    pub fn expect_generation(&self, key: &Key, expected: u64) -> Result<Made, Refusals> {
        match self.require(key)? {
            one if one.generation == Some(expected) => Ok(Made::nothing(false)),
            one => Err(vec![Refusal::GenerationConflict {
                uuid: one.uuid,
                expected,
                actual: one.generation,
            }]),
        }
    }

    /// Edits a provider's content; the closure returns whether it changed any.
    fn edit(
        &mut self,
        key: &Key,
        generation: Option<u64>,
        edit: impl FnOnce(&mut ProviderRecord) -> bool,
    ) -> Result<Made, Refusals> {
        let provider = self.require_mut(key)?;
        let before = provider.generation;
        provider.generation = generation.or(before);
        let moved_on = provider.generation != before;
        let content_changed = edit(provider);
        Ok(Made {
            counts: content_changed || moved_on,
            ..Made::changed(content_changed)
        })
    }

    /// The given value, if it is valid and the provider exists; otherwise all faults.
    fn with_valid<T>(&self, key: &Key, given: Result<T, Refusals>) -> Result<T, Refusals> {
        match (self.require(key), given) {
            (Ok(_), given) => given,
            (Err(unknown), Ok(_)) => Err(unknown),
            (Err(unknown), Err(invalid)) => Err([unknown, invalid].concat()),
        }
    }

    pub fn inventory_changed(
        &self,
        key: &Key,
        new: &[(ResourceClass, Inventory)],
    ) -> Result<bool, Refusals> {
        let refusals = invalid_list(new);
        let given = if refusals.is_empty() {
            Ok(())
        } else {
            Err(refusals)
        };
        self.with_valid(key, given)?;
        Ok(says_more(new, self.require(key)?))
    }

    pub fn has_traits(&self, key: &Key, names: &[String]) -> Result<bool, Refusals> {
        let list = self.with_valid(key, traits_of(names))?;
        Ok(list.is_subset(&self.require(key)?.traits))
    }

    pub fn traits_changed(&self, key: &Key, names: &[String]) -> Result<bool, Refusals> {
        let list = self.with_valid(key, traits_of(names))?;
        Ok(list != self.require(key)?.traits)
    }

    pub fn has_sharing_provider(&self, class: &ResourceClass) -> bool {
        let shares = |one: &ProviderRecord| {
            let marked = one
                .traits
                .iter()
                .any(|name| name.as_str() == "MISC_SHARES_VIA_AGGREGATE");
            marked && one.inventory.keys().any(|other| other == class)
        };
        self.providers.iter().any(shares)
    }
}

fn replace<T: PartialEq>(old: &mut T, new: T) -> bool {
    let changed = *old != new;
    *old = new;
    changed
}
