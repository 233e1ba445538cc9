//! What the peers that are maps by UUID hold of each provider.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::provider::Provider;

/// A provider and the UUIDs of its children.
#[derive(Clone)]
pub struct Node {
    pub provider: Provider,
    // Shared, so that maps which copy a node at each update do so at little cost.
    children: Arc<[Uuid]>,
}

impl Node {
    /// The VCPUs of this one; its children are left to be visited.
    pub fn visit(&self, pending: &mut Vec<Uuid>) -> u64 {
        pending.extend_from_slice(&self.children);
        u64::from(self.provider.vcpus())
    }
}

/// The nodes of all providers.
pub fn nodes(records: &[ProviderRecord]) -> impl Iterator<Item = (Uuid, Node)> {
    let mut children: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for record in records {
        if let Some(parent) = record.parent_uuid {
            children.entry(parent).or_default().push(record.uuid);
        }
    }
    Provider::all(records).map(move |provider| {
        let children = children.remove(&provider.uuid).unwrap_or_default();
        (
            provider.uuid,
            Node {
                provider,
                children: children.into(),
            },
        )
    })
}

/// The sum over a tree, provider by provider. `pending` is the thread's own
/// and kept, so that a read allocates nothing.
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
