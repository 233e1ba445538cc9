//! The suite on `EpochCell`.

#[path = "../suite/cases.rs"]
mod cases;

type Cell = provider_tree::EpochCell;
