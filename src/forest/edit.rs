//! Editing a state: the outline, and the indices in step with it.

use std::ops::Deref;

use uuid::Uuid;

use super::forest::{Forest, Keys};
use super::index::Location;
use super::outline::Outline;
use crate::provider::path::Path;
use crate::provider::provider::Provider;

impl Keys {
    fn name_of(&self, provider: &Provider) -> u64 {
        self.name(provider.name())
    }
}

/// A private copy of a forest, and the only way to change one.
///
/// It trusts its arguments: callers check the rules of a forest first.
pub(crate) struct Editor {
    forest: Forest,
    /// How many providers it has written: a measure of how many nodes it has copied.
    writes: usize,
}

impl From<&Forest> for Editor {
    /// Starts from a state. Cost: O(1).
    fn from(forest: &Forest) -> Self {
        Self {
            forest: forest.fork(),
            writes: 0,
        }
    }
}

impl Deref for Editor {
    type Target = Forest;

    fn deref(&self) -> &Forest {
        &self.forest
    }
}

impl Editor {
    /// A fork, with the same number of writes, to try something out. Cost: O(1).
    pub(crate) fn try_out(&self) -> Self {
        Self {
            forest: self.forest.fork(),
            writes: self.writes,
        }
    }

    pub(crate) fn writes(&self) -> usize {
        self.writes
    }

    /// A forest of one tree: its providers, sorted by their paths.
    pub(crate) fn forest_of(tree: Vec<Provider>) -> Forest {
        let mut editor = Self::from(&Forest::new());
        editor.attach_to_tree(tree);
        editor.forest
    }

    /// Adds providers at their paths, which must be free. They are boxed, so that sorting
    /// moves pointers.
    #[expect(clippy::vec_box)]
    pub(crate) fn attach_all(&mut self, mut providers: Vec<Box<Provider>>) {
        providers.sort_unstable_by(|a, b| a.path().cmp(b.path()));
        let mut rest = providers.into_iter();
        while let Some(first) = rest.as_slice().first() {
            let root = first.path().root_ordinal();
            let roots = rest.as_slice().iter().map(|one| one.path().root_ordinal());
            let count = roots.take_while(|one| *one == root).count();
            self.attach_to_tree(rest.by_ref().take(count).map(|one| *one).collect());
        }
    }

    /// Adds providers of one tree, sorted by their paths.
    fn attach_to_tree(&mut self, providers: Vec<Provider>) {
        self.writes += providers.len();
        let Forest {
            by_uuid,
            by_name,
            keys,
            outline,
        } = &mut self.forest;
        for (location, one) in locations(outline, &providers) {
            by_uuid.insert(keys.uuid(one.uuid()), location);
            by_name.insert(keys.name_of(one), location);
        }
        outline.insert(providers, &|one| keys.name_of(one));
    }

    /// Replaces a provider by its new state, at the same path. Its name may differ.
    pub(crate) fn replace(&mut self, provider: Provider) {
        let Some(old) = self.forest.outline.get(provider.path()) else {
            return;
        };
        if old.name() != provider.name()
            && let Some(root) = provider.path().root_ordinal()
        {
            self.forest
                .by_name
                .remove(self.forest.keys.name_of(old), root);
            let tree = self.forest.outline.tree(root);
            let at = tree.map_or(0, |tree| tree.count_before(provider.path()));
            let location = Location { root, at };
            self.forest
                .by_name
                .insert(self.forest.keys.name_of(&provider), location);
        }
        self.writes += 1;
        let keys = &self.forest.keys;
        let path = provider.path().clone();
        self.forest
            .outline
            .edit(&path, &|one| keys.name_of(one), |there| *there = provider);
    }

    /// Edits the content of the provider at a path, except its name.
    pub(crate) fn edit(&mut self, path: &Path, edit: impl FnOnce(&mut Provider)) {
        self.writes += 1;
        let keys = &self.forest.keys;
        self.forest
            .outline
            .edit(path, &|one| keys.name_of(one), edit);
    }

