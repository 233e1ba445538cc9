//! The same tests on the other cell.

#[path = "../suite/cases.rs"]
mod cases;

type Cell = provider_tree::EpochCell;
