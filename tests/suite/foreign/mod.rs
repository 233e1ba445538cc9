//! Code of others that runs because of a call: wakers, destructors, closures. None of
//! it may meet a lock, or the mark of an update whose closure has ended, and none of
//! it may keep a commit from its writer.

mod destructors;
mod wakers;

use std::sync::Arc;

use crate::cases::{ProviderTree, new_tree};
use provider_tree::NewProvider;

fn with_host() -> Arc<ProviderTree> {
    let tree = new_tree();
    tree.new_root(NewProvider::new("host").generation(0))
        .unwrap();
    Arc::new(tree)
}

fn generation(tree: &ProviderTree) -> u64 {
    tree.find("host").unwrap().generation().unwrap()
}

/// A value whose destructor commits to a tree, and fails if that is refused.
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
