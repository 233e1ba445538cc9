//! Hostile arguments: each works, or gets a typed error that names the fault and changes
//! nothing.

mod edit;
mod generations;
mod inventories;
mod keys;
mod messages;
mod names;
mod nesting;
mod sets;
mod shapes;
mod size;
mod uuids;

use crate::cases::refusal::Refusal;
use provider_tree::{
    Error, Forest, Inventory, NewProvider, ProviderRecord, Resource, ResourceClass,
};
use uuid::Uuid;

use crate::cases::{ProviderTree, new_tree};

const HOST: Uuid = Uuid::from_u128(0x1);
const NUMA: Uuid = Uuid::from_u128(0x2);
const IRONIC: Uuid = Uuid::from_u128(0x3);
const ALIAS: Uuid = Uuid::from_u128(0x4);
/// The UUID that the name of `ALIAS` spells; no provider has it.
const SPELLED: Uuid = Uuid::from_u128(0xabcd);
/// The UUID of an added provider.
const NEW: Uuid = Uuid::from_u128(0xef01);
const NOBODY: Uuid = Uuid::from_u128(0xffff);

/// A root `host` with every kind of content and a child `numa0`; a root named after its own
/// UUID; and one named after a UUID that no provider has.
fn forest() -> ProviderTree {
    let tree = new_tree();
    let cpus = (ResourceClass::VCPU, Inventory::new(8));
    tree.update(|transaction| {
        transaction.new_root(NewProvider::new("host").uuid(HOST).generation(7))?;
        transaction.new_child(NewProvider::new("numa0").uuid(NUMA), HOST)?;
        transaction.new_root(
            NewProvider::new(&IRONIC.to_string())
                .uuid(IRONIC)
                .generation(0),
        )?;
        transaction.new_root(NewProvider::new(&SPELLED.simple().to_string()).uuid(ALIAS))?;
        transaction.update_inventory(HOST, [cpus.clone()], None)?;
        transaction.update_traits(HOST, ["CUSTOM_GOLD"], None)?;
        transaction.update_aggregates(HOST, [NOBODY], None)?;
        transaction.update_resources(HOST, [Resource::new(ResourceClass::VCPU, "0")])
    })
    .unwrap_or_else(|error: Error| panic!("{error}"));
    tree
}

fn records(forest: &Forest) -> Vec<ProviderRecord> {
    forest.to_records().collect()
}

fn record(uuid: Uuid, name: &str) -> ProviderRecord {
    ProviderRecord::new(uuid, name)
}

/// The error for an unknown key.
fn unknown(key: impl ToString) -> Refusal {
    Refusal::UnknownProvider {
        key: excerpt(&key.to_string()),
    }
}

/// The part of a text that an error repeats.
fn excerpt(text: &str) -> String {
    if text.chars().count() > 200 {
        text.chars().take(200).chain("...".chars()).collect()
    } else {
        text.to_owned()
    }
}

/// All text spellings of a UUID.
fn spellings(uuid: Uuid) -> Vec<String> {
    let forms = [
        uuid.hyphenated().to_string(),
        uuid.simple().to_string(),
        uuid.braced().to_string(),
        uuid.urn().to_string(),
    ];
    let upper = forms.clone().map(|form| form.to_uppercase());
    forms.into_iter().chain(upper).collect()
}
