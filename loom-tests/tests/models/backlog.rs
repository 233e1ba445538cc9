//! The backlog of old versions in isolation, with versions whose nodes loom sees: which
//! thread frees a node, and that no thread reads it at that time.

use std::cell::RefCell;
use std::collections::VecDeque;

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::{AcqRel, Relaxed};
use loom::thread;
use loom_tests::explore;
use provider_tree::contract::{Backlog, Parts, Retired, this_thread};

/// How many nodes a commit frees in models.
const STEP: usize = 2;

/// Planted bugs.
#[derive(Clone, Copy, Default)]
struct Broken {
    /// A version is freed while it is read.
    ignores_pins: bool,
    /// A node that is still shared is first handed back, then dropped: two threads that do so at
    /// once both find it shared.
    unwraps: bool,
    /// The children of a node are dropped with it instead of queued.
    forgets_children: bool,
}

// loom runs all threads of a model on one system thread.
std::thread_local! {
    /// The freed nodes, with the thread that freed them and whether it was in a step.
    static FREED: RefCell<Vec<(&'static str, Option<u64>, bool)>> = const { RefCell::new(Vec::new()) };
}

struct Node {
    name: &'static str,
    content: UnsafeCell<()>,
    children: Vec<Shared>,
}

// SAFETY: the models check that access is exclusive where it must be; the cell only reports
// accesses to loom.
unsafe impl Sync for Node {}
unsafe impl Send for Node {}

/// A node with a reference count like that of `std::sync::Arc`: loom's lacks `into_inner`.
/// Its memory outlives it, so a model that frees it too early is still sound.
struct Shared {
    node: std::sync::Arc<Node>,
    count: std::sync::Arc<AtomicUsize>,
}

impl Shared {
    fn new(name: &'static str, children: impl IntoIterator<Item = Self>) -> Self {
        let content = UnsafeCell::new(());
        content.with_mut(|_| ());
        let children = children.into_iter().collect();
        Self {
            node: std::sync::Arc::new(Node {
                name,
                content,
                children,
            }),
            count: std::sync::Arc::new(AtomicUsize::new(1)),
        }
    }

    fn share(&self) -> Self {
        self.count.fetch_add(1, Relaxed);
        self.same()
    }

    fn same(&self) -> Self {
        Self {
            node: self.node.clone(),
            count: self.count.clone(),
        }
    }

    fn read(&self) {
        self.node.content.with(|_| ());
        self.node.children.iter().for_each(Self::read);
    }

    /// Drops this reference. If it was the last, frees the node and returns its children.
    fn into_inner(self) -> Option<Vec<Self>> {
        let is_last = self.count.fetch_sub(1, AcqRel) == 1;
        is_last.then(|| self.free(true))
    }

    /// Frees the node if this is the only reference, and otherwise returns it.
    fn try_unwrap(self) -> Result<Vec<Self>, Self> {
        match self.count.compare_exchange(1, 0, AcqRel, Relaxed) {
            Ok(_) => Ok(self.free(true)),
            Err(_) => Err(self),
        }
    }

    /// Drops this reference, and recursively the children if it was the last.
    fn drop_recursively(self) {
        if self.count.fetch_sub(1, AcqRel) == 1 {
            self.free(false)
                .into_iter()
                .for_each(Self::drop_recursively);
        }
    }

    fn free(&self, in_step: bool) -> Vec<Self> {
        self.node.content.with_mut(|_| ());
        let freed = (self.node.name, this_thread(), in_step);
        FREED.with_borrow_mut(|all| all.push(freed));
        self.node.children.iter().map(Self::same).collect()
    }
}

/// A version: a shared root.
#[derive(Clone)]
struct Version(Arc<Shared>, Broken);

impl Version {
    fn new(root: Shared, broken: Broken) -> Self {
        Self(Arc::new(root), broken)
    }
}

struct Nodes(VecDeque<Shared>, Broken);

impl Retired for Version {
    type Parts = Nodes;

    fn unpin(self) -> Result<Nodes, Self> {
        let Self(root, broken) = self;
        if broken.ignores_pins {
            return Ok(Nodes([root.same()].into(), broken));
        }
        Arc::try_unwrap(root)
            .map(|root| Nodes([root].into(), broken))
            .map_err(|root| Self(root, broken))
    }
}

impl Parts for Nodes {
    fn step(&mut self, nodes: usize) -> usize {
        let Self(list, broken) = self;
        for taken in 0..nodes {
            let Some(node) = list.pop_front() else {
                return taken;
            };
            let children = if broken.unwraps {
                node.try_unwrap().map_err(Shared::drop_recursively).ok()
            } else {
                node.into_inner()
            };
            let children = children.into_iter().flatten();
            if broken.forgets_children {
                children.for_each(Shared::drop_recursively);
            } else {
                list.extend(children);
            }
        }
        nodes
    }

    fn is_done(&self) -> bool {
        self.0.is_empty()
    }
}

/// Forgets the nodes freed in earlier executions.
fn begin() {
    FREED.take();
}

/// All freed nodes, after a check that each was freed once, in a step of a writer: not by a
/// reader, and not together with its parent.
fn freed_by_writers(readers: &[Option<u64>]) -> Vec<&'static str> {
    let mut names: Vec<_> = FREED
        .take()
        .into_iter()
        .map(|(name, thread, in_step)| {
            assert!(!readers.contains(&thread), "{name} was freed by a reader");
            assert!(in_step, "{name} was dropped with its parent");
            name
        })
        .collect();
    names.sort_unstable();
    names
}

