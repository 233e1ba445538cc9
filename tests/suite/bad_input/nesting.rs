//! Closures that use their own tree or another, or panic; and use at thread exit.

use crate::cases::refusal::Refusal;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use provider_tree::Error;
use uuid::Uuid;

use super::{HOST, NUMA, forest};
use crate::cases::{ProviderTree, fork};

#[test]
fn an_update_inside_an_update_of_the_same_tree_is_refused() {
    let tree = forest();
    let committed = tree.update(|transaction| {
        transaction.set_generation(HOST, 8)?;
        let inner = tree.update(|inner| inner.set_generation(HOST, 9));
        assert_eq!(inner, Refusal::NestedUpdate);
        assert_eq!(tree.remove(HOST), Refusal::NestedUpdate);
        assert_eq!(
            tree.populate([super::record(HOST, "x")]),
            Refusal::NestedUpdate
        );
        transaction.set_generation(NUMA, 8)
    });
    assert_eq!(committed.unwrap().attempts, 1);
    for uuid in [HOST, NUMA] {
        assert_eq!(tree.find(uuid).unwrap().generation(), Some(8));
    }
    // The refusal does not affect the next update.
    tree.set_generation(HOST, 10).unwrap();
}

#[test]
fn a_refused_inner_update_can_end_the_outer_one() {
    let tree = forest();
    let before = tree.snapshot();
    let result = tree.update(|transaction| {
        transaction.remove(HOST)?;
        tree.update(|inner| inner.remove(NUMA))
    });
    assert_eq!(result.unwrap_err(), Refusal::NestedUpdate);
    assert!(tree.snapshot().ptr_eq(&before));
}

#[test]
fn reading_the_same_tree_inside_an_update_shows_the_last_commit() {
    let tree = forest();
    let mut reader = tree.reader();
    tree.update(|transaction| {
        transaction.remove(HOST)?;
        assert!(!transaction.exists(HOST));
        assert!(tree.exists(HOST) && tree.snapshot().exists(HOST));
        assert!(tree.read(|snapshot| snapshot.exists(HOST)));
        assert!(reader.load().exists(HOST));
        Ok(())
    })
    .unwrap();
    assert!(!reader.load().exists(HOST));
}

#[test]
fn a_commit_inside_an_update_of_the_same_tree_ends_in_an_error() {
    let tree = forest();
    let mut runs = 0;
    let result = tree.update(|transaction| {
        runs += 1;
        transaction.set_generation(HOST, 0)?;
        let mut inner = tree.begin();
        inner.set_generation(NUMA, runs)?;
        tree.commit(inner).unwrap();
        Ok(())
    });
    let attempts = runs;
    assert_eq!(result.unwrap_err(), Refusal::Contended { attempts });
    // The inner commits are kept, the outer one is not.
    assert_eq!(tree.find(NUMA).unwrap().generation(), Some(runs));
    assert_eq!(tree.find(HOST).unwrap().generation(), Some(7));
    assert_eq!(tree.version(), forest().version() + runs);
    tree.set_generation(HOST, 8).unwrap();
}

#[test]
fn a_panicking_closure_leaves_no_trace() {
    let tree = forest();
    let before = tree.snapshot();
    for _ in 0..3 {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            tree.update(|transaction| {
                transaction.remove(HOST)?;
                assert!(transaction.exists(HOST), "planned");
                Ok(())
            })
        }));
        assert!(panicked.is_err());
        assert!(tree.snapshot().ptr_eq(&before));
    }
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        tree.read(|snapshot| assert!(!snapshot.exists(HOST), "planned"));
    }));
    assert!(panicked.is_err());
    tree.remove(HOST).unwrap();
    assert_eq!(tree.version(), before.version() + 1);
    tree.snapshot().check_invariants().unwrap();
}

fn broken() -> impl Iterator<Item = Uuid> {
    std::iter::once_with(|| panic!("planned"))
}

#[test]
fn a_panicking_argument_leaves_no_trace() {
    let tree = forest();
    let before = tree.snapshot();
    let panicked = catch_unwind(AssertUnwindSafe(|| tree.add_aggregates(HOST, broken())));
    assert!(panicked.is_err());
    let committed = tree.update(|transaction| {
        transaction.set_generation(NUMA, 1)?;
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            transaction.add_aggregates(HOST, broken())
        }));
        assert!(panicked.is_err());
        transaction.check_invariants().unwrap();
        Ok(())
    });
    assert_eq!(committed.unwrap().version, before.version() + 1);
    let after = tree.snapshot();
    assert_eq!(after.find(HOST), before.find(HOST));
    assert_eq!(after.find(NUMA).unwrap().generation(), Some(1));
}

