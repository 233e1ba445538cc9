//! What changes a state: the outline, and the indices in step with it.

use uuid::Uuid;

use super::forest::{Forest, Keys};
use super::index::Place;
use crate::provider::path::Path;
use crate::provider::provider::Provider;

impl Keys {
    fn name_of(&self, provider: &Provider) -> u64 {
        self.name(provider.name())
    }
}

impl Forest {
    /// Adds a provider at its path, where nothing is.
    pub(crate) fn attach(&mut self, provider: Provider) {
        self.attach_all(vec![provider]);
    }

    /// Adds providers at their paths, where nothing is.
    pub(crate) fn attach_all(&mut self, mut providers: Vec<Provider>) {
        self.writes += providers.len();
        providers.sort_unstable_by(|a, b| a.path().cmp(b.path()));
        let mut rest = providers.into_iter().peekable();
        while let Some(root) = rest.peek().map(|first| first.path().root_ordinal()) {
            let of_tree = |one: &Provider| one.path().root_ordinal() == root;
            let mut tree = Vec::new();
            while let Some(one) = rest.next_if(of_tree) {
                tree.push(one);
            }
            for (place, one) in self.places(&tree) {
                self.by_uuid.insert(self.keys.uuid(one.uuid()), place);
                self.by_name.insert(self.keys.name_of(one), place);
            }
            let keys = &self.keys;
            self.outline.insert(tree, &|one| keys.name_of(one));
        }
    }

    /// The places that providers of one tree, sorted by their paths, will have once they
    /// are in it.
    fn places<'p>(&self, new: &'p [Provider]) -> Vec<(Place, &'p Provider)> {
        let Some(root) = new.first().and_then(|first| first.path().root_ordinal()) else {
            return Vec::new();
        };
        let tree = self.outline.tree(root);
        let place = |(before, one): (usize, &'p Provider)| {
            let at = before + tree.map_or(0, |tree| tree.count_before(one.path()));
            (Place { root, at }, one)
        };
        new.iter().enumerate().map(place).collect()
    }

    /// Shows a provider in a new state, at the path where it is. The name may be another.
    pub(crate) fn replace(&mut self, provider: Provider) {
        let Some(old) = self.outline.get(provider.path()) else {
            return;
        };
        if old.name() != provider.name()
            && let Some(root) = provider.path().root_ordinal()
        {
            self.by_name.remove(self.keys.name_of(old), root);
            let tree = self.outline.tree(root);
            let at = tree.map_or(0, |tree| tree.count_before(provider.path()));
            let place = Place { root, at };
            self.by_name.insert(self.keys.name_of(&provider), place);
        }
        self.writes += 1;
        let keys = &self.keys;
        let path = provider.path().clone();
        self.outline
            .edit(&path, &|one| keys.name_of(one), |there| *there = provider);
    }

    /// Edits what the provider at a path shows, but for its name.
    pub(crate) fn edit(&mut self, path: &Path, edit: impl FnOnce(&mut Provider)) {
        self.writes += 1;
        let keys = &self.keys;
        self.outline.edit(path, &|one| keys.name_of(one), edit);
    }

    /// Takes a provider out, if it is there, whatever stands below it.
    pub(crate) fn detach(&mut self, uuid: Uuid) {
        if let Some(path) = self.get(uuid).map(|one| one.path().clone()) {
            self.detach_between(&path, &path);
        }
    }

    /// Takes out the provider at a path and all below it. Returns how many that were.
    pub(crate) fn detach_below(&mut self, path: &Path) -> usize {
        self.detach_between(path, &path.end())
    }

    fn detach_between(&mut self, first: &Path, last: &Path) -> usize {
        let removed = self.take_out(first, last);
        let root = first.root_ordinal().unwrap_or_default();
        for one in &removed {
            self.by_uuid.remove(self.keys.uuid(one.uuid()), root);
            self.by_name.remove(self.keys.name_of(one), root);
        }
        removed.len()
    }

    /// Takes the provider at a path and all below it out of the outline. The indices lead
    /// nowhere meanwhile, until they are [lowered](Self::lower).
    pub(crate) fn lift(&mut self, top: &Path) -> Vec<Provider> {
        self.take_out(top, &top.end())
    }

    fn take_out(&mut self, first: &Path, last: &Path) -> Vec<Provider> {
        let root = first.root_ordinal().unwrap_or_default();
        let is_small = |forest: &Self| forest.outline.tree(root).map(|tree| tree.is_small());
        let was_small = is_small(self);
        let keys = &self.keys;
        let hash = |one: &Provider| keys.name_of(one);
        let removed = self.outline.remove(first, last, &hash);
        self.writes += removed.len();
        if (was_small, is_small(self)) == (Some(false), Some(true)) {
            self.note_positions(root);
        }
        removed
    }

    /// Corrects the positions that the indices have of a tree.
    fn note_positions(&mut self, root: u32) {
        let tree = self.outline.tree(root);
        let all = tree.into_iter().flat_map(|tree| tree.iter());
        for (at, one) in all.enumerate() {
            let place = Place { root, at };
            let hash = self.keys.uuid(one.uuid());
            self.by_uuid.relocate(hash, root, place);
            self.by_name.relocate(self.keys.name_of(one), root, place);
        }
    }

    /// Puts those that were lifted at another path, where nothing is.
    pub(crate) fn lower(&mut self, mut lifted: Vec<Provider>, to: &Path) {
        let Some(from) = lifted.first().map(|top| top.path().clone()) else {
            return;
        };
        for provider in &mut lifted {
            let path = &mut provider.head_mut().path;
            *path = path.rebased(&from, to);
        }
        let root = from.root_ordinal().unwrap_or_default();
        if to.root_ordinal() != Some(root) {
            for (place, one) in self.places(&lifted) {
                let hash = self.keys.uuid(one.uuid());
                self.by_uuid.relocate(hash, root, place);
                self.by_name.relocate(self.keys.name_of(one), root, place);
            }
        }
        self.writes += lifted.len();
        let keys = &self.keys;
        self.outline.insert(lifted, &|one| keys.name_of(one));
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use uuid::Uuid;

    use crate::provider::new::NewProvider;
    use crate::snapshot::Snapshot;
    use crate::transaction::Transaction;

    #[test]
    fn the_first_look_finds_each_provider_of_a_tree_that_is_small_again() {
        let mut transaction = Transaction::new(Snapshot::default());
        let root = Uuid::nil();
        transaction
            .new_root(NewProvider::new("root").uuid(root))
            .unwrap();
        for number in 1..=9 {
            let uuid = Uuid::from_u128(number);
            let name = number.to_string();
            transaction
                .new_child(NewProvider::new(&name).uuid(uuid), root)
                .unwrap();
        }
        for number in 1..=7 {
            transaction.remove(Uuid::from_u128(number)).unwrap();
        }
        let forest = transaction.fork();
        for one in &forest {
            let by_uuid = (&forest.by_uuid, forest.keys.uuid(one.uuid()));
            let by_name = (&forest.by_name, forest.keys.name_of(one));
            for (index, hash) in [by_uuid, by_name] {
                let there = forest.glance(index, hash).flatten();
                assert!(there.is_some_and(|there| ptr::eq(there, one)), "{one:?}");
            }
        }
    }
}
