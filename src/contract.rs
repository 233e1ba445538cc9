//! What the models in `loom-tests` reach for: to plant bugs in a cell of their own, and to
//! run parts of the tree by themselves. No part of the API.

pub use crate::cell::cell::sealed::{Cell, Token};
use crate::snapshot::Snapshot;
pub use crate::sync::loom::hooks::{set_hand_over, take_freed, this_thread};
pub use crate::tree::reclaim::{Backlog, Parts, Retired};
pub use crate::tree::registry::Registry;

/// Frees the content of a snapshot in the eyes of loom if there are no more
/// references to it than the given number. The memory stays, so that a model
/// can be wrong about when and yet be sound.
pub fn free_content(snapshot: &Snapshot, references: usize) {
    if snapshot.references() <= references {
        snapshot.free_content();
    }
}