#[test]
fn an_update_of_another_tree_inside_an_update_works() {
    let (first, second, third) = (forest(), forest(), forest());
    first
        .update(|transaction| {
            transaction.set_generation(HOST, 1)?;
            second.update(|inner| {
                inner.set_generation(HOST, 2)?;
                third.set_generation(HOST, 3)?;
                // The outer tree is still being updated.
                let nested = first.set_generation(HOST, 4);
                assert_eq!(nested, Refusal::NestedUpdate);
                Ok(())
            })?;
            // The inner tree is not.
            second.set_generation(NUMA, 2)
        })
        .unwrap();
    let generation = |tree: &ProviderTree| tree.find(HOST).unwrap().generation();
    assert_eq!(generation(&first), Some(1));
    assert_eq!(generation(&second), Some(2));
    assert_eq!(generation(&third), Some(3));
    assert_eq!(second.find(NUMA).unwrap().generation(), Some(2));
}

#[test]
fn a_transaction_of_another_tree_is_a_conflict() {
    let (tree, other) = (forest(), forest());
    let before = tree.snapshot();
    let mut foreign = other.begin();
    foreign.remove(HOST).unwrap();
    let conflict = tree.commit(foreign).unwrap_err();
    assert!(conflict.is_foreign());
    assert!(conflict.newer().ptr_eq(&before));
    assert!(!conflict.transaction().exists(HOST));
    assert!(tree.snapshot().ptr_eq(&before));
    // So is one without edits, and one of a fork, though neither tree has changed since.
    assert!(tree.commit(other.begin()).unwrap_err().is_foreign());
    let copy = fork(tree.snapshot());
    let mut transaction = tree.begin();
    transaction.remove(HOST).unwrap();
    let conflict = copy.commit(transaction).unwrap_err();
    assert!(conflict.is_foreign());
    assert!(tree.exists(HOST) && copy.exists(HOST));
    copy.commit(conflict.rebase().unwrap()).unwrap();
    assert!(tree.exists(HOST) && !copy.exists(HOST));
    // Its own tree still accepts it.
    tree.commit(conflict.into_transaction()).unwrap();
    assert!(!tree.exists(HOST));
}

#[test]
fn a_transaction_rebased_or_restarted_here_belongs_to_this_tree() {
    let (tree, other) = (forest(), forest());
    let foreign = || {
        let mut transaction = other.begin();
        transaction.set_generation(NUMA, 1).unwrap();
        tree.commit(transaction).unwrap_err()
    };
    for mut transaction in [foreign().rebase().unwrap(), foreign().restart()] {
        transaction.add_traits(NUMA, ["CUSTOM_LATE"]).unwrap();
        tree.add_traits(HOST, ["CUSTOM_LATE"]).unwrap();
        tree.remove_traits(HOST, ["CUSTOM_LATE"]).unwrap();
        assert!(!tree.commit(transaction).unwrap_err().is_foreign());
    }
}

#[test]
fn a_dropped_transaction_leaves_no_trace() {
    let tree = forest();
    let before = tree.snapshot();
    let mut transaction = tree.begin();
    transaction.remove(HOST).unwrap();
    drop(transaction);
    assert!(tree.snapshot().ptr_eq(&before));
    assert_eq!(tree.commit(tree.begin()).unwrap().version, before.version());
    assert!(tree.snapshot().ptr_eq(&before));
}

/// Removes a provider in a thread-local destructor.
struct RemoveAtEnd {
    tree: Arc<ProviderTree>,
    outcome: mpsc::Sender<Option<Result<usize, Error>>>,
}

impl Drop for RemoveAtEnd {
    fn drop(&mut self) {
        let removed = catch_unwind(AssertUnwindSafe(|| {
            let mut reader = self.tree.reader();
            assert_eq!(reader.load().version(), self.tree.begin().base().version());
            self.tree.remove(HOST).map(|committed| committed.value)
        }));
        self.outcome.send(removed.ok()).unwrap();
    }
}

