//! One state of the whole forest: persistent structures that share their common parts with
//! the states before and after.
//!
//! ```text
//!   UUID ─► index ─┐
//!                  ├─► location: root's ordinal, position ─► outline ─► tree ─► provider
//!   name ─► index ─┘
//! ```
//!
//! The outline holds the providers, tree by tree; two indices say where they are. So an
//! edit of content copies one tree and the few blocks above it, and no index. A position is
//! a hint: if the provider is not there, its tree is searched.
//!
//! Only this module keeps these in step. An [`Editor`](edit::Editor) is the only way to
//! change a forest; it trusts its arguments, so callers check the rules first. This module
//! knows nothing of versions and commits, and only [`teardown`] deals with threads: several
//! may free nodes that they share.

// In the order of the page of `Forest`.
pub(crate) mod forest;

pub(crate) mod iter;

mod query;

pub(crate) mod diff;

mod export;

pub(crate) mod fmt;

mod check;
pub(crate) mod edit;
mod index;
mod outline;
mod siblings;
pub(crate) mod teardown;
