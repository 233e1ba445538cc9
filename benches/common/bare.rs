//! What the library stands on, without the library: imbl's maps of the same
//! providers, with the same hasher. It is what its operations are held against.

use std::hint::black_box;
use std::sync::Arc;

use im::shared_ptr::DefaultSharedPtr;
use provider_tree::{Inventory, Provider, ResourceClass};
use uuid::Uuid;

use crate::forest;

/// As the library has it, but for how UUIDs are hashed.
pub type HashMap<K, V> = im::GenericHashMap<K, V, foldhash::fast::RandomState, DefaultSharedPtr>;

/// As wide as a path, in top-down order.
pub type Place = [u64; 3];

/// A map by UUID and one of the top-down order.
#[derive(Clone)]
pub struct Bare {
    pub by_uuid: HashMap<Uuid, Provider>,
    pub outline: im::OrdMap<Place, Provider>,
}

/// Where provider `n` stands.
pub fn place(n: usize) -> Place {
    [n as u64, 0, 0]
}

impl Bare {
    /// The same providers as in `forest::tree`, but none that it has too. They lie
    /// in memory as `populate` lays them: side by side in top-down order.
    pub fn new(providers: usize) -> Self {
        let tree = forest::tree(providers);
        let all = tree.snapshot();
        let outline: im::OrdMap<Place, Provider> = all
            .iter()
            .enumerate()
            .map(|(n, provider)| (place(n), provider.clone()))
            .collect();
        let by_uuid = outline.values().map(|one| (one.uuid(), one.clone()));
        Self {
            by_uuid: by_uuid.collect(),
            outline: outline.clone(),
        }
    }

    /// What an update of provider `n` can't do without: two allocations, for the
    /// provider and for its inventory, and one insert in a clone of each map.
    pub fn update(&mut self, n: usize, uuid: Uuid, inventory: [(ResourceClass, Inventory); 3]) {
        let inventory: Arc<[(ResourceClass, Inventory)]> = inventory.into();
        let head = Arc::new([n; HEAD]);
        black_box((inventory, head));
        let mut next = self.clone();
        let new = next.by_uuid.get(&uuid).expect("a provider").clone();
        next.outline.insert(place(n), new.clone());
        next.by_uuid.insert(uuid, new);
        *self = next;
    }
}

/// As many words as a provider has without its inventory.
const HEAD: usize = 20;
