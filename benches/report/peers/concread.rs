//! A transactional map by UUID.
//!
//! `HashTrie` is the best fit of concread's maps: keys need no order, readers see whole
//! versions, and its documentation calls it faster than the `HashMap`, a B+ tree of hashes.

use std::sync::Arc;

use concread::hashtrie::{HashTrie, HashTrieWriteTxn};
use provider_tree::ProviderRecord;
use smol_str::SmolStr;
use uuid::Uuid;

use super::node::{self, Node, Nodes, sum_of_tree};
use super::{Peer, Read};

/// It copies nodes with their values, so providers are behind pointers. A read briefly takes a
/// mutex and counts a reference.
#[derive(Default)]
pub struct Concread {
    nodes: HashTrie<Uuid, Arc<Node>>,
    names: HashTrie<SmolStr, Uuid>,
}

/// The maps, and this thread's list of providers to visit.
pub struct Reader<'peer> {
    maps: &'peer Concread,
    pending: Vec<Uuid>,
}

/// A transaction of both maps.
struct Edits<'maps> {
    nodes: HashTrieWriteTxn<'maps, Uuid, Arc<Node>>,
    names: HashTrieWriteTxn<'maps, SmolStr, Uuid>,
}

impl Nodes for Edits<'_> {
    fn insert(&mut self, node: Node) {
        let uuid = node.provider.uuid;
        self.names.insert(node.provider.name.clone(), uuid);
        self.nodes.insert(uuid, Arc::new(node));
    }

    fn take(&mut self, uuid: Uuid) -> Node {
        let node = self.nodes.remove(&uuid).expect("a provider");
        self.names.remove(&node.provider.name);
        Arc::unwrap_or_clone(node)
    }

    fn parent(&self, uuid: Uuid) -> Option<Uuid> {
        let node = self.nodes.get(&uuid).expect("a provider");
        node.provider.parent_uuid
    }

    fn change(&mut self, uuid: Uuid, change: impl Fn(&mut Node)) {
        let node = self.nodes.get_mut(&uuid).expect("a provider");
        change(Arc::make_mut(node));
    }
}

impl Concread {
    fn edit(&self, edit: impl FnOnce(&mut Edits<'_>)) {
        let mut edits = Edits {
            nodes: self.nodes.write(),
            names: self.names.write(),
        };
        edit(&mut edits);
        edits.nodes.commit();
        edits.names.commit();
    }
}

impl Peer for Concread {
    type Reader<'peer> = Reader<'peer>;

    const NAME: &'static str = "concread HashTrie";

    fn new(records: &[ProviderRecord]) -> Self {
        let maps = Self::default();
        maps.edit(|edits| node::all(records).for_each(|node| edits.insert(node)));
        maps
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            maps: self,
            pending: Vec::new(),
        }
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        let mut transaction = self.nodes.write();
        let from = transaction.get_mut(&from).expect("a provider");
        let given = Arc::make_mut(from).provider.give();
        let to = transaction.get_mut(&to).expect("a provider");
        Arc::make_mut(to).provider.take(given);
        transaction.commit();
    }

    fn add_tree(&self, records: &[ProviderRecord]) {
        self.edit(|edits| node::add(edits, records));
    }

    fn remove(&self, uuid: Uuid) {
        self.edit(|edits| node::remove(edits, uuid));
    }

    fn move_to(&self, uuid: Uuid, parent: Uuid) {
        self.edit(|edits| node::move_to(edits, uuid, parent));
    }
}

impl Read for Reader<'_> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        let version = self.maps.nodes.read();
        version.get(&uuid).expect("a provider").provider.summary()
    }

    fn find(&mut self, name: &str) -> u64 {
        // Two transactions see two versions: if the name has changed in between, the read starts
        // over.
        loop {
            let uuid = *self.maps.names.read().get(name).expect("a name");
            let version = self.maps.nodes.read();
            let node = version.get(&uuid);
            if let Some(node) = node.filter(|node| node.provider.name == name) {
                return node.provider.summary();
            }
        }
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        self.maps.nodes.read().contains_key(&uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        let version = self.maps.nodes.read();
        sum_of_tree(&mut self.pending, root, |uuid, pending| {
            version.get(&uuid).expect("a provider").visit(pending)
        })
    }
}
