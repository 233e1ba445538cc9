//! Destructors of what an update returns and captures, and foreign code inside reads.

use std::cell::RefCell;
use std::sync::Arc;

use provider_tree::Error;
use uuid::Uuid;

use super::{CommitsAtDrop, generation, others_get_through, update_with_a_claim, with_host};
use crate::cases::{ProviderTree, ends, new_tree};

#[test]
fn a_value_that_is_dropped_because_its_attempt_lost_can_commit() {
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
        // The value of the first attempt has committed before the second began.
        assert_eq!((committed.attempts, generation(&tree)), (2, 101));
        assert!(committed.value.is_none() && tree.exists("root2"));
    });
}

/// A value whose destructor waits for another thread, and notes whether that got through.
struct WaitsAtDrop<'a>(&'a Arc<ProviderTree>, &'a RefCell<Vec<bool>>);

impl Drop for WaitsAtDrop<'_> {
    fn drop(&mut self) {
        let got_through = others_get_through(self.0);
        self.1.borrow_mut().push(got_through);
    }
}

#[test]
fn a_destructor_that_blocks_while_its_update_has_claimed_priority_makes_nobody_wait() {
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
fn what_a_closure_captured_can_commit_when_it_is_dropped() {
    ends(|| {
        let tree = with_host();
        let captured = CommitsAtDrop(Arc::clone(&tree));
        tree.update(move |transaction| {
            let _ = &captured;
            transaction.set_generation("host", 1)
        })
        .unwrap();
        assert_eq!(generation(&tree), 101);
        // Also when it fails or panics.
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

/// An error that commits when it is made of ours.
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
fn an_error_that_is_made_of_ours_can_commit() {
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
        assert!(result.is_err(), "it lost each time");
        assert!(TREE.take().is_none(), "the error was not made");
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
fn the_last_snapshot_of_a_tree_can_be_dropped_within_an_update_of_another() {
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
