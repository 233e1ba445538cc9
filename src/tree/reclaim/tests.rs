//! The backlog in isolation, with versions that are only counted.

use std::cell::Cell;
use std::rc::Rc;

use super::*;

thread_local! {
    static TAKEN: Cell<usize> = const { Cell::new(0) };
    static CHECKED: Cell<usize> = const { Cell::new(0) };
}

/// The most versions that one commit checks, the one that it replaced included.
const MOST_CHECKS: usize = 1 + LEVELS * CHECKS;

/// A version of some nodes, pinned while there are other clones of its `Rc`.
struct Fake {
    pin: Rc<()>,
    nodes: usize,
}

struct FakeParts(usize);

impl Retired for Fake {
    type Parts = FakeParts;

    fn unpin(self) -> Result<FakeParts, Self> {
        CHECKED.set(CHECKED.get() + 1);
        // Asserted here, since an endless loop of checks would never return.
        assert!(CHECKED.get() <= MOST_CHECKS, "a commit checks too many");
        let Self { pin, nodes } = self;
        Rc::try_unwrap(pin)
            .map(|()| FakeParts(nodes))
            .map_err(|pin| Self { pin, nodes })
    }
}

impl Parts for FakeParts {
    fn step(&mut self, nodes: usize) -> usize {
        let taken = self.0.min(nodes);
        self.0 -= taken;
        TAKEN.set(TAKEN.get() + taken);
        taken
    }

    fn is_done(&self) -> bool {
        self.0 == 0
    }
}

/// Commits that each write one provider.
struct Commits {
    backlog: Backlog<Fake>,
    made: u64,
}

impl Commits {
    fn new() -> Self {
        Self {
            backlog: Backlog::default(),
            made: 0,
        }
    }

    /// Commits, and checks that it frees no more than it may. Returns a pin of the version
    /// that it replaced.
    fn commit(&mut self, nodes: usize) -> Rc<()> {
        let pin = Rc::new(());
        let held = Rc::clone(&pin);
        self.retire(Fake { pin, nodes });
        held
    }

    fn commit_unpinned(&mut self, nodes: usize) {
        let pin = Rc::new(());
        self.retire(Fake { pin, nodes });
    }

    fn retire(&mut self, version: Fake) {
        TAKEN.set(0);
        CHECKED.set(0);
        self.made += 1;
        self.backlog.retire(version, self.made, 1);
        let taken = TAKEN.get();
        assert!(taken <= STEP + NODES_OF_A_WRITE, "{taken} nodes at once");
    }

    fn collect(&self) {
        CHECKED.set(0);
        self.backlog.collect();
    }

    /// Commits until nothing waits, which takes at most two periods of the highest level.
    fn drain(&mut self) {
        let mut left = 2 * PERIODS[LEVELS - 1];
        while self.waiting() > 0 {
            assert!(left > 0, "{} still wait", self.waiting());
            left -= 1;
            self.commit_unpinned(1);
        }
    }

    fn waiting(&self) -> usize {
        let queues = self.backlog.levels.iter().map(Queue::len).sum::<usize>();
        assert_eq!(self.backlog.len(), queues + self.backlog.partial.len());
        self.backlog.len()
    }
}

#[test]
fn an_unpinned_version_is_freed_by_its_own_commit() {
    let mut commits = Commits::new();
    for _ in 0..100 {
        commits.commit_unpinned(NODES_OF_A_WRITE);
        assert_eq!(commits.waiting(), 0);
    }
}

#[test]
fn a_large_version_is_taken_apart_by_many_commits() {
    let mut commits = Commits::new();
    drop(commits.commit(1_000_000));
    let at_least = 1_000_000 / (STEP + NODES_OF_A_WRITE);
    let mut waited = 0;
    while commits.waiting() > 0 {
        waited += 1;
        assert!(waited < 3 * at_least, "it still waits");
        commits.commit_unpinned(NODES_OF_A_WRITE);
    }
    assert!(waited >= at_least, "{waited} commits");
}

/// Each version is pinned for a while, as by a thread that is preempted.
#[test]
fn the_backlog_is_a_few_times_what_is_pinned() {
    let mut commits = Commits::new();
    let mut pins = std::collections::BinaryHeap::new();
    let mut random = 1_u64;
    let (mut most_pinned, mut most_waiting) = (0, 0);
    for now in 0..200_000_u64 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let pinned_for = match random % 100 {
            0 => 3_000,
            1..10 => 300,
            10..50 => 10,
            _ => 0,
        };
        let pin = commits.commit(NODES_OF_A_WRITE);
        pins.push((std::cmp::Reverse(now + pinned_for), pin));
        while pins.peek().is_some_and(|(end, _)| end.0 <= now) {
            pins.pop();
        }
        most_pinned = most_pinned.max(pins.len());
        most_waiting = most_waiting.max(commits.waiting());
    }
    assert!(
        most_waiting < 4 * most_pinned,
        "{most_waiting} wait, {most_pinned} are pinned"
    );
    drop(pins);
    commits.drain();
}

#[test]
fn a_pinned_version_is_checked_again_after_at_most_three_times_as_long() {
    let mut commits = Commits::new();
    let held = commits.commit(1);
    let mut checked_at = Vec::new();
    while commits.made < PERIODS[LEVELS - 1] {
        let pinned_for = commits.made;
        commits.commit_unpinned(1);
        // Each commit checks the version that it hands over. A second check is of `held`.
        if CHECKED.get() > 1 {
            checked_at.push(pinned_for);
        }
    }
    assert!(checked_at.len() <= 16, "{checked_at:?}");
    assert!(
        checked_at.windows(2).all(|two| two[1] <= 3 * two[0]),
        "{checked_at:?}"
    );
    drop(held);
}

/// Versions that stay pinned don't delay the freeing of others, and commits check only a few
/// of them.
#[test]
fn versions_that_are_pinned_for_good_do_not_hide_others() {
    const PINNED: usize = 50_000;
    let mut commits = Commits::new();
    let held: Vec<_> = (0..PINNED).map(|_| commits.commit(1)).collect();
    let mut passing = std::collections::VecDeque::new();
    let mut most = 0;
    for _ in 0..100_000 {
        passing.push_back(commits.commit(NODES_OF_A_WRITE));
        if passing.len() > 16 {
            passing.pop_front();
        }
        most = most.max(commits.waiting() - PINNED);
    }
    assert!(
        most < 200,
        "{most} wait in addition to those that are pinned"
    );
    drop(held);
    drop(passing);
    commits.drain();
}

#[test]
fn collect_takes_apart_all_but_what_is_pinned() {
    let mut commits = Commits::new();
    let held: Vec<_> = (0..100).map(|_| commits.commit(10_000)).collect();
    let mut held = held.into_iter();
    drop(held.by_ref().take(60).collect::<Vec<_>>());
    commits.collect();
    assert_eq!(commits.waiting(), 40);
    drop(held);
    commits.collect();
    assert_eq!(commits.waiting(), 0);
}

#[test]
fn collect_leaves_what_is_pinned_at_its_level() {
    let mut commits = Commits::new();
    let held: Vec<_> = (0..100).map(|_| commits.commit(1)).collect();
    for _ in 0..1_000 {
        commits.commit_unpinned(1);
    }
    let levels = |commits: &Commits| commits.backlog.levels.each_ref().map(Queue::len);
    let before = levels(&commits);
    assert_eq!(before[0], 0);
    commits.collect();
    assert_eq!(levels(&commits), before);
    drop(held);
}
