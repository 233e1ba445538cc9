//! The peers' provider: like ours, it has its inventory inline, and equal lists of traits are
//! interned.

use std::sync::Arc;

use foldhash::HashSet;
use provider_tree::{Inventory, ProviderRecord, ResourceClass, Trait};
use smallvec::SmallVec;
use smol_str::SmolStr;
use uuid::Uuid;

/// The peers' provider.
#[derive(Clone)]
pub struct Provider {
    pub uuid: Uuid,
    pub parent_uuid: Option<Uuid>,
    pub generation: Option<u64>,
    inventory: SmallVec<[(ResourceClass, Inventory); 3]>,
    pub name: SmolStr,
    #[expect(dead_code, reason = "only to have the same content")]
    traits: Arc<[Trait]>,
}

impl Provider {
    /// The providers of these records.
    pub fn all(records: &[ProviderRecord]) -> impl Iterator<Item = Self> {
        let mut lists: HashSet<Arc<[Trait]>> = HashSet::default();
        records.iter().map(move |record| {
            let traits: Arc<[Trait]> = record.traits.iter().cloned().collect();
            let traits = match lists.get(&traits) {
                Some(first) => Arc::clone(first),
                None => {
                    lists.insert(Arc::clone(&traits));
                    traits
                }
            };
            Self {
                uuid: record.uuid,
                parent_uuid: record.parent_uuid,
                generation: record.generation,
                inventory: record.inventory.clone().into_iter().collect(),
                name: SmolStr::new(&record.name),
                traits,
            }
        })
    }

    /// The VCPUs, found like ours.
    pub fn vcpus(&self) -> u32 {
        self.inventory.last().map_or(0, |(_, vcpus)| vcpus.total)
    }

    /// The result of a read of one provider.
    pub fn summary(&self) -> u64 {
        self.generation.unwrap_or(0) + u64::from(self.vcpus())
    }

    /// Gives away one VCPU unless it is the last. Returns how many it gave.
    pub fn give(&mut self) -> u32 {
        let given = u32::from(self.vcpus() > 1);
        self.change(|total| total - given);
        given
    }

    /// Takes the VCPUs that another provider gave.
    pub fn take(&mut self, given: u32) {
        self.change(|total| total + given);
    }

    fn change(&mut self, new: impl FnOnce(u32) -> u32) {
        self.generation = self.generation.map(|generation| generation + 1);
        if let Some((_, vcpus)) = self.inventory.last_mut() {
            vcpus.total = new(vcpus.total);
        }
    }
}
