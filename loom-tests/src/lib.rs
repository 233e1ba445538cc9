//! Support for the models of `provider-tree`: the explorer, and cells with planted bugs that
//! the models must catch.

mod explore;
mod planted;

pub use explore::explore;
pub use planted::{
    BlindStore, Bug, EarlyVersion, FreedAtOnce, NoBug, Planted, QuietAnnouncement, RelaxedLoad,
    StaleBase,
};
