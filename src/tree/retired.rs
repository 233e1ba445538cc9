//! Old versions: a commit drops the one that it has replaced.

use crate::Snapshot;

/// The replaced versions of a tree.
#[derive(Default)]
pub(super) struct Retired;

impl Retired {
    pub(super) fn add(&self, version: Snapshot) {
        drop(version);
    }

    pub(super) fn collect(&self) {}

    /// How many versions are here, and how many providers they have that newer
    /// ones have not.
    pub(super) fn counts(&self) -> (usize, usize) {
        (0, 0)
    }
}
