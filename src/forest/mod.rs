//! One state of the whole forest: persistent structures that share what they have
//! in common with the states before and after.
//!
//! ```text
//!   UUID ─► index ─┐
//!                  ├─► place: root's ordinal, position ─► outline ─► tree ─► provider
//!   name ─► index ─┘
//! ```
//!
//! The outline holds the providers, tree by tree; two indices say where they are. So an
//! edit of what a provider shows copies its tree and the few blocks that lead there, and
//! no index. A position is a hint: a provider that is not there is looked for in its tree.
//!
//! Everything that keeps these in step is here. Callers check first; the functions that
//! change a forest trust their arguments. This module knows nothing of versions, commits
//! or threads.

pub(crate) mod forest;

mod check;
pub(crate) mod diff;
pub(crate) mod edit;
mod export;
pub(crate) mod fmt;
mod index;
pub(crate) mod iter;
mod outline;
mod place;
mod query;
pub(crate) mod teardown;
