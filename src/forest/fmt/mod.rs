//! Forests as text: for people and for Graphviz.

mod display;
pub(crate) mod dot;
