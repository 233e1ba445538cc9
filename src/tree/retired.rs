//! Old versions, and who frees them: writers, a bounded amount at each commit.
//!
//! A version that is replaced comes here with its writer's reference. So none
//! that a reader drops is the last: while the tree is there no reader frees a
//! version. One to which this is the only reference can get no other any more.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::snapshot::Version;
use crate::sync::{self, Mutex, Queue};
use crate::{Provider, Snapshot};

/// How many providers a commit lets go of, beside twice as many as it has replaced
/// and added itself: so commits let go of more than they replace.
/// None in models, so that two make a version that is freed in steps.
const FREED_BY_A_COMMIT: usize = if cfg!(provider_tree_models) { 0 } else { 256 };

/// How many versions a commit looks at.
const SEEN_BY_A_COMMIT: usize = 4;

/// The replaced versions of a tree.
#[derive(Default)]
pub(super) struct Retired {
    /// Only who gets the lock at once frees: nobody waits for it.
    kept: Mutex<Kept>,
    /// What came while another thread had it.
    arrived: Queue<Old>,
    /// How many versions are kept, and how many providers they have that newer
    /// ones have not. For who asks: nothing is decided by them.
    versions: AtomicUsize,
    providers: AtomicUsize,
}

#[derive(Default)]
struct Kept {
    by_number: BTreeMap<u64, Old>,
    /// How many providers all of them have replaced.
    replaced: usize,
    /// The number from which on the next is to be looked at.
    next: u64,
}

/// One replaced version.
struct Old {
    number: u64,
    state: State,
    /// What it has and the next newer one here has not.
    replaced: Vec<Arc<Provider>>,
    /// How many providers differ in all, additions included: one that differs in
    /// more than the budget is freed in steps.
    size: usize,
}

enum State {
    /// There may be readers.
    Shared(sync::Arc<Version>),
    /// There are none, and part of it has been freed.
    Owned(Box<Version>),
}

impl Retired {
    /// Keeps a version that a commit has replaced, with the providers that the new
    /// one has not, and by how many that is larger; frees some of what can be freed.
    ///
    /// A writer that comes here long after its swap finds newer versions freed. What
    /// its version had in common with them is then freed with it, at once.
    pub(super) fn add(&self, version: Snapshot, replaced: Vec<Arc<Provider>>, added: usize) {
        let size = replaced.len() + added;
        let mut budget = FREED_BY_A_COMMIT + 2 * size;
        let old = Old {
            number: version.version(),
            state: State::Shared(version.into_version()),
            replaced,
            size,
        };
        match self.kept.try_lock() {
            Ok(mut kept) => {
                self.take_arrived(&mut kept);
                if kept.is_next(&old) {
                    kept.free(old, &mut budget);
                } else {
                    kept.insert(old);
                }
                self.free_kept(&mut kept, SEEN_BY_A_COMMIT, budget);
            }
            Err(_) => self.arrived.push(old),
        }
    }

    /// Frees all versions that nobody reads. Does nothing if another thread is at it.
    pub(super) fn collect(&self) {
        if let Ok(mut kept) = self.kept.try_lock() {
            self.take_arrived(&mut kept);
            self.free_kept(&mut kept, usize::MAX, usize::MAX);
        }
    }

    fn take_arrived(&self, kept: &mut Kept) {
        while let Some(old) = self.arrived.pop() {
            kept.insert(old);
        }
    }

    /// Looks at so many versions, oldest first, and frees those that nobody reads, but
    /// no more than so many providers.
    fn free_kept(&self, kept: &mut Kept, versions: usize, mut budget: usize) {
        for _ in 0..versions.min(kept.by_number.len()) {
            if budget == 0 {
                break;
            }
            if let Some(old) = kept.take_next() {
                kept.free(old, &mut budget);
            }
        }
        self.versions.store(kept.by_number.len(), Relaxed);
        self.providers.store(kept.replaced, Relaxed);
    }

    /// How many versions are here, and how many providers they have that newer
    /// ones have not.
    pub(super) fn counts(&self) -> (usize, usize) {
        let versions = self.versions.load(Relaxed) + self.arrived.len();
        (versions, self.providers.load(Relaxed))
    }
}

impl Kept {
    fn insert(&mut self, old: Old) {
        self.replaced += old.replaced.len();
        self.by_number.insert(old.number, old);
    }

    /// Whether a version is not to wait for an older one that can be freed. If the
    /// older one went after it, what they have in common would be left to that, and
    /// be looked at again and again.
    fn is_next(&self, old: &Old) -> bool {
        let older = self.by_number.range(..old.number).next_back();
        older.is_none_or(|(_, older)| older.state.is_read())
    }

