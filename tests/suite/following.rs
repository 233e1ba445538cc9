//! Subscriptions to the tree of one provider.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll, Waker};
use std::thread;

use provider_tree::{Change, Error, NewProvider, Place};
use uuid::Uuid;

use super::subscription::{COMMITS, Count, Subscription};
use crate::cases::{ProviderTree, ends, fork, new_tree};

/// A subscription to the tree of one provider, with a waker that counts.
struct Following {
    subscription: Subscription,
    count: Arc<Count>,
}

impl Following {
    fn new(tree: &ProviderTree, key: &str) -> Self {
        let mut new = Self {
            subscription: tree.subscribe_to(key).unwrap(),
            count: Arc::default(),
        };
        assert!(new.poll().is_pending());
        new
    }

    fn poll(&mut self) -> Poll<Option<provider_tree::Transition>> {
        let waker = Waker::from(Arc::clone(&self.count));
        self.subscription
            .poll_changed(&mut Context::from_waker(&waker))
    }

    /// The changes it takes, and how often it was woken for them.
    fn take(&mut self) -> (Vec<String>, usize) {
        let Poll::Ready(Some(transition)) = self.poll() else {
            panic!("nothing to take");
        };
        let lines = transition.changes().iter().map(Change::to_string).collect();
        (lines, self.count.0.swap(0, SeqCst))
    }

    fn sleeps(&mut self) -> bool {
        self.count.0.load(SeqCst) == 0 && self.poll().is_pending()
    }
}

fn two_hosts() -> ProviderTree {
    let tree = new_tree();
    for (number, name) in ["host", "other"].into_iter().enumerate() {
        let uuid = Uuid::from_u128(number as u128 + 1);
        tree.new_root(NewProvider::new(name).uuid(uuid).generation(0))
            .unwrap();
        let child = Uuid::from_u128(number as u128 + 11);
        tree.new_child(
            NewProvider::new(&format!("{name}_numa0"))
                .uuid(child)
                .generation(0),
            name,
        )
        .unwrap();
    }
    tree
}

#[test]
fn a_follower_is_woken_only_for_changes_in_its_tree() {
    let tree = two_hosts();
    let mut following = Following::new(&tree, "host_numa0");
    tree.set_generation("other", 1).unwrap();
    tree.new_child("other_numa1", "other_numa0").unwrap();
    tree.new_root("third").unwrap();
    tree.remove("third").unwrap();
    assert!(following.sleeps());
    // Another provider of its tree, in a commit that also changes another tree.
    tree.update(|transaction| {
        transaction.set_generation("other", 2)?;
        transaction.set_generation("host", 2)
    })
    .unwrap();
    let host = "host (00000000-0000-0000-0000-000000000001)";
    assert_eq!(
        following.take(),
        (vec![format!("~ {host}: generation=2")], 1)
    );
    assert!(following.sleeps());
    // A change that is undone.
    tree.set_generation("host", 3).unwrap();
    tree.set_generation("host", 2).unwrap();
    assert!(following.poll().is_pending());
}

#[test]
fn a_follower_follows_its_provider_to_another_tree() {
    let tree = two_hosts();
    let mut following = Following::new(&tree, "host_numa0");
    tree.move_to("host_numa0", "other").unwrap();
    let numa = "host_numa0 (00000000-0000-0000-0000-00000000000b)";
    let (host, other) = (
        "00000000-0000-0000-0000-000000000001",
        "00000000-0000-0000-0000-000000000002",
    );
    assert_eq!(
        following.take(),
        (
            vec![
                format!("+ other ({other})"),
                "+ other_numa0 (00000000-0000-0000-0000-00000000000c)".to_owned(),
                format!("~ {numa}: parent={other}"),
                format!("- host ({host})"),
            ],
            1
        )
    );
    assert!(following.poll().is_pending());
    tree.set_generation("host", 1).unwrap();
    assert!(following.sleeps());
    tree.set_generation("other", 1).unwrap();
    assert_eq!(following.take().1, 1);
    // Now its provider becomes a root; the rest of the tree is removed.
    assert!(following.poll().is_pending());
    tree.move_to_root("host_numa0").unwrap();
    let (lines, woken) = following.take();
    assert_eq!((lines.len(), woken), (3, 1));
    assert!(
        lines.contains(&format!("~ {numa}: now a root")),
        "{lines:?}"
    );
    assert_eq!(following.subscription.snapshot().len(), 1);
    assert!(following.poll().is_pending());
    tree.remove("other").unwrap();
    assert!(following.sleeps());
}

#[test]
fn providers_that_leave_a_followed_tree_are_removed_and_those_that_join_are_added() {
    let tree = two_hosts();
    let (mut host, mut other) = (
        Following::new(&tree, "host"),
        Following::new(&tree, "other"),
    );
    tree.move_to("host_numa0", "other_numa0").unwrap();
    let numa = "host_numa0 (00000000-0000-0000-0000-00000000000b)";
    assert_eq!(host.take(), (vec![format!("- {numa}")], 1));
    assert_eq!(other.take(), (vec![format!("+ {numa}")], 1));
}

