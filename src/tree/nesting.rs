//! The update closures that this thread is running, so that an update of the same tree
//! inside one is refused rather than retried forever.
//!
//! Only the closure counts. Foreign code that an update runs before or after it, such as a
//! destructor, a waker or a tracing layer, may commit to the same tree.

use std::cell::RefCell;
use std::mem::{self, ManuallyDrop};

use smallvec::SmallVec;

use crate::sync::thread_local;

/// The addresses of the trees whose update closures are running, outermost first. They are
/// few: nesting is rarely deep.
type Trees = SmallVec<[usize; 4]>;

thread_local! {
    // It has no destructor, so it outlives the destructors of other thread-locals, which
    // may update a tree. What spills to the heap is freed when the outermost closure ends.
    static TREES: ManuallyDrop<RefCell<Trees>> =
        const { ManuallyDrop::new(RefCell::new(SmallVec::new_const())) };
}

/// Runs the closure of an update of `tree`.
pub(super) fn run<T, R>(tree: &T, closure: impl FnOnce() -> R) -> R {
    /// Removes the tree from the list, even if the closure panics.
    struct Running;

    impl Drop for Running {
        fn drop(&mut self) {
            with_trees(|trees| {
                trees.pop();
                if trees.is_empty() && trees.spilled() {
                    mem::take(trees);
                }
            });
        }
    }

    with_trees(|trees| trees.push(address_of(tree)));
    let _running = Running;
    closure()
}

/// Whether this thread is inside the closure of an update of `tree`.
pub(super) fn is_inside<T>(tree: &T) -> bool {
    with_trees(|trees| trees.contains(&address_of(tree))).unwrap_or(false)
}

/// `None` while the thread ends, if the list has been destroyed by then: in a model, and on
/// targets without native thread-locals. An update inside an update is not refused there,
/// and ends with [`Error::Contended`](crate::Error::Contended).
fn with_trees<R>(use_them: impl FnOnce(&mut Trees) -> R) -> Option<R> {
    TREES
        .try_with(|trees| use_them(&mut trees.borrow_mut()))
        .ok()
}

/// A tree does not move while it is updated.
fn address_of<T>(tree: &T) -> usize {
    std::ptr::from_ref(tree).addr()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs an update closure for each tree, one inside the other.
    fn nest(trees: &[u8]) {
        if let [first, rest @ ..] = trees {
            run(first, || nest(rest));
        } else {
            assert_eq!(with_trees(|trees| trees.spilled()), Some(true));
        }
    }

    #[test]
    fn memory_for_deeply_nested_updates_is_freed_with_the_outermost() {
        nest(&[0; 10]);
        assert_eq!(with_trees(|trees| trees.spilled()), Some(false));
    }
}
