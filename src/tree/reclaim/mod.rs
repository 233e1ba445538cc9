//! Reclamation: freeing old versions, with a bounded amount of work per commit.
//!
//! # The chain of versions
//!
//! Each version shares all nodes with the one before, except those that its commit copied.
//! A node is freed with the last version that contains it, whichever that is:
//!
//! ```text
//!   version 41      version 42      version 43 (newest)
//!      │  └─────┬─────┘  └─────┬─────┘  │
//!      A        B              C        D        freeing 41 frees A; B is now only 42's
//! ```
//!
//! # Who frees what
//!
//! A commit hands over the version that it replaced, with its reference. So a reader never
//! drops the last reference, and readers free nothing. A version is *unpinned* if its only
//! reference is here: nobody else can reach it any more. It is freed node by node, from a
//! work list: a node is taken out of its `Arc`; if that was the last reference, its
//! children join the list, else only its count drops. If several threads free versions that
//! share a node, the last one frees the node.
//!
//! There is no lock: a thread takes what it works on out of a queue, and puts the rest
//! back. A stopped thread delays no other, and only what it took out is not freed.
//!
//! # A worked commit
//!
//! ```text
//!   a commit replaces version 42 by version 43, and hands 42 over
//!
//!     42 unpinned? ── yes ──────────────────> freed ── rest ──> partial
//!        │ no                                   ^                  │
//!        v                                      └──────────────────┘
//!     levels[0] ── checked: unpinned? ── yes ───────────────────> partial
//!                                │ no
//!     levels[1] <────────────────┘   and so on: see PERIODS
//! ```
//!
//! - **The backlog is bounded.** A commit may free [`STEP`] nodes, and
//!   [`NODES_OF_A_WRITE`] more for each provider that it wrote: always more than it replaced
//!   itself. So the backlog does not grow, however many writers there are: all of them help.
//! - **No commit pays much** for others: [`STEP`] nodes, however large the waiting versions
//!   are. For a node that others share it only lowers the count. The exception is what
//!   only an older state of a large tree has, which is freed at once.
//! - **Pinned versions cost little.** The longer a version has been pinned, the higher its
//!   level, and the less often it is checked. One that was pinned for some commits is found
//!   within a few times as many, and 50,000 snapshots that are never dropped cost each commit
//!   three checks.
//!
//! The items are `pub` for the models in `loom-tests`, which free versions of their own;
//! users can't name them.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::forest::teardown::Teardown;
use crate::snapshot::Version;
use crate::sync::{Arc, Queue};

/// How many nodes a commit frees for others. Lowering a count that is in no cache, or
/// freeing a provider, takes 50 to 100 ns, so this is up to 25 µs.
pub const STEP: usize = if cfg!(all(loom, feature = "loom")) {
    2
} else {
    256
};

/// How many nodes, or counts of nodes, writing one provider replaces, as a rule at most: a
/// path of four 32-way nodes in the outline, its tree, and as much in the indices.
const NODES_OF_A_WRITE: usize = if cfg!(all(loom, feature = "loom")) {
    0
} else {
    256
};

/// For each level, in how many commits each of its versions is checked once. Each period is
/// at most four times the one before, so that a version is checked again within four times as
/// many commits as it has been pinned for. The last one keeps the checks of versions that are
/// pinned for good to a few per commit.
const PERIODS: [u64; 10] = [1, 2, 4, 8, 16, 64, 256, 1_024, 4_096, 16_384];

/// How many levels of pinned versions there are. Each makes a model larger.
const LEVELS: usize = if cfg!(all(loom, feature = "loom")) {
    2
} else {
    PERIODS.len()
};

/// The most versions of one level that a commit checks: more than one, so that many versions
/// that are unpinned together are found in few commits, but on all levels together fewer than
/// [`STEP`], so that finding them costs a commit no more than freeing nodes does.
const CHECKS: usize = 16;

/// A replaced version, as a writer hands it over.
pub trait Retired: Sized {
    /// What is left to free.
    type Parts: Parts;

    /// Makes it ready to be freed, if nobody else can reach it any more.
    fn unpin(self) -> Result<Self::Parts, Self>;
}

/// Something that is freed node by node.
pub trait Parts {
    /// Frees at most `nodes` nodes. Returns how many it freed.
    fn step(&mut self, nodes: usize) -> usize;

    /// Whether nothing is left.
    fn is_done(&self) -> bool;
}

