//! Changes between other states of the forest, applied to this one.

use std::borrow::Borrow;

use foldhash::HashSet;
use uuid::Uuid;

use super::{Batch, Source};
use crate::error::Error;
use crate::forest::diff::change::{Change, Place};
use crate::forest::forest::Forest;
use crate::transaction::transaction::Transaction;

impl Transaction {
    /// Applies changes that [`Forest::diff`] has found, all of them or none: a three-way
    /// merge.
    ///
    /// An update or a removal applies only if the provider is still as it was before the
    /// change, and an addition only if there is no such provider. Other providers may have
    /// changed in any way. If the sibling that a provider should precede is missing, or
    /// moves itself, the provider becomes the last of its siblings.
    ///
    /// The order of the changes does not matter, except among providers with the same
    /// place. Only the result of all changes must be a valid forest.
    ///
    /// Cost: O(c log n) for c changes and everything below providers that move, and one
    /// write for each. If a provider is inserted between two siblings without room between
    /// them, all their siblings are renumbered: one write for each and for everything below
    /// it, once per call, which leaves room for 16 more before each.
    ///
    /// # Errors
    ///
    /// [`Error::ChangedMeanwhile`] with all providers in the way: those that differ from
    /// what the changes expect, and those below a removed one that are not removed too.
    /// [`Error::MissingParents`] with all missing parents; [`Error::DuplicateProvider`] for
    /// two changes of one provider; [`Error::Cycle`], [`Error::TooDeep`],
    /// [`Error::TooManySiblings`], or a taken name or UUID, as for
    /// [`move_to`](Self::move_to) and [`new_root`](Self::new_root).
    pub fn apply(&mut self, changes: impl IntoIterator<Item: Borrow<Change>>) -> Result<(), Error> {
        let changes: Vec<_> = changes.into_iter().collect();
        let changes = || changes.iter().map(Borrow::borrow);
        let mut batch = batch_of(&self.editor, changes())?;
        if batch.is_empty() {
            return Ok(());
        }
        let edits = batch.given.len() + batch.removed.len();
        let mut editor = self.editor.try_out();
        let cleared = batch.clear(&mut editor);
        check_none_in_the_way(cleared.orphans.iter().map(|(uuid, _)| *uuid).collect())?;
        cleared.place(&mut editor)?;
        // Providers that only move may already be where they should be.
        if changes().all(shows_the_same) && editor.diff(&self.editor).is_empty() {
            return Ok(());
        }
        self.keep(editor, batch, edits as u64)
    }
}

fn shows_the_same(change: &Change) -> bool {
    matches!(change, Change::Updated { before, after, .. } if before == after)
}

/// The batch for these changes, if all providers are as they expect.
fn batch_of<'c>(
    forest: &Forest,
    changes: impl Iterator<Item = &'c Change>,
) -> Result<Batch<'c>, Error> {
    let mut batch = Batch::new("apply");
    let mut seen = HashSet::default();
    let mut in_the_way = Vec::new();
    for change in changes {
        let uuid = change.uuid();
        if !seen.insert(uuid) {
            return Err(Error::DuplicateProvider { uuid });
        }
        let here = forest.get(uuid);
        let expected = match change {
            Change::Added { provider, place } => {
                batch.give(None, Source::Shown(provider), provider.name(), Some(*place));
                None
            }
            Change::Removed { provider } => {
                batch.removed.insert(uuid);
                Some(provider)
            }
            Change::Updated {
                before,
                after,
                place,
            } => {
                // The caller may have edited the change and left its place out.
                let elsewhere = before.parent_uuid() != after.parent_uuid();
                let place = place.or(elsewhere.then_some(Place::Last));
                batch.give(here, Source::Shown(after), after.name(), place);
                Some(before)
            }
        };
        if here != expected {
            in_the_way.push(uuid);
        }
    }
    check_none_in_the_way(in_the_way)?;
    Ok(batch)
}

fn check_none_in_the_way(uuids: Vec<Uuid>) -> Result<(), Error> {
    if uuids.is_empty() {
        Ok(())
    } else {
        Err(Error::ChangedMeanwhile { uuids })
    }
}
