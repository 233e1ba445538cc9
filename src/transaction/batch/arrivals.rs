//! Subtrees that are in no forest yet, by the parents that they will have.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use super::placing::Placing;
use super::subtree::Subtree;
use crate::error::Error;
use crate::forest::diff::change::Place;
use crate::forest::edit::Editor;
use crate::forest::forest::Forest;
use crate::provider::path::Path;
use crate::transaction::checks;

/// Subtrees for one parent, in the order in which they were given.
pub(super) type Siblings = Vec<(Subtree, Place)>;

/// Subtrees by their parents.
#[derive(Default)]
pub(super) struct Arrivals(HashMap<Option<Uuid>, Siblings>);

/// Where to find a subtree again.
pub(super) struct Ticket {
    parent: Option<Uuid>,
    at: usize,
}

impl Arrivals {
    pub(super) fn add(&mut self, subtree: Subtree, place: Place) -> Ticket {
        let parent = subtree.top().parent_uuid();
        let siblings = self.0.entry(parent).or_default();
        siblings.push((subtree, place));
        let at = siblings.len() - 1;
        Ticket { parent, at }
    }

    pub(super) fn get_mut(&mut self, ticket: &Ticket) -> Option<&mut Subtree> {
        let siblings = self.0.get_mut(&ticket.parent)?;
        siblings.get_mut(ticket.at).map(|(subtree, _)| subtree)
    }

    /// Puts each subtree into its place, once. `missing` are parents known to be missing;
    /// `stranded` are providers that were removed along with such a parent, and are not
    /// missing themselves.
    pub(super) fn place(
        self,
        editor: &mut Editor,
        missing: BTreeSet<Uuid>,
        stranded: &HashSet<Uuid>,
    ) -> Result<(), Error> {
        let present = self.present_parents(editor);
        self.check_parents(&present, missing, stranded)?;
        Placing::new(self.0, present).place_all(editor)
    }

    /// The parents that are in the forest, top-down.
    fn present_parents(&self, forest: &Forest) -> Vec<Option<Uuid>> {
        let path = |&parent: &Option<Uuid>| match parent {
            None => Some((Path::TOP, parent)),
            Some(uuid) => Some((forest.get(uuid)?.path().clone(), parent)),
        };
        let mut present: Vec<(Path, Option<Uuid>)> = self.0.keys().filter_map(path).collect();
        present.sort_unstable();
        present.into_iter().map(|(_, parent)| parent).collect()
    }

    /// Checks that all subtrees can be reached from parents in the forest.
    fn check_parents(
        &self,
        present: &[Option<Uuid>],
        mut missing: BTreeSet<Uuid>,
        stranded: &HashSet<Uuid>,
    ) -> Result<(), Error> {
        let mut left: HashMap<Option<Uuid>, &Siblings> = HashMap::default();
        left.extend(self.0.iter().map(|(parent, siblings)| (*parent, siblings)));
        let mut reached = present.to_vec();
        while let Some(parent) = reached.pop() {
            let siblings = left.remove(&parent).into_iter().flatten();
            let arriving = siblings.flat_map(|(subtree, _)| subtree.providers());
            let parents = arriving.map(|provider| Some(provider.uuid()));
            reached.extend(parents.filter(|parent| left.contains_key(parent)));
        }
        let unreached = left.values().copied().flatten();
        let parents: HashMap<Uuid, Option<Uuid>> = unreached
            .flat_map(|(subtree, _)| subtree.providers())
            .map(|provider| (provider.uuid(), provider.parent_uuid()))
            .collect();
        let sought = || left.keys().flatten();
        let is_somewhere = |uuid: &Uuid| parents.contains_key(uuid) || stranded.contains(uuid);
        missing.extend(sought().filter(|uuid| !is_somewhere(uuid)));
        checks::parents(missing)?;
        match sought().min() {
            None => Ok(()),
            Some(&start) => Err(checks::cycle(start, |uuid| {
                parents.get(uuid).copied().flatten()
            })),
        }
    }
}
