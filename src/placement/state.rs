//! What Placement knows of providers.
//!
//! A [`State`] leaves out what is local to a forest: `resources` and the order of siblings.
//! Inventories are kept by effective value, so that two records are equal if Placement can't
//! tell them apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::forest::forest::Forest;
use crate::provider::inventory::{EffectiveInventory, Inventory};
use crate::provider::name::{ResourceClass, Trait};
use crate::provider::provider::{Parts, Provider};
use crate::provider::record::ProviderRecord;

/// Which part of the forest a mirror keeps in step with Placement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// The whole forest.
    Forest,
    /// The whole trees of these providers, as `GET /resource_providers?in_tree=` lists them. A
    /// provider that doesn't exist has no tree.
    Trees(Vec<Uuid>),
}

/// What Placement knows of some providers.
///
/// Made from a forest ([`of`](Self::of)), or from the records that the service returned
/// (`collect`). A clone costs O(n), sharing every provider. Equality
/// includes generations; [`agrees_with`](Self::agrees_with) ignores them.
///
/// ```
/// use provider_tree::placement::{Scope, State};
/// use provider_tree::{Inventory, ProviderRecord, ProviderTree, ResourceClass};
/// use uuid::Uuid;
///
/// let mut host = ProviderRecord::new(Uuid::from_u128(1), "host");
/// host.inventory.insert(ResourceClass::VCPU, Inventory::new(8));
/// let tree = ProviderTree::new();
/// tree.populate([&host])?;
///
/// // Placement answers with all defaults filled in.
/// let mut answered = Inventory::new(8);
/// answered.reserved = Some(0);
/// answered.allocation_ratio = Some(1.0);
/// host.inventory.insert(ResourceClass::VCPU, answered);
/// host.generation = Some(3);
/// let theirs: State = [host].into_iter().collect();
///
/// let ours = State::of(&tree.snapshot(), &Scope::Forest, []);
/// assert!(ours.agrees_with(&theirs) && ours != theirs);
/// # Ok::<(), provider_tree::Error>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct State {
    providers: BTreeMap<Uuid, Arc<ProviderState>>,
}

/// What Placement knows of one provider.
#[derive(Clone, Debug, PartialEq)]
pub struct ProviderState {
    pub(super) name: String,
    pub(super) parent_uuid: Option<Uuid>,
    pub(super) generation: Option<u64>,
    pub(super) inventory: BTreeMap<ResourceClass, Inventory>,
    pub(super) traits: BTreeSet<Trait>,
    pub(super) aggregates: BTreeSet<Uuid>,
}

impl State {
    /// The state of the providers in a forest's scope.
    ///
    /// Providers in `known` are included wherever they are in the forest. Pass those of the
    /// states that this one is merged with: otherwise a provider that has moved out of the
    /// scope's trees would look removed. Cost: O(size of the scope and of `known`).
    #[must_use]
    pub fn of(forest: &Forest, scope: &Scope, known: impl IntoIterator<Item = Uuid>) -> Self {
        let mut state = Self::default();
        match scope {
            Scope::Forest => state.add_all(forest),
            Scope::Trees(uuids) => {
                for &uuid in uuids {
                    if !state.contains(uuid) {
                        state.add_all(forest.tree_of(uuid).into_iter().flatten());
                    }
                }
                for uuid in known {
                    if !state.contains(uuid) {
                        state.add_all(forest.get(uuid));
                    }
                }
            }
        }
        state
    }

    fn add_all<'a>(&mut self, providers: impl IntoIterator<Item = &'a Provider>) {
        let providers = providers.into_iter();
        let states = providers.map(|provider| (provider.uuid(), Arc::new(provider.into())));
        self.providers.extend(states);
    }

    /// The provider with that UUID. Cost: O(log n).
    #[must_use]
    pub fn get(&self, uuid: Uuid) -> Option<&ProviderState> {
        self.shared(uuid).map(|provider| &**provider)
    }

    /// Whether it has that provider. Cost: O(log n).
    #[must_use]
    pub fn contains(&self, uuid: Uuid) -> bool {
        self.providers.contains_key(&uuid)
    }

    /// All providers, sorted by UUID. Cost: O(1) each.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Uuid, &ProviderState)> {
        let providers = self.providers.iter();
        providers.map(|(uuid, provider)| (*uuid, &**provider))
    }

    /// The UUIDs of all providers, sorted. Cost: O(1) each.
    #[must_use]
    pub fn uuids(&self) -> impl ExactSizeIterator<Item = Uuid> {
        self.providers.keys().copied()
    }

    /// The number of providers. Cost: O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.providers.len()
    }

    /// Whether it has no provider. Cost: O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.providers.is_empty()
    }

    /// Adds a provider, or replaces it whole. Cost: O(log n + size of the provider).
    pub fn insert(&mut self, record: ProviderRecord) {
        self.put(record.uuid, Some(Arc::new(record.into())));
    }

    /// Removes a provider. Returns whether it existed. Cost: O(log n).
    pub fn remove(&mut self, uuid: Uuid) -> bool {
        self.providers.remove(&uuid).is_some()
    }

    /// Sets a provider's generation, if it exists. Cost: O(log n), and a copy of the provider
    /// if other states share it.
    pub fn set_generation(&mut self, uuid: Uuid, generation: u64) {
        if let Some(provider) = self.edit(uuid) {
            provider.generation = Some(generation);
        }
    }

    /// Whether both are equal, generations aside. Cost: O(n).
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let pairs = self.iter().zip(other.iter());
        self.len() == other.len() && { pairs }.all(|((a, x), (b, y))| a == b && x.agrees_with(y))
    }

    pub(super) fn shared(&self, uuid: Uuid) -> Option<&Arc<ProviderState>> {
        self.providers.get(&uuid)
    }

    pub(super) fn put(&mut self, uuid: Uuid, provider: Option<Arc<ProviderState>>) {
        match provider {
            Some(provider) => self.providers.insert(uuid, provider),
            None => self.providers.remove(&uuid),
        };
    }

    pub(super) fn edit(&mut self, uuid: Uuid) -> Option<&mut ProviderState> {
        self.providers.get_mut(&uuid).map(Arc::make_mut)
    }
}