    /// Takes out the next version to look at.
    fn take_next(&mut self) -> Option<Old> {
        let mut all = self.by_number.range(self.next..).chain(&self.by_number);
        let number = *all.next()?.0;
        self.next = number + 1;
        let old = self.by_number.remove(&number)?;
        self.replaced -= old.replaced.len();
        Some(old)
    }

    /// Frees what the budget allows of a version, if nobody reads it, and keeps the
    /// rest. What it has in common with the next older one is left to that.
    fn free(&mut self, mut old: Old, budget: &mut usize) {
        let mut version = match old.state.into_owned() {
            Ok(version) => version,
            Err(shared) => {
                old.state = shared;
                return self.insert(old);
            }
        };
        let mut older = self.by_number.range_mut(..old.number).next_back();
        let mut leave = |provider: &Arc<Provider>| {
            let older = older.as_mut().map(|(_, older)| older);
            let older = older.filter(|older| older.state.version().forest.has(provider));
            older.map(|older| older.replaced.push(Arc::clone(provider)))
        };
        if old.size <= *budget {
            *budget -= old.size;
            drop(version);
            let held = |provider: &&Arc<Provider>| Arc::strong_count(provider) > 1;
            let left = old.replaced.iter().filter(held).filter_map(leave);
            self.replaced += left.count();
            if let Some((_, older)) = older {
                older.size += old.size;
            }
            return;
        }
        let step = mem::take(budget).min(old.replaced.len());
        for provider in old.replaced.split_off(old.replaced.len() - step) {
            match leave(&provider) {
                // The nodes that have it are the older one's as well.
                Some(()) => self.replaced += 1,
                None => version.forest.let_go(&provider),
            }
        }
        // At last the nodes of its maps that have others' providers too: a map a step.
        if step == 0 && !version.forest.let_go_of_a_map() {
            if let Some((_, older)) = older {
                older.size += old.size;
            }
            return;
        }
        old.state = State::Owned(Box::new(version));
        // It is not done with.
        self.next = old.number;
        self.insert(old);
    }
}

impl State {
    fn version(&self) -> &Version {
        match self {
            Self::Shared(version) => version,
            Self::Owned(version) => version,
        }
    }

    fn is_read(&self) -> bool {
        matches!(self, Self::Shared(version) if sync::Arc::strong_count(version) > 1)
    }

    /// The version, if nobody reads it.
    fn into_owned(self) -> Result<Version, Self> {
        match self {
            Self::Owned(version) => Ok(*version),
            Self::Shared(shared) => sync::Arc::try_unwrap(shared).map_err(Self::Shared),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::Transaction;

    /// More than a small commit frees.
    const ALL: std::ops::Range<u128> = 0..280;

    /// The next version, and what `add` is given of the one before it.
    fn next(base: &Snapshot, changed: std::ops::Range<u128>, generation: u64) -> (Snapshot, Old) {
        let mut transaction = Transaction::new(base.clone());
        for uuid in changed.map(Uuid::from_u128) {
            if transaction.get(uuid).is_none() {
                transaction.new_root(&uuid.to_string(), uuid, None).unwrap();
            }
            transaction.set_generation(uuid, generation).unwrap();
        }
        let next = transaction.next();
        let (base, replaced) = transaction.into_replaced();
        let old = Old {
            number: base.version(),
            state: State::Shared(base.into_version()),
            size: replaced.len(),
            replaced,
        };
        (next, old)
    }

    fn add(retired: &Retired, old: Old) {
        let State::Shared(version) = old.state else {
            unreachable!("nothing has been freed of it");
        };
        retired.add(Snapshot::from_version(version), old.replaced, 0);
    }

    #[test]
    fn what_came_while_another_freed_keeps_what_newer_ones_leave_to_it() {
        let retired = Retired::default();
        let (first, _) = next(&Snapshot::default(), ALL, 0);
        let (second, old) = next(&first, ALL, 1);
        drop(first);
        add(&retired, old);
        let (third, old) = next(&second, 0..1, 2);
        // Another thread is at it.
        let busy = retired.kept.try_lock().unwrap();
        add(&retired, old);
        assert_eq!(retired.counts().0, 1);
        drop(busy);
        let (fourth, old) = next(&third, ALL, 3);
        drop(third);
        add(&retired, old);
        assert_eq!(retired.counts(), (1, 280));

        drop(second);
        let (_fifth, old) = next(&fourth, 0..1, 4);
        drop(fourth);
        add(&retired, old);
        assert_eq!(retired.counts(), (1, 280 - 257));
    }
}
