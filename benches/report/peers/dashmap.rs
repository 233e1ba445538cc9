//! A map by UUID that is split into locked shards.

use dashmap::DashMap;
use foldhash::fast::RandomState;
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::node::{Node, nodes, sum_of_tree};
use super::{Peer, Read};

/// Each look-up locks its shard alone: what a read of several providers sees may
/// never have been there together.
pub struct Dashmap(DashMap<Uuid, Node, RandomState>);

/// The map, and this thread's list of providers to visit.
pub struct Reader<'peer> {
    map: &'peer DashMap<Uuid, Node, RandomState>,
    pending: Vec<Uuid>,
}

impl Peer for Dashmap {
    type Reader<'peer> = Reader<'peer>;

    const NAME: &'static str = "dashmap (not consistent)";
    const CONSISTENT: bool = false;

    fn new(records: &[ProviderRecord]) -> Self {
        Self(nodes(records).collect())
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            map: &self.0,
            pending: Vec::new(),
        }
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        // One after the other: to hold two shards at once can deadlock.
        let given = self.0.get_mut(&from).map(|mut node| node.provider.give());
        if let Some(mut node) = self.0.get_mut(&to) {
            node.provider.take(given.unwrap_or(0));
        }
    }
}

impl Read for Reader<'_> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        let node = self.map.get(&uuid);
        node.expect("a provider").provider.summary()
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        sum_of_tree(&mut self.pending, root, |uuid, pending| {
            self.map.get(&uuid).expect("a provider").visit(pending)
        })
    }
}
