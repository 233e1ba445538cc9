//! Models of the public API. Each explores all executions within a bound on preemptions, on
//! both cells, and must catch planted bugs.

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
