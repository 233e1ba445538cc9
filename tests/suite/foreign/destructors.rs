//! Destructors of values that an update returns or captures, and foreign code inside reads.

use std::cell::RefCell;
use std::sync::Arc;

use provider_tree::Error;
use uuid::Uuid;

use super::{CommitsAtDrop, generation, others_can_commit, update_with_a_claim, with_host};
use crate::cases::{ProviderTree, ends, new_tree};

#[test]
fn the_dropped_value_of_a_lost_attempt_can_commit() {
    ends(|| {
        let tree = with_host();
        let mut runs = 0;
        let committed = tree.update(|transaction| {
            runs += 1;
            if runs == 1 {
                let mut first = tree.begin();
                first.set_generation("host", 1)?;
                tree.commit(first).unwrap();
            }
            transaction.new_root(&format!("root{runs}"))?;
            Ok((runs == 1).then(|| CommitsAtDrop(Arc::clone(&tree))))
        });
        let committed = committed.unwrap();
        // The first attempt's value committed before the second attempt began.
        assert_eq!((committed.attempts, generation(&tree)), (2, 101));
        assert!(committed.value.is_none() && tree.exists("root2"));
    });
}

/// A value whose destructor waits for another thread's commit, and records whether it
/// succeeded.
struct WaitsAtDrop<'a>(&'a Arc<ProviderTree>, &'a RefCell<Vec<bool>>);

impl Drop for WaitsAtDrop<'_> {
    fn drop(&mut self) {
        let got_through = others_can_commit(self.0);
        self.1.borrow_mut().push(got_through);
    }
}

#[test]
fn a_blocking_destructor_does_not_hold_the_claim_of_its_update() {
    ends(|| {
        let tree = with_host();
        let got_through = RefCell::default();
        update_with_a_claim(&tree, |transaction, attempt| {
            transaction.set_generation("host", attempt)?;
            Ok((attempt == 3).then(|| WaitsAtDrop(&tree, &got_through)))
        });
        assert_eq!(got_through.take(), [true]);
    });
}

#[test]
fn captures_of_a_closure_can_commit_when_dropped() {
    ends(|| {
        let tree = with_host();
        let captured = CommitsAtDrop(Arc::clone(&tree));
        tree.update(move |transaction| {
            let _ = &captured;
            transaction.set_generation("host", 1)
        })
        .unwrap();
        assert_eq!(generation(&tree), 101);
        // Also if the closure fails or panics.
        let captured = CommitsAtDrop(Arc::clone(&tree));
        let failed = tree.update(move |transaction| {
            let _ = &captured;
            transaction.remove("nobody")
        });
        assert!(failed.is_err());
        assert_eq!(generation(&tree), 201);
        let captured = CommitsAtDrop(Arc::clone(&tree));
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            tree.update(move |transaction| {
                let _ = &captured;
                transaction.set_generation("host", 7)?;
                panic!("planned");
                #[expect(unreachable_code)]
                Ok(())
            })
        }));
        assert!(panicked.is_err());
        assert_eq!(generation(&tree), 301);
    });
}

/// An error whose conversion from ours commits.
struct Commits(#[expect(dead_code)] Error);

thread_local! {
    static TREE: RefCell<Option<CommitsAtDrop>> = const { RefCell::new(None) };
}

impl From<Error> for Commits {
    fn from(error: Error) -> Self {
        drop(TREE.take());
        Self(error)
    }
}

#[test]
fn converting_our_error_can_commit() {
    ends(|| {
        let tree = with_host();
        TREE.set(Some(CommitsAtDrop(Arc::clone(&tree))));
        let result: Result<_, Commits> = tree.try_update(|transaction| {
            let mut always_first = tree.begin();
            let now = transaction.require("host")?.generation().unwrap();
            always_first.set_generation("host", now + 1)?;
            tree.commit(always_first).unwrap();
            transaction.set_generation("host", 0)?;
            transaction.new_root("lost")?;
            Ok(())
        });
        assert!(result.is_err(), "every attempt lost");
        assert!(TREE.take().is_none(), "the error was not converted");
    });
}

#[test]
fn arguments_of_a_single_edit_can_commit() {
    ends(|| {
        let tree = with_host();
        let aggregates = (0..3).map(|number| {
            tree.set_generation("host", number).unwrap();
            Uuid::from_u128(number.into())
        });
        tree.update_aggregates("host", aggregates, None).unwrap();
        assert_eq!(generation(&tree), 2);
        assert_eq!(tree.find("host").unwrap().aggregates().len(), 3);
    });
}

#[test]
fn a_read_can_commit_subscribe_and_drop_other_trees() {
    ends(|| {
        let tree = with_host();
        let other = with_host();
        let version = tree.read(|outer| {
            tree.set_generation("host", 1).unwrap();
            let mut subscription = tree.subscribe();
            tree.read(|inner| {
                assert_eq!(inner.version(), outer.version() + 1);
                drop(other);
                tree.update(|transaction| transaction.set_generation("host", 2))
                    .unwrap();
            });
            tree.collect();
            assert!(subscription.try_changed().is_some());
            outer.version()
        });
        assert_eq!((version, tree.version()), (1, 3));
    });
}

#[test]
fn the_last_snapshot_of_a_tree_can_be_dropped_inside_an_update_of_another() {
    ends(|| {
        let tree = with_host();
        let mut snapshot = Some(with_host().snapshot());
        tree.update(|transaction| {
            drop(snapshot.take());
            drop(new_tree());
            transaction.set_generation("host", 1)
        })
        .unwrap();
        assert_eq!(generation(&tree), 1);
    });
}
