//! Longer explanations, with examples that run.
//!
//! - [`consistency`]: what readers and writers may rely on, and why.
//! - [`patterns`]: common tasks, each with a wrong and a right way.
//! - [`models`]: what is model-checked, and how your own models can hold a tree.
//! - [`limits`]: what this crate can't do, and where it differs from Nova.
//! - [`internals`]: how it works inside, with diagrams.

pub mod consistency;
pub mod internals;
pub mod limits;
pub mod models;
pub mod patterns;

#[cfg(doctest)]
mod must_not_compile;
