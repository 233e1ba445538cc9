//! A transactional map by UUID.
//!
//! `HashTrie` is the best fit of concread's maps: the keys need no order, it
//! gives every reader one version as a whole, and its own documentation calls
//! it faster than the `HashMap`, which is a B+ tree of hashes.

use std::sync::Arc;

use concread::hashtrie::HashTrie;
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::node::{Node, nodes, sum_of_tree};
use super::{Peer, Read};

/// Its nodes are copied with all that is in them, so that providers lie behind
/// pointers. A read takes a mutex for a moment and counts a reference.
pub struct Concread(HashTrie<Uuid, Arc<Node>>);

/// The map, and this thread's list of providers to visit.
pub struct Reader<'peer> {
    map: &'peer HashTrie<Uuid, Arc<Node>>,
    pending: Vec<Uuid>,
}

impl Peer for Concread {
    type Reader<'peer> = Reader<'peer>;

    const NAME: &'static str = "concread HashTrie";

    fn new(records: &[ProviderRecord]) -> Self {
        let map = HashTrie::new();
        let mut transaction = map.write();
        transaction.extend(nodes(records).map(|(uuid, node)| (uuid, Arc::new(node))));
        transaction.commit();
        Self(map)
    }

    fn reader(&self) -> Reader<'_> {
        Reader {
            map: &self.0,
            pending: Vec::new(),
        }
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        let mut transaction = self.0.write();
        let from = transaction.get_mut(&from).expect("a provider");
        let given = Arc::make_mut(from).provider.give();
        let to = transaction.get_mut(&to).expect("a provider");
        Arc::make_mut(to).provider.take(given);
        transaction.commit();
    }
}

impl Read for Reader<'_> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        let version = self.map.read();
        version.get(&uuid).expect("a provider").provider.summary()
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        let version = self.map.read();
        sum_of_tree(&mut self.pending, root, |uuid, pending| {
            version.get(&uuid).expect("a provider").visit(pending)
        })
    }
}
