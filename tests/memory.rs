//! What is freed, and when: counted by the allocator. It is a program of its
//! own, so that nothing else allocates meanwhile.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use provider_tree::{
    ArcSwapCell, EpochCell, Error, ProviderTree, Snapshot, SnapshotCell, Transaction,
};
use uuid::Uuid;

/// Counts the bytes that are allocated now.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is the system allocator's; only numbers are kept beside.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const PROVIDERS: u128 = 2_000;
const COMMITS: u64 = 100;

/// What threads, arc-swap and crossbeam-epoch keep for themselves.
const SLACK: usize = 64 << 10;

fn rewrite_all<C: SnapshotCell>(tree: &ProviderTree<C>, generation: u64) {
    tree.update(|transaction| {
        for number in 0..PROVIDERS {
            transaction.set_generation(Uuid::from_u128(number), generation)?;
        }
        Ok::<_, Error>(())
    })
    .unwrap();
}

fn filled<C: SnapshotCell>() -> ProviderTree<C> {
    let tree = ProviderTree::from_snapshot(Snapshot::default());
    tree.update(|transaction| {
        for number in 0..PROVIDERS {
            transaction.new_root(&format!("host{number}"), Uuid::from_u128(number), 0)?;
        }
        Ok::<_, Error>(())
    })
    .unwrap();
    tree
}

/// Replaced versions are freed as commits go on; a held one goes when it is
/// dropped, and with the tree goes all that is left. `at_once`: a version that
/// nobody holds is freed by the commit that replaces it.
fn check<C: SnapshotCell>(at_once: bool) {
    let before = LIVE.load(Relaxed);
    let live = || LIVE.load(Relaxed) - before;
    let tree = filled::<C>();
    let one_version = live();
    assert!(one_version > 4 * SLACK, "too small to tell");

    let held = tree.snapshot();
    let mut reader = tree.reader();
    for generation in 1..=COMMITS {
        rewrite_all(&tree, generation);
        // The newest and the held one, and those that wait for the next commits.
        let most = if at_once { 2 } else { 5 };
        assert!(live() < most * one_version + SLACK, "{} bytes", live());
    }
    assert_eq!(held.find("host7").unwrap().generation(), Some(0));
    let newest = reader.load().find("host7").unwrap();
    assert_eq!(newest.generation(), Some(COMMITS));
    drop(held);
    let of_two = live();
    tree.collect();
    assert!(
        live() + one_version / 2 < of_two,
        "the held one is not freed"
    );
    let stats = tree.stats();
    assert_eq!((stats.versions, stats.replaced_providers), (1, 0));

    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..COMMITS).for_each(|one| rewrite_all(&tree, COMMITS + one)));
            scope.spawn(|| {
                let mut reader = tree.reader();
                for _ in 0..1_000 {
                    tree.read(|snapshot| assert_eq!(snapshot.len() as u128, PROVIDERS));
                    assert_eq!(tree.snapshot().len(), reader.load().len());
                }
            });
        }
    });
    tree.read(|snapshot| {
        let version = snapshot.version();
        (0..COMMITS).for_each(|one| rewrite_all(&tree, 3 * COMMITS + one));
        assert_eq!(snapshot.version(), version);
        // One cell keeps what is read, the other all that was newer than that.
        let all_kept = live() > COMMITS as usize / 2 * one_version;
        assert_eq!(all_kept, !at_once, "{} bytes", live());
    });
    drop(reader);
    drop(tree);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left of {one_version}");
}

/// One queue holds what all trees have retired.
fn check_two_trees_on_epoch() {
    let before = LIVE.load(Relaxed);
    let [tree, other] = [(); 2].map(|()| filled::<EpochCell>());
    other.read(|_| {
        for generation in 0..9 * COMMITS {
            other.set_generation("host7", generation + 1).unwrap();
        }
        (1..COMMITS / 3).for_each(|generation| rewrite_all(&tree, generation));
    });
    drop(tree);
    drop(other);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left");
}

