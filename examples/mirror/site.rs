//! One of two sites: a forest, its mirror, and edits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use fastrand::Rng;
use provider_tree::placement::{Client, Mirror, Policy, Round, RunOptions, Scope, State, Stop};
use provider_tree::{Inventory, Provider, ProviderTree, ResourceClass, Transaction};
use uuid::Uuid;

/// How often a site asks for the other one's edits.
const INTERVAL: Duration = Duration::from_millis(100);

pub struct Site {
    pub tree: Arc<ProviderTree>,
    pub mirror: Mirror,
    pub counts: Counts,
    root: Uuid,
}

/// What a mirror has done so far.
#[derive(Default)]
pub struct Counts {
    pub edits: AtomicU64,
    pub rounds: AtomicU64,
    pub requests: AtomicU64,
    pub sent: AtomicU64,
    pub redone: AtomicU64,
    pub conflicts: AtomicU64,
    pub failures: AtomicU64,
}

impl Site {
    pub fn new(client: Client, root: Uuid) -> Self {
        let tree = Arc::new(ProviderTree::new());
        let mirror = Mirror::new(Arc::clone(&tree), client, Scope::Trees(vec![root]));
        Self {
            // Both sites are alike, so that neither is to win: what is in Placement stays.
            mirror: mirror.policy(Policy::Theirs),
            tree,
            counts: Counts::default(),
            root,
        }
    }

    /// What the site has of the host.
    pub fn state(&self) -> State {
        State::of(&self.tree.snapshot(), &Scope::Trees(vec![self.root]), [])
    }

    /// Keeps the site in step until it is stopped.
    pub fn run(&self, stop: &Stop) {
        let options = RunOptions::default().interval(INTERVAL);
        self.mirror
            .run(&options, stop, |round| self.counts.add(round));
    }

    /// Makes one edit, the kind of which other sites make too.
    pub fn edit(&self, random: &mut Rng) -> Result<(), provider_tree::Error> {
        let seed = random.u64(..);
        self.tree.update(|transaction| {
            // The closure may run again, and is to choose the same again.
            let mut random = Rng::with_seed(seed);
            let mut uuids: Vec<Uuid> = transaction
                .tree_of(self.root)?
                .map(Provider::uuid)
                .collect();
            uuids.sort_unstable();
            let uuid = uuids[random.usize(..uuids.len())];
            match random.u8(..8) {
                0..4 => reserve(transaction, uuid, &mut random),
                4..6 => toggle_trait(transaction, uuid, &mut random),
                6 => toggle_aggregate(transaction, uuid, &mut random),
                _ => toggle_child(transaction, self.root, &mut random),
            }
        })?;
        self.counts.edits.fetch_add(1, Relaxed);
        Ok(())
    }
}

impl Counts {
    fn add(&self, round: &Round) {
        self.rounds.fetch_add(1, Relaxed);
        if let Some(pulled) = &round.pulled {
            self.requests.fetch_add(pulled.requests, Relaxed);
            self.conflicts
                .fetch_add(pulled.conflicts.len() as u64, Relaxed);
        }
        if let Some(pushed) = &round.pushed {
            self.requests.fetch_add(pushed.requests, Relaxed);
            self.sent.fetch_add(pushed.done.len() as u64, Relaxed);
            self.redone.fetch_add(pushed.redone, Relaxed);
            self.conflicts
                .fetch_add(pushed.conflicts.len() as u64, Relaxed);
            self.failures.fetch_add(pushed.failed.len() as u64, Relaxed);
        }
        self.failures
            .fetch_add(round.error.is_some().into(), Relaxed);
    }
}

/// Reserves another part of what a provider has.
fn reserve(
    transaction: &mut Transaction,
    uuid: Uuid,
    random: &mut Rng,
) -> Result<(), provider_tree::Error> {
    let mut records = match transaction.get(uuid) {
        Some(provider) => provider.inventory().to_vec(),
        None => return Ok(()),
    };
    if records.is_empty() {
        return Ok(());
    }
    let position = random.usize(..records.len());
    let record = &mut records[position].1;
    record.reserved = Some(random.u32(0..=record.total));
    transaction.update_inventory(uuid, records, None)?;
    Ok(())
}

fn toggle_trait(
    transaction: &mut Transaction,
    uuid: Uuid,
    random: &mut Rng,
) -> Result<(), provider_tree::Error> {
    let name = format!("CUSTOM_MIRROR_{}", random.u8(..8));
    if !transaction.add_traits(uuid, [&*name])? {
        transaction.remove_traits(uuid, [&*name])?;
    }
    Ok(())
}

fn toggle_aggregate(
    transaction: &mut Transaction,
    uuid: Uuid,
    random: &mut Rng,
) -> Result<(), provider_tree::Error> {
    let aggregate = Uuid::from_u128(1 + u128::from(random.u8(..4)));
    if !transaction.add_aggregates(uuid, [aggregate])? {
        transaction.remove_aggregates(uuid, [aggregate])?;
    }
    Ok(())
}

/// Plugs a device in, or unplugs one that is there.
fn toggle_child(
    transaction: &mut Transaction,
    root: Uuid,
    random: &mut Rng,
) -> Result<(), provider_tree::Error> {
    let is_device = |provider: &&Provider| provider.name().starts_with("device-");
    let device = transaction
        .children(root)?
        .find(is_device)
        .map(Provider::uuid);
    match device {
        Some(device) if random.bool() => transaction.remove(device).map(drop),
        _ => {
            let name = format!("device-{:032x}", random.u128(..));
            let device = transaction.new_child(&name, root)?;
            let accelerators = (ResourceClass::VGPU, Inventory::new(1));
            transaction.update_inventory(device, [accelerators], None)?;
            Ok(())
        }
    }
}
