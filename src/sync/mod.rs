//! The types that threads share: std's, or loom's in a model.
//!
//! A model is a build with `--cfg loom` and the feature `loom`. Every type that orders what
//! threads see is defined here.

#[cfg(not(all(loom, feature = "loom")))]
mod real;
#[cfg(not(all(loom, feature = "loom")))]
pub(crate) use self::real::*;

#[cfg(all(loom, feature = "loom"))]
pub(crate) mod loom;
#[cfg(all(loom, feature = "loom"))]
pub(crate) use self::loom::*;
