//! Several edits that become visible in one step, or not at all.

// First, so that it comes first on the page of `Transaction`.
pub(crate) mod transaction;

mod batch;
mod checks;
pub(crate) mod content;
pub(crate) mod generations;
mod structure;

#[cfg(test)]
mod siblings_tests;
