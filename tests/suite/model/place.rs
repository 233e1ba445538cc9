//! Checks the places in a diff against lists of siblings.

use std::collections::{BTreeMap, BTreeSet};

use provider_tree::{Change, Place, Snapshot};
use uuid::Uuid;

use super::tally;

type Siblings = BTreeMap<Option<Uuid>, Vec<Uuid>>;

fn siblings(state: &Snapshot) -> Siblings {
    let mut siblings = Siblings::new();
    for provider in state.iter() {
        let all = siblings.entry(provider.parent_uuid()).or_default();
        all.push(provider.uuid());
    }
    siblings
}

/// Siblings that stay have the same parent and order in both states, and no other sibling
/// could stay. One that arrives is placed right before the next that stays. Returns those
/// that arrive.
pub fn check_places(newer: &Snapshot, older: &Snapshot, changes: &[Change]) -> BTreeSet<Uuid> {
    let arriving: BTreeMap<Uuid, Place> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Added { place, .. } => Some((change.uuid(), *place)),
            Change::Updated { place, .. } => Some((change.uuid(), (*place)?)),
            _ => None,
        })
        .collect();
    let [now, then] = [newer, older].map(siblings);
    for (parent, now) in now {
        let then: &[Uuid] = then.get(&parent).map_or(&[], |then| then);
        let at = |uuid: &Uuid| then.iter().position(|one| one == uuid);
        let stays = |uuid: &&Uuid| !arriving.contains_key(*uuid);
        let staying: Vec<_> = now.iter().filter(stays).map(at).collect();
        assert!(staying.iter().all(Option::is_some));
        assert!(staying.is_sorted());
        let mut next = Place::Last;
        for (index, uuid) in now.iter().enumerate().rev() {
            let Some(place) = arriving.get(uuid) else {
                next = Place::Before(*uuid);
                continue;
            };
            assert_eq!(*place, next);
            let kind = if next == Place::Last {
                "Last"
            } else {
                "Before"
            };
            let Some(old) = at(uuid) else {
                tally::mark("Arrives", kind);
                continue;
            };
            let [before, after] = [&now[..index], &now[index + 1..]];
            let passes = before.iter().filter(stays).any(|one| at(one) > Some(old))
                || after.iter().filter(stays).any(|one| at(one) < Some(old));
            assert!(passes, "{uuid} could stay");
            tally::mark("Moves", kind);
        }
    }
    arriving.into_keys().collect()
}
