//! Many providers at once: everything is checked before anything changes.

mod order;
mod plan;
mod shared;

use std::borrow::Borrow;
use std::collections::hash_map::Entry;

use foldhash::{HashMap, HashMapExt};
use uuid::Uuid;

use self::order::{Dropped, all_dropped, dropped_below};
use self::plan::{Given, Plan};
use super::Transaction;
use crate::error::Error;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::provider::record::ProviderRecord;

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
        let plan = Plan::new(&self.forest, records.iter().map(Borrow::borrow), dropped)?;
        plan.check_names(&self.forest)?;
        plan.reserve(&mut self.forest)?;
        apply(plan, self, operation)
    }
}

/// Does what was planned; the plan has checked everything.
fn apply(plan: Plan, transaction: &mut Transaction, operation: &'static str) -> Result<(), Error> {
    let mut changed = !plan.dropped.is_empty();
    for uuid in &plan.dropped {
        transaction.forest.detach_alone(*uuid);
    }
    let mut arriving = Vec::new();
    for Given {
        mut draft,
        in_place,
        ..
    } in plan.given
    {
        let uuid = draft.head.uuid();
        let old = transaction.forest.get(uuid);
        let generation = old.and_then(Provider::generation);
        if in_place && let Some(old) = old {
            if draft.is_shown_by(old) {
                continue;
            }
            draft.head.path = old.path().clone();
        }
        changed = true;
        transaction
            .generations
            .note(uuid, generation, draft.head.generation, operation);
        if in_place {
            transaction.forest.replace(draft.finish());
        } else {
            transaction.forest.detach_alone(uuid);
            arriving.push(draft);
        }
    }
    let forest = &mut transaction.forest;
    let mut placed: Vec<Provider> = Vec::with_capacity(arriving.len());
    let mut at: HashMap<Uuid, usize> = HashMap::with_capacity(arriving.len());
    // The next ordinals below the parents.
    let mut next: HashMap<Option<Uuid>, (Path, u32)> = HashMap::new();
    for mut draft in arriving {
        let parent = draft.head.parent_uuid;
        let (above, ordinal) = match next.entry(parent) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => {
                let arrived = parent.and_then(|uuid| at.get(&uuid));
                free.insert(match arrived {
                    Some(&parent) => (placed[parent].path().clone(), 0),
                    None => {
                        let above = forest.place_of(parent)?;
                        let first = forest.next_ordinal(&above);
                        (above, first)
                    }
                })
            }
        };
        draft.head.path = above.child(*ordinal);
        *ordinal += 1;
        at.insert(draft.head.uuid(), placed.len());
        placed.push(draft.finish());
    }
    forest.attach_all(placed);
    transaction.edits += u64::from(changed);
    Ok(())
}
