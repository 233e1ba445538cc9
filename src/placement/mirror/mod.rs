//! Keeps a tree in step with Placement.
//!
//! ```text
//!   GET ──► theirs ─┐
//!           base  ──┼─► merge ─┬─► tree      one commit
//!   tree ─► ours  ──┘          └─► service   a plan, its requests a few at a time
//! ```
//!
//! The base is what both sides last agreed on ([`agreed`]). It moves forward with each answer,
//! so wherever a push stops, the next merge finds what is left. No request is sent while a
//! transaction is open.

mod agreed;
mod content;
mod events;
mod look;
mod mirror;
mod parallel;
mod place;
mod push;
mod read;
mod report;
mod reshape;
mod retry;
mod run;
mod session;
mod step;
mod stop;
mod vocabulary;

pub use self::mirror::Mirror;
pub use self::report::{Failure, Pulled, Pushed, Reason, Synced};
pub use self::retry::Retry;
pub use self::run::{Round, RunOptions, Trigger};
pub use self::stop::Stop;
