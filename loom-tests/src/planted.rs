//! A cell in which one thing can be broken. [`NoBug`] shows that it is right
//! otherwise.

use std::marker::PhantomData;
use std::sync::Mutex;

use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use provider_tree::contract::Cell;
use provider_tree::{Snapshot, SnapshotCell};

/// What is broken in a [`Planted`] cell.
pub trait Bug: Send + Sync + 'static {
    /// How a read loads the newest version.
    const LOAD: Ordering = Acquire;
    /// A commit stores its version whatever is there.
    const BLIND_STORE: bool = false;
    /// A commit that lost swaps the same version in for the newer one.
    const STALE_BASE: bool = false;
    /// A commit counts the version up before it swaps; readers look at the
    /// count to see whether there is a newer version.
    const EARLY_VERSION: bool = false;
    /// A version is freed when it is replaced, whoever reads it.
    const FREED_AT_ONCE: bool = false;
}

macro_rules! bugs {
    ($($(#[$doc:meta])* $name:ident { $($broken:tt)* })*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl Bug for $name { $($broken)* }
        )*
    };
}

bugs! {
    /// Nothing is broken.
    NoBug {}
    /// See [`Bug::LOAD`].
    RelaxedLoad { const LOAD: Ordering = Relaxed; }
    /// See [`Bug::BLIND_STORE`].
    BlindStore { const BLIND_STORE: bool = true; }
    /// See [`Bug::STALE_BASE`].
    StaleBase { const STALE_BASE: bool = true; }
    /// See [`Bug::EARLY_VERSION`].
    EarlyVersion { const EARLY_VERSION: bool = true; }
    /// See [`Bug::FREED_AT_ONCE`].
    FreedAtOnce { const FREED_AT_ONCE: bool = true; }
}

/// A cell on loom's atomics with a planted bug.
pub struct Planted<B>(Arc<Shared>, PhantomData<B>);

/// Versions by their index. The table's lock and counts are std's, which loom
/// does not see: they order nothing, and no thread holds the lock where loom
/// may switch to another.
struct Shared {
    newest: AtomicUsize,
    count: AtomicUsize,
    versions: Mutex<Vec<Option<std::sync::Arc<Snapshot>>>>,
}

/// One reader's snapshot, and by what it tells whether there is a newer one.
pub struct PlantedCache<B> {
    cell: Planted<B>,
    mark: usize,
    snapshot: Snapshot,
}

impl<B: Bug> SnapshotCell for Planted<B> {}

impl<B: Bug> Cell for Planted<B> {
    type Cache = PlantedCache<B>;

    fn new(first: Snapshot) -> Self {
        let shared = Shared {
            newest: AtomicUsize::new(0),
            count: AtomicUsize::new(0),
            versions: Mutex::new(vec![Some(first.into())]),
        };
        Self(Arc::new(shared), PhantomData)
    }

    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R) -> R {
        let newest = if B::FREED_AT_ONCE {
            self.0.newest.load(B::LOAD)
        } else {
            self.0.newest.fetch_add(0, B::LOAD)
        };
        if B::FREED_AT_ONCE {
            // A point at which loom may switch: the reader is at work.
            self.0.count.load(Relaxed);
        }
        reader(&self.0.get(newest))
    }

    fn compare_and_swap(&self, base: &Snapshot, next: Snapshot) -> Result<(), Snapshot> {
        let shared = &self.0;
        let index = shared.keep(next);
        if B::EARLY_VERSION {
            shared.count.fetch_add(1, Release);
        }
        if B::BLIND_STORE {
            shared.newest.store(index, Release);
            return Ok(());
        }
        let mut current = shared.index_of(base);
        loop {
            let swap = shared
                .newest
                .compare_exchange(current, index, Release, Acquire);
            match swap {
                Ok(replaced) => {
                    if B::FREED_AT_ONCE {
                        shared.free(replaced);
                    }
                    return Ok(());
                }
                Err(newer) if B::STALE_BASE => current = newer,
                Err(newer) => {
                    shared.free(index);
                    return Err(Snapshot::clone(&shared.get(newer)));
                }
            }
        }
    }

    fn cache(&self) -> Self::Cache {
        let cell = Self(Arc::clone(&self.0), PhantomData);
        let mark = cell.mark();
        let snapshot = cell.read(Snapshot::clone);
        PlantedCache {
            cell,
            mark,
            snapshot,
        }
    }

    fn load(cache: &mut Self::Cache) -> &Snapshot {
        let mark = cache.cell.mark();
        if mark != cache.mark {
            cache.mark = mark;
            cache.snapshot = cache.cell.read(Snapshot::clone);
        }
        &cache.snapshot
    }
}

impl<B: Bug> Planted<B> {
    fn mark(&self) -> usize {
        if B::EARLY_VERSION {
            self.0.count.load(Acquire)
        } else {
            self.0.newest.load(Relaxed)
        }
    }
}

impl Shared {
    fn keep(&self, snapshot: Snapshot) -> usize {
        let mut versions = self.versions.lock().unwrap();
        versions.push(Some(snapshot.into()));
        versions.len() - 1
    }

    fn get(&self, index: usize) -> std::sync::Arc<Snapshot> {
        let version = self.versions.lock().unwrap()[index].clone();
        version.expect("the version was freed while it was read")
    }

    fn free(&self, index: usize) {
        let freed = self.versions.lock().unwrap()[index].take();
        drop(freed);
    }

    fn index_of(&self, snapshot: &Snapshot) -> usize {
        let versions = self.versions.lock().unwrap();
        let found = versions.iter().position(|version| {
            version
                .as_ref()
                .is_some_and(|version| version.ptr_eq(snapshot))
        });
        found.unwrap_or(usize::MAX)
    }
}
