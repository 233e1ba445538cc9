//! Models of a downstream crate: a scheduler that reads, an agent that commits, and their
//! own loom atomics next to the tree.

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::thread;
use provider_tree::{
    EpochCell, Inventory, NewProvider, ProviderTree, ResourceClass, Snapshot, SnapshotCell,
};
use uuid::Uuid;

const HOST: Uuid = Uuid::from_u128(0xa);
const GPU: Uuid = Uuid::from_u128(0xb);

/// The scheduler's message: the version with the agent's last report.
type Mailbox = AtomicU64;

fn agent<C: SnapshotCell>(tree: &ProviderTree<C>, mailbox: &Mailbox) {
    let committed = tree
        .update(|transaction| {
            transaction.new_child(NewProvider::new("gpu").uuid(GPU), "host")?;
            transaction.update_inventory("gpu", [(ResourceClass::PGPU, Inventory::new(4))], None)
        })
        .unwrap();
    mailbox.store(committed.version, Release);
}

/// A buggy agent: it announces a version before it is committed.
fn hasty_agent<C: SnapshotCell>(tree: &ProviderTree<C>, mailbox: &Mailbox) {
    mailbox.store(tree.version() + 1, Release);
    agent(tree, mailbox);
}

fn scheduler<C: SnapshotCell>(tree: &ProviderTree<C>, mailbox: &Mailbox) {
    let told = mailbox.load(Acquire);
    tree.read(|snapshot| {
        assert!(
            snapshot.version() >= told,
            "the scheduler was told too early"
        );
        let gpus = snapshot.descendants("host").unwrap();
        let total: u32 = gpus
            .filter_map(|provider| provider.inventory_of(&ResourceClass::PGPU))
            .map(|inventory| inventory.total)
            .sum();
        assert!(total == 0 || total == 4, "half a GPU");
        assert!(told < 2 || total == 4, "told of GPUs that don't exist");
    });
}

fn check<C: SnapshotCell>(
    new_tree: fn() -> ProviderTree<C>,
    agent: fn(&ProviderTree<C>, &Mailbox),
) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(move || {
        let tree = Arc::new(new_tree());
        tree.new_root(NewProvider::new("host").uuid(HOST)).unwrap();
        let mailbox = Arc::new(Mailbox::new(1));
        let agent = thread::spawn({
            let (tree, mailbox) = (Arc::clone(&tree), Arc::clone(&mailbox));
            move || agent(&tree, &mailbox)
        });
        scheduler(&tree, &mailbox);
        agent.join().unwrap();
    });
}

fn on_epoch() -> ProviderTree<EpochCell> {
    ProviderTree::from_snapshot(Snapshot::default())
}

#[test]
fn a_scheduler_sees_the_version_it_was_told_of() {
    check(ProviderTree::new, agent);
}

#[test]
fn a_scheduler_sees_the_version_it_was_told_of_on_epoch() {
    check(on_epoch, agent);
}

#[test]
#[should_panic(expected = "the scheduler was told too early")]
fn an_agent_that_announces_too_early_is_caught() {
    check(ProviderTree::new, hasty_agent);
}

/// The example in the library's chapter on models.
mod example {
    include!("../../src/docs/models_example.rs");
}
