//! The library's tests, as its users see it, on the default cell.

#[path = "cases.rs"]
mod cases;

type Cell = provider_tree::ArcSwapCell;
