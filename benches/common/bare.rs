//! What the library stands on, without the library: imbl's maps of the same
//! providers, with the same hasher. It is what its operations are held against.

use std::sync::Arc;

use im::shared_ptr::DefaultSharedPtr;
use provider_tree::{Forest, Inventory, Provider, ResourceClass};
use uuid::Uuid;

/// As the library has it.
pub type HashMap<K, V> = im::GenericHashMap<K, V, foldhash::fast::RandomState, DefaultSharedPtr>;

/// As wide as the library's own key, in top-down order.
pub type Place = [u64; 3];

/// Two of the library's three maps, and no more.
#[derive(Clone)]
pub struct Bare {
    pub by_uuid: HashMap<Uuid, Arc<Provider>>,
    pub outline: im::OrdMap<Place, Arc<Provider>>,
}

/// Where provider `n` stands.
pub fn place(n: usize) -> Place {
    [n as u64, 0, 0]
}

impl Bare {
    /// Copies of all providers of a forest. They lie in memory as `populate` lays
    /// them: side by side in top-down order.
    pub fn of(forest: &Forest) -> Self {
        let all = forest.iter().cloned().map(Arc::new).enumerate();
        let outline: im::OrdMap<_, Arc<Provider>> =
            all.map(|(n, provider)| (place(n), provider)).collect();
        let by_uuid = outline.values().map(|one| (one.uuid(), Arc::clone(one)));
        Self {
            by_uuid: by_uuid.collect(),
            outline: outline.clone(),
        }
    }

    /// What an update of provider `n` can't do without: two allocations, for the
    /// provider and for its inventory, and one insert in a clone of each map.
    pub fn update(&mut self, n: usize, uuid: Uuid, inventory: [(ResourceClass, Inventory); 3]) {
        let inventory: Arc<[(ResourceClass, Inventory)]> = inventory.into();
        assert_eq!(std::hint::black_box(inventory).len(), 3);
        let mut next = self.clone();
        let old = next.by_uuid.get(&uuid).expect("a provider");
        let new = Arc::new(Provider::clone(old));
        next.outline.insert(place(n), Arc::clone(&new));
        next.by_uuid.insert(uuid, new);
        *self = next;
    }
}
