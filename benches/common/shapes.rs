//! Forests of unusual shapes, with no content but names.

use provider_tree::{ProviderRecord, ProviderTree};

use crate::forest::uuid;

/// One root, provider 0, with that many children, 1 and so on.
pub fn wide(children: usize) -> ProviderTree {
    of(children + 1, |_| 0)
}

/// Providers below one another, provider 0 at the top.
pub fn chain(levels: usize) -> ProviderTree {
    of(levels, |n| n - 1)
}

/// Provider 0 is the root; who the others stand below, the closure says.
fn of(providers: usize, parent: impl Fn(usize) -> usize) -> ProviderTree {
    let tree = ProviderTree::new();
    let records = (0..providers).map(|n| {
        let mut record = ProviderRecord::new(uuid(n), format!("provider{n}"));
        record.generation = Some(0);
        record.parent_uuid = (n > 0).then(|| uuid(parent(n)));
        record
    });
    tree.populate(records.collect::<Vec<_>>())
        .expect("a valid forest");
    tree
}
