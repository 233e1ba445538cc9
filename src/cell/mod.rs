//! Where the newest snapshot lies: the only place with atomics that readers
//! meet. Nothing here knows what a snapshot shows.

pub(crate) mod cell;

// A model has a twin of this cell: arc-swap can't run on loom's types.
#[cfg_attr(all(loom, feature = "loom"), path = "arc_swap_twin.rs")]
pub(crate) mod arc_swap;
#[cfg(any(not(all(loom, feature = "loom")), crossbeam_loom))]
pub(crate) mod epoch;