/// A large version that nobody holds any more goes a little at a time.
fn check_bounded_steps<C: SnapshotCell>() {
    let before = LIVE.load(Relaxed);
    let tree = filled::<C>();
    let held = tree.snapshot();
    rewrite_all(&tree, 1);
    drop(held);
    let mut waiting = tree.stats().replaced_providers;
    assert_eq!(waiting as u128, PROVIDERS);
    let mut commits = 0;
    // What the last few commits have replaced may wait for the next ones.
    while waiting > 8 {
        commits += 1;
        assert!(commits < 40, "{waiting} are left");
        tree.set_generation("host7", 1 + commits).unwrap();
        let now = tree.stats().replaced_providers;
        // 256, and twice the one that the commit itself replaces.
        assert!(
            now <= waiting + 1 && waiting <= now + 260,
            "{waiting}, then {now}"
        );
        waiting = now;
    }
    assert!(commits > 4, "it took {commits} commits");
    drop(tree);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left");
}

/// Nor do several that are smaller go at once.
fn check_steps_of_many() {
    let tree = filled::<ArcSwapCell>();
    let held = [200, 400, 600].map(|first| {
        let held = tree.snapshot();
        tree.update(|transaction| {
            (first..first + 200)
                .map(Uuid::from_u128)
                .try_for_each(|uuid| {
                    transaction.set_generation(uuid, 1)?;
                    Ok::<_, Error>(())
                })
        })
        .unwrap();
        held
    });
    drop(held);
    let stats = tree.stats();
    assert_eq!((stats.versions, stats.replaced_providers), (4, 600));
    // It may let go of 258 providers: of one version, and a part of another.
    tree.set_generation("host7", 1).unwrap();
    let stats = tree.stats();
    assert!(stats.versions >= 3, "{stats:?}");
    drain(&tree, usize::MAX);
    assert_eq!(tree.stats().replaced_providers, 0);
}

/// Many versions that were held together go one after the other: what they have in
/// common is not looked at for each of them.
fn check_backlog() {
    let tree = filled::<ArcSwapCell>();
    let held: Vec<_> = (1..=200)
        .map(|generation| {
            tree.set_generation("host7", generation).unwrap();
            tree.snapshot()
        })
        .collect();
    rewrite_all(&tree, 300);
    drop(held);
    let waiting = tree.stats();
    assert_eq!(
        (waiting.versions, waiting.replaced_providers as u128),
        (201, PROVIDERS + 199)
    );
    let mut commits = 0;
    while tree.stats().replaced_providers > 0 {
        commits += 1;
        // Each frees a dozen versions, or 256 providers.
        assert!(commits < 120, "{:?}", tree.stats());
        tree.set_generation("host7", 300 + commits).unwrap();
    }
}

/// Nor does what waits pile up where a reader lets go of a version now and then.
fn check_passing_reader() {
    for every in [3, 4, 7] {
        let tree = filled::<ArcSwapCell>();
        let mut reader = tree.reader();
        for commit in 1..=500 {
            tree.update(|transaction| {
                (0..300).map(Uuid::from_u128).try_for_each(|uuid| {
                    transaction.set_generation(uuid, commit)?;
                    Ok::<_, Error>(())
                })
            })
            .unwrap();
            if commit % every == 0 {
                reader.load();
            }
            let stats = tree.stats();
            assert!(stats.versions < 10, "every {every}: {stats:?}");
        }
    }
}

/// Commits until no old version waits, and checks that no commit frees more than
/// that. Returns how many bytes all of them have freed.
fn drain(tree: &ProviderTree, most: usize) -> usize {
    let first = LIVE.load(Relaxed);
    let mut commits = 0;
    while tree.stats().versions > 1 {
        commits += 1;
        assert!(commits < 100, "{:?}", tree.stats());
        let before = LIVE.load(Relaxed);
        tree.set_generation("host7", 1_000 + commits).unwrap();
        let freed = before.saturating_sub(LIVE.load(Relaxed));
        assert!(freed < most, "commit {commits}: {freed} bytes, not {most}");
    }
    first - LIVE.load(Relaxed)
}

/// No commit frees much at once either where an older version has what is let go
/// of, or a newer one has added to it.
fn check_steps_in_bytes() {
    let before = LIVE.load(Relaxed);
    let tree = filled::<ArcSwapCell>();
    let one_version = LIVE.load(Relaxed) - before;
    let oldest = tree.snapshot();
    tree.set_generation("host7", 1).unwrap();
    let older = tree.snapshot();
    rewrite_all(&tree, 2);
    // Some of what they share is let go of while both are there.
    drop(older);
    for generation in 0..4 {
        tree.set_generation("host7", 3 + generation).unwrap();
    }
    drop(oldest);
    let freed = drain(&tree, one_version / 4);
    assert!(freed > one_version / 2, "{freed} of {one_version}");

    let held = tree.snapshot();
    tree.update(|transaction| add(transaction, 6 * PROVIDERS))
        .unwrap();
    assert_eq!(tree.stats().replaced_providers, 0);
    drop(held);
    // A map at a time, as it differs in more than 10,000: there are three.
    drain(&tree, one_version / 2);
    drop(tree);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left");
}

