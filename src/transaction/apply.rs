//! Changes between other states of the forest, made on this one.

use std::borrow::Borrow;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use super::Transaction;
use super::arrivals::Arrivals;
use super::structure::check_texts;
use crate::error::Error;
use crate::forest::diff::change::{Change, Place};
use crate::forest::edit::Subtree;
use crate::forest::forest::Forest;
use crate::forest::iter::Children;
use crate::provider::provider::Provider;

impl Transaction {
    /// Makes changes that [`Forest::diff`] has found, all of them or none: a
    /// three-way merge.
    ///
    /// An update or a removal applies only where the provider is still as the
    /// change has it before, and an addition only where there is none. What other
    /// providers have become does not matter. One that is to stand before a sibling
    /// that is not there, or moves itself, stands last.
    ///
    /// The order of the changes does not matter, but that providers which come to
    /// stand in one place stand in theirs. Only what comes of all of them has to be a
    /// forest.
    ///
    /// Cost: O(c log n) for c changes and all that stands below those that move, and
    /// one write for each. Where one comes between two siblings that have no room
    /// between them, all their siblings are numbered anew: a write for each and for
    /// all below it, once a call, and room is left for 16 more before each.
    ///
    /// # Errors
    ///
    /// [`Error::ChangedMeanwhile`] with all providers that are in the way: those
    /// that are not as expected, and those below a removed one that are not removed
    /// too. [`Error::MissingParents`] with all parents that are not there;
    /// [`Error::DuplicateProvider`] for two changes of one provider;
    /// [`Error::Cycle`], [`Error::TooDeep`], [`Error::TooManySiblings`], or a name or
    /// UUID that is taken, as for [`move_to`](Self::move_to) and
    /// [`new_root`](Self::new_root).
    pub fn apply(&mut self, changes: impl IntoIterator<Item: Borrow<Change>>) -> Result<(), Error> {
        let changes: Vec<_> = changes.into_iter().collect();
        let plan = Plan::new(&self.forest, changes.iter().map(Borrow::borrow))?;
        let mut forest = self.forest.fork();
        plan.update(&mut forest);
        plan.clear(&mut forest)?.place(&mut forest)?;
        plan.check_names(&forest)?;
        self.forest.become_fork(forest);
        for change in changes.iter().map(Borrow::borrow) {
            let (from, after) = match change {
                Change::Added { provider, .. } => (None, provider),
                Change::Updated { before, after, .. } => (before.generation(), after),
                Change::Removed { .. } => continue,
            };
            self.generations
                .note(after.uuid(), from, after.generation(), "apply");
        }
        self.edits += changes.len() as u64;
        Ok(())
    }
}

/// The changes, by what is to be done.
#[derive(Default)]
struct Plan<'c> {
    /// What is updated, as it will be.
    updated: Vec<&'c Provider>,
    /// What gets a name, as it will be.
    named: Vec<&'c Provider>,
    /// What is added or moves, as it will be.
    arriving: Vec<(&'c Provider, Place)>,
    removed: Vec<&'c Provider>,
}

impl<'c> Plan<'c> {
    fn new(forest: &Forest, changes: impl Iterator<Item = &'c Change>) -> Result<Self, Error> {
        let mut plan = Self::default();
        let mut seen = HashSet::default();
        let mut in_the_way = Vec::new();
        for change in changes {
            let uuid = change.uuid();
            if !seen.insert(uuid) {
                return Err(Error::DuplicateProvider { uuid });
            }
            if forest.get(uuid) != plan.add(change) {
                in_the_way.push(uuid);
            }
        }
        check_none_in_the_way(in_the_way)?;
        Ok(plan)
    }

    /// Returns what is expected to be there.
    fn add(&mut self, change: &'c Change) -> Option<&'c Provider> {
        match change {
            Change::Added { provider, place } => {
                self.arriving.push((provider, *place));
                self.named.push(provider);
                None
            }
            Change::Removed { provider } => {
                self.removed.push(provider);
                Some(provider)
            }
            Change::Updated {
                before,
                after,
                place,
            } => {
                self.updated.push(after);
                if before.name() != after.name() {
                    self.named.push(after);
                }
                // Who has changed the change may have left it out.
                let elsewhere = before.parent_uuid() != after.parent_uuid();
                let place = place.or(elsewhere.then_some(Place::Last));
                self.arriving.extend(place.map(|place| (after, place)));
                Some(before)
            }
        }
    }

    /// Gives updated providers their new content where they stand. Names may pass from one
    /// provider to another, so that two may have the same meanwhile.
    fn update(&self, forest: &mut Forest) {
        for &after in &self.updated {
            if let Some(here) = forest.get(after.uuid()) {
                let path = here.path().clone();
                forest.replace(after.edited(|head| head.path = path));
            }
        }
    }

    /// Takes out what goes and what moves. Returns what moves or is added.
    fn clear(&self, forest: &mut Forest) -> Result<Arrivals, Error> {
        let moved = self.arriving.iter().map(|(after, _)| (after.uuid(), true));
        let removed = self.removed.iter().map(|removed| (removed.uuid(), false));
        let mut leaving: Vec<_> = moved
            .chain(removed)
            .filter_map(|(uuid, moves)| Some((forest.get(uuid)?.path().clone(), uuid, moves)))
            .collect();
        // Children first, so that each takes along only what stays below it.
        leaving.sort_unstable_by(|(a, ..), (b, ..)| b.cmp(a));
        let mut detached: HashMap<Uuid, Subtree> = HashMap::default();
        let mut in_the_way = Vec::new();
        for (path, uuid, moves) in leaving {
            if moves {
                detached.insert(uuid, forest.detach(&path));
            } else {
                in_the_way.extend(Children::of(forest, &path).map(Provider::uuid));
                forest.detach_alone(uuid);
            }
        }
        check_none_in_the_way(in_the_way)?;
        let arriving = self.arriving.iter().map(|&(after, place)| {
            let there = detached.remove(&after.uuid());
            (there.unwrap_or_else(|| after.clone().into()), place)
        });
        Ok(arriving.collect())
    }

    /// Checks that each can take its new name, one after the other.
    fn check_names(&self, forest: &Forest) -> Result<(), Error> {
        let mut waiting: HashSet<Uuid> = self.named.iter().map(|one| one.uuid()).collect();
        for &provider in &self.named {
            let counts = |uuid| !waiting.contains(&uuid);
            check_texts(forest, provider.name(), provider.uuid(), counts)?;
            waiting.remove(&provider.uuid());
        }
        Ok(())
    }
}

fn check_none_in_the_way(uuids: Vec<Uuid>) -> Result<(), Error> {
    if uuids.is_empty() {
        Ok(())
    } else {
        Err(Error::ChangedMeanwhile { uuids })
    }
}
