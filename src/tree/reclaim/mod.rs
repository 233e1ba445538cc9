//! Reclamation: freeing old versions, a bounded amount of work for each commit.
//!
//! # The chain of versions
//!
//! Each version shares all nodes with the one before, but for those that its commit has
//! copied. A node is freed with the last version that has it, whichever that is:
//!
//! ```text
//!   version 41      version 42      version 43 (newest)
//!      │  └─────┬─────┘  └─────┬─────┘  │
//!      A        B              C        D        41 goes: A is freed, B is 42's alone
//! ```
//!
//! # Who frees what
//!
//! A commit hands over the version that it has replaced, with its reference. So no
//! reference that a reader drops is the last: readers free nothing. A version whose only
//! reference is here is *unpinned*: nobody can get at it any more. It is taken apart node
//! by node, from a work list: a node is taken out of its `Arc`; if that was the last
//! reference its children join the list, else only its count goes down. Of several threads
//! that take apart versions which share a node, the last one frees it.
//!
//! There is no lock: what one thread works on it has taken out of a queue, and what is
//! left it puts back. A thread that is stopped meanwhile holds up no other, and keeps no
//! more than that from being freed.
//!
//! # A worked commit
//!
//! ```text
//!   a commit makes version 43 of version 42, and hands 42 over
//!
//!     42 unpinned? ── yes ──────────────────> taken apart ── rest ──> partial
//!        │ no                                      ^                     │
//!        v                                         └─────────────────────┘
//!     levels[0] ── looked at: unpinned? ── yes ────────────────────> partial
//!                                  │ no
//!     levels[1] <──────────────────┘   and so on: see PERIODS
//! ```
//!
//! - **The backlog is bounded.** A commit may take apart [`STEP`] nodes, and
//!   [`NODES_OF_A_WRITE`] more for each provider that it has written: always more than it
//!   has itself replaced. So what waits does not pile up, however many writers there are,
//!   since all of them help.
//! - **No commit pays much** for others: [`STEP`] nodes, however large the versions are
//!   that wait. A node that others share costs the lowering of its count.
//! - **Pinned versions cost little.** The longer a version has been pinned, the higher the
//!   level that it waits at, and the more seldom it is looked at. One that was pinned for some
//!   commits is found within a few times as many, and 50,000 snapshots that are never dropped
//!   cost a commit three looks.

//!
//! What is here is `pub` for the models in `loom-tests`, which take apart versions of
//! their own; users can't name it.

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::forest::teardown::Teardown;
use crate::snapshot::Version;
use crate::sync::{Arc, Queue};

/// How many nodes a commit takes apart for others. At 50 to 100 ns for a count that is in no
/// cache, or a provider that is freed, that is up to 25 µs.
pub const STEP: usize = if cfg!(all(loom, feature = "loom")) {
    2
} else {
    256
};

/// How many nodes, or counts of nodes, one written provider replaces at most, as a rule:
/// a path of four 32-way nodes in the outline, its tree, and as much in the indices.
const NODES_OF_A_WRITE: usize = if cfg!(all(loom, feature = "loom")) {
    0
} else {
    256
};

/// In how many commits each version of a level is looked at once.
const PERIODS: [u64; 10] = [1, 2, 4, 8, 16, 64, 256, 1_024, 4_096, 16_384];

/// How many levels of pinned versions there are. Each makes a model larger.
const LEVELS: usize = if cfg!(all(loom, feature = "loom")) {
    2
} else {
    PERIODS.len()
};

/// How many versions of one level a commit looks at, at most.
const LOOKS: usize = 16;

/// What a writer hands over.
pub trait Retired: Sized {
    /// What is left to take apart.
    type Parts: Parts;

    /// Whether nobody else can get at it any more: then it can be taken apart.
    fn unpin(self) -> Result<Self::Parts, Self>;
}

/// Something that is taken apart node by node.
pub trait Parts {
    /// Takes apart that many nodes at most. Returns how many it took.
    fn step(&mut self, nodes: usize) -> usize;

    /// Whether nothing is left.
    fn is_done(&self) -> bool;
}

/// The old versions of a tree.
pub struct Backlog<R: Retired> {
    /// Those that were pinned when they were looked at last, by how long they had been.
    levels: [Queue<Pinned<R>>; LEVELS],
    /// Those that have been taken apart in part.
    partial: Queue<R::Parts>,
    /// How many are in all queues, or about to be: whether to look.
    waiting: AtomicUsize,
}

/// A version that was pinned when it was looked at last.
struct Pinned<R> {
    version: R,
    /// The commit that has replaced it.
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
    /// After a commit: takes over the version that it replaced, and does the commit's share
    /// of the work. `commit` is its number, `writes` how many providers it wrote.
    pub fn retire(&self, version: R, commit: u64, writes: usize) {
        let budget = STEP + writes.saturating_mul(NODES_OF_A_WRITE);
        let mut left = budget;
        match version.unpin() {
            Ok(parts) => self.take_apart(parts, &mut left),
            Err(version) => self.keep(
                Pinned {
                    version,
                    since: commit,
                },
                0,
            ),
        }
        // Relaxed: a commit that misses what another has just put in leaves it to the next.
        if self.waiting.load(Relaxed) > 0 {
            self.look(commit);
            self.go_on(&mut left);
        }
    }

    /// Takes apart all that is not pinned.
    pub fn collect(&self) {
        for (level, queue) in self.levels.iter().enumerate() {
            // No more than are there now, so that it ends though others go on.
            for _ in 0..queue.len() {
                self.look_at_next(queue, |_| level);
            }
        }
        let mut all = usize::MAX;
        self.go_on(&mut all);
    }

    /// Looks at those that are due.
    fn look(&self, commit: u64) {
        // One that has been pinned for so long is looked at again after as long.
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
            // Each is looked at once in that many commits, evenly.
            let until = |commit: u64| commit * waiting as u64 / period;
            let commit = commit % period;
            let mut due = until(commit + 1) - until(commit);
            let mut looks = 0;
            while looks < LOOKS && due > 0 {
                looks += 1;
                // Where one is no longer pinned others may be as well.
                let is_pinned = self.look_at_next(queue, level);
                due -= u64::from(is_pinned);
            }
        }
    }

    /// Looks at the next version of a queue. If it is still pinned it goes to a level, by
    /// the commit that has replaced it. Returns false if it is not.
    fn look_at_next(&self, queue: &Queue<Pinned<R>>, level: impl Fn(u64) -> usize) -> bool {
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

    /// Goes on with what was taken apart in part, as far as the budget goes.
    fn go_on(&self, left: &mut usize) {
        while *left > 0
            && let Some(parts) = self.partial.pop()
        {
            self.waiting.fetch_sub(1, Relaxed);
            self.take_apart(parts, left);
        }
    }

    fn take_apart(&self, mut parts: R::Parts, left: &mut usize) {
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
