//! What the service has after the steps so far.

use std::collections::BTreeSet;

use foldhash::{HashMap, HashSet};
use uuid::Uuid;

use crate::placement::state::State;

pub(super) struct Service {
    nodes: HashMap<Uuid, Node>,
    names: HashMap<String, Uuid>,
}

#[derive(Default)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) parent: Option<Uuid>,
    children: BTreeSet<Uuid>,
}

impl Service {
    pub(super) fn new(state: &State) -> Self {
        let mut service = Self {
            nodes: HashMap::default(),
            names: HashMap::default(),
        };
        for (uuid, provider) in state.iter() {
            service.nodes.insert(uuid, Node::default());
            service.rename(uuid, &provider.name);
        }
        for (uuid, provider) in state.iter() {
            service.relocate(uuid, provider.parent_uuid);
        }
        service
    }

    pub(super) fn get(&self, uuid: Uuid) -> Option<&Node> {
        self.nodes.get(&uuid)
    }

    pub(super) fn holder(&self, name: &str) -> Option<Uuid> {
        self.names.get(name).copied()
    }

    /// A provider and its descendants, parents first.
    pub(super) fn tree(&self, uuid: Uuid) -> Vec<Uuid> {
        let mut tree = Vec::new();
        let mut seen = HashSet::default();
        let mut waiting = vec![uuid];
        while let Some(uuid) = waiting.pop() {
            if seen.insert(uuid)
                && let Some(node) = self.get(uuid)
            {
                tree.push(uuid);
                waiting.extend(&node.children);
            }
        }
        tree
    }

    /// A provider and its ancestors, as far as they exist.
    pub(super) fn upwards(&self, uuid: Uuid) -> impl Iterator<Item = (Uuid, &Node)> {
        let first = self.get(uuid).map(|node| (uuid, node));
        let above = |(_, node): &(Uuid, &Node)| {
            let parent = node.parent?;
            Some((parent, self.nodes.get(&parent)?))
        };
        // A state that is no forest may have cycles.
        std::iter::successors(first, above).take(self.nodes.len())
    }

    pub(super) fn create(&mut self, uuid: Uuid, name: &str, parent: Option<Uuid>) {
        self.nodes.insert(uuid, Node::default());
        self.rename(uuid, name);
        self.relocate(uuid, parent);
    }

    pub(super) fn rename(&mut self, uuid: Uuid, name: &str) {
        if let Some(node) = self.nodes.get_mut(&uuid) {
            if self.names.get(&node.name) == Some(&uuid) {
                self.names.remove(&node.name);
            }
            node.name = name.to_owned();
            self.names.insert(name.to_owned(), uuid);
        }
    }

    pub(super) fn relocate(&mut self, uuid: Uuid, parent: Option<Uuid>) {
        let node = self.nodes.get_mut(&uuid);
        let old = node.and_then(|node| std::mem::replace(&mut node.parent, parent));
        if let Some(old) = old.and_then(|old| self.nodes.get_mut(&old)) {
            old.children.remove(&uuid);
        }
        if let Some(new) = parent.and_then(|new| self.nodes.get_mut(&new)) {
            new.children.insert(uuid);
        }
    }

    /// Removes a provider, and returns its name and parent.
    pub(super) fn remove(&mut self, uuid: Uuid) -> Option<(String, Option<Uuid>)> {
        let parent = self.get(uuid)?.parent;
        self.relocate(uuid, None);
        let node = self.nodes.remove(&uuid)?;
        if self.names.get(&node.name) == Some(&uuid) {
            self.names.remove(&node.name);
        }
        Some((node.name, parent))
    }
}
