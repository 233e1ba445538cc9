//! Providers on their way to where they belong, each with all that stands below it.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use super::structure::{check_levels, check_none_missing, cycle};
use crate::error::Error;
use crate::forest::diff::change::Place;
use crate::forest::edit::Subtree;
use crate::forest::forest::Forest;
use crate::provider::path::Path;
use crate::provider::provider::Provider;

/// Subtrees by the parents that they go to. Siblings come in the order in which they were
/// given.
pub(super) struct Arrivals(HashMap<Option<Uuid>, Vec<(Subtree, Place)>>);

impl FromIterator<(Subtree, Place)> for Arrivals {
    fn from_iter<T: IntoIterator<Item = (Subtree, Place)>>(subtrees: T) -> Self {
        let mut arrivals: HashMap<_, Vec<_>> = HashMap::default();
        for (subtree, place) in subtrees {
            if let Some(top) = subtree.providers().first() {
                let siblings = arrivals.entry(top.parent_uuid()).or_default();
                siblings.push((subtree, place));
            }
        }
        Self(arrivals)
    }
}

impl Arrivals {
    /// Puts them where they belong, top-down: each once, below a parent that stands
    /// where it will stand.
    pub(super) fn place(mut self, forest: &mut Forest) -> Result<(), Error> {
        self.check_parents(forest)?;
        let stands = |uuid| forest.get(uuid).is_some();
        let parents = self.0.keys().copied();
        let mut standing: Vec<_> = parents.filter(|parent| parent.is_none_or(stands)).collect();
        while let Some(parent) = standing.pop() {
            let subtrees = self.0.remove(&parent).unwrap_or_default();
            let below = subtrees.iter().flat_map(|(subtree, _)| subtree.providers());
            let below = below.map(|provider| Some(provider.uuid()));
            standing.extend(below.filter(|parent| self.0.contains_key(parent)));
            place_below(forest, parent, subtrees)?;
        }
        // Those that are left can't be reached from a root.
        match self.0.keys().flatten().min() {
            None => Ok(()),
            Some(&start) => Err(self.cycle(start)),
        }
    }

    fn check_parents(&self, forest: &Forest) -> Result<(), Error> {
        let subtrees = self.0.values().flatten();
        let arriving = subtrees.flat_map(|(subtree, _)| subtree.providers());
        let arriving: HashSet<Uuid> = arriving.map(Provider::uuid).collect();
        let parents = self.0.keys().flatten();
        let missing: BTreeSet<Uuid> = parents
            .filter(|uuid| forest.get(**uuid).is_none() && !arriving.contains(uuid))
            .copied()
            .collect();
        check_none_missing(missing)
    }

    /// The cycle of those that are left.
    fn cycle(&self, start: Uuid) -> Error {
        let providers = self
            .0
            .values()
            .flatten()
            .flat_map(|(subtree, _)| subtree.providers());
        let parents: HashMap<Uuid, Option<Uuid>> = providers
            .map(|provider| (provider.uuid(), provider.parent_uuid()))
            .collect();
        cycle(start, |uuid| parents.get(uuid).copied().flatten())
    }
}

fn place_below(
    forest: &mut Forest,
    parent: Option<Uuid>,
    subtrees: Vec<(Subtree, Place)>,
) -> Result<(), Error> {
    let above = forest.place_of(parent)?;
    let mut waiting: HashMap<Uuid, usize> = HashMap::default();
    for (_, place) in &subtrees {
        if let Place::Before(next) = place {
            *waiting.entry(*next).or_default() += 1;
        }
    }
    for (subtree, place) in subtrees {
        let path = match place {
            Place::Before(next) if stands_below(forest, parent, next) => {
                let room = |uuid| waiting.get(&uuid).copied().unwrap_or(0);
                forest.path_before(&above, next, room)?
            }
            _ => forest.next_path(&above)?,
        };
        if let Place::Before(next) = place {
            waiting.entry(next).and_modify(|count| *count -= 1);
        }
        check_depth(subtree.providers(), &path)?;
        forest.attach(subtree, &path);
    }
    Ok(())
}

/// Whether a provider is among the children of a parent.
fn stands_below(forest: &Forest, parent: Option<Uuid>, uuid: Uuid) -> bool {
    forest
        .get(uuid)
        .is_some_and(|child| child.parent_uuid() == parent)
}

fn check_depth(subtree: &[Provider], path: &Path) -> Result<(), Error> {
    let levels = path.levels();
    let top = subtree.first().map_or(0, |top| top.path().levels());
    subtree
        .iter()
        .try_for_each(|below| check_levels(below.uuid(), below.path().levels() - top + levels))
}
