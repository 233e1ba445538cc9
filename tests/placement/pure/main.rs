//! The parts of the Placement mirror that make no request: merge and plan. They need no
//! service.

mod examples;
mod merge;
mod states;
mod transaction;
