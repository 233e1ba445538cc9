//! Several edits that become visible in one step, or not at all.

// In the order of the page of `Transaction`.
mod structure;

pub(crate) mod content;

mod batch;

pub(crate) mod transaction;

mod checks;
pub(crate) mod generations;

#[cfg(test)]
mod siblings_tests;
