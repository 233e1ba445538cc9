//! What the models of `provider-tree` have in common: how they are explored,
//! and cells with planted bugs that they must catch.

mod explore;
mod planted;

pub use explore::explore;
pub use planted::{
    BlindStore, Bug, EarlyVersion, FreedAtOnce, NoBug, Planted, QuietAnnouncement, RelaxedLoad,
    StaleBase,
};
