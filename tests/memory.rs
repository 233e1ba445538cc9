//! What is freed and when, by the allocator's count.

#[path = "common/counting.rs"]
mod counting;

use std::process::ExitCode;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use provider_tree::{
    ArcSwapCell, EpochCell, Error, NewProvider, ProviderTree, Snapshot, SnapshotCell, Transaction,
};
use uuid::Uuid;

use self::counting::{LIVE, run_one_at_a_time};

const PROVIDERS: u128 = 2_000;
const COMMITS: u64 = 100;

/// How many versions may be left while one is pinned: epoch cells need a few commits to
/// find out that a version is no longer read.
const FEW: usize = 10;

/// Bytes that threads, arc-swap and crossbeam-epoch may keep.
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
            transaction.new_root(
                NewProvider::new(&format!("host{number}"))
                    .uuid(Uuid::from_u128(number))
                    .generation(0),
            )?;
        }
        Ok::<_, Error>(())
    })
    .unwrap();
    tree
}

/// Commits free replaced versions, a held version is freed when it is dropped, and dropping
/// the tree frees the rest. `at_once`: the commit that replaces an unpinned version frees it.
fn replaced_versions_and_dropped_trees_are_freed<C: SnapshotCell>(at_once: bool) {
    let before = LIVE.load(Relaxed);
    let live = || LIVE.load(Relaxed) - before;
    let tree = filled::<C>();
    let one_version = live();
    assert!(one_version > 4 * SLACK, "too small to tell");

    let held = tree.snapshot();
    let mut reader = tree.reader();
    for generation in 1..=COMMITS {
        rewrite_all(&tree, generation);
        // The newest, the held one, and a few in the backlog.
        let most = if at_once { 2 } else { FEW };
        assert!(
            live() < most * one_version + SLACK,
            "{} bytes, {one_version} per version, {generation}, {:?}",
            live(),
            tree.stats()
        );
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
    assert_eq!(tree.stats().versions, 1);

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
        // The arc-swap cell keeps the version being read, the epoch cell all newer ones as well.
        let all_kept = live() > COMMITS as usize / 2 * one_version;
        assert_eq!(all_kept, !at_once, "{} bytes", live());
    });
    drop(reader);
    drop(tree);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left of {one_version}");
}

