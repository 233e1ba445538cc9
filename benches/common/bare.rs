//! What the library stands on, without the library: imbl's maps of the same
//! providers, with the same hasher. It is what its operations are held against.

use std::sync::Arc;

use im::shared_ptr::DefaultSharedPtr;
use provider_tree::{Forest, Inventory, Provider, ResourceClass, Trait};
use uuid::Uuid;

/// As the library has it, but for how it hashes UUIDs.
pub type HashMap<K, V> = im::GenericHashMap<K, V, foldhash::fast::RandomState, DefaultSharedPtr>;

/// As wide as the library's own key, in top-down order.
pub type Place = [u64; 3];

/// Two maps of all that a provider has.
#[derive(Clone)]
pub struct Bare {
    pub by_uuid: HashMap<Uuid, Arc<Record>>,
    pub outline: im::OrdMap<Place, Arc<Record>>,
}

/// A provider as one would hold it at first: each list in an allocation of its own.
#[derive(Clone)]
pub struct Record {
    pub uuid: Uuid,
    pub generation: Option<u64>,
    pub inventory: Arc<[(ResourceClass, Inventory)]>,
    #[expect(dead_code, reason = "it is there to be held")]
    others: Others,
}

type Others = (Option<Uuid>, Arc<str>, Arc<[Trait]>, Arc<[Uuid]>, Place);

impl From<&Provider> for Record {
    fn from(provider: &Provider) -> Self {
        Self {
            uuid: provider.uuid(),
            generation: provider.generation(),
            inventory: provider.inventory().into(),
            others: (
                provider.parent_uuid(),
                provider.name().into(),
                provider.traits().into(),
                provider.aggregates().into(),
                place(0),
            ),
        }
    }
}

/// Where provider `n` stands.
pub fn place(n: usize) -> Place {
    [n as u64, 0, 0]
}

impl Bare {
    /// Copies of all providers of a forest. They lie in memory as `populate` lays
    /// them: side by side in top-down order.
    pub fn of(forest: &Forest) -> Self {
        let all: Vec<Record> = forest.iter().map(Record::from).collect();
        let all = all.into_iter().map(Arc::new).enumerate();
        let outline: im::OrdMap<_, Arc<Record>> =
            all.map(|(n, record)| (place(n), record)).collect();
        let by_uuid = outline.values().map(|one| (one.uuid, Arc::clone(one)));
        Self {
            by_uuid: by_uuid.collect(),
            outline: outline.clone(),
        }
    }

    /// What an update of provider `n` can't do without: two allocations, for the
    /// provider and for its inventory, and one insert in a clone of each map.
    pub fn update(&mut self, n: usize, uuid: Uuid, inventory: [(ResourceClass, Inventory); 3]) {
        let mut next = self.clone();
        let mut new = Record::clone(next.by_uuid.get(&uuid).expect("a provider"));
        new.inventory = inventory.into();
        let new = Arc::new(new);
        next.outline.insert(place(n), Arc::clone(&new));
        next.by_uuid.insert(uuid, new);
        *self = next;
    }
}
