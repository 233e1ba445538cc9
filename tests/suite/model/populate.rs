//! What `populate` makes of the model.

use provider_tree::{Error, MAX_LEVELS, ProviderRecord};
use uuid::Uuid;

use super::content::invalid_inventories;
use super::edit::Made;
use super::forest::{Model, Refusals, cycles, too_deep};
use super::names::{clashes, invalid_name};

impl Model {
    pub fn populate(&mut self, records: &[ProviderRecord]) -> Result<Made, Refusals> {
        let mut refusals = Vec::new();
        for (at, record) in records.iter().enumerate() {
            let uuid = record.uuid;
            if records[..at].iter().any(|one| one.uuid == uuid) {
                refusals.push(Error::DuplicateProvider { uuid });
            }
            let inventory = record.inventory.iter();
            let reasons = invalid_name(&record.name)
                .into_iter()
                .chain(inventory.flat_map(|(class, one)| invalid_inventories(class, one)));
            refusals.extend(reasons.map(|reason| Error::InvalidRecord {
                uuid,
                reason: Box::new(reason),
            }));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let after = self.with(records);
        refusals.extend(missing_parents(&after, records));
        refusals.extend(misplaced(&after, records));
        for record in records {
            let is_new = self.get(record.uuid).is_none();
            refusals.extend(clashes(record, is_new, &after.providers));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let changed = *self != after;
        *self = after;
        Ok(Made::nothing(changed))
    }

    /// The forest with those records, good or bad: who keeps the parent keeps
    /// the place, the others come last.
    fn with(&self, records: &[ProviderRecord]) -> Self {
        let given = |uuid| records.iter().find(|record| record.uuid == uuid);
        let dropped = self.dropped(records);
        let mut after = Self::default();
        for one in &self.providers {
            match given(one.uuid) {
                Some(record) if record.parent_uuid == one.parent_uuid => {
                    after.providers.push(stored(record));
                }
                Some(_) => {}
                None if dropped.contains(&one.uuid) => {}
                None => after.providers.push(one.clone()),
            }
        }
        let arriving = records.iter().filter(|record| {
            let old = self.get(record.uuid);
            old.is_none_or(|old| old.parent_uuid != record.parent_uuid)
        });
        after.providers.extend(arriving.map(stored));
        after
    }

    /// All below a given provider that are not given.
    fn dropped(&self, records: &[ProviderRecord]) -> Vec<Uuid> {
        let mut dropped = Vec::new();
        let mut topmost_given = None;
        for (depth, one) in self.walk().0 {
            if topmost_given.is_some_and(|above| depth <= above) {
                topmost_given = None;
            }
            if records.iter().any(|record| record.uuid == one.uuid) {
                topmost_given = topmost_given.or(Some(depth));
            } else if topmost_given.is_some() {
                dropped.push(one.uuid);
            }
        }
        dropped
    }
}

/// A record as it is kept: its root follows from its parents.
fn stored(record: &ProviderRecord) -> ProviderRecord {
    let mut stored = record.clone();
    stored.root_uuid = None;
    stored
}

fn missing_parents(after: &Model, records: &[ProviderRecord]) -> Option<Error> {
    let parents = records.iter().filter_map(|record| record.parent_uuid);
    let mut missing: Vec<Uuid> = parents.filter(|uuid| after.get(*uuid).is_none()).collect();
    missing.sort();
    missing.dedup();
    (!missing.is_empty()).then_some(Error::MissingParents { uuids: missing })
}

/// Records that stand on a cycle, too deep, or in another tree than they say.
fn misplaced(after: &Model, records: &[ProviderRecord]) -> Refusals {
    let mut refusals = Vec::new();
    let walk = after.walk();
    for record in records {
        let uuid = record.uuid;
        if walk.0.iter().all(|(_, one)| one.uuid != uuid) {
            // It stands below no root: on a cycle or below one, or below
            // nobody.
            let known =
                |error: &Error| matches!(error, Error::Cycle { uuids } if uuids.contains(&uuid));
            if !refusals.iter().any(known) {
                refusals.extend(cycle_from(after, uuid));
            }
            continue;
        }
        if walk.depth(uuid) + 1 > MAX_LEVELS {
            refusals.push(too_deep(uuid));
        }
        let actual = walk.root(uuid).uuid;
        if let Some(given) = record.root_uuid.filter(|given| *given != actual) {
            refusals.push(Error::RootMismatch {
                uuid,
                given,
                actual,
            });
        }
    }
    refusals
}

/// The cycle that a provider stands on, if it does.
fn cycle_from(after: &Model, uuid: Uuid) -> Refusals {
    let mut way = vec![uuid];
    while let Some(parent) = after
        .get(way[way.len() - 1])
        .and_then(|one| one.parent_uuid)
    {
        if parent == uuid {
            return cycles(&way);
        }
        if way.contains(&parent) {
            break;
        }
        way.push(parent);
    }
    Vec::new()
}
