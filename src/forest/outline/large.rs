//! A tree of many providers: the persistent maps of imbl, which Cargo.toml names `im`.

use std::sync::Arc;

use im::ordmap::RangedIter;
use im::shared_ptr::DefaultSharedPtr;
use uuid::Uuid;

use super::NameHash;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::sync::HashState;

type ByPath = im::GenericOrdMap<Path, Arc<Provider>, DefaultSharedPtr>;
type ByUuid = im::GenericHashMap<Uuid, Arc<Provider>, HashState, DefaultSharedPtr>;
type ByName = im::GenericOrdSet<(u64, Uuid), DefaultSharedPtr>;

/// The providers of a tree, each in an allocation of its own.
#[derive(Clone, Default)]
pub(in crate::forest) struct Large {
    by_path: ByPath,
    by_uuid: ByUuid,
    /// By the hashes of their names, which edits of content do not change.
    by_name: ByName,
    /// All states that were made of one another share it, as they share nodes of the maps.
    lineage: Arc<()>,
}

/// About how many nodes of the three maps an edit replaces: what is freed of a state that
/// shares its maps with another one.
pub(super) const REPLACED: usize = 16;

/// How many nodes freeing a provider counts as. With its entries in the three maps,
/// freeing one of 100,000 takes about a microsecond.
const NODES_OF_A_PROVIDER: usize = 8;

impl Large {
    pub(super) fn new(providers: Vec<Provider>, hash: NameHash<'_>) -> Self {
        let mut large = Self::default();
        large.insert(providers, hash);
        large
    }

    pub(super) fn len(&self) -> usize {
        self.by_path.len()
    }

    /// Leaves its lineage. Returns it if it was the last state there, so that its maps are its
    /// own: of states that leave at the same moment, exactly one is.
    pub(super) fn into_last(mut self) -> Option<Self> {
        Arc::into_inner(std::mem::take(&mut self.lineage)).map(|()| self)
    }

    /// Frees `nodes` nodes, or a few more; returns how many. The maps change in place, but for
    /// what another state that has left its lineage is still dropping.
    pub(super) fn shrink(&mut self, nodes: usize) -> usize {
        let mut freed = 0;
        while freed < nodes
            && let Some((path, provider)) = self.by_path.get_min()
        {
            let (path, uuid) = (path.clone(), provider.uuid());
            self.by_path.remove(&path);
            self.by_uuid.remove(&uuid);
            self.by_name.remove_min();
            freed += NODES_OF_A_PROVIDER;
        }
        freed
    }

    pub(super) fn by_uuid(&self, uuid: Uuid) -> Option<&Provider> {
        self.by_uuid.get(&uuid).map(|one| &**one)
    }

    /// The providers whose names have that hash.
    pub(super) fn by_name(&self, hash: u64) -> impl Iterator<Item = &Provider> {
        let same = (hash, Uuid::nil())..=(hash, Uuid::max());
        let same = self.by_name.range::<_, (u64, Uuid)>(same);
        same.filter_map(|(_, uuid)| self.by_uuid(*uuid))
    }

    pub(super) fn first(&self) -> Option<&Provider> {
        self.by_path.get_min().map(|(_, first)| &**first)
    }

    pub(super) fn last(&self) -> Option<&Provider> {
        self.by_path.get_max().map(|(_, last)| &**last)
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Provider> {
        self.by_path.get(path).map(|one| &**one)
    }

    pub(super) fn last_before(&self, path: &Path) -> Option<&Provider> {
        let mut before = self.by_path.range::<_, Path>(..path);
        before.next_back().map(|(_, last)| &**last)
    }

    pub(super) fn iter(&self) -> RangedIter<'_, Path, Arc<Provider>, DefaultSharedPtr> {
        self.by_path.range::<_, Path>(..)
    }

    pub(super) fn from(
        &self,
        path: &Path,
    ) -> RangedIter<'_, Path, Arc<Provider>, DefaultSharedPtr> {
        self.by_path.range::<_, Path>(path..)
    }

    pub(super) fn insert(&mut self, new: Vec<Provider>, hash: NameHash<'_>) {
        for provider in new {
            self.by_name.insert((hash(&provider), provider.uuid()));
            self.put(Arc::new(provider));
        }
    }

    fn put(&mut self, provider: Arc<Provider>) {
        self.by_uuid.insert(provider.uuid(), Arc::clone(&provider));
        self.by_path.insert(provider.path().clone(), provider);
    }

    pub(super) fn edit(
        &mut self,
        path: &Path,
        hash: NameHash<'_>,
        edit: impl FnOnce(&mut Provider),
    ) {
        let Some(old) = self.by_path.get(path) else {
            return;
        };
        let mut new = Provider::clone(old);
        edit(&mut new);
        if new.name() != old.name() {
            self.by_name.remove(&(hash(old), old.uuid()));
            self.by_name.insert((hash(&new), new.uuid()));
        }
        self.put(Arc::new(new));
    }

    pub(super) fn remove(&mut self, removed: &[Provider], hash: NameHash<'_>) {
        for provider in removed {
            self.by_path.remove(provider.path());
            self.by_uuid.remove(&provider.uuid());
            self.by_name.remove(&(hash(provider), provider.uuid()));
        }
    }

    /// The providers that differ from those of an older tree, in the order of their paths.
    pub(super) fn diff<'a>(
        &'a self,
        older: &'a Self,
    ) -> im::ordmap::DiffIter<'a, 'a, Path, Arc<Provider>, DefaultSharedPtr> {
        older.by_path.diff(&self.by_path)
    }

    /// Whether the maps agree.
    pub(super) fn is_consistent(&self) -> bool {
        let is_in_step = |(path, one): (&Path, &Arc<Provider>)| {
            let found = self.by_uuid.get(&one.uuid());
            path == one.path() && found.is_some_and(|found| Arc::ptr_eq(found, one))
        };
        self.by_uuid.len() == self.len()
            && self.by_name.len() == self.len()
            && self.iter().all(is_in_step)
    }
}
