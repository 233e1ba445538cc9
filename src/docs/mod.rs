//! Longer explanations, with examples that run.
//!
//! - [`consistency`]: what readers and writers may rely on, and why.
//! - [`patterns`]: common tasks, each done wrong and done right.
//! - [`models`]: what is model-checked, and how to use a tree in your own models.
//! - [`limits`]: what this crate can't do, and where it differs from Nova and Placement.
//! - [`internals`]: how it works inside, with diagrams.
#![cfg_attr(
    feature = "placement",
    doc = "- [`placement`]: keeping a forest in step with OpenStack Placement."
)]

pub mod consistency;
pub mod internals;
pub mod limits;
pub mod models;
pub mod patterns;
#[cfg(feature = "placement")]
#[cfg_attr(docsrs, doc(cfg(feature = "placement")))]
pub mod placement;

#[cfg(doctest)]
mod must_not_compile;