    /// Removes the provider at a path and everything below it.
    pub(crate) fn detach(&mut self, top: &Path) -> Subtree {
        let providers = self.take_out(top, &top.end());
        self.forget(&providers);
        Subtree(providers)
    }

    /// Adds a subtree at a free path.
    pub(crate) fn attach(&mut self, subtree: Subtree, to: &Path) {
        self.attach_to_tree(subtree.at(to));
    }

    /// Moves the providers at some paths, with everything below them, to others below one
    /// parent: all at once, so that none collides with another. The new paths must be free,
    /// or freed by these moves.
    pub(crate) fn relocate(&mut self, moves: &[(Path, Path)], parent_uuid: Option<Uuid>) {
        let moving: Vec<_> = moves
            .iter()
            .map(|(from, to)| {
                let mut subtree = Subtree(self.take_out(from, &from.end()));
                subtree.set_parent(parent_uuid);
                (from.root_ordinal().unwrap_or_default(), subtree.at(to))
            })
            .collect();
        let Forest {
            by_uuid,
            by_name,
            keys,
            outline,
        } = &mut self.forest;
        for (root, providers) in moving {
            let moved = locations(outline, &providers);
            for (location, one) in moved.filter(|(location, _)| location.root != root) {
                by_uuid.relocate(keys.uuid(one.uuid()), root, location);
                by_name.relocate(keys.name_of(one), root, location);
            }
            self.writes += providers.len();
            outline.insert(providers, &|one| keys.name_of(one));
        }
    }

    /// Removes from the outline the providers of one tree from `first` to `last`.
    fn take_out(&mut self, first: &Path, last: &Path) -> Vec<Provider> {
        let root = first.root_ordinal().unwrap_or_default();
        let is_small = |editor: &Self| editor.outline.tree(root).map(|tree| tree.is_small());
        let was_small = is_small(self);
        let keys = &self.forest.keys;
        let hash = |one: &Provider| keys.name_of(one);
        let removed = self.forest.outline.remove(first, last, &hash);
        self.writes += removed.len();
        if (was_small, is_small(self)) == (Some(false), Some(true)) {
            self.note_positions(root);
        }
        removed
    }

    /// Removes from the indices providers that the outline had in one tree.
    fn forget(&mut self, removed: &[Provider]) {
        for one in removed {
            let root = one.path().root_ordinal().unwrap_or_default();
            self.forest
                .by_uuid
                .remove(self.forest.keys.uuid(one.uuid()), root);
            self.forest
                .by_name
                .remove(self.forest.keys.name_of(one), root);
        }
    }

    /// Corrects the positions that the indices have for a tree.
    fn note_positions(&mut self, root: u32) {
        let tree = self.forest.outline.tree(root);
        let all = tree.into_iter().flat_map(|tree| tree.iter());
        for (at, one) in all.enumerate() {
            let location = Location { root, at };
            let hash = self.forest.keys.uuid(one.uuid());
            self.forest.by_uuid.relocate(hash, root, location);
            self.forest
                .by_name
                .relocate(self.forest.keys.name_of(one), root, location);
        }
    }
}

/// The locations that providers of one tree, sorted by their paths, will have once they are
/// in it.
fn locations<'p>(
    outline: &Outline,
    new: &'p [Provider],
) -> impl Iterator<Item = (Location, &'p Provider)> {
    let root = new.first().and_then(|first| first.path().root_ordinal());
    let root = root.unwrap_or_default();
    let tree = outline.tree(root);
    new.iter().enumerate().map(move |(before, one)| {
        let at = before + tree.map_or(0, |tree| tree.count_before(one.path()));
        (Location { root, at }, one)
    })
}

/// A provider and everything below it, in no forest.
#[must_use = "a subtree that is not attached is lost"]
pub(crate) struct Subtree(Vec<Provider>);

impl From<Provider> for Subtree {
    fn from(provider: Provider) -> Self {
        Self(vec![provider])
    }
}

