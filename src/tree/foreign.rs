//! Code of others that runs because of a commit: wakers and tracing layers.
//!
//! It runs when the commit is visible and done, and may do what it likes: commit
//! to the same tree, drop a task or a subscription, block, panic. So none of our
//! locks is held while it runs, nor the mark of an update's closure.

/// Runs it. A panic ends here, once the panic hook has reported it: the commit
/// has happened, and its writer must learn so.
#[cfg(not(all(loom, feature = "loom")))]
pub(super) fn run(code: impl FnOnce()) {
    use std::mem;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    if let Err(payload) = catch_unwind(AssertUnwindSafe(code)) {
        // The payload's destructor is foreign code as well.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            mem::forget(payload);
        }
    }
}

/// In a model a panic is a failure that loom must see.
#[cfg(all(loom, feature = "loom"))]
pub(super) fn run(code: impl FnOnce()) {
    code();
}
