//! A provider as the peers hold it: the same fields as ours, shared likewise.

use std::sync::Arc;

use provider_tree::{Inventory, ProviderRecord, ResourceClass, Trait};
use smol_str::SmolStr;
use uuid::Uuid;

/// A provider as the peers hold it.
#[derive(Clone)]
pub struct Provider {
    pub uuid: Uuid,
    pub parent_uuid: Option<Uuid>,
    pub generation: Option<u64>,
    pub inventory: Arc<[(ResourceClass, Inventory)]>,
    #[expect(dead_code, reason = "makes it as large as ours")]
    name: SmolStr,
    #[expect(dead_code, reason = "makes it as large as ours")]
    traits: Arc<[Trait]>,
}

impl Provider {
    /// The VCPUs, found in the way that ours are.
    pub fn vcpus(&self) -> u32 {
        self.inventory.last().map_or(0, |(_, vcpus)| vcpus.total)
    }

    /// What a read of one provider returns.
    pub fn summary(&self) -> u64 {
        self.generation.unwrap_or(0) + u64::from(self.vcpus())
    }

    /// Gives one VCPU away unless it is the last, and says how many it gave.
    pub fn give(&mut self) -> u32 {
        let given = u32::from(self.vcpus() > 1);
        self.change(|total| total - given);
        given
    }

    /// Takes what another gave.
    pub fn take(&mut self, given: u32) {
        self.change(|total| total + given);
    }

    // In place where nobody else has the inventory: the peers needn't allocate.
    fn change(&mut self, new: impl FnOnce(u32) -> u32) {
        self.generation = self.generation.map(|generation| generation + 1);
        if let Some((_, vcpus)) = Arc::make_mut(&mut self.inventory).last_mut() {
            vcpus.total = new(vcpus.total);
        }
    }
}

impl From<&ProviderRecord> for Provider {
    fn from(record: &ProviderRecord) -> Self {
        Self {
            uuid: record.uuid,
            parent_uuid: record.parent_uuid,
            generation: record.generation,
            inventory: record.inventory.clone().into_iter().collect(),
            name: SmolStr::new(&record.name),
            traits: record.traits.iter().cloned().collect(),
        }
    }
}
