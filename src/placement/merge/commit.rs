//! Applies the tree's side of a merge in a transaction.

use uuid::Uuid;

use super::{Merge, Policy};
use crate::error::Error;
use crate::forest::diff::change::{Change, Place};
use crate::placement::state::{ProviderState, Scope, State, in_force};
use crate::provider::inventory::{self, Inventory};
use crate::provider::name::ResourceClass;
use crate::provider::provider::{Head, Name, Provider};
use crate::transaction::transaction::Transaction;

/// Merges what Placement has into a transaction: a pull.
///
/// It merges with what the transaction itself shows, including its own edits. So in the
/// closure of an [`update`](crate::ProviderTree::update), which may run again, it never hides
/// a concurrent edit: fetch first, then call it with what was fetched. It changes names,
/// parents, generations, inventories by effective value, traits and aggregates; `resources`
/// and the order of siblings stay, and new siblings are added last. If there is nothing to
/// change, the update commits nothing.
///
/// Providers of `base` and `theirs` that have left the scope's trees are looked up in the
/// whole forest. Names and parents outside the scope count: if they are in the way, the merge
/// stops for that provider, whatever the policy. Cost: that of [`Merge::new`], and that of
/// [`Transaction::apply`] for what differs.
///
/// # Errors
///
/// [`Error::InvalidRecord`] if the forest refuses a name or an inventory of Placement's; those
/// of [`Transaction::apply`] for trees that are too deep and states that contradict
/// themselves.
///
/// ```
/// use provider_tree::placement::{Policy, Scope, State, merge_into};
/// use provider_tree::{ProviderRecord, ProviderTree};
/// use uuid::Uuid;
///
/// let tree = ProviderTree::new();
/// let mut host = ProviderRecord::new(Uuid::from_u128(1), "host");
/// host.generation = Some(4);
/// let base = State::default();
/// let theirs: State = [host].into_iter().collect();
///
/// let pull = |base: &State| {
///     tree.update(|transaction| {
///         merge_into(transaction, &Scope::Forest, base, &theirs, Policy::Stop)
///     })
/// };
/// let pulled = pull(&base)?;
/// assert_eq!(tree.find("host").unwrap().generation(), Some(4));
/// let again = pull(&pulled.value.base)?;
/// assert_eq!((pulled.version, again.version), (1, 1));
/// # Ok::<(), provider_tree::Error>(())
/// ```
pub fn merge_into(
    transaction: &mut Transaction,
    scope: &Scope,
    base: &State,
    theirs: &State,
    policy: Policy,
) -> Result<Merge, Error> {
    let known = base.uuids().chain(theirs.uuids());
    let ours = State::of(transaction, scope, known);
    let merge = Merge::within(Some(transaction), base, &ours, theirs, policy);
    let changes = changes(transaction, &ours, &merge.tree)?;
    transaction.apply(changes)?;
    Ok(merge)
}

/// The changes that lead from one state of the transaction's providers to another.
fn changes(transaction: &Transaction, from: &State, to: &State) -> Result<Vec<Change>, Error> {
    let mut changes = Vec::new();
    for uuid in from.uuids().filter(|uuid| !to.contains(*uuid)) {
        let provider = transaction.require(uuid)?.clone();
        changes.push(Change::Removed { provider });
    }
    let mut added = Vec::new();
    for (uuid, state) in to.iter() {
        match (transaction.get(uuid), from.get(uuid)) {
            (Some(before), Some(known)) if known != state => changes.push(Change::Updated {
                before: before.clone(),
                after: shown_by(uuid, state, Some(before))?,
                place: None,
            }),
            (None, _) => added.push(shown_by(uuid, state, None)?),
            _ => {}
        }
    }
    // Siblings keep the order in which they are added.
    added.sort_unstable_by(|a, b| a.name().cmp(b.name()));
    let place = Place::Last;
    changes.extend(
        added
            .into_iter()
            .map(|provider| Change::Added { provider, place }),
    );
    Ok(changes)
}

/// The provider that a state describes. What the state leaves out stays as it was.
fn shown_by(uuid: Uuid, state: &ProviderState, old: Option<&Provider>) -> Result<Provider, Error> {
    let ProviderState {
        name,
        parent_uuid,
        generation,
        inventory,
        traits,
        aggregates,
    } = state;
    let invalid = |reason| Error::InvalidRecord {
        uuid,
        reason: Box::new(reason),
    };
    let name = Name::new(name).map_err(invalid)?;
    let records = inventory.iter().map(|(class, record)| {
        let stored = old.and_then(|old| old.inventory_of(class));
        (class.clone(), as_stored(record, stored))
    });
    let records: Vec<(ResourceClass, Inventory)> = inventory::checked(records).map_err(invalid)?;
    let mut provider = match old {
        Some(old) => old.clone(),
        None => Provider::new(Head::new(uuid, name.clone().into()), std::iter::empty()),
    };
    provider.set_inventory(&records);
    let head = provider.head_mut();
    head.parent_uuid = *parent_uuid;
    head.generation = *generation;
    let rest = head.rest_mut();
    rest.name = name;
    rest.traits = traits.iter().cloned().collect();
    rest.aggregates = aggregates.iter().copied().collect();
    Ok(provider)
}

/// The stored record if it has the same effect, else the given one.
fn as_stored(record: &Inventory, stored: Option<&Inventory>) -> Inventory {
    match stored {
        Some(stored) if in_force(stored) == *record => *stored,
        _ => *record,
    }
}
