//! How it works inside, for anyone who reads the code or wants to know where the costs come
//! from. Nothing here is part of the API.
//!
//! # Four floors
//!
//! ```text
//!   tree          sharing: the handle, the commit loop, fairness, subscriptions, reclamation
//!   cell          the pointer to the newest version: the only atomics that readers meet
//!   ─────────────────────────────────────────────────────────────────────────────────────
//!   transaction   edits of a private copy, and the rules that they must keep
//!   snapshot      a version, owned
//!   ─────────────────────────────────────────────────────────────────────────────────────
//!   forest        one state: look-ups, walks, questions, changes
//!   ─────────────────────────────────────────────────────────────────────────────────────
//!   provider      values: providers, inventories, names, keys, records; and `Error`
//! ```
//!
//! Each floor imports only from those below it. The forest knows nothing of versions. Nothing
//! below `cell` deals with threads, except `forest::teardown`, which several threads may run
//! on shared nodes, and the counter in `snapshot` that numbers the histories of versions.
//!
//! # One state
//!
//! Three persistent structures, which share nodes with the states before and after:
//!
//! ```text
//!   UUID ──hash──> index ─┐
//!                         ├─> location = (root's ordinal, position)
//!   name ──hash──> index ─┘                  │
//!                                            v
//!   outline, a radix trie by the roots' ordinals
//!   ┌──┬──┬──┬──┐
//!   │  │  │  │  │ blocks of 32
//!   └──┴┬─┴──┴──┘
//!       └─> leaf of 16 trees ─> tree: up to 32 providers in one allocation, sorted by path
//!                                     more than 32: sorted maps of its own
//! ```
//!
//! - An *ordinal* orders siblings. It grows with each new sibling and leaves room for moves,
//!   so adding a child touches no other provider. A *path* is the list of ordinals from the
//!   root down; sorted paths give the forest top-down, and a subtree is a range of them.
//! - A *location* is plain data. An index is a trie of hash tables, each of 32 cache lines
//!   with seven locations per line, so copying a table is a memcpy, and edits of content never
//!   touch an index. The position is a hint: if another provider is found there, its tree is
//!   searched.
//! - An edit of content copies one tree and the blocks above it: in a tree of more than 32
//!   providers, one provider and a path in each of its maps. A diff descends both outlines and
//!   skips whatever is the same allocation, so it costs only what has changed.
//!
//! # Versions
//!
//! ```text
//!   version 41        version 42        version 43     <- the cell points here
//!   ┌────────┐        ┌────────┐        ┌────────┐
//!   │ roots  │        │ roots  │        │ roots  │
//!   └─┬────┬─┘        └─┬────┬─┘        └─┬────┬─┘
//!     │    └──────┬─────┘    └──────┬─────┘    │
//!     A           B                 C          D       <- nodes, freed with the last version
//! ```
//!
//! A commit forks the newest version in O(1), edits the fork, and asks the cell to replace the
//! version that it started from. If another commit was faster, the fork is dropped and the
//! closure runs again.
//!
//! # A commit with a claim
//!
//! A compare-and-swap favours short transactions, so a writer that keeps losing claims
//! priority until a deadline:
//!
//! ```text
//!   long   ──attempt──✗ claim ──attempt────────────✓ swap, end claim, wake others
//!   short  ─✓──✓──✓──✓──✓│ sleeps                   │──✓──✓──✓
//!                        │<── until the end, or ───>│
//!                        │    the deadline, at most 1 s
//! ```
//!
//! Claims decide nothing: only the swap does. A stopped claimant costs others the time to its
//! deadline, never an update. After the swap a commit does its own work first, and runs
//! foreign code last:
//!
//! ```text
//!   swap ─> end claim ─> take wakers out ─> retire old version ─> call wakers ─> tracing
//!                        (short lock)       (lock-free queue)     (no lock, no mark)
//! ```
//!
//! # Who frees what
//!
//! ```text
//!   commit ──the version it replaced──> unpinned? ──yes──> taken apart, node by node
//!                                           │no                     │ budget used up
//!                                           v                       v
//!                                       backlog of pinned       backlog of partly freed
//!                                       versions, by age        versions
//!                                           └──── rechecked by later commits ────┘
//! ```
//!
//! Readers free nothing: the last reference to a version is the backlog's. Each commit may
//! free more nodes than it replaced, so the backlog is bounded by what is pinned. Freeing a
//! node means taking it out of its `Arc`: if that was the last reference, its children join
//! the work list, else its count drops by one.
