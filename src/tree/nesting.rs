//! Which trees this thread is updating, so that an update inside the closure of
//! an update of the same tree is refused rather than retried for ever.

use std::cell::RefCell;
use std::mem::{self, ManuallyDrop};

use smallvec::SmallVec;

use crate::error::Error;
use crate::sync::thread_local;

/// Updates that this thread is in, the outermost first. Few are nested: as many
/// as trees are updated within one another's closures.
type Updates = SmallVec<[Update; 4]>;

thread_local! {
    // Without a destructor, the list is never destroyed before a destructor of
    // another thread-local that updates a tree. What spills to the heap is freed
    // when the outermost update ends.
    static UPDATES: ManuallyDrop<RefCell<Updates>> =
        const { ManuallyDrop::new(RefCell::new(SmallVec::new_const())) };
}

#[derive(Clone, Copy)]
struct Update {
    /// The address of the tree, which stays where it is while it is updated.
    tree: usize,
    /// Whether its closure runs right now, rather than code of others before or
    /// after it: a destructor, a waker, a tracing layer.
    in_closure: bool,
}

/// An update that this thread is in, until this is dropped.
pub(super) struct Updating {
    depth: usize,
}

impl Updating {
    /// Notes an update of a tree. Refused inside the closure of one.
    pub(super) fn enter<T>(tree: &T) -> Result<Self, Error> {
        let tree = address_of(tree);
        with_updates(|updates| {
            if updates.iter().any(|one| one.in_closure && one.tree == tree) {
                return Err(Error::NestedUpdate);
            }
            let depth = updates.len();
            updates.push(Update {
                tree,
                in_closure: false,
            });
            Ok(Self { depth })
        })
        .unwrap_or(Ok(Self { depth: usize::MAX }))
    }

    /// Runs the closure of the update, and marks it as running.
    pub(super) fn run<R>(&self, closure: impl FnOnce() -> R) -> R {
        /// Ends the mark, also when the closure panics.
        struct Running<'a>(&'a Updating);

        impl Drop for Running<'_> {
            fn drop(&mut self) {
                self.0.mark(false);
            }
        }

        self.mark(true);
        let _running = Running(self);
        closure()
    }

    fn mark(&self, in_closure: bool) {
        with_updates(|updates| {
            if let Some(update) = updates.get_mut(self.depth) {
                update.in_closure = in_closure;
            }
        });
    }
}

impl Drop for Updating {
    fn drop(&mut self) {
        with_updates(|updates| {
            updates.truncate(self.depth);
            if updates.is_empty() && updates.spilled() {
                mem::take(updates);
            }
        });
    }
}

/// Whether this thread is in an update of that tree, in its closure or not.
pub(super) fn is_updating<T>(tree: &T) -> bool {
    let tree = address_of(tree);
    with_updates(|updates| updates.iter().any(|one| one.tree == tree)).unwrap_or(false)
}

/// `None` only in a model, whose thread-locals end with their thread.
fn with_updates<R>(use_them: impl FnOnce(&mut Updates) -> R) -> Option<R> {
    UPDATES
        .try_with(|updates| use_them(&mut updates.borrow_mut()))
        .ok()
}

fn address_of<T>(tree: &T) -> usize {
    std::ptr::from_ref(tree).addr()
}
