//! Makes forests of providers that were merged one by one.
//!
//! Each side by itself is a forest; their merge may not be. While providers clash in what the
//! tree or the service would become, those involved take the clashing fields from one side, or
//! stop. Each round brings at least one provider closer to being wholly as one side has it,
//! and a side has no clashes, so this terminates.

use std::collections::BTreeSet;

use foldhash::HashMap;
use uuid::Uuid;

use super::clashes::{Clash, Clashes};
use super::fields::{Forced, Side, Versions};
use super::{ConflictKind, FieldConflict, Merge, Policy};
use crate::forest::forest::Forest;
use crate::placement::state::State;

/// A merge under way.
pub(super) struct Merging<'a> {
    /// The forest that the tree's state is a part of.
    forest: Option<&'a Forest>,
    base: &'a State,
    ours: &'a State,
    theirs: &'a State,
    policy: Policy,
    /// What was decided for each provider so far.
    decisions: HashMap<Uuid, Decision>,
    found: BTreeSet<(Uuid, ConflictKind)>,
    tree: State,
    service: State,
}

#[derive(Clone, Copy, Default)]
struct Decision {
    forced: Forced,
    stop: bool,
}

impl<'a> Merging<'a> {
    pub(super) fn new(
        forest: Option<&'a Forest>,
        base: &'a State,
        ours: &'a State,
        theirs: &'a State,
        policy: Policy,
    ) -> Self {
        let mut merging = Self {
            forest,
            base,
            ours,
            theirs,
            policy,
            decisions: HashMap::default(),
            found: BTreeSet::new(),
            tree: State::default(),
            service: State::default(),
        };
        let uuids: BTreeSet<Uuid> = [base, ours, theirs]
            .into_iter()
            .flat_map(State::uuids)
            .collect();
        for uuid in uuids {
            merging.merge(uuid);
        }
        while merging.settle_clashes() {}
        merging
    }

    pub(super) fn finish(self) -> Merge {
        let mut base = self.theirs.clone();
        for (&uuid, decision) in &self.decisions {
            if decision.stop {
                base.put(uuid, self.base.shared(uuid).cloned());
            }
        }
        let conflict = |(uuid, kind): &(Uuid, ConflictKind)| {
            let versions = self.versions(*uuid);
            let stop = self.decision(*uuid).stop;
            FieldConflict {
                uuid: *uuid,
                kind: kind.clone(),
                base: versions.base.cloned(),
                ours: versions.ours.cloned(),
                theirs: versions.theirs.cloned(),
                outcome: if stop { Policy::Stop } else { self.policy },
            }
        };
        Merge {
            conflicts: self.found.iter().map(conflict).collect(),
            base,
            tree: self.tree,
            service: self.service,
        }
    }

    fn versions(&self, uuid: Uuid) -> Versions<'a> {
        Versions {
            base: self.base.shared(uuid),
            ours: self.ours.shared(uuid),
            theirs: self.theirs.shared(uuid),
        }
    }

    fn decision(&self, uuid: Uuid) -> Decision {
        self.decisions.get(&uuid).copied().unwrap_or_default()
    }

    /// The side that wins conflicts; irrelevant if the policy is to stop.
    fn side(&self) -> Side {
        match self.policy {
            Policy::Theirs => Side::Theirs,
            Policy::Ours | Policy::Stop => Side::Ours,
        }
    }

    /// Merges one provider by what was decided.
    fn merge(&mut self, uuid: Uuid) {
        let versions = self.versions(uuid);
        let decision = self.decision(uuid);
        let merged = versions.merge(self.side(), decision.forced);
        let stop = decision.stop || self.policy == Policy::Stop && !merged.conflicts.is_empty();
        let conflicts = merged.conflicts.into_iter();
        self.found.extend(conflicts.map(|kind| (uuid, kind)));
        if stop {
            self.decisions.entry(uuid).or_default().stop = true;
            self.tree.put(uuid, versions.ours.cloned());
            self.service.put(uuid, versions.theirs.cloned());
        } else {
            self.tree.put(uuid, merged.provider.clone());
            self.service.put(uuid, merged.provider);
        }
    }

    /// Settles the current clashes. Returns whether it could settle any.
    fn settle_clashes(&mut self) -> bool {
        let is_in_scope = |uuid| self.is_in_scope(uuid);
        let mut clashes = Clashes::default();
        if let Some(forest) = self.forest {
            clashes.add_outside(forest, self.ours, &self.tree, is_in_scope);
        }
        for (state, spelled) in [(&self.tree, true), (&self.service, false)] {
            clashes.add_names(state, spelled);
            clashes.add_parents(state, is_in_scope);
            clashes.add_cycles(state);
        }
        let mut changed = BTreeSet::new();
        for clash in clashes.0 {
            // What has just changed may no longer clash.
            let is_stale = clash
                .involved
                .iter()
                .any(|(uuid, _)| changed.contains(uuid));
            if !is_stale {
                self.settle(&clash, &mut changed);
            }
            let differ = clash.involved.into_iter();
            let differ = differ.filter(|(uuid, _)| !self.versions(*uuid).agree());
            self.found.extend(differ.collect::<Vec<_>>());
        }
        for &uuid in &changed {
            self.merge(uuid);
        }
        !changed.is_empty()
    }

    fn settle(&mut self, clash: &Clash, changed: &mut BTreeSet<Uuid>) {
        // Taking ours would remove another client's provider.
        let is_new_there = |uuid| {
            let Versions { base, ours, .. } = self.versions(uuid);
            ours.is_none() && base.is_none()
        };
        let stop = match self.policy {
            Policy::Ours => clash.involved.iter().any(|(uuid, _)| is_new_there(*uuid)),
            Policy::Theirs => false,
            Policy::Stop => true,
        };
        let stop = stop || clash.is_outside;
        if !stop {
            for (uuid, kind) in &clash.involved {
                if self.force(*uuid, kind) {
                    changed.insert(*uuid);
                }
            }
        }
        // Nothing is left to take from one side if the clash is with a stopped provider, or if
        // that side is no forest by the tree's stricter rules.
        if changed.is_disjoint(&clash.involved.iter().map(|(uuid, _)| *uuid).collect()) {
            for (uuid, _) in &clash.involved {
                let agree = self.versions(*uuid).agree();
                let decision = self.decisions.entry(*uuid).or_default();
                if !agree && !decision.stop {
                    decision.stop = true;
                    changed.insert(*uuid);
                }
            }
        }
    }

    /// Takes from one side what clashes. Returns whether that is new.
    fn force(&mut self, uuid: Uuid, kind: &ConflictKind) -> bool {
        let is_on_side = self.versions(uuid).of(self.side()).is_some();
        let forced = &mut self.decisions.entry(uuid).or_default().forced;
        let before = *forced;
        if matches!(kind, ConflictKind::NameTaken { .. }) && is_on_side {
            forced.name = true;
        } else {
            forced.place = true;
        }
        before != *forced
    }

    fn is_in_scope(&self, uuid: Uuid) -> bool {
        let mut states = [self.base, self.ours, self.theirs].into_iter();
        states.any(|state| state.contains(uuid))
    }
}
