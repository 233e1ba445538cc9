//! Two concurrent writers: no update is lost, and if only one can win, one does.

use crate::refusal::Refusal;
use loom::sync::Arc;
use loom::thread;
use loom_tests::explore;
use provider_tree::{Committed, Error, NewProvider, ProviderTree, SnapshotCell, Transaction};
use uuid::Uuid;

use crate::common::{A, B, PREEMPTIONS, Tree, catches, cell_name, empty, on_both_cells, with_host};

/// Runs two writers, and returns the result of each.
fn both<C: SnapshotCell, T: 'static>(
    tree: &Tree<C>,
    first: impl FnOnce(&ProviderTree<C>) -> T + 'static,
    second: impl FnOnce(&ProviderTree<C>) -> T,
) -> (T, T) {
    let other = Arc::clone(tree);
    let first = thread::spawn(move || first(&other));
    let second = second(tree);
    (first.join().unwrap(), second)
}

fn different_providers<C: SnapshotCell>() {
    let name = format!("different providers, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, [(1, 1), (1, 2), (2, 1)], || {
        let tree = empty::<C>();
        let (a, b) = both(
            &tree,
            |tree| tree.new_root(NewProvider::new("a").uuid(A)).unwrap(),
            |tree| tree.new_root(NewProvider::new("b").uuid(B)).unwrap(),
        );
        let snapshot = tree.snapshot();
        assert_eq!(snapshot.version(), 2, "an update was lost");
        assert!(snapshot.exists(A) && snapshot.exists(B));
        assert_eq!(a.version + b.version, 1 + 2);
        (a.attempts, b.attempts)
    });
}

/// Returns which of two writers won; the loser's error must name the winner.
fn winner(
    outcomes: (
        Result<Committed<Uuid>, Error>,
        Result<Committed<Uuid>, Error>,
    ),
    names_winner: impl Fn(&Error) -> bool,
) -> &'static str {
    match outcomes {
        (Ok(_), Err(error)) if names_winner(&error) => "first",
        (Err(error), Ok(_)) if names_winner(&error) => "second",
        outcomes => panic!("not one winner: {outcomes:?}"),
    }
}

fn same_name<C: SnapshotCell>() {
    let name = format!("same name, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, ["first", "second"], || {
        let tree = empty::<C>();
        let outcomes = both(
            &tree,
            |tree| tree.new_root(NewProvider::new("host").uuid(A)),
            |tree| tree.new_root(NewProvider::new("host").uuid(B)),
        );
        let snapshot = tree.snapshot();
        assert_eq!((snapshot.version(), snapshot.len()), (1, 1));
        let holder = snapshot.find("host").unwrap().uuid();
        winner(outcomes, |error| {
            *error
                == Refusal::NameTaken {
                    name: "host".to_owned(),
                    uuid: holder,
                    held: "host".to_owned(),
                }
        })
    });
}

fn same_uuid<C: SnapshotCell>() {
    let name = format!("same UUID, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, ["first", "second"], || {
        let tree = empty::<C>();
        let outcomes = both(
            &tree,
            |tree| tree.new_root(NewProvider::new("a").uuid(A)),
            |tree| tree.new_root(NewProvider::new("b").uuid(A)),
        );
        let snapshot = tree.snapshot();
        assert_eq!((snapshot.version(), snapshot.len()), (1, 1));
        let holder = snapshot.get(A).unwrap().name().to_owned();
        winner(outcomes, |error| {
            *error
                == Refusal::UuidTaken {
                    uuid: A,
                    name: holder.clone(),
                }
        })
    });
}

fn same_generation<C: SnapshotCell>() {
    let name = format!("same generation, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, ["first", "second"], || {
        let tree = with_host::<C>();
        fn write<C: SnapshotCell>(tree: &ProviderTree<C>) -> Result<Committed<Uuid>, Error> {
            tree.update(|transaction| {
                transaction.expect_generation("host", 1)?;
                transaction.set_generation("host", 2)?;
                Ok(A)
            })
        }
        let outcomes = both(&tree, write, write);
        assert_eq!(tree.version(), 2);
        winner(outcomes, |error| {
            *error
                == Refusal::GenerationConflict {
                    uuid: A,
                    expected: 1,
                    actual: Some(2),
                }
        })
    });
}

/// Raises the generation by one with `begin` and `commit`, and returns the number of
/// conflicts.
type Raise<C> = fn(&ProviderTree<C>) -> u64;

fn generation(transaction: &Transaction) -> u64 {
    transaction.get(A).unwrap().generation().unwrap()
}

fn raise<C: SnapshotCell>(tree: &ProviderTree<C>) -> u64 {
    let mut transaction = tree.begin();
    let mut conflicts = 0;
    loop {
        let next = generation(&transaction) + 1;
        transaction.set_generation(A, next).unwrap();
        match tree.commit(transaction) {
            Ok(committed) => {
                assert_eq!(committed.version, next, "it was not computed from its base");
                return conflicts;
            }
            Err(conflict) => {
                let lost = generation(conflict.transaction());
                assert_eq!(lost, next, "its edits were lost");
                conflicts += 1;
                transaction = conflict.restart();
            }
        }
    }
}

/// A caller's bug: it repeats the edits computed from the stale base.
fn raise_from_a_stale_base<C: SnapshotCell>(tree: &ProviderTree<C>) -> u64 {
    let mut transaction = tree.begin();
    let next = generation(&transaction) + 1;
    let mut conflicts = 0;
    loop {
        transaction.set_generation(A, next).unwrap();
        match tree.commit(transaction) {
            Ok(_) => return conflicts,
            Err(conflict) => {
                conflicts += 1;
                transaction = conflict.restart();
            }
        }
    }
}

fn begin_and_commit_with<C: SnapshotCell>(raise: Raise<C>) {
    let name = format!("begin and commit, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, [(0, 0), (0, 1), (1, 0)], move || {
        let tree = with_host::<C>();
        let conflicts = both(&tree, raise, raise);
        let host = tree.find(A).unwrap();
        assert_eq!(host.generation(), Some(3), "an update was lost");
        conflicts
    });
}

fn begin_and_commit<C: SnapshotCell>() {
    begin_and_commit_with::<C>(raise);
}

on_both_cells! {
    different_providers
    same_name
    same_uuid
    same_generation
    begin_and_commit
}

catches! {
    a_blind_store_loses_a_provider: different_providers() on BlindStore, saying "an update was lost";
    a_stale_base_loses_a_provider: different_providers() on StaleBase, saying "an update was lost";
    a_blind_store_gives_a_name_twice: same_name() on BlindStore, saying "not one winner";
    a_blind_store_gives_a_uuid_twice: same_uuid() on BlindStore, saying "not one winner";
    a_stale_base_passes_a_generation_twice: same_generation() on StaleBase,
        saying "not one winner";
    a_stale_base_loses_a_transaction: begin_and_commit() on StaleBase, saying "an update was lost";
    a_relaxed_load_meets_a_version_half_made: different_providers() on RelaxedLoad,
        saying "Causality violation";
}

#[test]
#[should_panic(expected = "an update was lost")]
fn a_caller_with_a_stale_base_loses_an_update() {
    begin_and_commit_with::<provider_tree::ArcSwapCell>(raise_from_a_stale_base);
}
