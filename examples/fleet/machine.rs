//! A machine of the file, and the hosts copied from it.

use std::collections::BTreeMap;
use std::fmt;

use provider_tree::{Provider, ProviderRecord, ResourceClass};
use uuid::{Builder, Uuid};

use crate::random::mixed;

/// The longest name, in characters, that a provider can have.
const MAX_NAME: usize = 200;

/// One tree of the file.
///
/// One of its resource classes is watched: writers move units of it between providers, and
/// readers add up its free units.
pub struct Machine {
    /// Its providers, the root first.
    providers: Vec<ProviderRecord>,
    watched: ResourceClass,
    /// The positions in `providers` of those with some of the watched class, all at the same
    /// allocation ratio, so that a unit has the same worth on each.
    holders: Vec<usize>,
    /// The free units of the watched class in the whole tree.
    free: i64,
    /// The name of the device that is added and removed; no other provider has it.
    device: String,
}

impl Machine {
    pub fn new(providers: Vec<ProviderRecord>) -> Self {
        let mut device = format!("{}_device", providers[0].name);
        while providers.iter().any(|provider| provider.name == device) {
            device.push('_');
        }
        let (watched, holders) = most_units(&providers);
        let free = providers
            .iter()
            .filter_map(|provider| provider.inventory.get(&watched))
            .map(|inventory| i64::from(inventory.total) - i64::from(inventory.effective().reserved))
            .sum();
        Self {
            providers,
            watched,
            holders,
            free,
            device,
        }
    }
}

/// The class to watch, and the providers that have it: if possible a class that two providers
/// have at the same ratio, and of those the one with the most units. For the built-in machines
/// that is memory. A machine without inventory has nothing to move.
fn most_units(providers: &[ProviderRecord]) -> (ResourceClass, Vec<usize>) {
    let mut candidates: BTreeMap<_, (u64, Vec<usize>)> = BTreeMap::new();
    for (position, provider) in providers.iter().enumerate() {
        for (class, inventory) in &provider.inventory {
            let ratio = inventory.effective().allocation_ratio.to_bits();
            let (units, holders) = candidates.entry((class, ratio)).or_default();
            *units += u64::from(inventory.total);
            holders.push(position);
        }
    }
    candidates
        .into_iter()
        .max_by_key(|(_, (units, holders))| (holders.len().min(2), *units))
        .map(|((class, _), (_, holders))| (class.clone(), holders))
        .unwrap_or((ResourceClass::VCPU, Vec::new()))
}

/// One copy of a machine. Names and UUIDs are derived from the machine's and the number of
/// the copy, the same in every run.
#[derive(Clone, Copy)]
pub struct Host<'a> {
    pub machine: &'a Machine,
    pub number: usize,
    /// How many digits the number has in names. It is the same for all hosts, so that names
    /// stay distinct.
    pub digits: usize,
}

impl<'a> Host<'a> {
    /// The number of providers, without the device.
    pub fn len(self) -> usize {
        self.machine.providers.len()
    }

    pub fn root(self) -> Uuid {
        self.uuid_of(self.machine.providers[0].uuid)
    }

    pub fn watched(self) -> &'a ResourceClass {
        &self.machine.watched
    }

    /// One of the providers with the watched class, by a number that wraps around; the root if
    /// there is none.
    pub fn holder(self, count: usize) -> Uuid {
        let holders = &self.machine.holders;
        let position = holders.get(count % holders.len().max(1)).copied();
        self.uuid_of(self.machine.providers[position.unwrap_or(0)].uuid)
    }

    /// The allocation ratio of the watched class, the same on all its providers.
    pub fn allocation_ratio(self) -> Option<f64> {
        let position = *self.machine.holders.first()?;
        self.machine.providers[position].inventory[self.watched()].allocation_ratio
    }

    /// The free units of the watched class that a read of the whole tree must find.
    pub fn free(self) -> i64 {
        self.machine.free
    }

    /// A provider's free units of the watched class, before the allocation ratio: sums of
    /// integers are exact.
    pub fn free_of(self, provider: &Provider) -> i64 {
        provider
            .inventory_of(self.watched())
            .map_or(0, |inventory| {
                i64::from(inventory.total) - i64::from(inventory.effective().reserved)
            })
    }

    pub fn device_name(self) -> String {
        self.name_of(&self.machine.device, self.len())
    }

    /// The providers of the file, with the names and UUIDs of this host.
    pub fn records(self) -> impl Iterator<Item = ProviderRecord> {
        let providers = self.machine.providers.iter().enumerate();
        providers.map(move |(position, provider)| {
            let mut record = provider.clone();
            record.name = self.name_of(&provider.name, position);
            record.uuid = self.uuid_of(provider.uuid);
            record.parent_uuid = provider.parent_uuid.map(|uuid| self.uuid_of(uuid));
            record.root_uuid = Some(self.root());
            record
        })
    }

    fn uuid_of(self, original: Uuid) -> Uuid {
        let (high, low) = original.as_u64_pair();
        let number = self.number as u64;
        let high = mixed(high ^ mixed(number));
        let low = mixed(low ^ mixed(!number));
        let bytes = Uuid::from_u64_pair(high, low).into_bytes();
        Builder::from_custom_bytes(bytes).into_uuid()
    }

    /// `node_NUMA0` becomes `node_NUMA0-042`. All numbers have the same length, so different
    /// names stay different. A name that becomes too long is truncated and made unique by its
    /// position among the providers.
    fn name_of(self, original: &str, position: usize) -> String {
        let number = format!("-{:0digits$}", self.number, digits = self.digits);
        let name = format!("{original}{number}");
        if name.chars().count() <= MAX_NAME {
            return name;
        }
        let end = format!("~{position}{number}");
        let start = original.chars().take(MAX_NAME - end.len());
        start.chain(end.chars()).collect()
    }
}

/// Prints the name of the root.
impl fmt::Display for Host<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name_of(&self.machine.providers[0].name, 0))
    }
}
