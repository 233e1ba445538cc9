//! This library, with each of its cells.

use provider_tree::{
    ArcSwapCell, EpochCell, Inventory, Provider, ProviderRecord, ProviderTree, ResourceClass,
    Snapshot, SnapshotCell,
};
use uuid::Uuid;

use super::{Peer, Read, Regrow};

/// A tree with its newest version in a cell of the given kind.
pub struct Ours<C: SnapshotCell = ArcSwapCell>(pub ProviderTree<C>);

/// The same, but each read takes a snapshot and drops it, so that readers are the
/// last to hold a version as often as can be.
pub struct BySnapshot(Ours);

/// Names of what differs by the cell alone.
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
        self.move_vcpu(from, to);
    }
}

impl<C: SnapshotCell> Ours<C> {
    /// See [`Peer::update_two`]; the attempts that it took.
    pub fn move_vcpu(&self, from: Uuid, to: Uuid) -> u64 {
        let committed = self.0.update(|transaction| {
            let giver = transaction.require(from)?;
            let given = u32::from(vcpus(giver) > 1);
            let (inventory, generation) = inventory_after(giver, |total| total - given);
            transaction.update_inventory(from, inventory, generation)?;
            let taker = transaction.require(to)?;
            let (inventory, generation) = inventory_after(taker, |total| total + given);
            transaction.update_inventory(to, inventory, generation)
        });
        committed.expect("a commit").attempts
    }
}

impl<C: SnapshotCell> Read for provider_tree::Reader<C> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        summary(self.load(), uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        sum(self.load(), root)
    }
}

impl<C: NamedCell> Regrow for Ours<C> {
    fn remove_tree(&self, root: Uuid) {
        self.0.remove(root).expect("a provider");
    }

    fn add_tree(&self, records: &[ProviderRecord]) {
        self.0.populate(records).expect("a valid tree");
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
}

impl Read for &BySnapshot {
    fn get(&mut self, uuid: Uuid) -> u64 {
        summary(&self.0.0.snapshot(), uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        sum(&self.0.0.snapshot(), root)
    }
}

impl Regrow for BySnapshot {
    fn remove_tree(&self, root: Uuid) {
        self.0.remove_tree(root);
    }

    fn add_tree(&self, records: &[ProviderRecord]) {
        self.0.add_tree(records);
    }
}

/// What `update_inventory` takes to change the VCPUs of a provider: all that it
/// has, and its next generation.
fn inventory_after(
    provider: &Provider,
    new: impl FnOnce(u32) -> u32,
) -> (Vec<(ResourceClass, Inventory)>, Option<u64>) {
    let mut inventory = provider.inventory().to_vec();
    if let Some((_, vcpus)) = inventory.last_mut() {
        vcpus.total = new(vcpus.total);
    }
    (
        inventory,
        provider.generation().map(|generation| generation + 1),
    )
}

/// The last of three classes. They are not searched for by name: to compare
/// names takes longer than all that differs between the peers.
fn vcpus(provider: &Provider) -> u32 {
    let last = provider.inventory().last();
    last.map_or(0, |(_, vcpus)| vcpus.total)
}

fn summary(snapshot: &Snapshot, uuid: Uuid) -> u64 {
    let provider = snapshot.get(uuid).expect("a provider");
    provider.generation().unwrap_or(0) + u64::from(vcpus(provider))
}

fn sum(snapshot: &Snapshot, root: Uuid) -> u64 {
    let tree = snapshot.tree_of(root).expect("a provider");
    tree.map(|provider| u64::from(vcpus(provider))).sum()
}
