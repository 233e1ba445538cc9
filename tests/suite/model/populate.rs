//! `populate` and `replace_all` in the model.

use crate::cases::refusal::Refusal;
use provider_tree::{Forest, ProviderRecord};
use uuid::Uuid;

use super::content::invalid_inventories;
use super::edit::Made;
use super::forest::{Model, Refusals, cycles, too_deep};
use super::names::{clashes, invalid_name};

impl Model {
    /// Removes the descendants of given providers that are not given themselves.
    pub fn populate(&mut self, records: &[ProviderRecord]) -> Result<Made, Refusals> {
        let dropped = self.below_given(records);
        self.put_records(records, &dropped)
    }

    /// Removes all providers that are not given.
    pub fn replace_all(&mut self, records: &[ProviderRecord]) -> Result<Made, Refusals> {
        let all = self.providers.iter().map(|one| one.uuid);
        let dropped: Vec<Uuid> = all
            .filter(|uuid| records.iter().all(|record| record.uuid != *uuid))
            .collect();
        self.put_records(records, &dropped)
    }

    fn put_records(
        &mut self,
        records: &[ProviderRecord],
        dropped: &[Uuid],
    ) -> Result<Made, Refusals> {
        let mut refusals = Vec::new();
        for (at, record) in records.iter().enumerate() {
            let uuid = record.uuid;
            if records[..at].iter().any(|one| one.uuid == uuid) {
                refusals.push(Refusal::DuplicateProvider { uuid });
            }
            let inventory = record.inventory.iter();
            let reasons = invalid_name(&record.name)
                .into_iter()
                .chain(inventory.flat_map(|(class, one)| invalid_inventories(class, one)));
            refusals.extend(reasons.map(|reason| Refusal::InvalidRecord {
                uuid,
                reason: Box::new(reason),
            }));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let after = self.with(records, dropped);
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

    /// The forest with these records, valid or not. Providers that keep their parent keep their
    /// place; the others are last.
    fn with(&self, records: &[ProviderRecord], dropped: &[Uuid]) -> Self {
        let given = |uuid| records.iter().find(|record| record.uuid == uuid);
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

    /// The descendants of given providers that are not given themselves.
    fn below_given(&self, records: &[ProviderRecord]) -> Vec<Uuid> {
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

/// A record as stored: without its root, which follows from its parents.
fn stored(record: &ProviderRecord) -> ProviderRecord {
    let mut stored = record.clone();
    stored.root_uuid = None;
    stored
}

fn missing_parents(after: &Model, records: &[ProviderRecord]) -> Option<Refusal> {
    let parents = records.iter().filter_map(|record| record.parent_uuid);
    let mut missing: Vec<Uuid> = parents.filter(|uuid| after.get(*uuid).is_none()).collect();
    missing.sort();
    missing.dedup();
    (!missing.is_empty()).then_some(Refusal::MissingParents { uuids: missing })
}

/// Records that are too deep, in another tree than they claim, or in a cycle.
fn misplaced(after: &Model, records: &[ProviderRecord]) -> Refusals {
    let mut refusals = Vec::new();
    let walk = after.walk();
    let mut root = Uuid::nil();
    for (depth, one) in &walk.0 {
        let uuid = one.uuid;
        if *depth == 0 {
            root = uuid;
        }
        let record = records.iter().find(|record| record.uuid == uuid);
        if record.is_some() && depth + 1 > Forest::MAX_LEVELS {
            refusals.push(too_deep(uuid));
        }
        let said = record.and_then(|record| record.root_uuid);
        if let Some(given) = said.filter(|said| *said != root) {
            refusals.push(Refusal::RootMismatch {
                uuid,
                given,
                actual: root,
            });
        }
    }
    let is_lost = |one: &&ProviderRecord| walk.0.iter().all(|(_, placed)| placed.uuid != one.uuid);
    let lost: Vec<&ProviderRecord> = after.providers.iter().filter(is_lost).collect();
    refusals.extend(cycles_among(&lost));
    refusals
}

/// The cycles among providers that are below no root. The others are below a cycle or a
/// missing parent.
fn cycles_among(lost: &[&ProviderRecord]) -> Refusals {
    let mut refusals = Vec::new();
    let mut seen = Vec::new();
    for start in lost {
        let mut way = Vec::new();
        let mut next = Some(start.uuid);
        while let Some(uuid) = next.filter(|uuid| !seen.contains(uuid)) {
            if let Some(at) = way.iter().position(|passed| *passed == uuid) {
                refusals.extend(cycles(&way[at..]));
                break;
            }
            way.push(uuid);
            let found = lost.iter().find(|one| one.uuid == uuid);
            next = found.and_then(|one| one.parent_uuid);
        }
        seen.extend(way);
    }
    refusals
}
