//! `populate` and `replace_all`: what records make of a forest.

use std::borrow::Borrow;

use foldhash::HashSet;
use uuid::Uuid;

use super::drafts::Drafts;
use super::{Batch, Source};
use crate::error::Error;
use crate::forest::diff::change::Place;
use crate::forest::forest::Forest;
use crate::forest::iter::Providers;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::provider::record::ProviderRecord;
use crate::transaction::transaction::Transaction;

impl Transaction {
    /// Adds and replaces providers, all of them or none. To remove all others in the
    /// same step, use [`replace_all`](Self::replace_all).
    ///
    /// A provider that is new is added, after its siblings; one that is there
    /// is replaced whole: its name, parent, generation, inventory, traits,
    /// aggregates and resources become those of the record. Descendants of a
    /// given provider that are not given themselves are removed; other trees
    /// stay as they are. The order of the records does not matter, but new
    /// siblings stand in theirs. A provider that keeps its parent keeps its
    /// place. No records are no change.
    ///
    /// Cost: O((k + d) log n) for k records of which d providers come or go,
    /// and one write for each that changes.
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateProvider`]; [`Error::MissingParents`] with all parents
    /// that are neither given nor left; [`Error::Cycle`]; [`Error::TooDeep`];
    /// [`Error::RootMismatch`]; [`Error::TooManySiblings`] after four billion;
    /// [`Error::InvalidRecord`] for an invalid name or
    /// inventory; or a name or UUID that is taken, as for
    /// [`new_root`](Self::new_root).
    #[doc(alias = "populate_from_iterable")]
    pub fn populate(
        &mut self,
        records: impl IntoIterator<Item: Borrow<ProviderRecord>>,
    ) -> Result<(), Error> {
        self.put_records(records, dropped_below, "populate")
    }

    /// Makes the forest exactly these providers, in one step, or leaves it as it is.
    ///
    /// This is the resync with another source of truth. A provider that is new is
    /// added, after its siblings; one that is there is replaced whole if its record
    /// differs; one without a record is removed, roots included. The order of the
    /// records matters only among siblings that are new to their parent. A provider
    /// that keeps its parent keeps its place. One whose record shows nothing new, below
    /// ancestors that keep their parents, is left untouched, and a tree of which nothing
    /// changes is shared with the versions before. So records of what the forest shows
    /// already, in any order, are no change, and [`Forest::diff`](crate::Forest::diff)
    /// finds only what the source of truth has changed.
    ///
    /// A name passes from a provider that is removed to one that is added: a host whose
    /// database was rebuilt comes back under its old name with another UUID.
    ///
    /// **No records empty the forest**, where they are no change for
    /// [`populate`](Self::populate). If the source of truth may answer with an empty or
    /// a shortened list when it fails, check the list first.
    ///
    /// Cost: O(n) for the n providers that are there, O(k log n + k log k) for k
    /// records, and one write for each provider that is added, changed, moved or
    /// removed.
    ///
    /// # Errors
    ///
    /// Those of [`populate`](Self::populate), but only the records count, since nothing
    /// else stays: a parent that is not given is missing even if it is there, and names
    /// and UUIDs clash only with those of other records.
    ///
    /// ```
    /// use provider_tree::{Error, ProviderRecord, ProviderTree};
    /// use uuid::Uuid;
    ///
    /// let tree = ProviderTree::new();
    /// let first = ProviderRecord::new(Uuid::from_u128(1), "first");
    /// let second = ProviderRecord::new(Uuid::from_u128(2), "second");
    /// tree.replace_all([&first, &second])?;
    /// assert_eq!(tree.replace_all([&second, &first])?.version, 1); // nothing new
    ///
    /// // The first host is gone; the second one's database was rebuilt.
    /// let rebuilt = ProviderRecord::new(Uuid::from_u128(3), "second");
    /// tree.replace_all([&rebuilt])?;
    /// assert_eq!((tree.len(), tree.find("second").unwrap().uuid()), (1, rebuilt.uuid));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn replace_all(
        &mut self,
        records: impl IntoIterator<Item: Borrow<ProviderRecord>>,
    ) -> Result<(), Error> {
        self.put_records(records, all_dropped, "replace_all")
    }

    fn put_records(
        &mut self,
        records: impl IntoIterator<Item: Borrow<ProviderRecord>>,
        dropped: Dropped,
        operation: &'static str,
    ) -> Result<(), Error> {
        let records: Vec<_> = records.into_iter().collect();
        let records = || records.iter().map(Borrow::borrow);
        let mut batch = batch_of(&self.editor, records(), dropped, operation)?;
        if batch.is_empty() {
            return check_roots(&self.editor, records());
        }
        let mut editor = self.editor.try_out();
        batch.clear(&mut editor).place(&mut editor)?;
        check_roots(&editor, records())?;
        self.keep(editor, batch, 1)
    }
}

/// Which providers go, none of them given: what `populate` and `replace_all` differ in.
type Dropped = fn(&Forest, &HashSet<Uuid>) -> HashSet<Uuid>;

/// All that are not given.
fn all_dropped(forest: &Forest, given: &HashSet<Uuid>) -> HashSet<Uuid> {
    let all = forest.iter().map(Provider::uuid);
    all.filter(|uuid| !given.contains(uuid)).collect()
}

/// Those below a given one that are not given themselves.
fn dropped_below(forest: &Forest, given: &HashSet<Uuid>) -> HashSet<Uuid> {
    let present = given.iter().filter_map(|&uuid| forest.get(uuid));
    let mut paths: Vec<&Path> = present.map(Provider::path).collect();
    paths.sort_unstable();
    // Of paths below one another, the topmost covers all: it comes first.
    paths.dedup_by(|path, above| above.contains(path));
    paths
        .into_iter()
        .flat_map(|path| Providers::below(forest, path))
        .map(Provider::uuid)
        .filter(|uuid| !given.contains(uuid))
        .collect()
}

/// What the records make of a forest. Those that say nothing new are left out.
fn batch_of<'r>(
    forest: &Forest,
    records: impl Iterator<Item = &'r ProviderRecord>,
    dropped: Dropped,
    operation: &'static str,
) -> Result<Batch<'r>, Error> {
    let mut drafts = Drafts::default();
    let mut given = HashSet::default();
    let mut batch = Batch::new(operation);
    for record in records {
        if !given.insert(record.uuid) {
            return Err(Error::DuplicateProvider { uuid: record.uuid });
        }
        let draft = drafts.draft(record)?;
        let old = forest.get(record.uuid);
        if old.is_some_and(|old| draft.is_shown_by(old)) {
            continue;
        }
        let provider = draft.finish();
        let stays = old.is_some_and(|old| old.parent_uuid() == provider.parent_uuid());
        let place = (!stays).then_some(Place::Last);
        batch.give(old, Source::Made(Box::new(provider)), &record.name, place);
    }
    batch.removed = dropped(forest, &given);
    Ok(batch)
}

/// Each record names the root that its parents lead to, or none.
fn check_roots<'r>(
    forest: &Forest,
    records: impl Iterator<Item = &'r ProviderRecord>,
) -> Result<(), Error> {
    for record in records {
        let Some(given) = record.root_uuid else {
            continue;
        };
        let actual = forest.root_of(record.uuid)?.uuid();
        if given != actual {
            return Err(Error::RootMismatch {
                uuid: record.uuid,
                given,
                actual,
            });
        }
    }
    Ok(())
}
