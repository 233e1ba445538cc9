//! What readers and writers may rely on, and why.
//!
//! # Versions
//!
//! A forest is a sequence of versions, counted from 0. Each commit that changes something adds
//! one; nothing else does. A published version never changes. You can hold one (a
//! [`Snapshot`]) and read it for as long as you like, in any thread.
//!
//! Neighbouring versions share all nodes except the few that the commit copied ([a
//! diagram](crate::docs::internals#versions)): the trees of the providers that it changed, and
//! the blocks above these. Holding a snapshot costs memory only for nodes that no other version
//! in use contains.
//!
//! # Reads
//!
//! A read never waits, and never makes anyone else wait. There are three ways to read:
//!
//! | | gives | costs | use it to |
//! |---|---|---|---|
//! | [`snapshot`] | a [`Snapshot`] that you own | one reference count | keep a version, send it to another thread, hold it across `.await` |
//! | [`read`] | a `&Snapshot` inside a closure | no reference count | look something up now and then |
//! | [`reader`] | a `&Snapshot` from your own handle | one atomic load while nothing changes | read repeatedly in one thread |
//!
//! - **One version.** Every look-up, walk and iteration of one snapshot agrees with every
//!   other. Two calls of [`find`] on the *tree* may see two versions.
//! - **Linearizable.** Once [`update`] has returned, every read that starts later sees its
//!   commit, in any thread and by any of the three ways. "Later" is meant in the
//!   happens-before sense, through any synchronisation you use: a join, a channel, a lock, an
//!   atomic.
//! - **Monotonic.** A thread's next read never returns an older version than its last one.
//!
//! # Writes
//!
//! - **All or nothing.** The edits of one [`update`] become visible in one step. A closure
//!   that returns an error, or panics, leaves no trace.
//! - **Serialisable.** A commit succeeds only if the newest version is still the one that the
//!   transaction started from. Whatever the closure read, of any provider, was therefore still
//!   true when its edits became visible, and all commits of a forest have one order: that of
//!   their versions.
//! - **No update is lost.** No call stores a forest; every change is a compare-and-swap.
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
//! Writers are lock-free: when a commit fails, another one has succeeded. (While a
//! subscription exists, each commit also takes a short lock to collect the wakers of those
//! that wait; a thread that is preempted there delays the others until it runs again.) That
//! alone would let short
//! transactions starve a long one. So a writer that has lost *claims priority*: at its first
//! loss if its transaction takes a millisecond or more (until an attempt has been timed, it
//! counts as 10 µs per edit), else at its fourth. While a claim is in force, [`update`] and
//! [`begin`] in other threads defer to it: they sleep before they start an attempt, until the
//! claimant has committed or the claim's deadline has passed. The deadline is twice the length
//! of an attempt away, at least 0.1 ms and at most 1 s. Each claim that expires without a
//! commit makes the next one four times as long. A stopped writer delays nobody beyond its
//! deadline, and the compare-and-swap alone decides what is committed.
//!
//! After ten expired claims an update gives up with [`Error::Contended`]. Others therefore defer
//! to one update for at most 10 s in total, 1 s at a time, and for 4 s in total to a short
//! update that can't win. All writers that have lost compete for the next claim. One call defers
//! for at most 1 s in total, however many claimants there are.
//!
//! [`Committed::attempts`] is the number of attempts that it took.
//!
//! # Foreign code
//!
//! A commit runs code that is not this crate's: the wakers of subscribers, and the layers of
//! the `tracing` subscriber. It does so last, once the new version is visible and the old one
//! has been handed over for reclamation. An attempt that loses reports its conflict to
//! `tracing`, drops what its closure returned and, if it was the last attempt, converts
//! [`Error::Contended`] into your error type. While any of this runs, no lock is held, the
//! thread no longer counts as inside the update, and the update's claim is not in force: the
//! rest of its time is claimed again before the next attempt. So this code may commit to the
//! same tree, poll or drop any task or subscription, or block, which delays only its own
//! thread. The same holds for the destructors of what a closure captured, for wakers that are
//! replaced or dropped, and for what a closure does inside [`read`].
//!
//! A waker that polls the subscription again and then commits will recurse.
//!
//! If a waker or a layer panics, the panic hook reports it and the panic ends there. All other
//! wakers are called, and the commit returns its result.
//!
//! # Old versions
//!
//! Writers free a replaced version once nobody holds it. As long as the tree exists, dropping
//! a snapshot, or moving a reader on to a newer one, takes tens of nanoseconds however large
//! the version is. Each commit frees the version that it replaced and part of what others have
//! left, node by node: 256 nodes, plus 256 for each provider that it wrote, which is more than
//! it replaced itself. So old versions do not pile up, however many writers there are: on 2
//! cores, 8 readers with 8 writers, 16 with 16 and 2 with 32 never left more than 40 of them
//! waiting. No thread waits for a lock. A node is a block of one of the tries, or a provider.
//! A tree of up to 32 providers is freed as a whole and counts as that many nodes. The last
//! state of a larger one is freed a few providers at a time, by as many commits as that takes;
//! [`collect`] frees all of it. An older state shares maps with a newer one, and what only the
//! older one has is freed at once: 1 to 2 µs for each provider that was edited or removed since,
//! which is many if a version of a large tree was pinned meanwhile.
//!
//! A pinned version, one that is still held, is checked from time to time, at growing intervals:
//! its freeing begins after at most a few times as many commits as it was pinned for, never more
//! than 16,384. [`EpochCell`](crate::EpochCell) keeps replaced versions for some commits longer,
//! and keeps all of them while any thread is in the middle of a read or a commit: under the same
//! loads at most 17,000 versions waited, each of them the size of what its commit changed.
//!
//! [`stats`] counts the versions that are kept, and [`collect`] frees at once those that
//! nobody holds. Dropping a tree drops its old versions.
//!
//! # Generations
//!
//! A provider's *generation* is Placement's optimistic lock, not this crate's: Placement
//! increments it with each update and refuses an update that names an old one. Here it is a
//! number that you set. [`expect_generation`] makes a transaction depend on it: use it if you
//! decided on data that you read before the transaction began, for example in another process.
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
