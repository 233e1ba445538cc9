//! What readers and writers may rely on, and why.
//!
//! # Versions
//!
//! A forest is a sequence of versions, counted from 0. Each commit that changes
//! something makes the next one; nothing else does. A version never changes
//! once it is published. You can hold one (a [`Snapshot`]) and read it for as long as you
//! like, in any thread:
//!
//! ```text
//!   version 41        version 42        version 43     <- newest
//!   ┌────────┐        ┌────────┐        ┌────────┐
//!   │ roots  │        │ roots  │        │ roots  │
//!   └─┬────┬─┘        └─┬────┬─┘        └─┬────┬─┘
//!     │    └──────┬─────┘    └──────┬─────┘    │
//!     A           B                 C          D       <- nodes: trees, and what leads there
//! ```
//!
//! Neighbouring versions share all nodes but the few that the commit touched: the
//! trees of providers that it changed, and the blocks that lead to these. A held snapshot keeps alive what it alone still shows: above,
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
//! use provider_tree::{Error, NewProvider, ProviderTree};
//!
//! let tree = ProviderTree::new();
//! tree.new_root(NewProvider::new("counter").generation(0))?;
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
//! # Fairness
//!
//! Writers are lock-free: when a commit fails, another one has succeeded. That alone
//! would let short transactions starve a long one. So a writer that has lost *claims
//! priority*: at its first loss if its transaction has taken a millisecond or more
//! (10 µs an edit is assumed until an attempt has been timed), else at its fourth.
//! While a claim is in force, [`update`] and [`begin`] of other threads defer to it:
//! they sleep before they begin an attempt, until the claimant has committed or the
//! claim's deadline has passed. The deadline is twice the length of an attempt away,
//! 0.1 ms at least and 1 s at most. Each claim that expires in vain makes the next one
//! four times as long. A writer that has been stopped holds nobody up beyond its
//! deadline, and the compare-and-swap alone decides what is committed.
//!
//! After ten claims that expired in vain an update gives up, with
//! [`Error::Contended`]. So others defer to one update for 10 s in all at most, 1 s at a
//! time; to a short one that can't win, for 4 s in all. All that have lost compete for the
//! next claim. One call defers for 1 s in all, however many claimants there are.
//!
//! [`Committed::attempts`] tells how many attempts it took.
//!
//! # Foreign code
//!
//! A commit runs code that is not this crate's: the wakers of subscribers, and the
//! layers of the `tracing` subscriber. It does so last, when the new version is visible
//! and the old one has been handed over. An attempt that has lost reports its conflict to
//! `tracing`, drops what its closure returned, and makes your error of
//! [`Error::Contended`] if it was the last. In all of these no lock is held, the update no
//! longer counts as running in its thread, and no claim of its own is in force: what was
//! left of the claim's time is claimed again before the next attempt. So that code may
//! commit to the same tree, poll or drop any task or subscription, or block, which holds
//! up its own thread alone. The same is true of the destructors of what a closure captured
//! and of wakers that are replaced or dropped, and of what a closure does inside [`read`].
//!
//! A waker or a layer that panics has its panic reported by the panic hook; it ends
//! there. All other wakers are called, and the commit returns its result.
//!
//! # Old versions
//!
//! A version that has been replaced is freed by writers once nobody holds it: dropping a
//! snapshot, or having a reader look for a newer one, takes tens of nanoseconds whatever
//! it held, as long as the tree is there. Each commit takes apart the version that it
//! has replaced and some of what others have left, node by node: 256 nodes, and 256 for each
//! provider that it has written, which is more than it has itself replaced. So old
//! versions do not pile up, however many writers there are: 8 readers with 8 writers, 16
//! with 16 and 2 with 32, on 2 cores, never left more than 30 of them waiting. Nobody waits
//! for a lock. A node is a block of one of the tries, or a provider; a tree is freed whole.
//!
//! A version that somebody holds is looked at from time to time, ever more seldom: it is
//! freed within a few times as many commits as it was held for, 16,384 at most.
//! [`EpochCell`](crate::EpochCell) keeps what has been replaced for some commits more, and
//! all of it while any thread is in the middle of a read or a commit: under the same loads
//! 17,000 versions waited at most, each of them the size of what its commit changed.
//!
//! [`stats`] tells what is kept, and [`collect`] frees at once all that nobody holds.
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
//! [`begin`]: crate::ProviderTree::begin
//! [`Error::Contended`]: crate::Error::Contended
