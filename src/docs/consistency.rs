//! What readers and writers may rely on, and why.
//!
//! # Versions
//!
//! A forest is a sequence of versions, counted from 0. Each commit that changes
//! something makes the next one; nothing else does. A version never changes
//! once it is there, so that whoever holds one (a [`Snapshot`]) can look at it
//! as long as he likes, in any thread:
//!
//! ```text
//!   version 41        version 42        version 43     <- newest
//!   ┌────────┐        ┌────────┐        ┌────────┐
//!   │ maps   │        │ maps   │        │ maps   │
//!   └─┬────┬─┘        └─┬────┬─┘        └─┬────┬─┘
//!     │    └──────┬─────┘    └──────┬─────┘    │
//!     A           B                 C          D       <- nodes of the maps
//! ```
//!
//! Neighbouring versions share all nodes of their maps but the few that the
//! commit touched. A held snapshot keeps alive what it alone still shows: above,
//! version 41 alone keeps A.
//!
//! # Reads
//!
//! A read never waits, and never makes anybody wait. There are three ways:
//!
//! | | gives | costs | use it to |
//! |---|---|---|---|
//! | [`snapshot`] | a [`Snapshot`] that you own | one reference count | keep a version, send it away, hold it across `.await` |
//! | [`read`] | a `&Snapshot` inside a closure | no reference count | look something up now and then |
//! | [`reader`] | a `&Snapshot` from your own handle | one atomic load while nothing changes | read again and again in one thread |
//!
//! - **One version.** Every look-up, walk and iteration of one snapshot agrees
//!   with every other. Two calls of [`find`] on the *tree* may see two versions.
//! - **Fresh.** Once [`update`] has returned, every read that starts later sees
//!   its commit, in any thread and by any of the three ways, where "later"
//!   means that the one happens before the other (by joining a thread, by a
//!   channel, by any lock or atomic with the usual orderings).
//! - **Never back.** What one thread has seen it goes on seeing: versions do
//!   not go back from one of its reads to the next.
//!
//! # Writes
//!
//! - **All or nothing.** The edits of one [`update`] become visible in one step.
//!   A closure that returns an error, or panics, leaves no trace.
//! - **Serialisable.** A commit succeeds only if the newest version is still the
//!   one that the transaction began from. So whatever the closure read, of any
//!   provider, was still true when its edits became visible, and all commits of
//!   a forest have an order: that of their versions.
//! - **No update is lost.** There is no call that stores a forest; every change
//!   goes through the compare-and-swap.
//!
//! ```
//! use std::thread;
//! use provider_tree::{Error, ProviderTree};
//!
//! let tree = ProviderTree::new();
//! tree.new_root("counter", None, 0)?;
//! thread::scope(|scope| {
//!     for _ in 0..4 {
//!         scope.spawn(|| {
//!             for _ in 0..100 {
//!                 tree.update(|transaction| {
//!                     let now = transaction.require("counter")?.generation().unwrap_or(0);
//!                     transaction.set_generation("counter", now + 1)
//!                 })
//!                 .unwrap();
//!             }
//!         });
//!     }
//! });
//! assert_eq!(tree.find("counter").unwrap().generation(), Some(400));
//! assert_eq!(tree.version(), 401);
//! # Ok::<(), Error>(())
//! ```
//!
//! # Who gets on
//!
//! Writers are lock-free: when a commit fails, it is because another one has
//! succeeded. That alone would let short transactions starve a long one. So a
//! writer that has lost four times lays a *claim*, and others let it go first:
//! before they begin an attempt they wait for it, about twice as long as its last
//! attempt took, from 0.1 ms up to 105 s. If that was not enough the claim is
//! renewed with at least twice the patience. A waiting writer whose patience ends
//! takes the claim away and goes on, so that a claimant that has been stopped
//! can't stop the others. Claims only decide who tries when; what is committed is
//! decided by the compare-and-swap alone.
//!
//! A transaction of 10,000 edits among three threads that commit single edits
//! without pause got through in 4 to 5 attempts (2-core AMD EPYC).
//! [`Committed::attempts`] tells how many it took.
//!
//! # Old versions
//!
//! A version that is replaced is freed when nobody holds it any more, by a writer:
//! letting go of a snapshot, or having a reader look for a newer one, takes tens of
//! nanoseconds whatever it held, while the tree is there. A commit lets go of 256
//! providers that no newer version shows, and of twice as many as it has replaced
//! and added itself. So what waits does not pile up, and a small commit pays about
//! 0.3 ms for others, 2 ms at the most that was seen, but for two cases:
//!
//! - Of several writers that commit without pause one at a time frees what the others
//!   could not, as they still used each other's versions: at times hundreds of small
//!   ones.
//! - When the last of a version's own providers has gone, the nodes of its maps go; of
//!   one that differs in more than 10,000 providers one map a commit, which the maps
//!   don't let us divide further. If nearly all nodes were its own, as after changes all
//!   over the forest, that takes 5 to 10 ms a map at 100,000 to 200,000 providers
//!   (2-core AMD EPYC). A thread that calls [`collect`] takes that off the writers.
//!
//! [`stats`] tells what is kept, and [`collect`] frees at once all that nobody holds:
//! call it from a thread of your own now and then if no commit may pay for others.
//! When a tree is dropped its old versions go with it.
//!
//! # Generations
//!
//! A provider's *generation* is Placement's optimistic lock, not this crate's:
//! Placement raises it at each update and refuses an update that names an old
//! one. Here it is a number that the caller sets. [`expect_generation`] makes a
//! transaction depend on it: use it where the decision was made on data that
//! was read before the transaction began, for example in another process.
//!
//! [`Snapshot`]: crate::Snapshot
//! [`snapshot`]: crate::ProviderTree::snapshot
//! [`read`]: crate::ProviderTree::read
//! [`reader`]: crate::ProviderTree::reader
//! [`find`]: crate::ProviderTree::find
//! [`update`]: crate::ProviderTree::update
//! [`stats`]: crate::ProviderTree::stats
//! [`collect`]: crate::ProviderTree::collect
//! [`Committed::attempts`]: crate::Committed::attempts
//! [`expect_generation`]: crate::Transaction::expect_generation
