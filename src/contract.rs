//! Internals that the models in `loom-tests` use, to plant bugs in a cell of their own and
//! to run parts of the tree in isolation. Not part of the API.

pub use crate::cell::cell::sealed::{Cell, Token};
use crate::snapshot::Snapshot;
pub use crate::sync::loom::hooks::{set_hand_over, take_freed, this_thread};
pub use crate::tree::reclaim::{Backlog, Parts, Retired};
pub use crate::tree::registry::Registry;

/// Tells loom that the content of a snapshot is freed, if at most `references` references
/// to it are left. The memory itself stays valid, so a model that frees too early fails
/// cleanly.
pub fn free_content(snapshot: &Snapshot, references: usize) {
    if snapshot.references() <= references {
        snapshot.free_content();
    }
}
