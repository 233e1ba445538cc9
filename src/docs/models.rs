//! How this crate is model-checked, and how your crate's models can hold a tree.
//!
//! [loom](https://docs.rs/loom) runs a piece of concurrent code again and again,
//! once for each order in which its threads may meet, and with each value that a
//! load may see under the memory model of C11. No test on a real machine does
//! that.
//!
//! # What is checked
//!
//! `loom-tests/` holds models of the public API; `cargo test --release` in that
//! folder runs them all. Each in `tests/models` states its bound of preemptions (2
//! to 4), fails if it did not explore all executions within it, and prints how many
//! those were; each gathers the outcomes it met and fails if they are not exactly
//! those that it names. For each kind there are planted bugs that it must catch: a store in place of
//! the compare-and-swap, a load that is relaxed, a version counted before the swap,
//! memory freed at once, a retry on a stale base, two commits of what belongs
//! together, a subscriber that announces itself by a
//! load, looks only once, or waits for a tree that its provider has left, a commit that takes
//! the wakers before it swaps. They are planted in a cell of their own, which is checked without them
//! as well, or in the model's caller.
//!
//! | | in a model | so that |
//! |---|---|---|
//! | the commit loop, transactions, readers | as shipped | checked |
//! | [`EpochCell`](crate::EpochCell) | as shipped, on crossbeam-epoch's own loom build; that a commit hands over what it has retired is on in the models of reclamation and of held snapshots, and off in the others, where it would multiply the executions by a hundred | its own code is checked, down to the collector |
//! | [`ArcSwapCell`](crate::ArcSwapCell) | a twin: a read gives what an acquiring load gives, which may be the version that is being replaced | what is built on that contract is checked; **the inside of arc-swap is not** |
//! | what a version holds: indices, outline, trees | as shipped, but invisible to loom | a version's content counts as one thing, written where it is made and read where it is read |
//! | the backlog of old versions | as shipped, on a twin of `crossbeam-queue`'s queue; by itself with nodes that loom sees | who frees what, when and how much at once is checked; the inside of that queue is not |
//! | the registry in which subscribers leave their wakers | as shipped | checked, with the rest of the tree and by itself |
//! | backing off after a lost commit | not at all: it would hide executions | |
//! | waiting for a writer that has kept losing | in turns instead of time | no model loses often enough to meet it |
//!
//! arc-swap has no hook for loom, and an open report on its soundness (its issue
//! 210). Who needs a cell that is checked whole takes `EpochCell`.
//!
//! # Your own models
//!
//! Loom needs no setting in your program, and comes into no build but that of
//! your models. In a crate of its own, so that the flags stay apart:
//!
//! ```toml
//! # models/Cargo.toml
//! [package]
//! name = "models"
//! edition = "2024"
//!
//! [workspace]
//!
//! [dependencies]
//! loom = "0.7"
//! provider-tree = { version = "0.1", features = ["loom"] }
//! uuid = "1"
//!
//! # models/.cargo/config.toml
//! [build]
//! rustflags = ["--cfg", "loom"]   # and "--cfg", "crossbeam_loom" for EpochCell
//! ```
//!
//! A model then uses loom's threads, atomics and `Arc` beside the tree:
//!
//! ```ignore
#![doc = include_str!("models_example.rs")]
//! ```
//!
//! `loom-tests/tests/user.rs` runs this model, and a longer one on both cells and on
//! a bug that it catches.
//!
//! A model that fails on `EpochCell` aborts the program: crossbeam-epoch's collector
//! can't be taken down in the middle of an execution. The first message says what
//! failed. So run such a model by itself, and plant bugs on the default cell.
//!
//! # Keeping models small
//!
//! - Two threads, one or two commits each. A third thread multiplies the
//!   executions by a hundred or more, most of all with `EpochCell`.
//! - Set a bound of preemptions (`LOOM_MAX_PREEMPTIONS=2`, or
//!   `loom::model::Builder`): most bugs need no more than two.
//! - Build the forest before the threads start, and ask few questions: each
//!   access to a snapshot is one that loom looks at.
//! - Give UUIDs rather than have random ones made. Hashing needs no care: under
//!   loom it is seeded alike in each execution.
//! - With `EpochCell` old versions are freed at the end of an execution: see above.
//!
//! # What loom can't tell
//!
//! loom treats `SeqCst` accesses as `AcqRel`, and knows `SeqCst` fences only in
//! part: what needs the one total order of `SeqCst` accesses may be reported
//! though it is right. Loads that are relaxed see old values, but no load sees
//! one from the future. A model says nothing of executions with more preemptions
//! than its bound, of more threads, or of how fast anything is. Of each atomic it
//! remembers the last seven stores. crossbeam-epoch's loom build has a full fence
//! where the real one has a fence of the compiler alone, so that a thread's first pin
//! orders what it did before: the cell's own orderings are checked by models that
//! commit and read within a read, where there is no such fence.