/// A regression test: these steps once named a sibling outside the tree.
#[test]
fn changes_of_a_followed_tree_name_no_provider_outside_it() {
    let tree = new_tree();
    for (name, parent) in [
        ("r", None),
        ("z", None),
        ("x", Some("r")),
        ("m", Some("x")),
        ("o", Some("r")),
    ] {
        match parent {
            None => tree.new_root(name).unwrap(),
            Some(parent) => tree.new_child(name, parent).unwrap(),
        };
    }
    let mut subscription = tree.subscribe_to("x").unwrap();
    tree.move_to_root("o").unwrap();
    tree.move_to("m", "o").unwrap();
    tree.move_to_root("x").unwrap();
    tree.move_to("r", "m").unwrap();
    tree.move_to("z", "m").unwrap();
    let transition = subscription.try_changed().unwrap();
    let within = |uuid| [transition.before(), transition.after()].map(|one| one.exists(uuid));
    for change in transition.changes() {
        assert_ne!(within(change.uuid()), [false; 2], "{change}");
        if let Change::Added { place, .. }
        | Change::Updated {
            place: Some(place), ..
        } = &change
            && let Place::Before(next) = place
        {
            assert!(transition.after().exists(next), "{change}");
        }
    }
    let copy = fork(transition.before().clone());
    copy.update(|transaction| transaction.apply(transition.changes()))
        .unwrap();
    assert_eq!(copy.snapshot(), *transition.after());
}

/// The new tree gets the ordinal of the removed one.
#[test]
fn a_follower_is_woken_when_a_new_tree_replaces_its_own() {
    let tree = two_hosts();
    let mut following = Following::new(&tree, "other");
    tree.update(|transaction| {
        transaction.remove("other")?;
        transaction.new_root("third")
    })
    .unwrap();
    assert_eq!(following.take().1, 1);
    assert!(matches!(following.poll(), Poll::Ready(None)));
}

#[test]
fn a_follower_ends_when_its_provider_is_removed() {
    let tree = two_hosts();
    let mut following = Following::new(&tree, "host_numa0");
    tree.remove("host").unwrap();
    let (lines, woken) = following.take();
    assert_eq!((lines.len(), woken), (2, 1));
    assert!(matches!(following.poll(), Poll::Ready(None)));
    // Another provider with the same name doesn't revive it.
    tree.new_root("host_numa0").unwrap();
    assert!(matches!(following.poll(), Poll::Ready(None)));
    assert!(following.subscription.try_changed().is_none());
    assert!(following.subscription.wait().is_none());
    assert!(!following.subscription.is_closed());
}

#[test]
fn a_follower_takes_the_last_version_before_the_tree_is_dropped() {
    let tree = two_hosts();
    let (mut changed, mut unchanged) = (
        Following::new(&tree, "host"),
        Following::new(&tree, "other"),
    );
    tree.set_generation("host", 1).unwrap();
    drop(tree);
    assert_eq!(changed.take().1, 1);
    for following in [&mut changed, &mut unchanged] {
        assert!(matches!(following.poll(), Poll::Ready(None)));
    }
}

#[test]
fn an_unknown_provider_cannot_be_followed() {
    let tree = two_hosts();
    let unknown = tree.subscribe_to("nobody").map(drop).unwrap_err();
    assert!(matches!(unknown, Error::UnknownProvider { key, .. } if key == "nobody"));
    // The refused call left no subscriber behind.
    tree.set_generation("host", 1).unwrap();
}

/// 1,000 followers start at as many versions, and wait.
#[test]
fn waiting_followers_keep_no_version_alive() {
    let tree = new_tree();
    for host in 0..1_000 {
        tree.new_root(NewProvider::new(&format!("host{host}")).generation(0))
            .unwrap();
    }
    let following: Vec<_> = (0..1_000)
        .map(|host| {
            let following = Following::new(&tree, &format!("host{host}"));
            tree.new_root(&format!("other{host}")).unwrap();
            following
        })
        .collect();
    tree.collect();
    assert_eq!(tree.stats().versions, 1);
    assert!(following.iter().all(|one| one.count.0.load(SeqCst) == 0));
}

/// Each thread follows one host while others commit to random hosts: none misses the last
/// state of its host.
#[test]
fn followers_never_miss_the_last_state_of_their_trees() {
    const HOSTS: u64 = 8;
    ends(|| {
        let tree = Arc::new(new_tree());
        let name = |host: u64| format!("host{host}");
        for host in 0..HOSTS {
            tree.new_root(NewProvider::new(&name(host)).generation(0))
                .unwrap();
        }
        let followers: Vec<_> = (0..HOSTS)
            .map(|host| {
                let mut subscription = tree.subscribe_to(&name(host)).unwrap();
                thread::spawn(move || {
                    let mut last = 0;
                    while last < COMMITS {
                        let transition = subscription.wait().expect("the last was missed");
                        for change in transition.changes() {
                            let after = change.provider();
                            assert_eq!(after.name(), name(host), "a change of another tree");
                            assert!(after.generation() > Some(last), "returned an older version");
                            last = after.generation().unwrap();
                        }
                    }
                })
            })
            .collect();
        let writers: Vec<_> = (0..2)
            .map(|writer| {
                let tree = Arc::clone(&tree);
                thread::spawn(move || {
                    for generation in 1..=COMMITS {
                        for host in (writer..HOSTS).step_by(2) {
                            tree.set_generation(&name(host), generation).unwrap();
                        }
                    }
                })
            })
            .collect();
        // The tree still exists: a follower that missed its last state would hang.
        for thread in writers.into_iter().chain(followers) {
            thread.join().unwrap();
        }
    });
}
