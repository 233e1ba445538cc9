//! Sharing a forest among threads: the handle, the commit loop, and what they are built on.

// First, so that it comes first on the page of `ProviderTree`.
pub(crate) mod tree;

pub(crate) mod reader;

pub(crate) mod commit;
mod contention;
mod events;
mod foreign;
mod nesting;
#[cfg_attr(
    not(all(loom, feature = "loom")),
    expect(unreachable_pub, reason = "models reach what is in it")
)]
pub(crate) mod reclaim;
#[cfg_attr(
    not(all(loom, feature = "loom")),
    expect(unreachable_pub, reason = "models reach what is in it")
)]
pub(crate) mod registry;
pub(crate) mod stats;
pub(crate) mod subscription;

// Last: these are shorthands.
mod shorthand;