impl FromIterator<ProviderRecord> for State {
    /// If a provider has several records, the last one counts.
    fn from_iter<T: IntoIterator<Item = ProviderRecord>>(records: T) -> Self {
        let records = records.into_iter();
        let providers = records.map(|record| (record.uuid, Arc::new(record.into())));
        Self {
            providers: providers.collect(),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.providers.fmt(f)
    }
}

impl ProviderState {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The parent; `None` for a root.
    #[must_use]
    pub fn parent_uuid(&self) -> Option<Uuid> {
        self.parent_uuid
    }

    /// The generation, if known.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        self.generation
    }

    /// The inventory by resource class, every field given.
    #[must_use]
    pub fn inventory(&self) -> &BTreeMap<ResourceClass, Inventory> {
        &self.inventory
    }

    /// The traits.
    #[must_use]
    pub fn traits(&self) -> &BTreeSet<Trait> {
        &self.traits
    }

    /// The aggregates that it is a member of.
    #[must_use]
    pub fn aggregates(&self) -> &BTreeSet<Uuid> {
        &self.aggregates
    }

    /// Whether both are equal, generation aside. Cost: O(size of the provider).
    #[must_use]
    pub fn agrees_with(&self, other: &Self) -> bool {
        let Self {
            name,
            parent_uuid,
            generation: _,
            inventory,
            traits,
            aggregates,
        } = self;
        *name == other.name
            && *parent_uuid == other.parent_uuid
            && *inventory == other.inventory
            && *traits == other.traits
            && *aggregates == other.aggregates
    }
}

/// Leaves out `resources`. Cost: O(size of the provider).
impl From<&Provider> for ProviderState {
    fn from(provider: &Provider) -> Self {
        let Parts {
            uuid: _,
            name,
            generation,
            parent_uuid,
            inventory,
            traits,
            aggregates,
            resources: _,
        } = provider.parts();
        Self {
            name: name.to_owned(),
            parent_uuid,
            generation,
            inventory: inventory
                .iter()
                .map(|(class, record)| (class.clone(), in_force(record)))
                .collect(),
            traits: traits.iter().cloned().collect(),
            aggregates: aggregates.iter().copied().collect(),
        }
    }
}

/// Leaves out the UUID, the root and `resources`. Cost: O(size of the provider).
impl From<ProviderRecord> for ProviderState {
    fn from(record: ProviderRecord) -> Self {
        let ProviderRecord {
            uuid: _,
            name,
            generation,
            parent_uuid,
            root_uuid: _,
            mut inventory,
            traits,
            aggregates,
            resources: _,
        } = record;
        for record in inventory.values_mut() {
            *record = in_force(record);
        }
        Self {
            name,
            parent_uuid,
            generation,
            inventory,
            traits,
            aggregates,
        }
    }
}

/// The record with all defaults filled in, as Placement answers it.
pub(super) fn in_force(record: &Inventory) -> Inventory {
    let EffectiveInventory {
        total,
        reserved,
        min_unit,
        max_unit,
        step_size,
        allocation_ratio,
    } = record.effective();
    Inventory::new(total)
        .with_reserved(reserved)
        .with_min_unit(min_unit)
        .with_max_unit(max_unit)
        .with_step_size(step_size)
        .with_allocation_ratio(allocation_ratio)
}

/// Prints an inventory record: its total, and what is not the default.
pub(super) struct Record<'a>(pub(super) &'a Inventory);

impl fmt::Display for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let EffectiveInventory {
            total,
            reserved,
            min_unit,
            max_unit,
            step_size,
            allocation_ratio,
        } = self.0.effective();
        let default = Inventory::new(total).effective();
        write!(f, "{total}")?;
        for (field, value, default) in [
            ("reserved", reserved, default.reserved),
            ("min_unit", min_unit, default.min_unit),
            ("max_unit", max_unit, default.max_unit),
            ("step_size", step_size, default.step_size),
        ] {
            if value != default {
                write!(f, " {field}={value}")?;
            }
        }
        if allocation_ratio != default.allocation_ratio {
            write!(f, " allocation_ratio={allocation_ratio:?}")?;
        }
        Ok(())
    }
}
