//! What Placement has, and edits of it by a client that knows no mirror.

use std::collections::BTreeSet;

use provider_tree::placement::{
    AtGeneration, Client, Error, Filter, Inventories, ListedProvider, State,
};
use provider_tree::{Inventory, ProviderRecord, ResourceClass, Trait};
use uuid::Uuid;

/// The tree of a provider. Nobody may write to it meanwhile.
pub fn read(client: &Client, root: Uuid) -> State {
    let listed = client.list_providers(&Filter::default().in_tree(root));
    let records = listed.unwrap().into_iter();
    records.map(|listed| record(client, listed)).collect()
}

fn record(client: &Client, listed: ListedProvider) -> ProviderRecord {
    let uuid = listed.uuid;
    let inventories = client.get_inventories(uuid).unwrap();
    let traits = client.get_traits(uuid).unwrap();
    let aggregates = client.get_aggregates(uuid).unwrap();
    let generations = [
        inventories.generation,
        traits.generation,
        aggregates.generation,
    ];
    assert_eq!(generations, [listed.generation; 3], "{}", listed.name);
    let mut record = ProviderRecord::new(uuid, listed.name);
    record.parent_uuid = listed.parent_provider_uuid;
    record.generation = Some(listed.generation);
    record.inventory = inventories.content;
    record.traits = traits.content;
    record.aggregates = aggregates.content;
    record
}

/// Deletes the tree of a provider. Nobody may write to it meanwhile.
pub fn delete(client: &Client, root: Uuid) {
    loop {
        let listed = client.list_providers(&Filter::default().in_tree(root));
        let listed = listed.unwrap();
        let parents: BTreeSet<_> = { listed.iter() }
            .filter_map(|listed| listed.parent_provider_uuid)
            .collect();
        let leaves = { listed.iter() }.filter(|listed| !parents.contains(&listed.uuid));
        for leaf in leaves {
            client.delete_provider(leaf.uuid).unwrap();
        }
        if listed.len() <= 1 {
            return;
        }
    }
}

/// Edits inventories, traits or aggregates until no one else comes between. A lost
/// race for traits is a 500.
fn edit<T>(
    get: impl Fn() -> Result<AtGeneration<T>, Error>,
    edit: impl Fn(&mut T),
    put: impl Fn(u64, &T) -> Result<(), Error>,
) {
    for _ in 0..100 {
        let AtGeneration {
            generation,
            mut content,
        } = get().unwrap();
        edit(&mut content);
        match put(generation, &content) {
            Err(error) if error.is_conflict() || error.is_unknown_outcome() => {}
            put => {
                put.unwrap();
                return;
            }
        }
    }
    panic!("100 conflicts in a row");
}

/// Sets a record of a provider's inventory.
pub fn set_inventory(client: &Client, uuid: Uuid, class: &ResourceClass, total: u32) {
    edit(
        || client.get_inventories(uuid),
        |inventories: &mut Inventories| {
            inventories.insert(class.clone(), Inventory::new(total));
        },
        |generation, inventories| {
            client
                .put_inventories(uuid, generation, inventories)
                .map(drop)
        },
    );
}

/// Gives a provider a trait, which is created if it does not exist.
pub fn add_trait(client: &Client, uuid: Uuid, name: &Trait) {
    client.create_trait(name).unwrap();
    edit(
        || client.get_traits(uuid),
        |traits| {
            traits.insert(name.clone());
        },
        |generation, traits| client.put_traits(uuid, generation, traits).map(drop),
    );
}
