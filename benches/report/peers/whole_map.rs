//! The plain forest behind an atomic pointer: each commit copies the whole forest.

use std::ops::Range;
use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::plain::Plain;
use super::provider::Provider;
use super::{Peer, Read};
use crate::ageing::{self, Edit};
use crate::forest::uuid;

/// The plain forest behind an atomic pointer.
pub struct WholeMap(ArcSwap<Plain>);

impl Peer for WholeMap {
    type Reader<'peer> = Cache<&'peer ArcSwap<Plain>, Arc<Plain>>;

    const NAME: &'static str = "arc-swap of a whole map";
    const COPIES_ALL: bool = true;

    fn new(records: &[ProviderRecord]) -> Self {
        Self(ArcSwap::from_pointee(Plain::new(records)))
    }

    fn reader(&self) -> Self::Reader<'_> {
        Cache::new(&self.0)
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        self.edit(|forest| forest.update_two(from, to));
    }

    fn add_tree(&self, records: &[ProviderRecord]) {
        self.edit(|forest| forest.add(Provider::all(records)));
    }

    fn remove(&self, uuid: Uuid) {
        self.edit(|forest| drop(forest.remove(uuid)));
    }

    fn move_to(&self, uuid: Uuid, parent: Uuid) {
        self.edit(|forest| forest.move_to(uuid, parent));
    }

    fn age(&self, numbers: Range<usize>) {
        // One copy for all edits.
        self.edit(|forest| {
            for edit in ageing::edits(numbers.clone()) {
                match edit {
                    Edit::MoveVcpu(from, to) => forest.update_two(uuid(from), uuid(to)),
                    Edit::RemoveTree(root) => drop(forest.remove(uuid(root))),
                    Edit::AddTree(root) => forest.add(Provider::all(&ageing::records(root))),
                }
            }
        });
    }
}

impl WholeMap {
    fn edit(&self, edit: impl Fn(&mut Plain)) {
        self.0.rcu(|newest| {
            let mut next = Plain::clone(newest);
            edit(&mut next);
            next
        });
    }
}

impl Read for Cache<&ArcSwap<Plain>, Arc<Plain>> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        self.load().get(uuid)
    }

    fn find(&mut self, name: &str) -> u64 {
        self.load().find(name)
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        self.load().has(uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        self.load().read_tree(root)
    }
}
