//! The baseline of the library's operations: imbl's maps of the same providers, with the same
//! hasher.

use std::sync::Arc;

use im::shared_ptr::DefaultSharedPtr;
use provider_tree::{Inventory, ResourceClass};
use triomphe::ThinArc;
use uuid::Uuid;

use crate::forest;

/// The same as in the library.
pub type HashMap<K, V> = im::GenericHashMap<K, V, foldhash::fast::RandomState, DefaultSharedPtr>;

/// A key of the top-down order, with three levels.
pub type Key = [u64; 3];

/// A provider with its inventory in one allocation, as in the library.
pub type Record = ThinArc<Head, (ResourceClass, Inventory)>;

/// A provider without its inventory, as large as the library's.
#[derive(Clone, Copy)]
pub struct Head {
    pub generation: Option<u64>,
    pub uuid: Uuid,
    #[expect(dead_code, reason = "only to have the same size")]
    others: [u64; 15],
}

/// A map by UUID and one in top-down order.
#[derive(Clone)]
pub struct Maps {
    pub by_uuid: HashMap<Uuid, Record>,
    pub outline: im::OrdMap<Key, Record>,
}

/// The newest version of the maps.
#[derive(Clone)]
pub struct Bare(pub Arc<Maps>);

/// The key of provider `n` in the top-down order.
pub fn key(n: usize) -> Key {
    [n as u64, 0, 0]
}

fn record(
    n: usize,
    uuid: Uuid,
    inventory: impl ExactSizeIterator<Item = (ResourceClass, Inventory)>,
) -> Record {
    let head = Head {
        generation: Some(0),
        uuid,
        others: [n as u64; 15],
    };
    ThinArc::from_header_and_iter(head, inventory)
}

impl Bare {
    /// The providers of `forest::tree`, adjacent in memory in top-down order, as after `populate`.
    pub fn new(providers: usize) -> Self {
        let all = (0..providers).map(|n| {
            let inventory = forest::record(n).inventory.into_iter();
            (key(n), record(n, forest::uuid(n), inventory))
        });
        let outline: im::OrdMap<Key, Record> = all.collect();
        let by_uuid = outline.values();
        let by_uuid = by_uuid.map(|one| (one.header.header.uuid, one.clone()));
        Self(Arc::new(Maps {
            by_uuid: by_uuid.collect(),
            outline,
        }))
    }

    /// Whether the provider exists and has a generation.
    pub fn has(&self, uuid: &Uuid) -> bool {
        self.0.by_uuid.get(uuid).is_some_and(has_generation)
    }

    /// The minimum work of an update of provider `n`: two allocations, for the provider and the
    /// next version, and one insert in a clone of each map. Returns whether the provider existed.
    pub fn update(
        &mut self,
        n: usize,
        uuid: Uuid,
        inventory: [(ResourceClass, Inventory); 3],
    ) -> bool {
        let new = record(n, uuid, inventory.into_iter());
        let mut outline = self.0.outline.clone();
        outline.insert(key(n), new.clone());
        let mut by_uuid = self.0.by_uuid.clone();
        let old = by_uuid.insert(uuid, new);
        self.0 = Arc::new(Maps { by_uuid, outline });
        old.is_some()
    }
}

/// Reads from a provider, as a caller would.
pub fn has_generation(record: &Record) -> bool {
    record.header.header.generation.is_some()
}
