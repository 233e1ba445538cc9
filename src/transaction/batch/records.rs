//! `populate` and `replace_all`: making batches of records.

use std::borrow::Borrow;

use foldhash::HashSet;
use uuid::Uuid;

use super::interner::Interner;
use super::{Batch, Source};
use crate::error::Error;
use crate::forest::diff::change::Place;
use crate::forest::forest::Forest;
use crate::forest::iter::Descendants;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::provider::record::ProviderRecord;
use crate::transaction::transaction::Transaction;

impl Transaction {
    /// Adds and replaces providers, all of them or none. To remove all others in the same
    /// step, use [`replace_all`](Self::replace_all).
    ///
    /// A new provider is added after its siblings. An existing one is replaced as a whole:
    /// its name, parent, generation, inventory, traits, aggregates and resources become
    /// those of the record. Descendants of a given provider that are not given are removed;
    /// other trees stay as they are. The order of the records does not matter, except among
    /// new siblings. A provider that keeps its parent keeps its place. An empty list
    /// changes nothing.
    ///
    /// Cost: O((k + d) log n) for k records and d providers that are added or removed, and
    /// one write for each that changes.
    ///
    /// # Errors
    ///
    /// [`Error::DuplicateProvider`]; [`Error::MissingParents`] with all parents that are
    /// neither given nor left; [`Error::Cycle`]; [`Error::TooDeep`];
    /// [`Error::RootMismatch`]; [`Error::TooManySiblings`] beyond four billion;
    /// [`Error::InvalidRecord`] for an invalid name or inventory; or a taken name or UUID,
    /// as for [`new_root`](Self::new_root).
    #[doc(alias = "populate_from_iterable")]
    pub fn populate(
        &mut self,
        records: impl IntoIterator<Item: Borrow<ProviderRecord>>,
    ) -> Result<(), Error> {
        self.put_records(records, dropped_below, "populate")
    }

    /// Makes the forest exactly these providers, in one step, or leaves it as it is.
    ///
    /// Use it to resync with another source of truth. A new provider is added after its
    /// siblings; an existing one is replaced as a whole if its record differs; one without
    /// a record is removed, roots included. The order of the records matters only among
    /// siblings that are new to their parent. A provider that keeps its parent keeps its
    /// place. If its record contains nothing new and its ancestors keep their parents, it
    /// is left untouched, and a tree in which nothing changes stays shared with earlier
    /// versions. So records of what the forest already shows, in any order, change nothing,
    /// and [`Forest::diff`](crate::Forest::diff) finds only what the source of truth has
    /// changed.
    ///
    /// A name can pass from a removed provider to a new one: a host whose database was
    /// rebuilt reappears under its old name with another UUID.
    ///
    /// **An empty list empties the forest**, while [`populate`](Self::populate) ignores
    /// one. If the source of truth may return an empty or truncated list when it fails,
    /// check the list first.
    ///
    /// Cost: O(n) for n existing providers, O(k log n + k log k) for k records, and one
    /// write for each provider that is added, changed, moved or removed.
    ///
    /// # Errors
    ///
    /// Those of [`populate`](Self::populate), but only the records count, since nothing
    /// else stays: a parent without a record is missing even if the forest has it, and
    /// names and UUIDs clash only with those of other records.
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

/// Which providers are removed, given the UUIDs of the records: what distinguishes
/// `populate` from `replace_all`.
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
    // Of nested paths, the topmost covers the others and sorts first.
    paths.dedup_by(|path, above| above.contains(path));
    paths
        .into_iter()
        .flat_map(|path| Descendants::of(forest, path))
        .map(Provider::uuid)
        .filter(|uuid| !given.contains(uuid))
        .collect()
}

/// The batch for these records. Records that contain nothing new are left out.
fn batch_of<'r>(
    forest: &Forest,
    records: impl ExactSizeIterator<Item = &'r ProviderRecord>,
    dropped: Dropped,
    operation: &'static str,
) -> Result<Batch<'r>, Error> {
    let mut interner = Interner::default();
    let mut given = HashSet::default();
    given.reserve(records.len());
    let mut batch = Batch::new(operation);
    for record in records {
        if !given.insert(record.uuid) {
            return Err(Error::DuplicateProvider { uuid: record.uuid });
        }
        let provider = interner.provider(record)?;
        let old = forest.get(record.uuid);
        if old == Some(&provider) {
            continue;
        }
        let stays = old.is_some_and(|old| old.parent_uuid() == provider.parent_uuid());
        let place = (!stays).then_some(Place::Last);
        batch.give(old, Source::Made(Box::new(provider)), &record.name, place);
    }
    batch.removed = dropped(forest, &given);
    Ok(batch)
}

/// Checks that each record names the root that its parents lead to, or none.
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