impl Subtree {
    /// In the order of their paths, the topmost first.
    pub(crate) fn providers(&self) -> &[Provider] {
        &self.0
    }

    /// The same with a new state of its topmost provider, at the same path.
    pub(crate) fn with_top(mut self, top: Provider) -> Self {
        if let Some(old) = self.0.first_mut() {
            *old = top;
        }
        self
    }

    fn set_parent(&mut self, parent_uuid: Option<Uuid>) {
        if let Some(top) = self.0.first_mut() {
            top.head_mut().parent_uuid = parent_uuid;
        }
    }

    /// Its providers, with the topmost one moved to a path.
    fn at(mut self, to: &Path) -> Vec<Provider> {
        if let Some(from) = self.0.first().map(|top| top.path().clone()) {
            for provider in &mut self.0 {
                let path = &mut provider.head_mut().path;
                *path = path.rebased(&from, to);
            }
        }
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::{mem, ptr};

    use uuid::Uuid;

    use crate::forest::forest::Forest;
    use crate::provider::new::NewProvider;
    use crate::provider::provider::Provider;
    use crate::provider::record::ProviderRecord;
    use crate::snapshot::Snapshot;
    use crate::transaction::transaction::Transaction;

    #[test]
    fn each_provider_that_an_edit_writes_or_takes_out_counts() {
        let mut transaction = Transaction::new(Snapshot::default());
        let mut counted = 0;
        let mut writes = |transaction: &Transaction| {
            let before = mem::replace(&mut counted, transaction.writes());
            transaction.writes() - before
        };
        transaction.new_root("root").unwrap();
        assert_eq!(writes(&transaction), 1);
        transaction.new_child("child", "root").unwrap();
        transaction.new_child("below", "child").unwrap();
        assert_eq!(writes(&transaction), 2);
        transaction.set_generation("below", 1).unwrap();
        assert_eq!(writes(&transaction), 1);
        transaction.rename("below", "renamed").unwrap();
        assert_eq!(writes(&transaction), 1);
        // Out of one tree and into another.
        transaction.move_to_root("child").unwrap();
        assert_eq!(writes(&transaction), 2 + 2);
        transaction.remove("child").unwrap();
        assert_eq!(writes(&transaction), 2);
    }

    fn assert_place_is_known(forest: &Forest, one: &Provider) {
        let by_uuid = (&forest.by_uuid, forest.keys.uuid(one.uuid()));
        let by_name = (&forest.by_name, forest.keys.name_of(one));
        for (index, hash) in [by_uuid, by_name] {
            // No glance: now and then one shows another provider, whose tag is the same.
            let is_there = index.find(hash, |place| {
                let there = forest.outline.near(place.root, place.at);
                there.filter(|there| ptr::eq(*there, one))
            });
            assert!(is_there.is_some(), "{one:?}");
        }
    }

    #[test]
    fn the_places_of_what_was_added_moved_or_renamed_last_are_known() {
        let record = |number: u128, parent: Option<u128>| {
            let mut record = ProviderRecord::new(Uuid::from_u128(number), number.to_string());
            record.parent_uuid = parent.map(Uuid::from_u128);
            record
        };
        let mut transaction = Transaction::new(Snapshot::default());
        let tree = [(1, None), (2, Some(1)), (3, Some(2)), (4, Some(1))];
        let other = [(5, None), (6, Some(5))];
        let records = tree.into_iter().chain(other);
        let records = records.map(|(number, parent)| record(number, parent));
        transaction.populate(records).unwrap();
        let forest = transaction.fork();
        for one in &forest {
            assert_place_is_known(&forest, one);
        }
        transaction.move_to("2", "5").unwrap();
        transaction.rename("3", "renamed").unwrap();
        let forest = transaction.fork();
        for key in ["1", "2", "renamed", "5", "6"] {
            assert_place_is_known(&forest, forest.find(key).unwrap());
        }
    }

    #[test]
    fn all_places_in_a_tree_that_is_small_again_are_known() {
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
            assert_place_is_known(&forest, one);
        }
    }
}
