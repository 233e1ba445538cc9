//! Where the newest snapshot is stored: the only atomics that readers touch. Nothing here
//! knows what a snapshot contains.

pub(crate) mod cell;

// Models use a twin of this cell: arc-swap can't run on loom's types.
#[cfg_attr(all(loom, feature = "loom"), path = "arc_swap_twin.rs")]
pub(crate) mod arc_swap;
#[cfg(any(not(all(loom, feature = "loom")), crossbeam_loom))]
pub(crate) mod epoch;