thread_local! {
    static AT_END: RefCell<Option<RemoveAtEnd>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_local_destructor_can_read_and_commit() {
    let tree = Arc::new(forest());
    let (outcome, received) = mpsc::channel();
    let at_end = RemoveAtEnd {
        tree: Arc::clone(&tree),
        outcome,
    };
    thread::spawn(move || {
        let tree = Arc::clone(&at_end.tree);
        AT_END.set(Some(at_end));
        // The library's own thread-locals are created here, so they are destroyed before the
        // one above.
        tree.set_generation(HOST, 8).unwrap();
    });
    assert_eq!(
        received.recv().unwrap(),
        Some(Ok(2)),
        "`None` means a panic"
    );
    assert!(!tree.exists(HOST));
}

/// Nests updates of one tree in a thread-local destructor.
struct NestsAtEnd {
    tree: Arc<ProviderTree>,
    outcome: mpsc::Sender<(Result<usize, Error>, u64)>,
}

impl Drop for NestsAtEnd {
    fn drop(&mut self) {
        let mut inner = None;
        let outer = self.tree.update(|transaction| {
            inner = Some(self.tree.remove(NUMA).map(|committed| committed.value));
            transaction.set_generation(HOST, 9)
        });
        let attempts = outer.map_or(0, |committed| committed.attempts);
        self.outcome.send((inner.unwrap(), attempts)).unwrap();
    }
}

thread_local! {
    static NESTS: RefCell<Option<NestsAtEnd>> = const { RefCell::new(None) };
}

#[test]
fn a_thread_local_destructor_cannot_nest_updates_of_one_tree() {
    let tree = Arc::new(forest());
    let (outcome, received) = mpsc::channel();
    let at_end = NestsAtEnd {
        tree: Arc::clone(&tree),
        outcome,
    };
    thread::spawn(move || {
        let tree = Arc::clone(&at_end.tree);
        NESTS.set(Some(at_end));
        tree.set_generation(HOST, 8).unwrap();
    });
    let ended = received.recv_timeout(Duration::from_secs(60));
    let (nested, attempts) = ended.expect("it hangs");
    assert_eq!(nested, Refusal::NestedUpdate);
    assert_eq!(attempts, 1);
    assert!(tree.exists(NUMA));
}

/// More trees than fit without a heap allocation.
#[test]
fn updates_of_many_trees_can_be_nested() {
    fn nest(trees: &[ProviderTree], outermost: &ProviderTree) {
        let Some((first, rest)) = trees.split_first() else {
            assert_eq!(outermost.remove(HOST), Refusal::NestedUpdate);
            return;
        };
        first
            .update(|transaction| {
                nest(rest, outermost);
                assert_eq!(first.remove(HOST), Refusal::NestedUpdate);
                transaction.set_generation(HOST, 1)
            })
            .unwrap();
    }

    let trees: Vec<ProviderTree> = (0..10).map(|_| forest()).collect();
    for _ in 0..2 {
        nest(&trees, &trees[0]);
    }
    assert!(trees.iter().all(|tree| tree.remove(HOST).is_ok()));
}

#[test]
fn an_update_that_waits_for_another_writer_of_its_tree_gives_up() {
    let tree = Arc::new(forest());
    let (tree_of_the_other, (ask, asked), (done, is_done)) =
        (Arc::clone(&tree), mpsc::channel(), mpsc::channel());
    let other = thread::spawn(move || {
        while let Ok(generation) = asked.recv() {
            tree_of_the_other.set_generation(NUMA, generation).unwrap();
            done.send(()).unwrap();
        }
    });
    let mut runs = 0;
    let result = tree.update(|transaction| {
        runs += 1;
        ask.send(runs).unwrap();
        is_done.recv().unwrap();
        transaction.set_generation(HOST, 1)
    });
    let attempts = runs;
    assert_eq!(result.unwrap_err(), Refusal::Contended { attempts });
    // One to four attempts without a claim, then ten expired claims: others defer to each
    // for at most a second.
    assert!((11..=14).contains(&attempts), "{attempts} attempts");
    drop(ask);
    other.join().unwrap();
    assert_eq!(tree.version(), forest().version() + attempts);
}

#[test]
fn a_closure_that_swaps_its_transaction_for_another_is_refused() {
    let tree = forest();
    let before = tree.snapshot();
    let other = forest();
    for edit_it in [false, true] {
        let result = tree.update(|transaction| {
            transaction.new_root("lost")?;
            let mut others = other.begin();
            if edit_it {
                others.new_root("theirs")?;
            }
            std::mem::swap(transaction, &mut others);
            Ok(())
        });
        assert_eq!(result.map(drop), Refusal::ForeignTransaction);
    }
    assert!(tree.snapshot().ptr_eq(&before) && !other.exists("theirs"));
}
