//! A downstream crate's own model, with its own loom atomics beside the tree:
//! a scheduler that reads, and an agent that commits.

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::thread;
use loom_tests::explore;
use provider_tree::{
    ArcSwapCell, EpochCell, Error, Inventory, ProviderTree, ResourceClass, Snapshot, SnapshotCell,
};

/// What the scheduler is told: the agent's last report.
struct Mailbox {
    reported_version: AtomicU64,
}

fn agent<C: SnapshotCell>(tree: &ProviderTree<C>, mailbox: &Mailbox, tell_first: bool) {
    if tell_first {
        mailbox.reported_version.store(tree.version() + 1, Release);
    }
    let committed = tree
        .update(|transaction| {
            transaction.new_child("gpu", "host", None, None)?;
            transaction.update_inventory("gpu", [(ResourceClass::PGPU, Inventory::new(4))], None)
        })
        .unwrap();
    mailbox.reported_version.store(committed.version, Release);
}

/// How many GPUs the scheduler finds, and whether it had been told of them.
fn scheduler<C: SnapshotCell>(tree: &ProviderTree<C>, mailbox: &Mailbox) -> (bool, u32) {
    let told = mailbox.reported_version.load(Acquire);
    let found = tree.read(|snapshot| {
        assert!(
            snapshot.version() >= told,
            "the scheduler was told too early"
        );
        let gpus = snapshot.descendants("host").unwrap();
        gpus.filter_map(|provider| provider.inventory_of(&ResourceClass::PGPU))
            .map(|inventory| inventory.total)
            .sum()
    });
    (told > 1, found)
}

fn scheduler_and_agent<C: SnapshotCell>(name: &str, tell_first: bool) {
    explore(name, 3, [(false, 0), (false, 4), (true, 4)], move || {
        let tree = ProviderTree::<C>::from_snapshot(Snapshot::default());
        tree.new_root("host", None, None).unwrap();
        let tree = Arc::new(tree);
        let mailbox = Arc::new(Mailbox {
            reported_version: AtomicU64::new(1),
        });
        let agent = thread::spawn({
            let (tree, mailbox) = (Arc::clone(&tree), Arc::clone(&mailbox));
            move || agent(&tree, &mailbox, tell_first)
        });
        let found = scheduler(&tree, &mailbox);
        agent.join().unwrap();
        assert!(matches!(
            tree.new_root("host", None, None),
            Err(Error::NameTaken { .. })
        ));
        found
    });
}

#[test]
fn a_scheduler_finds_what_it_was_told_of() {
    scheduler_and_agent::<EpochCell>("scheduler and agent", false);
}

#[test]
#[should_panic(expected = "the scheduler was told too early")]
fn an_agent_that_tells_before_it_commits_is_caught() {
    scheduler_and_agent::<ArcSwapCell>("an agent that tells too early", true);
}
