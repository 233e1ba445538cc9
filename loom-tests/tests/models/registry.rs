//! The registry of subscribers in isolation, with a counter in place of the newest version,
//! and with its protocol broken in several ways.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::task::{Wake, Waker};

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::sync::atomic::Ordering::{AcqRel, Acquire};
use loom::thread;
use loom_tests::explore;
use provider_tree::contract::Registry;
use uuid::Uuid;

use crate::common::{A, B, PREEMPTIONS};

/// Planted bugs.
#[derive(Clone, Copy, Default)]
struct Broken {
    /// A subscriber does not check again after it has registered its waker.
    looks_once: bool,
    /// A subscriber announces itself by a load.
    quiet_announcement: bool,
    /// A commit takes the wakers, then swaps.
    takes_first: bool,
    /// A follower waits for its provider's previous tree.
    waits_for_its_old_tree: bool,
}

/// Whether a task was woken. Not part of the model: it is only read at the end.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.store(true, Relaxed);
    }
}

/// A tree reduced to the number of its newest version.
#[derive(Default)]
struct Tree {
    newest: AtomicU64,
    registry: Registry,
}

impl Tree {
    fn commit(&self, roots: &[Uuid], broken: Broken) {
        let take = || self.registry.take(|| roots.to_vec());
        let early = broken.takes_first.then(take);
        self.newest.fetch_add(1, AcqRel);
        early.unwrap_or_else(take).wake();
    }
}

/// One subscriber's life: it starts at a version and polls until it would sleep. Returns the
/// last version it saw. `scope` is the tree to wait for after a version.
fn subscribe(
    tree: &Tree,
    woken: &std::sync::Arc<Woken>,
    follows: bool,
    scope: impl Fn(u64) -> Option<Uuid>,
    broken: Broken,
) -> u64 {
    let number = tree.registry.enter(follows);
    let mut seen = if broken.quiet_announcement {
        tree.newest.load(Acquire)
    } else {
        tree.newest.fetch_add(0, AcqRel)
    };
    loop {
        let waits_for = scope(seen);
        tree.registry
            .wait(waits_for, number, Waker::from(woken.clone()));
        if broken.looks_once {
            return seen;
        }
        let newest = tree.newest.load(Acquire);
        if newest == seen {
            return seen;
        }
        seen = newest;
        tree.registry.cancel(waits_for, number);
    }
}

/// One thread commits while another subscribes and waits. The outcome: the last version that
/// the subscriber saw, and whether it was woken.
fn a_subscriber_of_the_forest(broken: Broken) {
    let expected = [(0, true), (1, false), (1, true)];
    explore("registry", PREEMPTIONS, expected, move || {
        let (tree, woken) = (
            Arc::new(Tree::default()),
            std::sync::Arc::<Woken>::default(),
        );
        let subscriber = thread::spawn({
            let (tree, woken) = (Arc::clone(&tree), std::sync::Arc::clone(&woken));
            move || subscribe(&tree, &woken, false, |_| None, broken)
        });
        tree.commit(&[], broken);
        let seen = subscriber.join().unwrap();
        let woken = woken.0.load(Relaxed);
        assert!(seen == 1 || woken, "the wake-up was lost");
        (seen, woken)
    });
}

/// The followed provider moves from one tree to another, which changes next. The outcome is
/// the same.
fn a_follower_of_a_provider_that_moves(broken: Broken) {
    let expected = [(0, true), (1, true), (2, false), (2, true)];
    explore("registry, followed", PREEMPTIONS, expected, move || {
        let (tree, woken) = (
            Arc::new(Tree::default()),
            std::sync::Arc::<Woken>::default(),
        );
        let subscriber = thread::spawn({
            let (tree, woken) = (Arc::clone(&tree), std::sync::Arc::clone(&woken));
            let root = move |version| match version {
                0 => Some(A),
                _ if broken.waits_for_its_old_tree => Some(A),
                _ => Some(B),
            };
            move || subscribe(&tree, &woken, true, root, broken)
        });
        tree.commit(&[A, B], broken);
        tree.commit(&[B], broken);
        let seen = subscriber.join().unwrap();
        let woken = woken.0.load(Relaxed);
        assert!(seen == 2 || woken, "the wake-up was lost");
        (seen, woken)
    });
}

/// A commit to a tree without followers wakes no subscriber, even while one of another tree
/// registers and leaves. The outcome: the last version that the subscriber saw.
fn a_commit_to_a_tree_without_followers() {
    explore("registry, concerns nobody", PREEMPTIONS, [0, 1], || {
        let (tree, woken) = (
            Arc::new(Tree::default()),
            std::sync::Arc::<Woken>::default(),
        );
        let subscriber = thread::spawn({
            let (tree, woken) = (Arc::clone(&tree), std::sync::Arc::clone(&woken));
            move || {
                let number = tree.registry.enter(true);
                let seen = tree.newest.fetch_add(0, AcqRel);
                tree.registry
                    .wait(Some(A), number, Waker::from(std::sync::Arc::clone(&woken)));
                tree.registry.leave(true);
                tree.registry.cancel(Some(A), number);
                assert!(!woken.0.load(Relaxed), "woken for another tree");
                seen
            }
        });
        tree.commit(&[B], Broken::default());
        subscriber.join().unwrap()
    });
}

#[test]
fn no_wake_up_of_a_subscriber_is_lost() {
    a_subscriber_of_the_forest(Broken::default());
}

#[test]
fn no_wake_up_of_a_follower_is_lost() {
    a_follower_of_a_provider_that_moves(Broken::default());
}

#[test]
fn a_commit_wakes_only_the_followers_of_changed_trees() {
    a_commit_to_a_tree_without_followers();
}

macro_rules! loses_a_wake_up {
    ($($name:ident: $model:ident with $broken:ident;)*) => {
        $(#[test]
        #[should_panic(expected = "the wake-up was lost")]
        fn $name() {
            $model(Broken { $broken: true, ..Broken::default() });
        })*
    };
}

loses_a_wake_up! {
    a_subscriber_that_looks_once_loses_a_wake_up: a_subscriber_of_the_forest with looks_once;
    a_subscriber_with_a_quiet_announcement_loses_a_wake_up: a_subscriber_of_the_forest with quiet_announcement;
    a_commit_that_takes_the_wakers_first_loses_a_wake_up: a_subscriber_of_the_forest with takes_first;
    a_follower_that_looks_once_loses_a_wake_up: a_follower_of_a_provider_that_moves with looks_once;
    a_commit_that_takes_the_followers_first_loses_a_wake_up: a_follower_of_a_provider_that_moves with takes_first;
    a_follower_that_waits_for_its_old_tree_loses_a_wake_up:
        a_follower_of_a_provider_that_moves with waits_for_its_old_tree;
}
