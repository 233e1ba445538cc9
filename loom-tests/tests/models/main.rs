//! Models of the public API. Each explores all executions within its bound of
//! preemptions, on both cells, and on planted bugs that it must catch.

mod backlog;
mod common;
mod held;
mod linearizability;
mod reclamation;
#[path = "../../../tests/common/refusal.rs"]
mod refusal;
mod registry;
mod subscription;
mod transactions;
mod writers;
