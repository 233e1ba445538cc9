//! The nodes of those peers that are maps by UUID, and their edits.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::provider::Provider;

/// A provider and the UUIDs of its children.
#[derive(Clone)]
pub struct Node {
    pub provider: Provider,
    // Shared, so that maps which copy a node per update can do so cheaply.
    children: Arc<[Uuid]>,
}

impl Node {
    /// The VCPUs of this provider; queues its children.
    pub fn visit(&self, pending: &mut Vec<Uuid>) -> u64 {
        pending.extend_from_slice(&self.children);
        u64::from(self.provider.vcpus())
    }

    fn add_child(&mut self, child: Uuid) {
        self.children = self.children.iter().copied().chain([child]).collect();
    }

    fn remove_child(&mut self, child: Uuid) {
        let others = self.children.iter().filter(|&&other| other != child);
        self.children = others.copied().collect();
    }
}

/// A map by UUID with an index of names, during edits.
pub trait Nodes {
    /// Adds a node to the map, and its name to the index.
    fn insert(&mut self, node: Node);

    /// Removes a node from the map, and its name from the index.
    fn take(&mut self, uuid: Uuid) -> Node;

    /// The parent of a provider.
    fn parent(&self, uuid: Uuid) -> Option<Uuid>;

    /// Changes a node. The closure may run again.
    fn change(&mut self, uuid: Uuid, change: impl Fn(&mut Node));
}

/// Adds a provider and its descendants, parents first.
pub fn add(nodes: &mut impl Nodes, records: &[ProviderRecord]) {
    for node in all(records) {
        nodes.insert(node);
    }
    if let Some(parent) = records[0].parent_uuid {
        nodes.change(parent, |node| node.add_child(records[0].uuid));
    }
}

/// Removes a provider and its descendants.
pub fn remove(nodes: &mut impl Nodes, uuid: Uuid) {
    let top = nodes.take(uuid);
    if let Some(parent) = top.provider.parent_uuid {
        nodes.change(parent, |node| node.remove_child(uuid));
    }
    let mut pending = top.children.to_vec();
    while let Some(uuid) = pending.pop() {
        pending.extend_from_slice(&nodes.take(uuid).children);
    }
}

/// Makes a provider the last child of another.
pub fn move_to(nodes: &mut impl Nodes, uuid: Uuid, to: Uuid) {
    if let Some(from) = nodes.parent(uuid) {
        nodes.change(from, |node| node.remove_child(uuid));
    }
    nodes.change(uuid, |node| node.provider.parent_uuid = Some(to));
    nodes.change(to, |node| node.add_child(uuid));
}

/// The nodes of all providers.
pub fn all(records: &[ProviderRecord]) -> impl Iterator<Item = Node> {
    let mut children: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for record in records {
        if let Some(parent) = record.parent_uuid {
            children.entry(parent).or_default().push(record.uuid);
        }
    }
    Provider::all(records).map(move |provider| {
        let children = children.remove(&provider.uuid).unwrap_or_default();
        Node {
            provider,
            children: children.into(),
        }
    })
}

/// The sum over a tree, provider by provider. Each thread reuses its `pending`, so a read
/// doesn't allocate.
pub fn sum_of_tree(
    pending: &mut Vec<Uuid>,
    root: Uuid,
    mut visit: impl FnMut(Uuid, &mut Vec<Uuid>) -> u64,
) -> u64 {
    pending.clear();
    pending.push(root);
    let mut sum = 0;
    while let Some(uuid) = pending.pop() {
        sum += visit(uuid, pending);
    }
    sum
}
