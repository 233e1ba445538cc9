//! The parts of the Placement mirror that make no request: merge and plan. They need no
//! service.

mod examples;
mod golden;
mod merge;
mod mirrors;
mod plan;
mod service;
mod states;
mod transaction;