fn add(transaction: &mut Transaction, count: u128) -> Result<(), Error> {
    (PROVIDERS..PROVIDERS + count).try_for_each(|number| {
        let name = format!("host{number}");
        transaction.new_root(&name, Uuid::from_u128(number), 0)?;
        Ok(())
    })
}

/// What a transaction has had in between only is not kept for the version before
/// it.
fn check_in_between() {
    let tree = filled::<ArcSwapCell>();
    let held = tree.snapshot();
    let copy = ProviderTree::from(tree.snapshot());
    copy.update(|transaction| add(transaction, PROVIDERS))
        .unwrap();
    let added = copy.snapshot().diff(&held);
    let between = copy.snapshot();
    copy.update(|transaction| {
        let added = PROVIDERS..2 * PROVIDERS;
        added.map(Uuid::from_u128).try_for_each(|uuid| {
            transaction.set_generation(uuid, 1)?;
            Ok::<_, Error>(())
        })
    })
    .unwrap();
    let rewritten = copy.snapshot().diff(&between);
    tree.update(|transaction| {
        transaction.apply(&added)?;
        transaction.apply(&rewritten)
    })
    .unwrap();
    assert_eq!(tree.stats().replaced_providers, 0);
    let held = [held, tree.snapshot()];
    tree.update(|transaction| {
        (1..100).try_for_each(|generation| {
            transaction.set_generation("host7", generation)?;
            Ok::<_, Error>(())
        })
    })
    .unwrap();
    assert_eq!(tree.stats().replaced_providers, 1);
    drop(held);
    tree.collect();

    // Nor what the caller had a clone of while he edited it.
    const EDITS: u128 = 10_000;
    let held = tree.snapshot();
    let mut grown = 0;
    tree.update(|transaction| {
        let before = LIVE.load(Relaxed);
        for aggregate in (0..EDITS).map(Uuid::from_u128) {
            let clone = transaction.require("host7")?.clone();
            transaction.update_aggregates("host7", [aggregate], None)?;
            drop(clone);
        }
        grown = LIVE.load(Relaxed).saturating_sub(before);
        Ok::<_, Error>(())
    })
    .unwrap();
    assert!(grown < SLACK, "{grown} bytes in an open transaction");
    assert_eq!(tree.stats().replaced_providers, 1);
    drop(held);
    tree.collect();

    // Nor by changes that he applies.
    let copy = ProviderTree::from(tree.snapshot());
    copy.update(|transaction| transaction.update_aggregates("host7", [Uuid::nil()], None))
        .unwrap();
    let there = copy.snapshot().diff(&tree.snapshot());
    let back = tree.snapshot().diff(&copy.snapshot());
    drop(copy);
    let held = tree.snapshot();
    tree.update(|transaction| {
        let before = LIVE.load(Relaxed);
        for _ in 0..EDITS / 10 {
            for changes in [&there, &back] {
                let clone = transaction.require("host7")?.clone();
                transaction.apply(changes)?;
                drop(clone);
            }
        }
        grown = LIVE.load(Relaxed).saturating_sub(before);
        Ok::<_, Error>(())
    })
    .unwrap();
    assert!(grown < SLACK, "{grown} bytes in an open transaction");
    drop(held);
}

/// What a fork holds for a while is not kept for a version that never had it.
fn check_forks() {
    let tree = filled::<ArcSwapCell>();
    let held = tree.snapshot();
    for generation in 1..=COMMITS {
        let fork = ProviderTree::from(tree.snapshot());
        rewrite_all(&tree, generation);
        drop(fork);
    }
    tree.collect();
    let stats = tree.stats();
    assert_eq!(
        (stats.versions, stats.replaced_providers as u128),
        (2, PROVIDERS)
    );
    drop(held);
}

#[test]
fn replaced_versions_and_dropped_trees_are_freed() {
    check::<ArcSwapCell>(true);
    check::<EpochCell>(false);
    check_two_trees_on_epoch();
    check_forks();
    check_in_between();
    check_steps_in_bytes();
    check_steps_of_many();
    check_backlog();
    check_passing_reader();
    check_bounded_steps::<ArcSwapCell>();
    check_bounded_steps::<EpochCell>();
}