/// All trees on epoch cells share one queue of retired versions.
fn two_trees_on_epoch_are_freed() {
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

/// A large version is freed over many commits once it is unpinned.
fn a_large_version_is_freed_over_several_commits<C: SnapshotCell>() {
    let before = LIVE.load(Relaxed);
    let tree = filled::<C>();
    let one_version = LIVE.load(Relaxed) - before;
    let held = tree.snapshot();
    rewrite_all(&tree, 1);
    tree.collect();
    assert_eq!(tree.stats().versions, 2);
    drop(held);
    // A commit frees 512 nodes, each a tree of one provider, and 256 more for its own write.
    let freed = drain(&tree, one_version / 2);
    assert!(freed > one_version / 2, "{freed} of {one_version}");
    drop(tree);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left");
}

/// So is a large tree that was removed while it was pinned.
fn a_removed_large_tree_is_freed_over_several_commits<C: SnapshotCell>() {
    const CHILDREN: usize = 5_000;
    let before = LIVE.load(Relaxed);
    let tree = ProviderTree::<C>::default();
    tree.new_root("host7").unwrap();
    let one_root = LIVE.load(Relaxed);
    tree.update(|transaction| {
        let root = transaction.new_root("large")?;
        (0..CHILDREN).try_for_each(|number| {
            let added = transaction.new_child(&format!("large{number}"), root);
            added.map(drop)
        })
    })
    .unwrap();
    let of_large = LIVE.load(Relaxed) - one_root;
    let held = tree.snapshot();
    tree.remove("large").unwrap();
    drop(held);
    // A commit frees 512 nodes, and each provider of a large tree counts as eight.
    let freed = drain(&tree, of_large / 10);
    assert!(freed > of_large / 2, "{freed} of {of_large}");
    drop(tree);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left");
}

/// Many versions that were pinned together are freed a few at a time, whatever their age:
/// the nodes they share are not visited once per version.
fn versions_pinned_together_are_freed_within_2000_commits() {
    let tree = filled::<ArcSwapCell>();
    let held: Vec<_> = (1..=200)
        .map(|generation| {
            tree.set_generation("host7", generation).unwrap();
            tree.snapshot()
        })
        .collect();
    rewrite_all(&tree, 300);
    drop(held);
    assert_eq!(tree.stats().versions, 201);
    let mut commits = 0;
    while tree.stats().versions > 1 {
        commits += 1;
        assert!(commits < 2_000, "{:?}", tree.stats());
        tree.set_generation("host7", 300 + commits).unwrap();
    }
}

/// A reader that moves to a newer version now and then does not make the backlog grow.
fn a_reader_that_moves_on_does_not_grow_the_backlog() {
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

/// Commits a hundred times and checks that each commit frees fewer than `most` bytes.
/// Returns the bytes that all of them freed.
fn drain<C: SnapshotCell>(tree: &ProviderTree<C>, most: usize) -> usize {
    let first = LIVE.load(Relaxed);
    for commit in 0..100 {
        let before = LIVE.load(Relaxed);
        tree.set_generation("host7", 1_000 + commit).unwrap();
        let freed = before.saturating_sub(LIVE.load(Relaxed));
        assert!(
            freed < most,
            "commit {commit} freed {freed} bytes, the limit is {most}"
        );
    }
    assert!(tree.stats().versions <= FEW, "{:?}", tree.stats());
    first.saturating_sub(LIVE.load(Relaxed))
}

/// A commit frees little at once even if an older version shares the nodes, or a newer version
/// has added to them.
fn shared_nodes_are_freed_over_several_commits() {
    let before = LIVE.load(Relaxed);
    let tree = filled::<ArcSwapCell>();
    let one_version = LIVE.load(Relaxed) - before;
    let oldest = tree.snapshot();
    tree.set_generation("host7", 1).unwrap();
    let older = tree.snapshot();
    rewrite_all(&tree, 2);
    // Some shared nodes are released while both versions exist.
    drop(older);
    for generation in 0..4 {
        tree.set_generation("host7", 3 + generation).unwrap();
    }
    drop(oldest);
    let freed = drain(&tree, one_version / 2);
    assert!(freed > one_version / 2, "{freed} of {one_version}");

    let held = tree.snapshot();
    tree.update(|transaction| add(transaction, 6 * PROVIDERS))
        .unwrap();
    drop(held);
    drain(&tree, one_version / 2);
    drop(tree);
    let left = LIVE.load(Relaxed).saturating_sub(before);
    assert!(left < SLACK, "{left} bytes are left");
}

fn add(transaction: &mut Transaction, count: u128) -> Result<(), Error> {
    (PROVIDERS..PROVIDERS + count).try_for_each(|number| {
        let name = format!("host{number}");
        transaction.new_root(
            NewProvider::new(&name)
                .uuid(Uuid::from_u128(number))
                .generation(0),
        )?;
        Ok(())
    })
}

/// How often an open transaction replaces a provider.
const EDITS: u128 = 10_000;

/// An open transaction frees what it replaces at once, even if the caller held a clone of it
/// while editing.
fn an_open_transaction_frees_the_providers_that_edits_replace() {
    let tree = filled::<ArcSwapCell>();
    let held = tree.snapshot();
    let grown = grown_in_an_update(&tree, |transaction| {
        for aggregate in (0..EDITS).map(Uuid::from_u128) {
            let clone = transaction.require("host7")?.clone();
            transaction.update_aggregates("host7", [aggregate], None)?;
            drop(clone);
        }
        Ok(())
    });
    assert!(grown < SLACK, "{grown} bytes in an open transaction");
    drop(held);
}

/// The same for `apply`.
fn an_open_transaction_frees_the_providers_that_apply_replaces() {
    let tree = filled::<ArcSwapCell>();
    let copy = ProviderTree::from(tree.snapshot());
    copy.update(|transaction| transaction.update_aggregates("host7", [Uuid::nil()], None))
        .unwrap();
    let there = copy.snapshot().diff(&tree.snapshot());
    let back = tree.snapshot().diff(&copy.snapshot());
    drop(copy);
    let held = tree.snapshot();
    let grown = grown_in_an_update(&tree, |transaction| {
        for _ in 0..EDITS / 10 {
            for changes in [&there, &back] {
                let clone = transaction.require("host7")?.clone();
                transaction.apply(changes)?;
                drop(clone);
            }
        }
        Ok(())
    });
    assert!(grown < SLACK, "{grown} bytes in an open transaction");
    drop(held);
}

/// The bytes by which a transaction grows before it commits.
fn grown_in_an_update(
    tree: &ProviderTree,
    edit: impl Fn(&mut Transaction) -> Result<(), Error>,
) -> usize {
    let committed = tree.update(|transaction| {
        let before = LIVE.load(Relaxed);
        edit(transaction)?;
        Ok::<_, Error>(LIVE.load(Relaxed).saturating_sub(before))
    });
    committed.unwrap().value
}

/// Dropping a fork frees the versions it kept.
fn dropping_a_fork_frees_its_versions() {
    let before = LIVE.load(Relaxed);
    let tree = filled::<ArcSwapCell>();
    let one_version = LIVE.load(Relaxed) - before;
    let held = tree.snapshot();
    for generation in 1..=COMMITS {
        let fork = ProviderTree::from(tree.snapshot());
        rewrite_all(&tree, generation);
        drop(fork);
    }
    tree.collect();
    assert_eq!(tree.stats().versions, 2);
    let live = LIVE.load(Relaxed) - before;
    assert!(
        live < 2 * one_version + SLACK,
        "{live} bytes live, one version has {one_version}"
    );
    drop(held);
}

/// Edits of trees of 2,000 providers, whose maps are shared from one version to the next,
/// leave no backlog, whatever the kind of edit.
fn edits_of_large_trees_leave_no_backlog<C: SnapshotCell>() {
    type Edit = fn(&mut Transaction, u64) -> Result<(), Error>;
    const COMMITS: u64 = 2_000;
    let tree = ProviderTree::<C>::default();
    tree.update(|transaction| {
        for root in ["big", "other"] {
            transaction.new_root(root)?;
            for number in 0..2_000 {
                transaction.new_child(&format!("{root}{number}"), root)?;
            }
        }
        transaction.new_root("small").map(drop)
    })
    .unwrap();
    let edits: [Edit; 4] = [
        |transaction, _| transaction.new_child("new", "big").map(drop),
        |transaction, _| transaction.remove("new").map(drop),
        |transaction, commit| {
            let root = transaction.root_of("big7")?.uuid();
            let name = transaction.children(root)?.last().map(|one| one.uuid());
            transaction
                .rename(name.unwrap_or(root), &format!("renamed{commit}"))
                .map(drop)
        },
        |transaction, commit| {
            for root in ["big", "other", "small"] {
                transaction.set_generation(root, commit)?;
            }
            Ok(())
        },
    ];
    for commit in 0..COMMITS {
        let edit = edits[commit as usize % edits.len()];
        tree.update(|transaction| edit(transaction, commit))
            .unwrap();
        let versions = tree.stats().versions;
        assert!(versions < FEW * 10, "{versions} versions, commit {commit}");
    }
}

/// What a commit copies and so keeps of the version before it, in bytes.
fn copied_by_adding_a_child(siblings: usize) -> usize {
    const COMMITS: usize = 100;
    let tree = ProviderTree::new();
    let parent = tree.new_root("parent").unwrap().value;
    tree.update(|transaction| {
        for number in 0..siblings {
            transaction.new_child(&format!("child{number}"), parent)?;
        }
        Ok(())
    })
    .unwrap();
    let before = LIVE.load(Relaxed);
    let versions: Vec<_> = (0..COMMITS)
        .map(|number| {
            tree.new_child(&format!("added {number}"), parent).unwrap();
            tree.snapshot()
        })
        .collect();
    let copied = LIVE.load(Relaxed) - before;
    drop(versions);
    copied / COMMITS
}

fn adding_a_child_copies_little_more_among_many_siblings() {
    let [few, many] = [1_000, 100_000].map(copied_by_adding_a_child);
    println!("{few} bytes among 1,000, {many} among 100,000");
    // Copying all siblings would take a hundred times as much.
    assert!(many < few * 3, "{few} among 1,000, {many} among 100,000");
}

fn main() -> ExitCode {
    run_one_at_a_time([
        (
            "replaced_versions_and_dropped_trees_are_freed::on_arc_swap",
            || replaced_versions_and_dropped_trees_are_freed::<ArcSwapCell>(true),
        ),
        (
            "replaced_versions_and_dropped_trees_are_freed::on_epoch",
            || replaced_versions_and_dropped_trees_are_freed::<EpochCell>(false),
        ),
        ("two_trees_on_epoch_are_freed", two_trees_on_epoch_are_freed),
        (
            "adding_a_child_copies_little_more_among_many_siblings",
            adding_a_child_copies_little_more_among_many_siblings,
        ),
        (
            "dropping_a_fork_frees_its_versions",
            dropping_a_fork_frees_its_versions,
        ),
        (
            "an_open_transaction_frees_the_providers_that_edits_replace",
            an_open_transaction_frees_the_providers_that_edits_replace,
        ),
        (
            "an_open_transaction_frees_the_providers_that_apply_replaces",
            an_open_transaction_frees_the_providers_that_apply_replaces,
        ),
        (
            "shared_nodes_are_freed_over_several_commits",
            shared_nodes_are_freed_over_several_commits,
        ),
        (
            "versions_pinned_together_are_freed_within_2000_commits",
            versions_pinned_together_are_freed_within_2000_commits,
        ),
        (
            "a_reader_that_moves_on_does_not_grow_the_backlog",
            a_reader_that_moves_on_does_not_grow_the_backlog,
        ),
        (
            "a_large_version_is_freed_over_several_commits::on_arc_swap",
            a_large_version_is_freed_over_several_commits::<ArcSwapCell>,
        ),
        (
            "a_removed_large_tree_is_freed_over_several_commits::on_arc_swap",
            a_removed_large_tree_is_freed_over_several_commits::<ArcSwapCell>,
        ),
        (
            "a_removed_large_tree_is_freed_over_several_commits::on_epoch",
            a_removed_large_tree_is_freed_over_several_commits::<EpochCell>,
        ),
        (
            "edits_of_large_trees_leave_no_backlog::on_arc_swap",
            edits_of_large_trees_leave_no_backlog::<ArcSwapCell>,
        ),
        (
            "edits_of_large_trees_leave_no_backlog::on_epoch",
            edits_of_large_trees_leave_no_backlog::<EpochCell>,
        ),
        (
            "a_large_version_is_freed_over_several_commits::on_epoch",
            a_large_version_is_freed_over_several_commits::<EpochCell>,
        ),
    ])
}
