//! What threads meet in: std's types, or loom's where a model checks the tree.
//!
//! A model is a build with `--cfg loom` and the feature `loom`. Everything that decides the
//! order of what threads see comes from here.

#[cfg(not(all(loom, feature = "loom")))]
mod real;
#[cfg(not(all(loom, feature = "loom")))]
pub(crate) use self::real::*;

#[cfg(all(loom, feature = "loom"))]
pub(crate) mod loom;
#[cfg(all(loom, feature = "loom"))]
pub(crate) use self::loom::*;
