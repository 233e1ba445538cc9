//! Changes between other states of the forest, made on this one.

use std::borrow::Borrow;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use super::Transaction;
use super::structure::{check_levels, check_texts, move_to_end};
use crate::forest::walk::Children;
use crate::{Change, Error, Forest, Provider};

impl Transaction {
    /// Makes changes that [`Forest::diff`] has found, all of them or none: a
    /// three-way merge.
    ///
    /// An update or a removal applies only where the provider is still as the
    /// change has it before, and an addition only where there is none. What other
    /// providers have become does not matter. Give them in the order of the diff:
    /// moves are made in that order, so that in another one may lead through a
    /// cycle, and be refused; so may one that leads below the deepest level on its
    /// way, in any order.
    ///
    /// Cost: O(c log n) for c changes, and one write for each; as
    /// [`move_to`](Self::move_to) for one that moves, so that c moves below one
    /// another cost O(c²).
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
        plan.give_names_up(&mut forest);
        plan.place(&mut forest)?;
        plan.remove(&mut forest)?;
        plan.take_names(&mut forest)?;
        self.forest.become_fork(forest);
        for after in &plan.arriving {
            let before = plan.before.get(&after.uuid());
            let from = before.and_then(|provider| provider.generation());
            self.generations
                .note(after.uuid(), from, after.generation(), "apply");
        }
        self.edits += changes.len() as u64;
        Ok(())
    }
}

/// The changes, by what is to be done.
struct Plan<'c> {
    /// What is added or updated, as it will be, parents first.
    arriving: Vec<&'c Provider>,
    /// What is updated, as it was.
    before: HashMap<Uuid, &'c Provider>,
    /// What goes to the end of its siblings.
    to_end: HashSet<Uuid>,
    removed: Vec<&'c Provider>,
}

impl<'c> Plan<'c> {
    fn new(forest: &Forest, changes: impl Iterator<Item = &'c Change>) -> Result<Self, Error> {
        let mut plan = Self {
            arriving: Vec::new(),
            before: HashMap::default(),
            to_end: HashSet::default(),
            removed: Vec::new(),
        };
        let mut seen = HashSet::default();
        let mut in_the_way = Vec::new();
        for change in changes {
            let uuid = change.uuid();
            if !seen.insert(uuid) {
                return Err(Error::DuplicateProvider { uuid });
            }
            let expected = match change {
                Change::Added { provider } => {
                    plan.arriving.push(provider);
                    None
                }
                Change::Removed { provider } => {
                    plan.removed.push(provider);
                    Some(provider)
                }
                Change::Updated {
                    before,
                    after,
                    to_end,
                } => {
                    plan.arriving.push(after);
                    plan.before.insert(uuid, before);
                    if *to_end || before.parent_uuid() != after.parent_uuid() {
                        plan.to_end.insert(uuid);
                    }
                    Some(before)
                }
            };
            if forest.get(uuid) != expected {
                in_the_way.push(uuid);
            }
        }
        check_none_in_the_way(in_the_way)?;
        plan.arriving = parents_first(plan.arriving)?;
        Ok(plan)
    }

    /// So that names may pass from one provider to another.
    fn give_names_up(&self, forest: &mut Forest) {
        for provider in self
            .removed
            .iter()
            .chain(self.renamed().map(|(old, _)| old))
        {
            forest.unname(provider);
        }
    }

    fn take_names(&self, forest: &mut Forest) -> Result<(), Error> {
        let added = self
            .arriving
            .iter()
            .filter(|new| !self.before.contains_key(&new.uuid()));
        for provider in added.copied().chain(self.renamed().map(|(_, new)| new)) {
            check_texts(forest, provider.name(), provider.uuid())?;
            forest.name(provider);
        }
        Ok(())
    }

    fn renamed(&self) -> impl Iterator<Item = (&&'c Provider, &'c Provider)> {
        let updated = self
            .arriving
            .iter()
            .filter_map(|new| Some((self.before.get(&new.uuid())?, *new)));
        updated.filter(|(old, new)| old.name() != new.name())
    }

    /// Puts everything where it belongs, under parents that are there by then.
    fn place(&self, forest: &mut Forest) -> Result<(), Error> {
        let mut missing = Vec::new();
        for &after in &self.arriving {
            let uuid = after.uuid();
            if let Some(parent) = after.parent_uuid()
                && forest.get(parent).is_none()
            {
                missing.push(parent);
                continue;
            }
            let mut provider = after.clone();
            provider.path = match forest.get(uuid) {
                None => {
                    let above = forest.place_of(after.parent_uuid())?;
                    check_levels(uuid, above.levels() + 1)?;
                    forest.next_path(&above)?
                }
                Some(_) if self.to_end.contains(&uuid) => {
                    move_to_end(forest, uuid, after.parent_uuid())?
                }
                Some(here) => here.path.clone(),
            };
            forest.replace(provider);
        }
        // Those that are to be added are not there for want of their own parents.
        let arriving: HashSet<Uuid> = self.arriving.iter().map(|after| after.uuid()).collect();
        missing.retain(|uuid| !arriving.contains(uuid));
        missing.sort_unstable();
        missing.dedup();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Error::MissingParents { uuids: missing })
        }
    }

    fn remove(&self, forest: &mut Forest) -> Result<(), Error> {
        let mut paths: Vec<_> = self
            .removed
            .iter()
            .filter_map(|provider| Some(forest.get(provider.uuid())?.path.clone()))
            .collect();
        // Children first: what is left below one is not removed.
        paths.sort_unstable_by(|a, b| b.cmp(a));
        let mut in_the_way = Vec::new();
        for path in paths {
            in_the_way.extend(Children::of(forest, &path).map(Provider::uuid));
            if let Some(provider) = forest.by_path(&path) {
                forest.detach(provider.uuid());
            }
        }
        check_none_in_the_way(in_the_way)
    }
}

/// The same providers in the given order, but parents first.
fn parents_first(arriving: Vec<&Provider>) -> Result<Vec<&Provider>, Error> {
    let numbered = arriving.iter().enumerate();
    let at: HashMap<Uuid, usize> = numbered.map(|(at, after)| (after.uuid(), at)).collect();
    let mut ordered = Vec::with_capacity(arriving.len());
    let mut taken_from: Vec<Option<usize>> = vec![None; arriving.len()];
    for start in 0..arriving.len() {
        let mut upwards: Vec<usize> = Vec::new();
        let mut next = Some(start);
        while let Some(here) = next {
            match taken_from[here] {
                None => taken_from[here] = Some(start),
                Some(earlier) if earlier == start => {
                    let cycle = upwards.iter().skip_while(|&&at| at != here);
                    return Err(Error::Cycle {
                        uuids: cycle.map(|&at| arriving[at].uuid()).collect(),
                    });
                }
                Some(_) => break,
            }
            upwards.push(here);
            let parent = arriving[here].parent_uuid();
            next = parent.and_then(|uuid| at.get(&uuid).copied());
        }
        ordered.extend(upwards.into_iter().rev().map(|at| arriving[at]));
    }
    Ok(ordered)
}

fn check_none_in_the_way(uuids: Vec<Uuid>) -> Result<(), Error> {
    if uuids.is_empty() {
        Ok(())
    } else {
        Err(Error::ChangedMeanwhile { uuids })
    }
}
