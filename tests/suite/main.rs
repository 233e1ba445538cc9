//! The library's tests, as its users see it.

mod long_transaction;
mod serde;
mod stress;
#[cfg(feature = "tracing")]
mod tracing;
