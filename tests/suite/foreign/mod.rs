//! Foreign code that a call runs: wakers, destructors, closures. It runs outside every lock,
//! every claim of priority and every update whose closure has returned, and it cannot undo a
//! commit.

mod destructors;
mod wakers;

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use provider_tree::{Committed, Error, Transaction};

use crate::cases::{ProviderTree, new_tree};
use provider_tree::NewProvider;

pub fn with_host() -> Arc<ProviderTree> {
    let tree = new_tree();
    tree.new_root(NewProvider::new("host").generation(0))
        .unwrap();
    Arc::new(tree)
}

fn generation(tree: &ProviderTree) -> u64 {
    tree.find("host").unwrap().generation().unwrap()
}

/// A value whose destructor commits to a tree, and panics if that is refused.
struct CommitsAtDrop(Arc<ProviderTree>);

impl Drop for CommitsAtDrop {
    fn drop(&mut self) {
        self.0
            .update(|transaction| {
                let now = transaction.require("host")?.generation().unwrap_or(0);
                transaction.set_generation("host", now + 100)
            })
            .unwrap();
    }
}

/// An update that commits at its fourth attempt. The second takes half a second, so that
/// others defer to the third and fourth for a second. The closure gets the attempt's number.
pub fn update_with_a_claim<T>(
    tree: &ProviderTree,
    mut edits: impl FnMut(&mut Transaction, u64) -> Result<T, Error>,
) -> Committed<T> {
    let mut attempt = 0;
    let committed = tree.update(|transaction| {
        attempt += 1;
        if attempt == 2 {
            thread::sleep(HALF_A_CLAIM);
        }
        if attempt <= 3 {
            let mut first = tree.begin();
            first.rename("host", &format!("host{attempt}"))?;
            first.rename(&format!("host{attempt}"), "host")?;
            tree.commit(first).unwrap();
        }
        edits(transaction, attempt)
    });
    let committed = committed.unwrap();
    assert_eq!(committed.attempts, 4);
    committed
}

const HALF_A_CLAIM: Duration = Duration::from_millis(500);

/// Whether another thread's commit returns within half a claim's time.
pub fn others_can_commit(tree: &Arc<ProviderTree>) -> bool {
    let (sender, first) = mpsc::channel();
    let commits = sender.clone();
    thread::spawn(move || {
        thread::sleep(HALF_A_CLAIM);
        let _ = sender.send(false);
    });
    let tree = Arc::clone(tree);
    thread::spawn(move || {
        tree.new_root("other").unwrap();
        tree.remove("other").unwrap();
        let _ = commits.send(true);
    });
    first.recv().unwrap()
}
