//! Mirrors of one service that edit and synchronise at random.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use provider_tree::placement::{Merge, Plan, Policy, State, Vocabulary};
use uuid::Uuid;

use crate::service::Service;
use crate::states::{Edit, World, any_world, edited, edits, state, world};

const MIRRORS: usize = 3;

#[derive(Clone, Default)]
struct Mirror {
    base: State,
    tree: State,
}

impl Mirror {
    fn edit(&mut self, edits: &[Edit]) {
        self.tree = state(&edited(&world(&self.tree), edits));
    }

    /// Pulls and pushes. Some of the requests may not get through. Returns what it stopped
    /// for.
    fn sync(&mut self, service: &mut Service, policy: Policy, most: usize) -> BTreeSet<Uuid> {
        let mut theirs = service.state();
        let merge = Merge::new(&self.base, &self.tree, &theirs, policy);
        self.tree = merge.tree;
        self.base = merge.base;
        let plan = Plan::new(&theirs, &merge.service, &Vocabulary::default());
        for step in plan.steps().iter().take(most) {
            service.answer(&step.request).unwrap();
            for state in [&mut theirs, &mut self.base] {
                state.acknowledge(&step.request, None);
            }
        }
        assert!(theirs.agrees_with(&service.state()));
        let stopped = merge.conflicts.iter();
        let stopped = stopped.filter(|one| one.outcome == Policy::Stop);
        stopped.map(|one| one.uuid).collect()
    }
}

/// What both show of the providers that none stopped for.
fn rest(state: &State, stopped: &BTreeSet<Uuid>) -> World {
    let mut rest = world(state);
    rest.retain(|uuid, _| !stopped.contains(uuid));
    for record in rest.values_mut() {
        record.generation = None;
    }
    rest
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn mirrors_converge_whatever_gets_through(
        first in any_world(),
        actions in vec((0..MIRRORS, edits(4), any::<bool>(), 0..6_usize), 0..12),
        policy in select(vec![Policy::Ours, Policy::Theirs, Policy::Stop]),
    ) {
        let mut service = Service::new(&state(&first));
        let mut mirrors: [Mirror; MIRRORS] = Default::default();
        for mirror in &mut mirrors {
            mirror.sync(&mut service, policy, usize::MAX);
        }
        for (at, edits, syncs, most) in actions {
            mirrors[at].edit(&edits);
            if syncs {
                mirrors[at].sync(&mut service, policy, most);
            }
        }
        let mut stopped = BTreeSet::new();
        for _ in 0..2 {
            for mirror in &mut mirrors {
                stopped.extend(mirror.sync(&mut service, policy, usize::MAX));
            }
        }
        prop_assert!(policy != Policy::Theirs || stopped.is_empty());
        for mirror in &mut mirrors {
            prop_assert_eq!(rest(&mirror.tree, &stopped), rest(&service.state(), &stopped));
            prop_assert_eq!(rest(&mirror.base, &stopped), rest(&service.state(), &stopped));
            // At rest nothing is sent.
            let theirs = service.state();
            let again = Merge::new(&mirror.base, &mirror.tree, &theirs, policy);
            prop_assert!(Plan::new(&theirs, &again.service, &Vocabulary::default()).is_empty());
        }
    }
}
