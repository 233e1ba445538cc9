//! The measured edits, shared by all benchmarks.

use provider_tree::{
    Committed, Error, Inventory, NewProvider, ProviderTree, ResourceClass, SnapshotCell,
};
use uuid::Uuid;

/// Three inventory records that differ from those of a new forest, and for each `total`.
pub fn inventory(total: u32) -> [(ResourceClass, Inventory); 3] {
    [
        (
            ResourceClass::VCPU,
            Inventory::new(1_000 + total % 1_000_000),
        ),
        (ResourceClass::MEMORY_MB, Inventory::new(262_144)),
        (ResourceClass::DISK_GB, Inventory::new(2_000)),
    ]
}

/// Gives each provider a new inventory, all in one commit.
pub fn update_all<C: SnapshotCell>(
    tree: &ProviderTree<C>,
    providers: &[Uuid],
    total: u32,
) -> Result<Committed<()>, Error> {
    tree.update(|transaction| {
        for &uuid in providers {
            transaction.update_inventory(uuid, inventory(total), None)?;
        }
        Ok(())
    })
}

/// A new provider. Its position in the maps affects the cost of adding it, so measure many.
pub struct Child {
    parent: Uuid,
    uuid: Uuid,
    name: String,
}

impl Child {
    /// `other` must be unique; it tells children apart.
    pub fn new(parent: Uuid, other: Uuid) -> Self {
        Self {
            parent,
            uuid: Uuid::from_u128(!other.as_u128()),
            name: format!("below {other}"),
        }
    }

    /// Adds the child and removes it again, in two commits. Returns how many were removed.
    pub fn add_and_remove<C: SnapshotCell>(&self, tree: &ProviderTree<C>) -> Result<usize, Error> {
        tree.new_child(
            NewProvider::new(&self.name).uuid(self.uuid).generation(0),
            self.parent,
        )?;
        Ok(tree.remove(self.uuid)?.value)
    }
}

/// Sets a new generation on each provider, one commit each.
pub fn touch<C: SnapshotCell>(tree: &ProviderTree<C>, providers: &[Uuid]) -> Result<(), Error> {
    for &uuid in providers {
        tree.set_generation(uuid, tree.version() + 1)?;
    }
    Ok(())
}
