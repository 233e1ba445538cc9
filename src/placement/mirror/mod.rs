//! Keeps a tree in step with Placement.
//!
//! ```text
//!               read ─► theirs ─┐
//!   base (both last agreed) ────┼─► merge ─► tree     one commit
//!               tree ─► ours ───┘        └─► service  plan ─► requests, a few at a time
//! ```
//!
//! `base` moves forward with each answer, so that whatever stops a push half-way, the next
//! merge finds what is left. No request is sent inside an update's closure.

mod mirror;
mod report;
mod retry;
mod run;
mod stop;

pub use self::mirror::Mirror;
pub use self::report::{Failure, Pulled, Pushed, Reason, Synced};
pub use self::retry::Retry;
pub use self::run::{Round, RunOptions, Trigger};
pub use self::stop::Stop;
