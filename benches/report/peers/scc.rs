//! A map by UUID with lock-free reads and a lock per bucket for writes.

use foldhash::fast::RandomState;
use provider_tree::ProviderRecord;
use scc::HashIndex;
use smol_str::SmolStr;
use uuid::Uuid;

use super::node::{self, Node, Nodes, sum_of_tree};
use super::{Peer, Read};

/// Each look-up sees the newest state of its bucket, so a read of several providers can see a
/// state that never existed.
pub struct SccHashIndex {
    nodes: HashIndex<Uuid, Node, RandomState>,
    names: HashIndex<SmolStr, Uuid, RandomState>,
}

/// The maps, and this thread's list of providers to visit.
pub struct Reader<'peer> {
    maps: &'peer SccHashIndex,
    pending: Vec<Uuid>,
}

impl SccHashIndex {
    /// An update adds the new node and marks the old one as removed. A look-up in between may see
    /// neither, and is retried.
    fn read<R>(&self, uuid: Uuid, mut read: impl FnMut(&Node) -> R) -> R {
        loop {
            if let Some(seen) = self.nodes.peek_with(&uuid, |_, node| read(node)) {
                return seen;
            }
        }
    }
}

impl Nodes for &SccHashIndex {
    fn insert(&mut self, node: Node) {
        let (name, uuid) = (node.provider.name.clone(), node.provider.uuid);
        let inserted = self.nodes.insert_sync(uuid, node).is_ok();
        assert!(inserted && self.names.insert_sync(name, uuid).is_ok());
    }

    fn take(&mut self, uuid: Uuid) -> Node {
        let entry = self.nodes.get_sync(&uuid).expect("a provider");
        let node = entry.get().clone();
        entry.remove_entry();
        self.names.remove_sync(&node.provider.name);
        node
    }

    fn parent(&self, uuid: Uuid) -> Option<Uuid> {
        self.read(uuid, |node| node.provider.parent_uuid)
    }

    fn change(&mut self, uuid: Uuid, change: impl Fn(&mut Node)) {
        let mut entry = self.nodes.get_sync(&uuid).expect("a provider");
        let mut node = entry.get().clone();
        change(&mut node);
        entry.update(node);
    }
}

impl Peer for SccHashIndex {
    type Reader<'peer> = Reader<'peer>;

    const NAME: &'static str = "scc HashIndex (not consistent)";
    const CONSISTENT: bool = false;

    fn new(records: &[ProviderRecord]) -> Self {
        let maps = Self {
            nodes: HashIndex::with_capacity_and_hasher(records.len(), RandomState::default()),
            names: HashIndex::with_capacity_and_hasher(records.len(), RandomState::default()),
        };
        node::all(records).for_each(|node| (&maps).insert(node));
        maps
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            maps: self,
            pending: Vec::new(),
        }
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        // One after the other: holding two buckets at once can deadlock.
        let given = std::cell::Cell::new(0);
        (&mut { self }).change(from, |node| given.set(node.provider.give()));
        (&mut { self }).change(to, |node| node.provider.take(given.get()));
    }

    fn add_tree(&self, records: &[ProviderRecord]) {
        node::add(&mut { self }, records);
    }

    fn remove(&self, uuid: Uuid) {
        node::remove(&mut { self }, uuid);
    }

    fn move_to(&self, uuid: Uuid, parent: Uuid) {
        node::move_to(&mut { self }, uuid, parent);
    }
}

impl Read for Reader<'_> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        self.maps.read(uuid, |node| node.provider.summary())
    }

    fn find(&mut self, name: &str) -> u64 {
        let uuid = self.maps.names.peek_with(name, |_, uuid| *uuid);
        self.get(uuid.expect("a name"))
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        self.maps.nodes.contains(&uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        let maps = self.maps;
        sum_of_tree(&mut self.pending, root, |uuid, pending| {
            maps.read(uuid, |node| node.visit(pending))
        })
    }
}
