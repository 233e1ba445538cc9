//! A cell in which one thing can be broken. [`NoBug`] shows that it is otherwise correct.

use std::marker::PhantomData;
use std::sync::{Mutex, MutexGuard};

use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;
use loom::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release};
use provider_tree::contract::{Cell, Token, free_content};
use provider_tree::{Snapshot, SnapshotCell};

/// What is broken in a [`Planted`] cell.
pub trait Bug: Send + Sync + Unpin + 'static {
    /// The ordering with which a read loads the newest version.
    const LOAD: Ordering = Acquire;
    /// A commit stores its version without comparing.
    const BLIND_STORE: bool = false;
    /// A losing commit replaces the newer version with its own, made from a stale base.
    const STALE_BASE: bool = false;
    /// A commit raises the count before it swaps, and readers use the count to detect a newer
    /// version.
    const EARLY_VERSION: bool = false;
    /// A version is freed when it is replaced, even while it is read.
    const FREED_AT_ONCE: bool = false;
    /// A subscriber announces itself by a load, which is not ordered with a commit. Readers are
    /// not counted in this mode, since that would order them too; nothing is freed until the end.
    const QUIET_ANNOUNCEMENT: bool = false;
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
    /// See [`Bug::QUIET_ANNOUNCEMENT`].
    QuietAnnouncement { const QUIET_ANNOUNCEMENT: bool = true; }
}

/// A cell on loom's atomics with a planted bug. A commit frees the version it replaces if no
/// thread is reading, and leaves it until the end otherwise.
pub struct Planted<B>(Arc<Shared>, PhantomData<B>);

struct Shared {
    /// The key of the newest version.
    newest: AtomicUsize,
    /// The number of threads that are reading.
    readers: AtomicUsize,
    /// The number of commits, for [`Bug::EARLY_VERSION`].
    count: AtomicUsize,
    /// Counts accesses to the table, which loom doesn't see: each gives loom a point to switch
    /// threads.
    looks: AtomicUsize,
    /// Versions by key. The lock and the reference counts are std's, which loom doesn't see: in
    /// the model they order nothing, and no thread holds the lock where loom may switch threads.
    versions: Mutex<Vec<Option<std::sync::Arc<Snapshot>>>>,
}

/// One reader's snapshot, and the mark by which it detects a newer one.
pub struct PlantedCache<B> {
    cell: Planted<B>,
    mark: usize,
    snapshot: Snapshot,
}

impl<B> Clone for Planted<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0), PhantomData)
    }
}

impl<B> Clone for PlantedCache<B> {
    fn clone(&self) -> Self {
        Self {
            cell: self.cell.clone(),
            mark: self.mark,
            snapshot: self.snapshot.clone(),
        }
    }
}

impl<B: Bug> SnapshotCell for Planted<B> {}

impl<B: Bug> Cell for Planted<B> {
    type Cache = PlantedCache<B>;

    fn new(first: Snapshot, _: Token) -> Self {
        let shared = Shared {
            newest: AtomicUsize::new(0),
            readers: AtomicUsize::new(0),
            count: AtomicUsize::new(0),
            looks: AtomicUsize::new(0),
            versions: Mutex::new(vec![Some(first.into())]),
        };
        Self(Arc::new(shared), PhantomData)
    }

    fn announce(&self, token: Token) -> Snapshot {
        if !B::QUIET_ANNOUNCEMENT {
            self.0.newest.fetch_add(0, AcqRel);
        }
        self.read(Snapshot::clone, token)
    }

    fn read<R>(&self, reader: impl FnOnce(&Snapshot) -> R, _: Token) -> R {
        let shared = &self.0;
        if B::QUIET_ANNOUNCEMENT {
            return reader(&shared.get(shared.newest.load(Acquire)));
        }
        // A reader that gets here after a commit counted the readers acquires the commit's
        // release, so it loads the new version; an earlier reader is counted.
        shared.readers.fetch_add(1, AcqRel);
        let newest = shared.newest.load(B::LOAD);
        let result = reader(&shared.get(newest));
        shared.readers.fetch_sub(1, Release);
        result
    }

    fn compare_and_swap(
        &self,
        base: &Snapshot,
        next: Snapshot,
        token: Token,
    ) -> Result<(), Snapshot> {
        let shared = &self.0;
        let key = shared.keep(next);
        if B::EARLY_VERSION {
            shared.count.fetch_add(1, Release);
        }
        if B::BLIND_STORE {
            shared.newest.store(key, Release);
            return Ok(());
        }
        let mut current = shared.key_of(base);
        loop {
            let swap = shared
                .newest
                .compare_exchange(current, key, AcqRel, Acquire);
            match swap {
                Ok(replaced) => {
                    if B::FREED_AT_ONCE {
                        // Two references: the cell's and the writer's, which is about to be
                        // dropped.
                        free_content(&shared.get(replaced), 2);
                    } else if !B::QUIET_ANNOUNCEMENT && shared.readers.fetch_add(0, AcqRel) == 0 {
                        shared.free(replaced);
                    }
                    return Ok(());
                }
                Err(newer) if B::STALE_BASE => current = newer,
                Err(_) => {
                    shared.free(key);
                    return Err(self.read(Snapshot::clone, token));
                }
            }
        }
    }

    fn cache(&self, token: Token) -> Self::Cache {
        let cell = self.clone();
        let mark = cell.mark();
        let snapshot = cell.read(Snapshot::clone, token);
        PlantedCache {
            cell,
            mark,
            snapshot,
        }
    }

    fn load(cache: &mut Self::Cache, token: Token) -> &Snapshot {
        let mark = cache.cell.mark();
        if mark != cache.mark {
            cache.mark = mark;
            cache.snapshot = cache.cell.read(Snapshot::clone, token);
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
    fn versions(&self) -> MutexGuard<'_, Vec<Option<std::sync::Arc<Snapshot>>>> {
        self.looks.fetch_add(1, Relaxed);
        self.versions.lock().unwrap()
    }

    fn keep(&self, snapshot: Snapshot) -> usize {
        let mut versions = self.versions();
        versions.push(Some(snapshot.into()));
        versions.len() - 1
    }

    fn get(&self, key: usize) -> std::sync::Arc<Snapshot> {
        let version = self.versions()[key].clone();
        version.expect("a version that can be loaded is not freed")
    }

    fn free(&self, key: usize) {
        let freed = self.versions()[key].take();
        drop(freed);
    }

    fn key_of(&self, snapshot: &Snapshot) -> usize {
        let versions = self.versions();
        let mut keys = versions.iter();
        let found = keys.position(|version| {
            let version = version.as_ref();
            version.is_some_and(|version| version.ptr_eq(snapshot))
        });
        found.unwrap_or(usize::MAX)
    }
}
