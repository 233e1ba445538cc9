//! A lock-free map by UUID.

use foldhash::fast::RandomState;
use papaya::HashMap;
use provider_tree::ProviderRecord;
use smol_str::SmolStr;
use uuid::Uuid;

use super::node::{self, Node, Nodes, sum_of_tree};
use super::{Peer, Read};

/// A guard keeps found values alive, but each look-up sees the newest state, so a read of
/// several providers can see a state that never existed.
pub struct Papaya {
    nodes: HashMap<Uuid, Node, RandomState>,
    names: HashMap<SmolStr, Uuid, RandomState>,
}

/// The maps, and this thread's list of providers to visit.
pub struct Reader<'peer> {
    maps: &'peer Papaya,
    pending: Vec<Uuid>,
}

impl Nodes for &Papaya {
    fn insert(&mut self, node: Node) {
        let (name, uuid) = (node.provider.name.clone(), node.provider.uuid);
        self.nodes.pin().insert(uuid, node);
        self.names.pin().insert(name, uuid);
    }

    fn take(&mut self, uuid: Uuid) -> Node {
        let pinned = self.nodes.pin();
        let node = pinned.remove(&uuid).expect("a provider");
        self.names.pin().remove(&node.provider.name);
        node.clone()
    }

    fn parent(&self, uuid: Uuid) -> Option<Uuid> {
        let pinned = self.nodes.pin();
        let node = pinned.get(&uuid).expect("a provider");
        node.provider.parent_uuid
    }

    fn change(&mut self, uuid: Uuid, change: impl Fn(&mut Node)) {
        self.nodes.pin().update(uuid, |node| {
            let mut node = node.clone();
            change(&mut node);
            node
        });
    }
}

impl Peer for Papaya {
    type Reader<'peer> = Reader<'peer>;

    const NAME: &'static str = "papaya (not consistent)";
    const CONSISTENT: bool = false;

    fn new(records: &[ProviderRecord]) -> Self {
        let maps = Self {
            nodes: HashMap::with_capacity_and_hasher(records.len(), RandomState::default()),
            names: HashMap::with_capacity_and_hasher(records.len(), RandomState::default()),
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
        let pinned = self.nodes.pin();
        // The closures may run again: only the last run counts.
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
        // One guard per read, as ours loads the newest version each time; a long-lived guard
        // would keep all replaced values.
        let pinned = self.maps.nodes.pin();
        pinned.get(&uuid).expect("a provider").provider.summary()
    }

    fn find(&mut self, name: &str) -> u64 {
        let uuid = *self.maps.names.pin().get(name).expect("a name");
        self.get(uuid)
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        self.maps.nodes.pin().contains_key(&uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        let pinned = self.maps.nodes.pin();
        sum_of_tree(&mut self.pending, root, |uuid, pending| {
            pinned.get(&uuid).expect("a provider").visit(pending)
        })
    }
}
