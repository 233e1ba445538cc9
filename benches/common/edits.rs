//! The edits that are measured, the same everywhere.

use provider_tree::{
    Committed, Error, Inventory, NewProvider, ProviderTree, ResourceClass, SnapshotCell,
};
use uuid::Uuid;

/// Three records of inventory; other ones for another `total`, and other ones
/// than the forest has at first.
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

/// Gives each provider another inventory, all in one commit.
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

/// A provider that is not there yet. Where it comes to lie in the maps is part of what
/// adding it costs, so that there should be many.
pub struct Child {
    parent: Uuid,
    uuid: Uuid,
    name: String,
}

impl Child {
    /// Told from others by `other`, which is nobody else's.
    pub fn new(parent: Uuid, other: Uuid) -> Self {
        Self {
            parent,
            uuid: Uuid::from_u128(!other.as_u128()),
            name: format!("below {other}"),
        }
    }

    /// Adds it and removes it again, in two commits. Returns how many were removed.
    pub fn add_and_remove<C: SnapshotCell>(&self, tree: &ProviderTree<C>) -> Result<usize, Error> {
        tree.new_child(
            NewProvider::new(&self.name).uuid(self.uuid).generation(0),
            self.parent,
        )?;
        Ok(tree.remove(self.uuid)?.value)
    }
}

/// Sets the generation of each provider to another one, in a commit each.
pub fn touch<C: SnapshotCell>(tree: &ProviderTree<C>, providers: &[Uuid]) -> Result<(), Error> {
    for &uuid in providers {
        tree.set_generation(uuid, tree.version() + 1)?;
    }
    Ok(())
}
