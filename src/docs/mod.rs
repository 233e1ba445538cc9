//! Longer explanations, with examples that run.
//!
//! - [`consistency`]: what readers and writers may rely on, and why.
//! - [`patterns`]: common tasks, each with a wrong and a right way.
//! - [`limits`]: what this crate can't do, and where it differs from Nova.

pub mod consistency;
pub mod limits;
pub mod patterns;
