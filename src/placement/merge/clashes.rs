//! Finds providers that can't coexist in one forest.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use super::ConflictKind;
use crate::forest::forest::Forest;
use crate::placement::state::State;
use crate::provider::key::Text;
use crate::provider::provider::Provider;

/// Providers that can't coexist as they are.
pub(super) struct Clash {
    /// The providers involved, each with its kind of conflict.
    pub(super) involved: Vec<(Uuid, ConflictKind)>,
    /// Whether a provider outside the scope, which can't be changed, is in the way.
    pub(super) is_outside: bool,
}

#[derive(Default)]
pub(super) struct Clashes(pub(super) Vec<Clash>);

impl Clashes {
    fn add(&mut self, involved: Vec<(Uuid, ConflictKind)>) {
        self.0.push(Clash {
            involved,
            is_outside: false,
        });
    }

    fn add_one_outside(&mut self, uuid: Uuid, kind: ConflictKind) {
        self.0.push(Clash {
            involved: vec![(uuid, kind)],
            is_outside: true,
        });
    }

    /// Adds pairs of providers with the same name. With `spelled`, a name that spells a UUID
    /// counts as that UUID, since text in a forest finds a provider by either; Placement
    /// compares names as text.
    pub(super) fn add_names(&mut self, state: &State, spelled: bool) {
        let taken = |other| ConflictKind::NameTaken { other };
        let mut holders: HashMap<Text<'_>, Uuid> = HashMap::default();
        for (uuid, provider) in state.iter() {
            let text = if spelled {
                Text::of(&provider.name)
            } else {
                Text::Name(&provider.name)
            };
            let by_uuid = match text {
                Text::Uuid(other) => Some(other).filter(|other| state.contains(*other)),
                Text::Name(_) => None,
            };
            let by_name = holders.insert(text, uuid);
            for other in [by_uuid, by_name].into_iter().flatten() {
                if other != uuid {
                    self.add(vec![(uuid, taken(other)), (other, taken(uuid))]);
                }
            }
        }
    }

    /// Adds children whose parent is gone, unless that is outside the scope.
    pub(super) fn add_parents(&mut self, state: &State, is_in_scope: impl Fn(Uuid) -> bool) {
        for (child, provider) in state.iter() {
            if let Some(parent) = provider.parent_uuid
                && !state.contains(parent)
                && is_in_scope(parent)
            {
                let kind = ConflictKind::ParentRemoved { parent, child };
                self.add(vec![(child, kind.clone()), (parent, kind)]);
            }
        }
    }

    /// Adds providers that would be their own ancestors.
    pub(super) fn add_cycles(&mut self, state: &State) {
        let mut seen: HashSet<Uuid> = HashSet::default();
        for start in state.uuids() {
            let mut way: BTreeMap<Uuid, usize> = BTreeMap::new();
            let mut next = Some(start);
            while let Some(uuid) = next {
                if let Some(&from) = way.get(&uuid) {
                    let on_cycle = way.iter().filter(|(_, at)| **at >= from);
                    let involved = on_cycle.map(|(uuid, _)| (*uuid, ConflictKind::Cycle));
                    self.add(involved.collect());
                }
                if !seen.insert(uuid) {
                    break;
                }
                way.insert(uuid, way.len());
                next = state.get(uuid).and_then(|provider| provider.parent_uuid);
            }
        }
    }

    /// Adds providers of the tree whose new name is taken outside the scope, or whose parent
    /// should exist there and doesn't.
    pub(super) fn add_outside(
        &mut self,
        forest: &Forest,
        ours: &State,
        tree: &State,
        is_in_scope: impl Fn(Uuid) -> bool,
    ) {
        let finds = |text: &str| forest.find(text).map(Provider::uuid);
        for (uuid, provider) in tree.iter() {
            if ours.get(uuid).is_none_or(|ours| ours.name != provider.name) {
                let holder = finds(&provider.name).or_else(|| finds(&uuid.to_string()));
                if let Some(other) = holder.filter(|holder| !ours.contains(*holder)) {
                    self.add_one_outside(uuid, ConflictKind::NameTaken { other });
                }
            }
            if let Some(parent) = provider.parent_uuid
                && !is_in_scope(parent)
                && forest.get(parent).is_none()
            {
                let child = uuid;
                self.add_one_outside(uuid, ConflictKind::ParentRemoved { parent, child });
            }
        }
    }
}
