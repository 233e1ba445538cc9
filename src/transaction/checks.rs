//! The rules of a forest, each written once, for single edits and batches alike.
//!
//! A rule is given the intended state and returns an error, or nothing. It does not know
//! its caller, and changes nothing.

use std::collections::BTreeSet;
use std::iter;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use crate::error::Error;
use crate::forest::forest::Forest;
use crate::provider::key::Text;
use crate::provider::path::Path;
use crate::provider::provider::Provider;

/// No tree has more than [`Forest::MAX_LEVELS`] levels, once a subtree is below the parent
/// at `above`.
pub(super) fn levels<'p>(
    mut subtree: impl Iterator<Item = &'p Provider>,
    above: &Path,
) -> Result<(), Error> {
    let Some(top) = subtree.next() else {
        return Ok(());
    };
    let (from, to) = (top.path().levels(), above.levels() + 1);
    let level = |below: &Provider| below.path().levels() - from + to;
    let too_deep = iter::once(top)
        .chain(subtree)
        .find(|below| level(below) > Forest::MAX_LEVELS);
    match too_deep {
        None => Ok(()),
        Some(provider) => Err(Error::TooDeep {
            uuid: provider.uuid(),
            limit: Forest::MAX_LEVELS,
        }),
    }
}

/// Every parent exists.
pub(super) fn parents(missing: BTreeSet<Uuid>) -> Result<(), Error> {
    if missing.is_empty() {
        Ok(())
    } else {
        Err(Error::MissingParents {
            uuids: missing.into_iter().collect(),
        })
    }
}

/// No provider is its own ancestor: returns the cycle that the parents from `start` on lead
/// into.
pub(super) fn cycle(start: Uuid, parent: impl Fn(&Uuid) -> Option<Uuid>) -> Error {
    let mut seen = BTreeSet::new();
    let mut way = iter::successors(Some(start), &parent);
    let on_cycle = way.find(|uuid| !seen.insert(*uuid)).unwrap_or(start);
    let rest = iter::successors(parent(&on_cycle), &parent);
    let all = iter::once(on_cycle).chain(rest.take_while(|uuid| *uuid != on_cycle));
    Error::Cycle {
        uuids: all.collect(),
    }
}

/// A provider that is new, or has a new name.
pub(super) struct Named<'n> {
    pub(super) uuid: Uuid,
    pub(super) name: &'n str,
    pub(super) is_new: bool,
}

/// Checks that each text finds at most one provider, since names and UUIDs share one
/// namespace. `forest` is the state before. If two of `named` have the same name, the error is
/// about the second.
pub(super) fn names(
    forest: &Forest,
    removed: &HashSet<Uuid>,
    named: &[Named<'_>],
) -> Result<(), Error> {
    let changing: HashSet<Uuid> = named.iter().map(|one| one.uuid).collect();
    let keeps_name = |uuid| !changing.contains(&uuid) && !removed.contains(&uuid);
    let exists =
        |uuid| changing.contains(&uuid) || forest.get(uuid).is_some() && !removed.contains(&uuid);
    let mut taken: HashMap<Text<'_>, &Named<'_>> = HashMap::default();
    taken.reserve(named.len());
    for one in named {
        if let Some(first) = taken.insert(Text::of(one.name), one) {
            return Err(Error::name_taken(one.name, first.uuid, first.name));
        }
        name(forest, one, keeps_name, exists)?;
    }
    Ok(())
}

/// The same rule for one provider and those of a forest: `keeps_name` says which of them
/// keep their names, and `exists` which UUIDs there will be.
pub(super) fn name(
    forest: &Forest,
    new: &Named<'_>,
    keeps_name: impl Fn(Uuid) -> bool,
    exists: impl Fn(Uuid) -> bool,
) -> Result<(), Error> {
    let &Named { uuid, name, is_new } = new;
    let spelled = Uuid::try_parse(name).ok();
    if is_new
        && spelled != Some(uuid)
        && let Some(named) = forest.named_as(uuid, &keeps_name)
    {
        return Err(Error::UuidIsName { uuid, named });
    }
    let is_other = |holder| holder != uuid && keeps_name(holder);
    let holder = forest.holder_of_name(name, is_other);
    if let Some(holder) = holder.and_then(|uuid| forest.get(uuid)) {
        return Err(Error::name_taken(name, holder.uuid(), holder.name()));
    }
    match spelled {
        Some(spelled) if spelled != uuid && exists(spelled) => Err(Error::NameIsUuid {
            name: name.to_owned(),
            uuid: spelled,
        }),
        _ => Ok(()),
    }
}
