//! Siblings: their order, ordinals and paths.

use uuid::Uuid;

use super::edit::Editor;
use super::forest::Forest;
use super::iter::{Children, last_below};
use crate::error::Error;
use crate::provider::path::{MAX_SIBLINGS, Path};
use crate::provider::provider::Provider;

/// How much room renumbering leaves before each sibling, after an insertion that found
/// none: so many more can be inserted there before the next renumbering.
const SPARE: usize = 16;

impl Forest {
    /// The path of a parent; [`Path::TOP`] for `None`.
    pub(crate) fn path_of(&self, parent_uuid: Option<Uuid>) -> Result<Path, Error> {
        match parent_uuid {
            None => Ok(Path::TOP),
            Some(uuid) => Ok(self.require(uuid)?.path().clone()),
        }
    }

    /// The next sibling of a provider.
    pub(crate) fn next_sibling(&self, provider: &Provider) -> Option<&Provider> {
        let next = match provider.parent_uuid() {
            None => self.outline.root_after(provider.path()),
            Some(_) => {
                let tree = self.outline.tree_of(provider.path())?;
                tree.from(&provider.path().end()).next()
            }
        };
        next.filter(|next| next.parent_uuid() == provider.parent_uuid())
    }

    /// The sibling before a provider.
    pub(crate) fn previous_sibling(&self, provider: &Provider) -> Option<&Provider> {
        let Some(parent) = provider.parent_uuid() else {
            return self.outline.root_before(provider.path());
        };
        let above = self.get(parent)?.path();
        let tree = self.outline.tree_of(above)?;
        let last = tree.last_before(provider.path());
        let last = last.filter(|last| last.path() > above)?;
        self.by_path(&above.child_towards(last.path()))
    }

    /// The first ordinal after that of the sibling before a child.
    fn first_free(&self, parent: &Path, child: Uuid) -> Result<u32, Error> {
        let previous = self.previous_sibling(self.require(child)?);
        Ok(previous.map_or(0, |previous| parent.ordinal_of(previous.path()) + 1))
    }

    pub(crate) fn next_ordinal(&self, parent: &Path) -> u32 {
        last_below(self, parent).map_or(0, |last| parent.ordinal_of(last) + 1)
    }
}

impl Editor {
    /// The path of a new last child of the provider at `parent`.
    ///
    /// Ordinals only grow, so years of adding and removing exhaust them: then the siblings
    /// are renumbered.
    pub(crate) fn next_path(&mut self, parent: &Path) -> Result<Path, Error> {
        Ok(parent.child(self.reserve(parent, 1)?))
    }

    /// A path between a child of the provider at `parent` and the sibling before it. If
    /// there is no room, the children are renumbered, with room for `arriving_before`
    /// before each, and some to spare.
    pub(crate) fn path_before(
        &mut self,
        parent: &Path,
        child: Uuid,
        arriving_before: impl Fn(Uuid) -> usize,
    ) -> Result<Path, Error> {
        if self.first_free(parent, child)? == parent.ordinal_of(self.require(child)?.path()) {
            let children = Children::of(self, parent).map(Provider::uuid);
            let taken = children.map(|uuid| 1 + arriving_before(uuid));
            let (count, taken) = taken.fold((0, 0), |(count, sum), one| (count + 1, sum + one));
            let left = (MAX_SIBLINGS as usize).saturating_sub(taken);
            let spare = SPARE.min(left / count.max(1));
            self.renumber(parent, |uuid| arriving_before(uuid) + spare)?;
        }
        Ok(parent.child(self.first_free(parent, child)?))
    }

    /// Makes sure that a provider can get `additional` more children. Returns the ordinal of
    /// the next one. Paths may change; what the forest shows does not.
    pub(crate) fn reserve(&mut self, parent: &Path, additional: usize) -> Result<u32, Error> {
        let limit = u64::from(MAX_SIBLINGS);
        let next = self.next_ordinal(parent);
        if u64::from(next) + additional as u64 <= limit {
            return Ok(next);
        }
        if (Children::of(self, parent).count() + additional) as u64 > limit {
            return Err(Error::TooManySiblings { limit });
        }
        self.renumber(parent, |_| 0)?;
        Ok(self.next_ordinal(parent))
    }

    /// Renumbers the children of a provider, with `room_before` each.
    fn renumber(
        &mut self,
        parent: &Path,
        room_before: impl Fn(Uuid) -> usize,
    ) -> Result<(), Error> {
        let limit = u64::from(MAX_SIBLINGS);
        let mut ordinal = 0;
        let mut moves = Vec::new();
        let parent_uuid = self.outline.get(parent).map(Provider::uuid);
        for child in Children::of(self, parent) {
            ordinal += room_before(child.uuid()) as u64;
            if ordinal >= limit {
                return Err(Error::TooManySiblings { limit });
            }
            let path = parent.child(ordinal as u32);
            if *child.path() != path {
                moves.push((child.path().clone(), path));
            }
            ordinal += 1;
        }
        self.relocate(&moves, parent_uuid);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::new::NewProvider;
    use crate::snapshot::Snapshot;
    use crate::transaction::transaction::Transaction;

    #[test]
    fn as_much_room_is_made_before_a_sibling_as_there_are_ordinals() {
        let mut transaction = Transaction::new(Snapshot::default());
        let next = Uuid::from_u128(1);
        transaction.new_root("root").unwrap();
        transaction.new_child("first", "root").unwrap();
        transaction
            .new_child(NewProvider::new("next").uuid(next), "root")
            .unwrap();
        let parent = transaction.find("root").unwrap().path().clone();
        let make_room = |room: u32| {
            let mut fork = Editor::from(&*transaction);
            let path = fork.path_before(
                &parent,
                next,
                |one| if one == next { room as usize } else { 0 },
            );
            fork.check_invariants().unwrap();
            path.map(|path| {
                (
                    parent.ordinal_of(&path),
                    parent.ordinal_of(fork.get(next).unwrap().path()),
                )
            })
        };
        assert_eq!(make_room(MAX_SIBLINGS - 2), Ok((1, MAX_SIBLINGS - 1)));
        let limit = u64::from(MAX_SIBLINGS);
        assert_eq!(
            make_room(MAX_SIBLINGS - 1),
            Err(Error::TooManySiblings { limit })
        );
    }

    #[test]
    fn room_to_spare_is_shared_by_all_siblings() {
        let mut transaction = Transaction::new(Snapshot::default());
        let next = Uuid::from_u128(1);
        transaction.new_root("root").unwrap();
        transaction
            .new_child(NewProvider::new("next").uuid(next), "root")
            .unwrap();
        for number in 0..MAX_SIBLINGS / 3 {
            transaction.new_child(&number.to_string(), "root").unwrap();
        }
        let parent = transaction.find("root").unwrap().path().clone();
        let mut fork = Editor::from(&*transaction);
        assert!(fork.path_before(&parent, next, |_| 0).is_ok());
        fork.check_invariants().unwrap();
    }
}
