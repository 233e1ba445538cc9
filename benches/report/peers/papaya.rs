//! A lock-free map by UUID.

use foldhash::fast::RandomState;
use papaya::HashMap;
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::node::{Node, nodes, sum_of_tree};
use super::{Peer, Read};

/// A guard keeps what was found alive, but each look-up sees the newest state: what
/// a read of several providers sees may never have been there together.
pub struct Papaya(HashMap<Uuid, Node, RandomState>);

/// The map, and this thread's list of providers to visit.
pub struct Reader<'peer> {
    map: &'peer HashMap<Uuid, Node, RandomState>,
    pending: Vec<Uuid>,
}

impl Peer for Papaya {
    type Reader<'peer> = Reader<'peer>;

    const NAME: &'static str = "papaya (not consistent)";
    const CONSISTENT: bool = false;

    fn new(records: &[ProviderRecord]) -> Self {
        let map = HashMap::with_capacity_and_hasher(records.len(), RandomState::default());
        let pinned = map.pin();
        for (uuid, node) in nodes(records) {
            pinned.insert(uuid, node);
        }
        drop(pinned);
        Self(map)
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            map: &self.0,
            pending: Vec::new(),
        }
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        let pinned = self.0.pin();
        // The closures may run again, so that they only count what the last run
        // gave.
        let given = std::cell::Cell::new(0);
        pinned.update(from, |node| {
            let mut node = node.clone();
            given.set(node.provider.give());
            node
        });
        pinned.update(to, |node| {
            let mut node = node.clone();
            node.provider.take(given.get());
            node
        });
    }
}

impl Read for Reader<'_> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        // A guard for each read, as ours asks for the newest version each time; one
        // that is kept would keep everything that is replaced meanwhile.
        let pinned = self.map.pin();
        pinned.get(&uuid).expect("a provider").provider.summary()
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        let pinned = self.map.pin();
        sum_of_tree(&mut self.pending, root, |uuid, pending| {
            pinned.get(&uuid).expect("a provider").visit(pending)
        })
    }
}
