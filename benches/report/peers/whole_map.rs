//! The plain forest behind an atomic pointer: each update copies all of it.

use std::sync::Arc;

use arc_swap::{ArcSwap, Cache};
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::plain::Plain;
use super::{Peer, Read};

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
        self.0.rcu(|newest| {
            let mut next = Plain::clone(newest);
            next.update_two(from, to);
            next
        });
    }
}

impl Read for Cache<&ArcSwap<Plain>, Arc<Plain>> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        self.load().get(uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        self.load().read_tree(root)
    }
}
