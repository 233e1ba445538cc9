//! Sharing a forest among threads: the handle, the commit loop, and what they rest on.

// First, so that it comes first on the page of `ProviderTree`.
pub(crate) mod tree;

pub(crate) mod reader;

pub(crate) mod commit;
mod contention;
mod events;
mod foreign;
mod nesting;
pub(crate) mod reclaim;
pub(crate) mod registry;
pub(crate) mod stats;
pub(crate) mod subscription;

// Last: these are abbreviations.
mod shorthand;
