//! Old versions, and who frees them: writers, a bounded amount at each commit.
//!
//! A version that is replaced comes here with its writer's reference. So none
//! that a reader drops is the last: while the tree is there no reader frees a
//! version. One to which this is the only reference can get no other any more.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::Snapshot;
use crate::forest::Replaced;
use crate::snapshot::Version;
use crate::sync::{self, Mutex, Queue};

/// How many providers a commit lets go of, beside twice as many as it has replaced
/// and added itself: so commits let go of more than they replace.
/// None in models, so that three make a version that is freed in steps.
const FREED_BY_A_COMMIT: usize = if cfg!(provider_tree_models) { 0 } else { 256 };

/// As how many providers a version counts, beside its own.
const A_VERSION: usize = if cfg!(provider_tree_models) { 0 } else { 16 };

/// A version that differs in more providers has its maps freed one a commit.
const LARGE: usize = 10_000;

/// How many versions a commit looks at to see whether they are still read, beside
/// twice as many as have come from others.
const SEEN_BY_A_COMMIT: usize = 4;

/// The replaced versions of a tree.
#[derive(Default)]
pub(super) struct Retired {
    /// Only who gets the lock at once frees: nobody waits for it.
    kept: Mutex<Kept>,
    /// What came while another thread had it.
    arrived: Queue<(u64, Arrived)>,
    /// How many versions are kept, and how many providers they have that newer
    /// ones have not. For who asks, and for whether to look.
    versions: AtomicUsize,
    providers: AtomicUsize,
}

/// Versions by their numbers.
#[derive(Default)]
struct Kept {
    /// Those that somebody read when they were looked at.
    read: BTreeMap<u64, Old<sync::Arc<Version>>>,
    /// Those that nobody can read any more. Of some a part has been freed.
    unread: BTreeMap<u64, Old<Box<Version>>>,
    /// How many providers all of them have replaced.
    replaced: usize,
    /// The number from which on to look whether they are still read.
    next: u64,
}

/// What a commit has replaced.
enum Arrived {
    Version(Old<sync::Arc<Version>>),
    /// Of a version that is freed: what others have still.
    Left {
        replaced: Vec<Replaced>,
        size: usize,
    },
}

/// A version to be dropped whole.
struct Freed {
    number: u64,
    old: Old<Box<Version>>,
    /// Whether there is no older one.
    is_oldest: bool,
}

/// One replaced version.
struct Old<V> {
    version: V,
    /// What it has and the next newer one here has not.
    replaced: Vec<Replaced>,
    /// How many providers differ in all, additions included: one that differs in
    /// more than the budget is freed in steps.
    size: usize,
}

impl Arrived {
    fn size(&self) -> usize {
        match self {
            Self::Version(old) => old.size,
            Self::Left { size, .. } => *size,
        }
    }
}

impl Retired {
    /// Frees a version that a commit has replaced, or keeps it if it is read; and
    /// frees some of what is kept. It comes with the providers that the new version
    /// has not, and by how many that is larger.
    ///
    /// A writer that comes here long after its swap finds newer versions freed. What
    /// its version had in common with them is then freed with it, at once.
    pub(super) fn add(&self, version: Snapshot, mut replaced: Vec<Replaced>, added: usize) {
        let size = replaced.len() + added;
        let number = version.version();
        let arrived = match sync::Arc::try_unwrap(version.into_version()) {
            Ok(version) => {
                // Each writer frees what it can itself: one for all could not keep pace.
                drop(version);
                if self.counts().0 == 0 {
                    return;
                }
                replaced.retain(Replaced::is_held);
                Arrived::Left { replaced, size }
            }
            Err(version) => Arrived::Version(Old {
                version,
                replaced,
                size,
            }),
        };
        match self.kept.try_lock() {
            Ok(mut kept) => {
                // There is one from now on, whoever asks.
                self.versions.fetch_add(1, Relaxed);
                // Twice what others have brought, so that what waits does not grow; but
                // of their providers a bounded number.
                let (others, theirs) = self.take_arrived(&mut kept);
                let theirs = (2 * theirs).min(16 * FREED_BY_A_COMMIT);
                let budget = FREED_BY_A_COMMIT + 2 * (size + A_VERSION * others) + theirs;
                kept.take(number, arrived);
                let freed = self.free_unread(&mut kept, SEEN_BY_A_COMMIT + 2 * others, budget);
                drop(kept);
                self.drop_all(freed);
            }
            Err(_) => self.arrived.push((number, arrived)),
        }
    }

    /// Frees all versions that nobody reads. Does nothing if another thread is at it.
    pub(super) fn collect(&self) {
        if let Ok(mut kept) = self.kept.try_lock() {
            self.take_arrived(&mut kept);
            let freed = self.free_unread(&mut kept, usize::MAX, usize::MAX);
            drop(kept);
            self.drop_all(freed);
        }
    }

    /// Returns how many there were, and in how many providers they differ.
    fn take_arrived(&self, kept: &mut Kept) -> (usize, usize) {
        // No more than are there now, so that it ends though others go on.
        let waiting = self.arrived.len();
        let mut size = 0;
        for _ in 0..waiting {
            if let Some((number, arrived)) = self.arrived.pop() {
                size += arrived.size();
                kept.take(number, arrived);
            }
        }
        (waiting, size)
    }

