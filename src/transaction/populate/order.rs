//! How the given providers stand to one another and to those that are there.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt, HashSet};
use uuid::Uuid;

use super::shared::Draft;
use crate::error::Error;
use crate::forest::forest::Forest;
use crate::forest::iter::Providers;
use crate::provider::path::Path;
use crate::provider::provider::Provider;
use crate::transaction::structure::{check_none_missing, cycle};

/// Which of the present providers go, none of them given: what `populate` and
/// `replace_all` differ in.
pub(super) type Dropped = fn(&Forest, &HashMap<Uuid, usize>) -> HashSet<Uuid>;

/// All that are not given.
pub(super) fn all_dropped(forest: &Forest, given: &HashMap<Uuid, usize>) -> HashSet<Uuid> {
    let all = forest.iter().map(Provider::uuid);
    all.filter(|uuid| !given.contains_key(uuid)).collect()
}

/// Those below a given one that are not given themselves.
pub(super) fn dropped_below(forest: &Forest, given: &HashMap<Uuid, usize>) -> HashSet<Uuid> {
    let present = given.keys().filter_map(|&uuid| forest.get(uuid));
    let mut paths: Vec<&Path> = present.map(Provider::path).collect();
    paths.sort_unstable();
    // Of paths below one another, the topmost covers all: it comes first.
    paths.dedup_by(|path, above| above.contains(path));
    paths
        .into_iter()
        .flat_map(|path| Providers::below(forest, path))
        .map(Provider::uuid)
        .filter(|uuid| !given.contains_key(uuid))
        .collect()
}

pub(super) fn check_parents(
    forest: &Forest,
    given: &[Draft],
    by_uuid: &HashMap<Uuid, usize>,
    dropped: &HashSet<Uuid>,
) -> Result<(), Error> {
    let missing: BTreeSet<Uuid> = given
        .iter()
        .filter_map(|draft| draft.head.parent_uuid)
        .filter(|uuid| !by_uuid.contains_key(uuid))
        .filter(|uuid| forest.get(*uuid).is_none() || dropped.contains(uuid))
        .collect();
    check_none_missing(missing)
}

pub(super) fn keeps_parent(forest: &Forest, draft: &Draft) -> bool {
    forest
        .get(draft.head.uuid())
        .is_some_and(|old| old.parent_uuid() == draft.head.parent_uuid)
}

/// The order in which to place the given providers: tree by tree, so that they
/// lie close together in memory, parents first, then siblings that keep their
/// parent, in their present order, then the others in the given order.
pub(super) fn parents_first(
    forest: &Forest,
    given: &[Draft],
    by_uuid: &HashMap<Uuid, usize>,
) -> Result<Vec<usize>, Error> {
    let mut next = Vec::new();
    let mut children: HashMap<usize, Vec<usize>> = HashMap::new();
    for (at, draft) in given.iter().enumerate() {
        match draft.head.parent_uuid.and_then(|uuid| by_uuid.get(&uuid)) {
            Some(&parent) => children.entry(parent).or_default().push(at),
            None => next.push(at),
        }
    }
    for siblings in children.values_mut() {
        siblings.sort_by_cached_key(|&at| {
            let old = forest.get(given[at].head.uuid());
            let kept = old.filter(|_| keeps_parent(forest, &given[at]));
            (kept.is_none(), kept.map(|old| old.path().clone()))
        });
    }
    next.reverse();
    let mut order = Vec::with_capacity(given.len());
    while let Some(at) = next.pop() {
        order.push(at);
        next.extend(children.remove(&at).into_iter().flatten().rev());
    }
    match children.keys().min() {
        None => Ok(order),
        Some(&start) => Err(cycle(given[start].head.uuid(), |uuid| {
            let parent = given[*by_uuid.get(uuid)?].head.parent_uuid;
            parent.filter(|uuid| by_uuid.contains_key(uuid))
        })),
    }
}
