//! A map by UUID, split into locked shards.

use dashmap::DashMap;
use foldhash::fast::RandomState;
use provider_tree::ProviderRecord;
use smol_str::SmolStr;
use uuid::Uuid;

use super::node::{self, Node, Nodes, sum_of_tree};
use super::{Peer, Read};

/// Each look-up locks only its shard, so a read of several providers can see a state that
/// never existed.
#[derive(Default)]
pub struct Dashmap {
    nodes: DashMap<Uuid, Node, RandomState>,
    names: DashMap<SmolStr, Uuid, RandomState>,
}

/// The maps, and this thread's list of providers to visit.
pub struct Reader<'peer> {
    maps: &'peer Dashmap,
    pending: Vec<Uuid>,
}

impl Nodes for &Dashmap {
    fn insert(&mut self, node: Node) {
        let (name, uuid) = (node.provider.name.clone(), node.provider.uuid);
        self.nodes.insert(uuid, node);
        self.names.insert(name, uuid);
    }

    fn take(&mut self, uuid: Uuid) -> Node {
        let (_, node) = self.nodes.remove(&uuid).expect("a provider");
        self.names.remove(&node.provider.name);
        node
    }

    fn parent(&self, uuid: Uuid) -> Option<Uuid> {
        let node = self.nodes.get(&uuid).expect("a provider");
        node.provider.parent_uuid
    }

    fn change(&mut self, uuid: Uuid, change: impl Fn(&mut Node)) {
        change(&mut self.nodes.get_mut(&uuid).expect("a provider"));
    }
}

impl Peer for Dashmap {
    type Reader<'peer> = Reader<'peer>;

    const NAME: &'static str = "dashmap (not consistent)";
    const CONSISTENT: bool = false;

    fn new(records: &[ProviderRecord]) -> Self {
        let maps = Self::default();
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
        // One after the other: holding two shards at once can deadlock.
        let given = self
            .nodes
            .get_mut(&from)
            .map(|mut node| node.provider.give());
        if let Some(mut node) = self.nodes.get_mut(&to) {
            node.provider.take(given.unwrap_or(0));
        }
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
        let node = self.maps.nodes.get(&uuid);
        node.expect("a provider").provider.summary()
    }

    fn find(&mut self, name: &str) -> u64 {
        let uuid = *self.maps.names.get(name).expect("a name");
        self.get(uuid)
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        self.maps.nodes.contains_key(&uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        sum_of_tree(&mut self.pending, root, |uuid, pending| {
            let node = self.maps.nodes.get(&uuid);
            node.expect("a provider").visit(pending)
        })
    }
}
