//! What is freed, and when: counted by the allocator. It is a program of its
//! own, so that nothing else allocates meanwhile.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread;

use provider_tree::{ArcSwapCell, EpochCell, Error, ProviderTree, Snapshot, SnapshotCell};
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
/// dropped, and with the tree goes all that is left.
fn check<C: SnapshotCell>() {
    let before = LIVE.load(Relaxed);
    let tree = filled::<C>();
    let one_version = LIVE.load(Relaxed) - before;
    assert!(one_version > 4 * SLACK, "too small to tell");

    let held = tree.snapshot();
    let mut reader = tree.reader();
    for generation in 1..=COMMITS {
        rewrite_all(&tree, generation);
        let live = LIVE.load(Relaxed) - before;
        assert!(
            live < 8 * one_version,
            "{live} bytes after {generation} commits"
        );
    }
    assert_eq!(held.find("host7").unwrap().generation(), Some(0));
    assert_eq!(
        reader.load().find("host7").unwrap().generation(),
        Some(COMMITS)
    );

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
    // A read that goes on while many versions are replaced keeps them all.
    tree.read(|snapshot| {
        let version = snapshot.version();
        (0..COMMITS).for_each(|one| rewrite_all(&tree, 3 * COMMITS + one));
        assert_eq!(snapshot.version(), version);
    });
    drop((held, reader));
    drop(tree);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left of {one_version}");
}

#[test]
fn replaced_versions_and_dropped_trees_are_freed() {
    check::<ArcSwapCell>();
    check::<EpochCell>();
}
