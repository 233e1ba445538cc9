//! This library, with each of its cells.

use provider_tree::{
    ArcSwapCell, EpochCell, NewProvider, Provider, ProviderRecord, ProviderTree, Snapshot,
    SnapshotCell,
};
use uuid::Uuid;

use super::{Peer, Read};
use crate::vcpus::{move_vcpu, vcpus};

/// A tree on the given cell.
pub struct Ours<C: SnapshotCell = ArcSwapCell>(pub ProviderTree<C>);

/// The same, but each read takes a snapshot and drops it, so that readers are as often as
/// possible the last to hold a version.
pub struct BySnapshot(Ours);

/// The name of a tree on each cell.
pub trait NamedCell: SnapshotCell {
    /// The tree's name in the report.
    const NAME: &'static str;
}

impl NamedCell for ArcSwapCell {
    const NAME: &'static str = "ours";
}

impl NamedCell for EpochCell {
    const NAME: &'static str = "ours, EpochCell";
}

impl<C: NamedCell> Peer for Ours<C> {
    type Reader<'peer> = provider_tree::Reader<C>;

    const NAME: &'static str = C::NAME;

    fn new(records: &[ProviderRecord]) -> Self {
        let tree = ProviderTree::from_snapshot(Snapshot::default());
        tree.populate(records).expect("a valid forest");
        Self(tree)
    }

    fn reader(&self) -> Self::Reader<'_> {
        self.0.reader()
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        move_vcpu(&self.0, from, to);
    }

    fn add_tree(&self, records: &[ProviderRecord]) {
        self.0.populate(records).expect("a valid tree");
    }

    fn add_child(&self, record: &ProviderRecord) {
        let parent = record.parent_uuid.expect("a child");
        let added = (self.0).new_child(
            NewProvider::new(&record.name)
                .uuid(record.uuid)
                .generation(record.generation),
            parent,
        );
        added.expect("a valid child");
    }

    fn remove(&self, uuid: Uuid) {
        self.0.remove(uuid).expect("a provider");
    }

    fn move_to(&self, uuid: Uuid, parent: Uuid) {
        self.0.move_to(uuid, parent).expect("two providers");
    }
}

impl<C: SnapshotCell> Read for provider_tree::Reader<C> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        summary(self.load().get(uuid))
    }

    fn find(&mut self, name: &str) -> u64 {
        summary(self.load().find(name))
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        self.load().get(uuid).is_some()
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        sum(self.load(), root)
    }
}

impl Peer for BySnapshot {
    type Reader<'peer> = &'peer Self;

    const NAME: &'static str = "ours, a snapshot each read";

    fn new(records: &[ProviderRecord]) -> Self {
        Self(Ours::new(records))
    }

    fn reader(&self) -> &Self {
        self
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        self.0.update_two(from, to);
    }

    fn add_tree(&self, records: &[ProviderRecord]) {
        self.0.add_tree(records);
    }

    fn remove(&self, uuid: Uuid) {
        self.0.remove(uuid);
    }

    fn move_to(&self, uuid: Uuid, parent: Uuid) {
        self.0.move_to(uuid, parent);
    }
}

impl Read for &BySnapshot {
    fn get(&mut self, uuid: Uuid) -> u64 {
        summary(self.0.0.snapshot().get(uuid))
    }

    fn find(&mut self, name: &str) -> u64 {
        summary(self.0.0.snapshot().find(name))
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        self.0.0.snapshot().get(uuid).is_some()
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        sum(&self.0.0.snapshot(), root)
    }
}

fn summary(found: Option<&Provider>) -> u64 {
    let provider = found.expect("a provider");
    provider.generation().unwrap_or(0) + u64::from(vcpus(provider))
}

fn sum(snapshot: &Snapshot, root: Uuid) -> u64 {
    let tree = snapshot.tree_of(root).expect("a provider");
    tree.map(|provider| u64::from(vcpus(provider))).sum()
}