/// The old versions of a tree.
pub struct Backlog<R: Retired> {
    /// Those that were pinned at their last check, by how long they had been.
    levels: [Queue<Pinned<R>>; LEVELS],
    /// Those that are partly freed.
    partial: Queue<R::Parts>,
    /// How many versions are in all queues, or about to be.
    waiting: AtomicUsize,
}

/// A version that was pinned at its last check.
struct Pinned<R> {
    version: R,
    /// The commit that replaced it.
    since: u64,
}

impl<R: Retired> Default for Backlog<R> {
    fn default() -> Self {
        Self {
            levels: std::array::from_fn(|_| Queue::default()),
            partial: Queue::default(),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl<R: Retired> Backlog<R> {
    /// Call it after a commit: it takes over the version that the commit replaced, and does
    /// the commit's share of the work. `commit` is its number, `writes` the number of
    /// providers that it wrote.
    pub fn retire(&self, version: R, commit: u64, writes: usize) {
        let budget = STEP + writes.saturating_mul(NODES_OF_A_WRITE);
        let mut left = budget;
        match version.unpin() {
            Ok(parts) => self.free(parts, &mut left),
            Err(version) => self.keep(
                Pinned {
                    version,
                    since: commit,
                },
                0,
            ),
        }
        // Relaxed: if a commit misses what another has just added, the next one finds it.
        if self.waiting.load(Relaxed) > 0 {
            self.sweep(commit);
            self.resume(&mut left);
        }
    }

    /// Frees everything that is not pinned.
    pub fn collect(&self) {
        for (level, queue) in self.levels.iter().enumerate() {
            // No more than are there now, so that it ends even if others keep committing.
            for _ in 0..queue.len() {
                self.check_next(queue, |_| level);
            }
        }
        let mut all = usize::MAX;
        self.resume(&mut all);
    }

    /// Checks the versions that are due.
    fn sweep(&self, commit: u64) {
        // A version that has been pinned for some commits is checked again after as many.
        let level = |since| {
            let pinned_for = commit.saturating_sub(since);
            let level = PERIODS.iter().position(|period| *period >= pinned_for);
            level.unwrap_or(LEVELS).min(LEVELS - 1)
        };
        for (queue, period) in self.levels.iter().zip(PERIODS) {
            let waiting = queue.len();
            if waiting == 0 {
                continue;
            }
            // Each is checked once in that many commits, evenly spread.
            let until = |commit: u64| commit * waiting as u64 / period;
            let commit = commit % period;
            let mut due = until(commit + 1) - until(commit);
            let mut checks = 0;
            while checks < CHECKS && due > 0 {
                checks += 1;
                // If one is no longer pinned, others may not be either.
                let is_pinned = self.check_next(queue, level);
                due -= u64::from(is_pinned);
            }
        }
    }

    /// Checks the next version of a queue. If it is still pinned, it moves to the level for
    /// the commit that replaced it. Returns false if it is not.
    fn check_next(&self, queue: &Queue<Pinned<R>>, level: impl Fn(u64) -> usize) -> bool {
        let Some(Pinned { version, since }) = queue.pop() else {
            return true;
        };
        self.waiting.fetch_sub(1, Relaxed);
        match version.unpin() {
            Ok(parts) => {
                self.put_back(parts);
                false
            }
            Err(version) => {
                self.keep(Pinned { version, since }, level(since));
                true
            }
        }
    }

    fn keep(&self, pinned: Pinned<R>, level: usize) {
        self.waiting.fetch_add(1, Relaxed);
        self.levels[level].push(pinned);
    }

    fn put_back(&self, parts: R::Parts) {
        self.waiting.fetch_add(1, Relaxed);
        self.partial.push(parts);
    }

    /// Continues with partly freed versions, as far as the budget allows.
    fn resume(&self, left: &mut usize) {
        while *left > 0
            && let Some(parts) = self.partial.pop()
        {
            self.waiting.fetch_sub(1, Relaxed);
            self.free(parts, left);
        }
    }

    fn free(&self, mut parts: R::Parts, left: &mut usize) {
        *left -= parts.step(*left).min(*left);
        if !parts.is_done() {
            self.put_back(parts);
        }
    }

    /// How many versions wait, pinned or not, whole or in part.
    pub fn len(&self) -> usize {
        self.waiting.load(Relaxed)
    }
}

impl Retired for Arc<Version> {
    type Parts = Teardown;

    fn unpin(self) -> Result<Teardown, Self> {
        Self::try_unwrap(self).map(|version| Teardown::new(version.into_forest()))
    }
}

impl Parts for Teardown {
    fn step(&mut self, nodes: usize) -> usize {
        self.step(nodes)
    }

    fn is_done(&self) -> bool {
        self.is_done()
    }
}
