//! Foreign code that a commit runs: wakers and tracing layers.
//!
//! It runs once the commit is visible and done, or has lost, and may do anything: commit
//! to the same tree, drop a task or a subscription, block, panic. So while it runs this
//! thread holds no lock, is not marked as inside an update, and has no claim in force.

/// Runs foreign code. A panic ends here, after the panic hook has reported it: the writer
/// must learn what has become of its commit.
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