    /// Looks at so many versions whether they are still read, then frees what is not,
    /// oldest first, but no more than so many providers. Returns what can go whole.
    fn free_unread(&self, kept: &mut Kept, versions: usize, mut budget: usize) -> Vec<Freed> {
        let mut freed = Vec::new();
        kept.look(versions);
        while budget > 0
            && let Some((number, old)) = kept.unread.pop_first()
        {
            kept.replaced -= old.replaced.len();
            freed.extend(kept.free(number, old, &mut budget).map(|freed| Freed {
                is_oldest: freed.is_oldest && self.arrived.is_empty(),
                ..freed
            }));
        }
        self.count(kept);
        freed
    }

    /// Drops whole versions without the lock: a thread that the system puts off
    /// meanwhile keeps nobody else from it.
    fn drop_all(&self, freed: Vec<Freed>) {
        let mut left = Vec::new();
        for freed in freed {
            let mut replaced = freed.old.replaced;
            drop(freed.old.version);
            if !freed.is_oldest {
                replaced.retain(Replaced::is_held);
                // Its size has been left already.
                left.push((freed.number, Arrived::Left { replaced, size: 0 }));
            }
        }
        if left.is_empty() {
            return;
        }
        match self.kept.try_lock() {
            Ok(mut kept) => {
                left.into_iter()
                    .for_each(|(number, arrived)| kept.take(number, arrived));
                self.count(&kept);
            }
            Err(_) => left.into_iter().for_each(|one| self.arrived.push(one)),
        }
    }

    fn count(&self, kept: &Kept) {
        let versions = kept.read.len() + kept.unread.len();
        self.versions.store(versions, Relaxed);
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
    fn take(&mut self, number: u64, arrived: Arrived) {
        match arrived {
            Arrived::Version(old) => self.insert(number, old),
            Arrived::Left { replaced, size } => self.leave(number, replaced, size),
        }
    }

    /// Keeps a version, and notes whether it can be read.
    fn insert(&mut self, number: u64, old: Old<sync::Arc<Version>>) {
        let Old {
            version,
            replaced,
            size,
        } = old;
        self.replaced += replaced.len();
        match sync::Arc::try_unwrap(version).map(Box::new) {
            Ok(version) => {
                let old = Old {
                    version,
                    replaced,
                    size,
                };
                self.unread.insert(number, old);
            }
            Err(version) => {
                let old = Old {
                    version,
                    replaced,
                    size,
                };
                self.read.insert(number, old);
            }
        }
    }

    /// Looks at so many versions whether they are still read.
    fn look(&mut self, versions: usize) {
        for _ in 0..versions.min(self.read.len()) {
            let mut from_next = self.read.range(self.next..).chain(&self.read);
            let Some((&number, _)) = from_next.next() else {
                return;
            };
            self.next = number + 1;
            if let Some(old) = self.read.remove(&number) {
                self.replaced -= old.replaced.len();
                self.insert(number, old);
            }
        }
    }

    /// Takes out the oldest version that nobody reads, if the budget allows it; else
    /// frees a part and keeps the rest. What it has in common with an older one, which
    /// is read, is left to that.
    fn free(
        &mut self,
        number: u64,
        mut old: Old<Box<Version>>,
        budget: &mut usize,
    ) -> Option<Freed> {
        if old.size + A_VERSION > *budget {
            let step = (*budget).min(old.replaced.len());
            let mut held = old.replaced.split_off(old.replaced.len() - step);
            for replaced in &held {
                old.version.forest.let_go(replaced);
            }
            held.retain(Replaced::is_held);
            let size = held.len();
            old.size = old.size.saturating_sub(size);
            self.leave(number, held, size);
            *budget -= step;
            // At last the nodes of its maps that have others' providers too: at once,
            // or of a large one a map a commit.
            let is_done = old.replaced.is_empty()
                && (old.size <= LARGE || step == 0 && !old.version.forest.let_go_of_a_map());
            if !is_done {
                if step == 0 {
                    *budget = 0;
                }
                self.replaced += old.replaced.len();
                self.unread.insert(number, old);
                return None;
            }
        }
        *budget = budget.saturating_sub(old.size + A_VERSION);
        self.leave(number, Vec::new(), old.size);
        let is_oldest = self.read.range(..number).next().is_none();
        Some(Freed {
            number,
            old,
            is_oldest,
        })
    }

    /// Leaves to the next older version what it has in common with one that is freed.
    fn leave(&mut self, number: u64, replaced: Vec<Replaced>, size: usize) {
        let read = self.read.range_mut(..number).next_back();
        let unread = self.unread.range_mut(..number).next_back();
        let unread_from = unread.as_ref().map(|(number, _)| **number);
        self.replaced += match (read, unread) {
            (Some((read_from, older)), _) if Some(*read_from) > unread_from => {
                older.take_over(replaced, size)
            }
            (_, Some((_, older))) => older.take_over(replaced, size),
            (_, None) => 0,
        };
    }
}

impl<V: Deref<Target = Version>> Old<V> {
    /// Returns how many of them it has.
    fn take_over(&mut self, replaced: Vec<Replaced>, size: usize) -> usize {
        let before = self.replaced.len();
        // Others are held by a fork, or by a version that is still to come here.
        let forest = &self.version.forest;
        let held = replaced.into_iter().filter(|one| forest.has(one));
        self.replaced.extend(held);
        self.size += size;
        self.replaced.len() - before
    }
}

#[cfg(test)]
#[path = "retired_tests.rs"]
mod tests;
