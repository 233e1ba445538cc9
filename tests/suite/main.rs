//! The library's tests, as its users see it.

mod long_transaction;
mod stress;
