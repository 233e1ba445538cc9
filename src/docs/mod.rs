//! Longer explanations.

pub mod consistency;
