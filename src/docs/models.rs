//! How this crate is model-checked, and how to use a tree in your own models.
//!
//! [loom](https://docs.rs/loom) runs a piece of concurrent code once for each way in which its
//! threads can interleave, and with each value that a load may return under the C11 memory
//! model. No test on a real machine does that.
//!
//! # What is checked
//!
//! `loom-tests/` holds models of the public API; `cargo test --release` in that folder runs
//! them all. Each model in `tests/models` states its preemption bound (2 to 4), fails if it
//! did not explore every execution within it, and prints how many there were. Each collects
//! the outcomes that it observed and fails unless they are exactly those that it lists.
//!
//! Each kind of model must also catch planted bugs: a store instead of the compare-and-swap, a
//! relaxed load, a version counted before the swap, memory freed at once, a retry on a stale
//! base, one step split into two commits; a subscriber that registers with a mere load, checks
//! only once, or waits for a tree that its provider has left; a commit that takes the wakers
//! before it swaps. The bugs are planted in a separate cell, which is also checked without
//! them, or in the model's caller.
//!
//! | checked | not checked |
//! |---|---|
//! | the commit loop, transactions, all three ways to read, subscriptions, who frees old versions | `arc-swap` itself: in models a twin of its contract replaces the default cell |
//! | `EpochCell` as shipped, down to crossbeam-epoch's collector | `imbl` and the other structures that a version holds: loom sees a version's content as one value |
//! | the registry of wakers, and the backlog of old versions | `crossbeam-queue` itself, which holds the backlog |
//! | your own atomics and threads around a tree, in your own models | deferring to a writer that has claimed priority: no model loses often enough |
//!
//! In detail:
//!
//! | | in a model | which means |
//! |---|---|---|
//! | the commit loop, transactions, readers | as shipped | checked |
//! | [`EpochCell`](crate::EpochCell) | as shipped, on crossbeam-epoch's own loom build; handing over retired versions at each commit is on in the models of reclamation and of held snapshots, and off in the others, where it would multiply the executions by a hundred | its own code is checked, down to the collector |
//! | [`ArcSwapCell`](crate::ArcSwapCell) | a twin: a read returns what an acquiring load returns, which may be a version that is just being replaced | what is built on that contract is checked; **arc-swap itself is not** |
//! | what a version holds: indices, outline, trees | as shipped, but invisible to loom | a version's content counts as one value, written where it is made and read where it is read |
//! | the backlog of old versions | as shipped, on a twin of `crossbeam-queue`'s queue; in isolation, with nodes that loom sees | who frees what, when and how much at once is checked; the queue itself is not |
//! | the registry of subscribers' wakers | as shipped | checked, with the rest of the tree and in isolation |
//! | backing off after a lost commit | left out: it would hide executions | not checked |
//! | deferring to a writer that has claimed priority | in turns instead of time | not checked: no model loses often enough to reach it |
//!
//! arc-swap has no hook for loom, and an open report on its soundness (its issue 210). If you
//! need a cell whose own code is checked, use `EpochCell`.
//!
//! # Your own models
//!
//! Your program needs no setting for loom, and loom is compiled only into your models. Put
//! them in a crate of their own, to keep the flags apart:
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
//! `crossbeam_loom` is crossbeam's own switch: without it, crossbeam-epoch is built on std's
//! atomics, which loom can't see, so `EpochCell` is left out.
//!
//! A model can then use loom's threads, atomics and `Arc` together with the tree:
//!
//! ```ignore
#![doc = include_str!("models_example.rs")]
//! ```
//!
//! `loom-tests/tests/user.rs` runs this model, and a longer one on both cells and on a bug
//! that it catches.
//!
//! A model that fails on `EpochCell` aborts the program: crossbeam-epoch's collector can't
//! be torn down in the middle of an execution. The first message says what failed. So run
//! such a model by itself, and plant bugs on the default cell.
//!
//! # Keeping models small
//!
//! - Use two threads, with one or two commits each. A third thread multiplies the
//!   executions by a hundred or more, most of all with `EpochCell`.
//! - Set a preemption bound (`LOOM_MAX_PREEMPTIONS=2`, or `loom::model::Builder`): most
//!   bugs need no more than two.
//! - Build the forest before the threads start, and query little: loom tracks each access
//!   to a snapshot.
//! - Pass UUIDs: don't let random ones be generated. Hashing needs no care: under loom
//!   its seed is fixed.
//! - With `EpochCell`, old versions are freed at the end of an execution: see above.
//!
//! # What loom can't tell
//!
//! loom treats `SeqCst` accesses as `AcqRel`, and supports `SeqCst` fences only in part: it
//! may report correct code that relies on the single total order of `SeqCst` accesses.
//! Relaxed loads return old values, but no load returns a future one. A model says nothing
//! about executions with more preemptions than its bound, or with more threads, or about
//! speed. loom remembers the last seven stores to each atomic. crossbeam-epoch's loom build
//! has a full fence where the real one has only a compiler fence, so a thread's first pin
//! orders what the thread did before. The cell's own orderings are therefore checked by
//! models that commit and read within a read, where there is no such fence.
