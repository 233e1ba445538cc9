//! The model of a forest: a plain list that every query scans.
//!
//! The order of the list is the order of siblings. Nothing here is fast, and only plain
//! values come from the library.

use crate::cases::refusal::Refusal;
use provider_tree::{Forest, ProviderRecord};
use uuid::Uuid;

use super::edit::{Key, Made};
use super::names::{clashes, invalid_name, spelled};

/// Every error that a call may return.
pub type Refusals = Vec<Refusal>;

/// The providers, without their roots. `add` and `put` append.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    pub providers: Vec<ProviderRecord>,
}

/// The errors that name a cycle, one for each provider it can start with.
pub fn cycles(uuids: &[Uuid]) -> Refusals {
    let from = |start| [&uuids[start..], &uuids[..start]].concat();
    let errors = (0..uuids.len()).map(|start| Refusal::Cycle { uuids: from(start) });
    errors.collect()
}

pub fn too_deep(uuid: Uuid) -> Refusal {
    Refusal::TooDeep {
        uuid,
        limit: Forest::MAX_LEVELS,
    }
}

impl Model {
    pub fn get(&self, uuid: Uuid) -> Option<&ProviderRecord> {
        self.providers.iter().find(|one| one.uuid == uuid)
    }

    /// Tries a name first, then a UUID.
    pub fn find(&self, key: &Key) -> Option<&ProviderRecord> {
        match key {
            Key::Uuid(uuid) => self.get(*uuid),
            Key::Text(text) => {
                let named = self.providers.iter().find(|one| one.name == *text);
                named.or_else(|| self.get(spelled(text)?))
            }
        }
    }

    pub fn require(&self, key: &Key) -> Result<&ProviderRecord, Refusals> {
        self.find(key).ok_or_else(|| vec![key.unknown()])
    }

    pub fn require_mut(&mut self, key: &Key) -> Result<&mut ProviderRecord, Refusals> {
        let uuid = self.require(key)?.uuid;
        let found = self.providers.iter_mut().find(|one| one.uuid == uuid);
        found.ok_or_else(|| vec![key.unknown()])
    }

    /// Adds a provider below the one that the key finds.
    pub fn add(
        &mut self,
        mut provider: ProviderRecord,
        parent: Option<&Key>,
    ) -> Result<Made, Refusals> {
        let mut refusals: Refusals = invalid_name(&provider.name).into_iter().collect();
        if let Some(existing) = self.get(provider.uuid) {
            refusals.push(Refusal::UuidTaken {
                uuid: provider.uuid,
                name: existing.name.clone(),
            });
            return Err(refusals);
        }
        refusals.extend(clashes(&provider, true, &self.providers));
        match parent.map(|key| self.require(key)) {
            None => {}
            Some(Err(unknown)) => refusals.extend(unknown),
            Some(Ok(parent)) => {
                if self.walk().depth(parent.uuid) + 2 > Forest::MAX_LEVELS {
                    refusals.push(too_deep(provider.uuid));
                }
                provider.parent_uuid = Some(parent.uuid);
            }
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let uuid = provider.uuid;
        self.providers.push(provider);
        Ok(Made::change(uuid))
    }

    pub fn remove(&mut self, key: &Key) -> Result<Made, Refusals> {
        let uuid = self.require(key)?.uuid;
        let walk = self.walk();
        let removed: Vec<Uuid> = walk.tree(uuid).iter().map(|(_, one)| one.uuid).collect();
        self.providers.retain(|one| !removed.contains(&one.uuid));
        Ok(Made::change(removed.len()))
    }

    pub fn rename(&mut self, key: &Key, name: &str) -> Result<Made, Refusals> {
        let mut refusals: Refusals = invalid_name(name).into_iter().collect();
        refusals.extend(self.require(key).err().into_iter().flatten());
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut renamed = self.require(key)?.clone();
        if renamed.name == name {
            return Ok(Made::changed(false));
        }
        name.clone_into(&mut renamed.name);
        refusals = clashes(&renamed, false, &self.providers);
        if !refusals.is_empty() {
            return Err(refusals);
        }
        *self.require_mut(key)? = renamed;
        Ok(Made::changed(true))
    }

    /// Moves a provider under a parent, or makes it a root.
    pub fn put(&mut self, key: &Key, parent: Option<&Key>) -> Result<Made, Refusals> {
        let found = self.require(key);
        let parent = parent.map(|key| self.require(key)).transpose();
        let (uuid, parent_uuid) = match (found, parent) {
            (Ok(one), Ok(parent)) => (one.uuid, parent.map(|parent| parent.uuid)),
            (found, parent) => {
                let unknown = found.err().into_iter().chain(parent.err());
                return Err(unknown.flatten().collect());
            }
        };
        if self.require(key)?.parent_uuid == parent_uuid {
            return Ok(Made::changed(false));
        }
        let walk = self.walk();
        let mut above: Vec<Uuid> = parent_uuid.into_iter().collect();
        above.extend(
            parent_uuid
                .into_iter()
                .flat_map(|uuid| walk.ancestors(uuid)),
        );
        if let Some(at) = above.iter().position(|ancestor| *ancestor == uuid) {
            return Err(cycles(&above[..=at]));
        }
        let moving = walk.tree(uuid);
        let levels = |depth: usize| above.len() + 1 + depth - moving[0].0;
        let lost = moving
            .iter()
            .filter(|(depth, _)| levels(*depth) > Forest::MAX_LEVELS);
        let refusals: Refusals = lost.map(|(_, one)| too_deep(one.uuid)).collect();
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let mut moved = self.require(key)?.clone();
        moved.parent_uuid = parent_uuid;
        self.providers.retain(|one| one.uuid != uuid);
        self.providers.push(moved);
        Ok(Made::changed(true))
    }

    /// Only the tree of a root.
    pub fn subtree(&self, key: &Key) -> Result<Self, Refusals> {
        let root = self.require(key)?;
        if root.parent_uuid.is_some() {
            return Err(vec![Refusal::NotARoot {
                uuid: root.uuid,
                root: self.walk().root(root.uuid).uuid,
            }]);
        }
        let walk = self.walk();
        let tree = walk.tree(root.uuid).iter().map(|(_, one)| (*one).clone());
        Ok(Self {
            providers: tree.collect(),
        })
    }
}
