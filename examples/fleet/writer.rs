//! A writer: commits that change several providers of a host, each of which keeps the host's
//! total free capacity.

use std::time::Instant;

use provider_tree::{
    Committed, Error, Inventory, NewProvider, Provider, ProviderTree, Transaction,
};
use uuid::Uuid;

use crate::fleet::Fleet;
use crate::machine::Host;
use crate::random::Random;
use crate::violations::Violations;

/// The most units that one commit moves.
const MOST: usize = 1_000;

/// The results of one writer.
#[derive(Default)]
pub struct Commits {
    pub commits: u64,
    pub attempts: u64,
    /// Refused commits. There should be none.
    pub violations: Violations,
}

pub fn write(tree: &ProviderTree, fleet: &Fleet, seed: u64, deadline: Instant) -> Commits {
    let mut random = Random::new(seed);
    let mut done = Commits::default();
    while Instant::now() < deadline {
        let host = fleet.host(random.below(fleet.len()));
        let holder = random.below(host.len());
        let (from, to) = (host.holder(holder), host.holder(holder + 1));
        let units = 1 + random.below(MOST) as u32;
        let outcome = match random.below(64) {
            0 => populate_again(tree, host),
            choice if choice < 8 || from == to => add_or_remove_device(tree, host, from),
            _ => commit(tree, |edits| move_units(edits, host, from, to, units)),
        };
        match outcome {
            Ok(committed) if committed.value => {
                done.commits += 1;
                done.attempts += committed.attempts;
            }
            Ok(_) => {}
            Err(error) => done
                .violations
                .note(|| format!("a commit was refused: {error}")),
        }
    }
    done
}

/// Commits edits, and records whether there was anything to change. The closure may run
/// several times, so all random numbers are drawn before.
fn commit(
    tree: &ProviderTree,
    mut edits: impl FnMut(&mut Transaction) -> Result<(), Error>,
) -> Result<Committed<bool>, Error> {
    tree.update(|transaction| {
        edits(transaction)?;
        Ok(transaction.edits() > 0)
    })
}

/// Resets a host to its machine, as Nova does when it restarts. The device is not given, so
/// `populate` removes it if it exists.
fn populate_again(tree: &ProviderTree, host: Host) -> Result<Committed<bool>, Error> {
    let mut records: Vec<_> = host.records().collect();
    commit(tree, |transaction| {
        for record in &mut records {
            record.generation = transaction.get(record.uuid).map(next_generation);
        }
        transaction.populate(&records)
    })
}

/// Adds the host's device below one of its providers, with a unit taken from there; or
/// returns the unit and removes the device.
fn add_or_remove_device(
    tree: &ProviderTree,
    host: Host,
    holder: Uuid,
) -> Result<Committed<bool>, Error> {
    let name = host.device_name();
    let uuid = Uuid::new_v4();
    commit(tree, |transaction| {
        let Some(device) = transaction.find(&name) else {
            let device = match transaction
                .new_child(NewProvider::new(&name).uuid(uuid).generation(0), holder)
            {
                // The provider is at the deepest level.
                Err(Error::TooDeep { .. }) => return Ok(()),
                added => added?,
            };
            let mut inventory = Inventory::new(1);
            inventory.reserved = Some(1);
            inventory.allocation_ratio = host.allocation_ratio();
            transaction.update_inventory(device, [(host.watched().clone(), inventory)], 1)?;
            transaction.add_traits(device, ["CUSTOM_HOTPLUG"])?;
            return move_units(transaction, host, holder, device, 1);
        };
        let (device, parent) = (device.uuid(), device.parent_uuid());
        move_units(transaction, host, device, parent.unwrap_or(holder), 1)?;
        // The device stays if its parent has no room for the unit.
        if host.free_of(transaction.require(device)?) == 0 {
            transaction.remove(device)?;
        }
        Ok(())
    })
}

/// Moves up to `most` free units of the watched class from one provider to another: reserves
/// them on the first, and on the second releases reserved units or raises the total.
///
/// The sum of free units stays the same, and no total ever falls, so this works for single
/// GPUs as well as for memory.
fn move_units(
    transaction: &mut Transaction,
    host: Host,
    from: Uuid,
    to: Uuid,
    most: u32,
) -> Result<(), Error> {
    let class = host.watched();
    let inventory = |uuid| {
        transaction
            .require(uuid)
            .map(|at| at.inventory_of(class).copied())
    };
    let (Some(mut giver), Some(mut taker)) = (inventory(from)?, inventory(to)?) else {
        return Ok(());
    };
    let units = most
        .min(giver.total.saturating_sub(giver.effective().reserved))
        .min(taker.effective().reserved + (Inventory::MAX - taker.total));
    giver.reserved = Some(giver.effective().reserved + units);
    let given_free = units.min(taker.effective().reserved);
    taker.reserved = Some(taker.effective().reserved - given_free);
    taker.total += units - given_free;
    replace_inventory(transaction, host, from, giver)?;
    replace_inventory(transaction, host, to, taker)
}

fn replace_inventory(
    transaction: &mut Transaction,
    host: Host,
    uuid: Uuid,
    inventory: Inventory,
) -> Result<(), Error> {
    let provider = transaction.require(uuid)?;
    let generation = next_generation(provider);
    let mut records = provider.inventory().to_vec();
    for (class, record) in &mut records {
        if class == host.watched() {
            *record = inventory;
        }
    }
    transaction.update_inventory(uuid, records, generation)?;
    Ok(())
}

/// Placement raises a provider's generation with each change.
fn next_generation(provider: &Provider) -> u64 {
    provider
        .generation()
        .map_or(0, |generation| generation.saturating_add(1))
}
