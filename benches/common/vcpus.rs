//! The VCPUs of a provider, and the commit that moves one.

use provider_tree::{Inventory, Provider, ProviderTree, ResourceClass, SnapshotCell};
use uuid::Uuid;

/// The total of the last of three classes. It is not looked up by name: comparing names would
/// take longer than all that differs between the peers.
pub fn vcpus(provider: &Provider) -> u32 {
    let last = provider.inventory().last();
    last.map_or(0, |(_, vcpus)| vcpus.total)
}

/// Moves one VCPU between two providers, unless it is the last, and raises both generations,
/// in one commit. Returns the number of attempts.
pub fn move_vcpu<C: SnapshotCell>(tree: &ProviderTree<C>, from: Uuid, to: Uuid) -> u64 {
    let committed = tree.update(|transaction| {
        let giver = transaction.require(from)?;
        let given = u32::from(vcpus(giver) > 1);
        let (inventory, generation) = inventory_after(giver, |total| total - given);
        transaction.update_inventory(from, inventory, generation)?;
        let taker = transaction.require(to)?;
        let (inventory, generation) = inventory_after(taker, |total| total + given);
        transaction.update_inventory(to, inventory, generation)?;
        Ok(())
    });
    committed.expect("a commit").attempts
}

/// The arguments of `update_inventory` that change a provider's VCPUs: its whole inventory
/// and its next generation.
fn inventory_after(
    provider: &Provider,
    new: impl FnOnce(u32) -> u32,
) -> (Vec<(ResourceClass, Inventory)>, Option<u64>) {
    let mut inventory = provider.inventory().to_vec();
    if let Some((_, vcpus)) = inventory.last_mut() {
        vcpus.total = new(vcpus.total);
    }
    let generation = provider.generation().map(|generation| generation + 1);
    (inventory, generation)
}
