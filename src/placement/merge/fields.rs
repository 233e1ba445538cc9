//! The merge of one provider, by field.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::ConflictKind;
use crate::placement::state::ProviderState;
use crate::provider::inventory::Inventory;
use crate::provider::name::ResourceClass;

/// Which side's value is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Ours,
    Theirs,
}

/// Fields forced to one side's value, whatever changed, because the providers would be no
/// forest otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Forced {
    pub(super) name: bool,
    /// The parent, and whether the provider exists.
    pub(super) place: bool,
}

/// One provider as three states have it.
#[derive(Clone, Copy)]
pub(super) struct Versions<'a> {
    pub(super) base: Option<&'a Arc<ProviderState>>,
    pub(super) ours: Option<&'a Arc<ProviderState>>,
    pub(super) theirs: Option<&'a Arc<ProviderState>>,
}

/// One provider, merged.
pub(super) struct Merged {
    pub(super) provider: Option<Arc<ProviderState>>,
    /// What both sides changed differently.
    pub(super) conflicts: Vec<ConflictKind>,
}

impl<'a> Versions<'a> {
    pub(super) fn of(self, side: Side) -> Option<&'a Arc<ProviderState>> {
        match side {
            Side::Ours => self.ours,
            Side::Theirs => self.theirs,
        }
    }

    /// Whether both sides are equal.
    pub(super) fn agree(self) -> bool {
        match (self.ours, self.theirs) {
            (Some(ours), Some(theirs)) => ours.agrees_with(theirs),
            (ours, theirs) => ours.is_none() && theirs.is_none(),
        }
    }

    /// Merges the provider. Conflicts, and what is forced, take the value of one side.
    pub(super) fn merge(self, side: Side, forced: Forced) -> Merged {
        match (self.ours, self.theirs) {
            (Some(ours), Some(theirs)) => self.merge_fields(ours, theirs, side, forced),
            (one, other) => self.merge_existence(one.or(other), side, forced),
        }
    }

    /// Merges a provider that at most one side has.
    fn merge_existence(
        self,
        there: Option<&Arc<ProviderState>>,
        side: Side,
        forced: Forced,
    ) -> Merged {
        let is_unchanged = match (self.base, there) {
            (Some(base), Some(there)) => base.agrees_with(there),
            _ => false,
        };
        let is_conflict = self.base.is_some() && there.is_some() && !is_unchanged;
        let provider = if forced.place || is_conflict {
            self.of(side)
        } else {
            there.filter(|_| !is_unchanged)
        };
        Merged {
            provider: provider.cloned(),
            conflicts: Vec::from_iter(is_conflict.then_some(ConflictKind::Removed)),
        }
    }

    fn merge_fields(
        self,
        ours: &ProviderState,
        theirs: &Arc<ProviderState>,
        side: Side,
        forced: Forced,
    ) -> Merged {
        // The common case: theirs is shared, not copied.
        let is_unchanged_here = self.base.is_some_and(|base| base.agrees_with(ours));
        if ours.agrees_with(theirs) || is_unchanged_here && forced == Forced::default() {
            return Merged {
                provider: Some(Arc::clone(theirs)),
                conflicts: Vec::new(),
            };
        }
        let base = self.base.map(|base| &**base);
        let mut fields = Fields {
            side,
            conflicts: Vec::new(),
        };
        let base_name = base.map(|base| &base.name);
        let names = (base_name, Some(&ours.name), Some(&theirs.name));
        let name = fields.pick(names, forced.name, || ConflictKind::Name);
        let base_parent = base.map(|base| &base.parent_uuid);
        let parents = (
            base_parent,
            Some(&ours.parent_uuid),
            Some(&theirs.parent_uuid),
        );
        let parent = fields.pick(parents, forced.place, || ConflictKind::Parent);
        let inventories = (
            base.map(|base| &base.inventory),
            &ours.inventory,
            &theirs.inventory,
        );
        let merged = ProviderState {
            name: name.unwrap_or(&ours.name).clone(),
            parent_uuid: *parent.unwrap_or(&ours.parent_uuid),
            generation: theirs.generation,
            inventory: fields.inventory(inventories),
            traits: merge_sets(base.map(|base| &base.traits), &ours.traits, &theirs.traits),
            aggregates: merge_sets(
                base.map(|base| &base.aggregates),
                &ours.aggregates,
                &theirs.aggregates,
            ),
        };
        Merged {
            provider: Some(Arc::new(merged)),
            conflicts: fields.conflicts,
        }
    }
}

/// Picks a side for each field.
struct Fields {
    side: Side,
    conflicts: Vec<ConflictKind>,
}

impl Fields {
    /// Picks one of base, ours and theirs. `None` is a value too: absent.
    fn pick<'v, T: PartialEq>(
        &mut self,
        (base, ours, theirs): (Option<&'v T>, Option<&'v T>, Option<&'v T>),
        forced: bool,
        kind: impl FnOnce() -> ConflictKind,
    ) -> Option<&'v T> {
        let is_conflict = ours != theirs && ours != base && theirs != base;
        if is_conflict {
            self.conflicts.push(kind());
        }
        if is_conflict || forced {
            match self.side {
                Side::Ours => ours,
                Side::Theirs => theirs,
            }
        } else if ours == base {
            theirs
        } else {
            ours
        }
    }

    fn inventory(
        &mut self,
        (base, ours, theirs): (Option<&Records>, &Records, &Records),
    ) -> Records {
        let classes: BTreeSet<&ResourceClass> = ours.keys().chain(theirs.keys()).collect();
        let record = |class: &ResourceClass| {
            let base = base.and_then(|base| base.get(class));
            let versions = (base, ours.get(class), theirs.get(class));
            let picked = self.pick(versions, false, || ConflictKind::Inventory(class.clone()));
            Some((class.clone(), *picked?))
        };
        classes.into_iter().filter_map(record).collect()
    }
}

type Records = BTreeMap<ResourceClass, Inventory>;

/// Merges sets. An element is a member or not, so two changes to it are always the same
/// change.
fn merge_sets<T: Clone + Ord>(
    base: Option<&BTreeSet<T>>,
    ours: &BTreeSet<T>,
    theirs: &BTreeSet<T>,
) -> BTreeSet<T> {
    let is_new = |item: &&T| !base.is_some_and(|base| base.contains(*item));
    let on_both = ours.intersection(theirs);
    let added = ours.symmetric_difference(theirs).filter(is_new);
    on_both.chain(added).cloned().collect()
}
