//! What the library stands on, without the library: imbl's maps of the same
//! providers, with the same hasher. It is what its operations are held against.

use std::sync::Arc;

use im::shared_ptr::DefaultSharedPtr;
use provider_tree::{Inventory, ResourceClass};
use triomphe::ThinArc;
use uuid::Uuid;

use crate::forest;

/// As the library has it.
pub type HashMap<K, V> = im::GenericHashMap<K, V, foldhash::fast::RandomState, DefaultSharedPtr>;

/// Three levels of a top-down order.
pub type Place = [u64; 3];

/// A provider in one allocation, inventory included, as the library has it.
pub type Record = ThinArc<Head, (ResourceClass, Inventory)>;

/// All of a provider but its inventory: as large as the library's.
#[derive(Clone, Copy)]
pub struct Head {
    pub generation: Option<u64>,
    pub uuid: Uuid,
    #[expect(dead_code, reason = "it is there to be held")]
    others: [u64; 15],
}

/// A map by UUID and one of the top-down order.
#[derive(Clone)]
pub struct Maps {
    pub by_uuid: HashMap<Uuid, Record>,
    pub outline: im::OrdMap<Place, Record>,
}

/// Their newest version.
#[derive(Clone)]
pub struct Bare(pub Arc<Maps>);

/// Where provider `n` stands.
pub fn place(n: usize) -> Place {
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
    /// The providers of `forest::tree`. They lie in memory as `populate` lays them: side
    /// by side in top-down order.
    pub fn new(providers: usize) -> Self {
        let all = (0..providers).map(|n| {
            let inventory = forest::record(n).inventory.into_iter();
            (place(n), record(n, forest::uuid(n), inventory))
        });
        let outline: im::OrdMap<Place, Record> = all.collect();
        let by_uuid = outline.values();
        let by_uuid = by_uuid.map(|one| (one.header.header.uuid, one.clone()));
        Self(Arc::new(Maps {
            by_uuid: by_uuid.collect(),
            outline,
        }))
    }

    /// Whether there is a provider with a generation.
    pub fn has(&self, uuid: &Uuid) -> bool {
        self.0.by_uuid.get(uuid).is_some_and(has_generation)
    }

    /// What an update of provider `n` can't do without: two allocations, for the
    /// provider and for the next version, and one insert in a clone of each map.
    /// Returns whether there was one.
    pub fn update(
        &mut self,
        n: usize,
        uuid: Uuid,
        inventory: [(ResourceClass, Inventory); 3],
    ) -> bool {
        let new = record(n, uuid, inventory.into_iter());
        let mut outline = self.0.outline.clone();
        outline.insert(place(n), new.clone());
        let mut by_uuid = self.0.by_uuid.clone();
        let old = by_uuid.insert(uuid, new);
        self.0 = Arc::new(Maps { by_uuid, outline });
        old.is_some()
    }
}

/// Looks at a provider, as who asks for it does.
pub fn has_generation(record: &Record) -> bool {
    record.header.header.generation.is_some()
}