/// Two writers retire versions that share a node, whose child is left for the next commit.
/// The outcome: the nodes freed by the second writer.
fn writers_free_shared_nodes(broken: Broken) {
    let expected = [
        vec!["other", "second"],
        vec!["child", "other", "second", "shared"],
    ];
    explore("backlog, shared", 3, expected, move || {
        begin();
        let backlog = Arc::new(Backlog::<Version>::default());
        let shared = Shared::new("shared", [Shared::new("child", [])]);
        let first = Version::new(Shared::new("first", [shared.share()]), broken);
        let second = Version::new(Shared::new("second", [shared]), broken);
        let writers = [(first, "more", 1), (second, "other", 3)].map(|(version, next, commit)| {
            let backlog = Arc::clone(&backlog);
            thread::spawn(move || {
                backlog.retire(version, commit, 0);
                let next = Version::new(Shared::new(next, []), broken);
                backlog.retire(next, commit + 1, 0);
                this_thread()
            })
        });
        let [_, second] = writers.map(|writer| writer.join().unwrap());
        let mut by_second = FREED.with_borrow(|freed| {
            let by_second = freed.iter().filter(|(_, by, _)| *by == second);
            by_second.map(|(name, ..)| *name).collect::<Vec<_>>()
        });
        by_second.sort_unstable();
        backlog.collect();
        let all = freed_by_writers(&[]);
        assert_eq!(all, ["child", "first", "more", "other", "second", "shared"]);
        by_second
    });
}

/// A reader holds a version while one writer retires it and another commits. The outcome: the
/// number of its nodes freed before the end.
fn nodes_being_read_are_kept(broken: Broken) {
    explore("backlog, read", 3, [0, 1, 2], move || {
        begin();
        let backlog = Arc::new(Backlog::<Version>::default());
        let version = Version::new(Shared::new("root", [Shared::new("child", [])]), broken);
        let reader = thread::spawn({
            let version = version.clone();
            move || {
                version.0.read();
                drop(version);
                this_thread()
            }
        });
        let writer = thread::spawn({
            let backlog = Arc::clone(&backlog);
            move || {
                let other = Version::new(Shared::new("other", []), broken);
                backlog.retire(other, 2, 0);
            }
        });
        backlog.retire(version, 1, 0);
        let reader = reader.join().unwrap();
        writer.join().unwrap();
        let freed =
            FREED.with_borrow(|freed| freed.iter().filter(|(name, ..)| *name != "other").count());
        backlog.collect();
        assert_eq!(freed_by_writers(&[reader]), ["child", "other", "root"]);
        freed
    });
}

/// Later commits finish freeing a version with more nodes than one commit frees. The outcome:
/// the number of nodes freed, except those of the last two versions.
fn later_commits_finish_a_large_version() {
    explore("backlog, in steps", 3, [5], || {
        begin();
        let backlog = Arc::new(Backlog::<Version>::default());
        let leaves = ["a", "b", "c"].map(|name| Shared::new(name, []));
        let large = Version::new(Shared::new("large", leaves), Broken::default());
        let pin = large.clone();
        backlog.retire(large, 1, 0);
        let writer = thread::spawn({
            let backlog = Arc::clone(&backlog);
            move || {
                drop(pin);
                for commit in 2..4 {
                    backlog.retire(
                        Version::new(Shared::new("x", []), Broken::default()),
                        commit,
                        0,
                    );
                    let freed = FREED.with_borrow(|freed| {
                        freed
                            .iter()
                            .filter(|(_, by, _)| *by == this_thread())
                            .count()
                    });
                    assert!(
                        freed as u64 <= (commit - 1) * (STEP as u64 + 1),
                        "too much at once"
                    );
                }
            }
        });
        backlog.retire(Version::new(Shared::new("y", []), Broken::default()), 4, 0);
        writer.join().unwrap();
        backlog.collect();
        assert_eq!(backlog.len(), 0);
        let freed = freed_by_writers(&[]);
        freed.len() - 2
    });
}

#[test]
fn each_shared_node_is_freed_once_and_in_a_step() {
    writers_free_shared_nodes(Broken::default());
}

#[test]
fn no_node_is_freed_while_it_is_read_or_by_a_reader() {
    nodes_being_read_are_kept(Broken::default());
}

#[test]
fn a_large_version_is_freed_by_several_commits() {
    later_commits_finish_a_large_version();
}

#[test]
#[should_panic(expected = "Causality violation")]
fn freeing_a_version_while_it_is_read_is_caught() {
    nodes_being_read_are_kept(Broken {
        ignores_pins: true,
        ..Broken::default()
    });
}

#[test]
#[should_panic(expected = "was dropped with its parent")]
fn dropping_a_node_that_two_threads_find_shared_is_caught() {
    writers_free_shared_nodes(Broken {
        unwraps: true,
        ..Broken::default()
    });
}

#[test]
#[should_panic(expected = "was dropped with its parent")]
fn dropping_children_with_their_node_is_caught() {
    writers_free_shared_nodes(Broken {
        forgets_children: true,
        ..Broken::default()
    });
}
