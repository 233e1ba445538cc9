//! A plain model of Placement: a map, with the rules of the service.

use std::collections::BTreeSet;

use provider_tree::placement::{Call, State, Vocabulary};
use provider_tree::{Inventory, ProviderRecord, ResourceClass, Trait};
use uuid::Uuid;

use crate::states::{World, state, world};

pub struct Service {
    providers: World,
    known: Vocabulary,
}

impl Service {
    /// It has what the providers use, but no other custom classes and traits.
    pub fn new(providers: &State) -> Self {
        let mut known = Vocabulary::default();
        for (_, provider) in providers.iter() {
            known.classes.extend(provider.inventory().keys().cloned());
            known.traits.extend(provider.traits().iter().cloned());
        }
        Self {
            providers: world(providers),
            known,
        }
    }

    pub fn state(&self) -> State {
        state(&self.providers)
    }

    /// Answers a request, with the reason if it is refused.
    pub fn answer(&mut self, request: &Call) -> Result<(), String> {
        match request {
            Call::CreateResourceClass { class } => {
                custom(class.as_str())?;
                self.known.classes.insert(class.clone());
            }
            Call::CreateTrait { name } => {
                custom(name.as_str())?;
                self.known.traits.insert(name.clone());
            }
            Call::Create {
                uuid,
                name,
                parent_uuid,
            } => {
                if self.providers.contains_key(uuid) {
                    return Err(format!("409: {uuid} exists"));
                }
                self.check_name(*uuid, name)?;
                self.check_parent(*uuid, *parent_uuid)?;
                let mut record = ProviderRecord::new(*uuid, name);
                record.parent_uuid = *parent_uuid;
                self.providers.insert(*uuid, record);
            }
            Call::Update {
                uuid,
                name,
                parent_uuid,
            } => {
                self.provider(*uuid)?;
                self.check_name(*uuid, name)?;
                self.provider(*uuid)?.name.clone_from(name);
                if let Some(parent) = parent_uuid {
                    self.check_parent(*uuid, *parent)?;
                    self.provider(*uuid)?.parent_uuid = *parent;
                }
            }
            Call::PutInventories { uuid, inventory } => {
                self.check_classes(inventory.keys())?;
                self.provider(*uuid)?.inventory.clone_from(inventory);
            }
            Call::PutTraits { uuid, traits } => {
                let is_known = |name: &Trait| {
                    !name.as_str().starts_with("CUSTOM_") || self.known.traits.contains(name)
                };
                if !traits.iter().all(is_known) {
                    return Err("400: no such trait".to_owned());
                }
                self.provider(*uuid)?.traits.clone_from(traits);
            }
            Call::PutAggregates { uuid, aggregates } => {
                self.provider(*uuid)?.aggregates.clone_from(aggregates);
            }
            Call::Reshape { inventories } => {
                for (uuid, inventory) in inventories {
                    self.check_classes(inventory.keys())?;
                    self.provider(*uuid)?;
                }
                for (uuid, inventory) in inventories {
                    self.provider(*uuid)?.inventory.clone_from(inventory);
                }
            }
            Call::Delete { uuid } => {
                self.provider(*uuid)?;
                if self
                    .providers
                    .values()
                    .any(|one| one.parent_uuid == Some(*uuid))
                {
                    return Err(format!("409: {uuid} has children"));
                }
                self.providers.remove(uuid);
            }
            _ => return Err("404: no such request".to_owned()),
        }
        Ok(())
    }

    fn provider(&mut self, uuid: Uuid) -> Result<&mut ProviderRecord, String> {
        let provider = self.providers.get_mut(&uuid);
        provider.ok_or_else(|| format!("404: no {uuid}"))
    }

    fn check_name(&self, uuid: Uuid, name: &str) -> Result<(), String> {
        let mut others = self.providers.values().filter(|one| one.uuid != uuid);
        match others.find(|one| one.name == name) {
            Some(holder) => Err(format!("409: {} has the name {name}", holder.uuid)),
            None => Ok(()),
        }
    }

    fn check_parent(&self, uuid: Uuid, parent: Option<Uuid>) -> Result<(), String> {
        let mut seen = BTreeSet::from([uuid]);
        let mut above = parent;
        while let Some(parent) = above {
            if !seen.insert(parent) {
                return Err(format!("400: {uuid} would be in a loop"));
            }
            let provider = self.providers.get(&parent);
            above = provider
                .ok_or(format!("400: no parent {parent}"))?
                .parent_uuid;
        }
        Ok(())
    }

    fn check_classes<'a>(
        &self,
        mut classes: impl Iterator<Item = &'a ResourceClass>,
    ) -> Result<(), String> {
        let is_known = |class: &ResourceClass| {
            ResourceClass::STANDARD.contains(class) || self.known.classes.contains(class)
        };
        if classes.all(is_known) {
            Ok(())
        } else {
            Err("400: no such resource class".to_owned())
        }
    }
}

fn custom(name: &str) -> Result<(), String> {
    if name.starts_with("CUSTOM_") {
        Ok(())
    } else {
        Err(format!("400: {name} is not custom"))
    }
}

/// All that a service shows of a record, to be sure that requests give every field.
pub fn has_every_field(record: &Inventory) -> bool {
    let Inventory {
        total: _,
        reserved,
        min_unit,
        max_unit,
        step_size,
        allocation_ratio,
        ..
    } = record;
    let integers = [reserved, min_unit, max_unit, step_size];
    integers.into_iter().all(Option::is_some) && allocation_ratio.is_some()
}
