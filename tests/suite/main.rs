//! The library's tests, as its users see it.

mod auto_traits;
mod bad_input;
mod long_transaction;
mod parity;
mod placement;
mod serde;
mod stress;
#[cfg(feature = "tracing")]
mod tracing;
