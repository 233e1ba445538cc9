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
    /// The number of the last that was looked at.
    seen: u64,
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
                kept.free(old, &mut budget);
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

    /// Looks at so many versions and frees those that nobody reads, but no more than
    /// so many providers.
    fn free_kept(&self, kept: &mut Kept, versions: usize, mut budget: usize) {
        for _ in 0..versions.min(kept.by_number.len()) {
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

    /// Takes out the version after the last that was looked at.
    fn take_next(&mut self) -> Option<Old> {
        let mut all = self.by_number.range(self.seen + 1..).chain(&self.by_number);
        self.seen = *all.next()?.0;
        let next = self.by_number.remove(&self.seen)?;
        self.replaced -= next.replaced.len();
        Some(next)
    }

    /// Frees what the budget allows of a version, and keeps the rest. What it has
    /// in common with the next older one is left to that.
    fn free(&mut self, old: Old, budget: &mut usize) {
        let (number, size) = (old.number, old.size);
        let (rest, held) = old.free(budget);
        let gone = rest.is_none();
        if let Some(rest) = rest {
            self.insert(rest);
        }
        if let Some((_, older)) = self.by_number.range_mut(..number).next_back() {
            // Others are held by a fork, or by a version that is still to come here.
            let before = older.replaced.len();
            let version = older.state.version();
            older
                .replaced
                .extend(held.into_iter().filter(|one| version.forest.has(one)));
            self.replaced += older.replaced.len() - before;
            if gone {
                older.size += size;
            }
        }
    }
}

impl State {
    fn version(&self) -> &Version {
        match self {
            Self::Shared(version) => version,
            Self::Owned(version) => version,
        }
    }
}

impl Old {
    /// Frees what the budget allows, if nobody reads it. Returns what is left of
    /// it, and which of the providers that it had are in older versions too.
    fn free(mut self, budget: &mut usize) -> (Option<Self>, Vec<Arc<Provider>>) {
        if *budget == 0 {
            return (Some(self), Vec::new());
        }
        let mut version = match self.state {
            State::Owned(version) => *version,
            State::Shared(shared) => match sync::Arc::try_unwrap(shared) {
                Ok(version) => version,
                Err(shared) => {
                    self.state = State::Shared(shared);
                    return (Some(self), Vec::new());
                }
            },
        };
        let is_held = |provider: &Arc<Provider>| Arc::strong_count(provider) > 1;
        if self.size <= *budget {
            *budget -= self.size;
            drop(version);
            self.replaced.retain(is_held);
            return (None, self.replaced);
        }
        let step = mem::take(budget).min(self.replaced.len());
        let mut held = self.replaced.split_off(self.replaced.len() - step);
        for provider in &held {
            version.forest.let_go(provider);
        }
        held.retain(is_held);
        // At last the nodes of its maps that have others' providers too: a map a step.
        if step == 0 && !version.forest.let_go_of_a_map() {
            return (None, held);
        }
        self.state = State::Owned(Box::new(version));
        (Some(self), held)
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
