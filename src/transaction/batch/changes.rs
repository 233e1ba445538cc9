//! Changes between other states of the forest, made on this one.

use std::borrow::Borrow;

use foldhash::HashSet;
use uuid::Uuid;

use super::{Batch, Source};
use crate::error::Error;
use crate::forest::diff::change::{Change, Place};
use crate::forest::forest::Forest;
use crate::transaction::transaction::Transaction;

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
        // What only goes elsewhere may have been there.
        if changes().all(shows_the_same) && editor.diff(&self.editor).is_empty() {
            return Ok(());
        }
        self.keep(editor, batch, edits as u64)
    }
}

fn shows_the_same(change: &Change) -> bool {
    matches!(change, Change::Updated { before, after, .. } if before == after)
}

/// What the changes make of a forest, if all are as they expect.
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
                // Whoever has changed the change may have left it out.
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
