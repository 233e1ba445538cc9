//! Forests of unusual shapes and of the usual one, with names only.

use provider_tree::{ProviderRecord, ProviderTree};

use crate::forest::{parent, uuid};

/// One root, provider 0, with this many children, numbered from 1.
pub fn wide(children: usize) -> ProviderTree {
    of(children + 1, |n| (n > 0).then_some(0))
}

/// A chain of providers, with provider 0 at the top.
pub fn chain(levels: usize) -> ProviderTree {
    of(levels, |n| n.checked_sub(1))
}

/// Trees of ten.
pub fn usual(providers: usize) -> ProviderTree {
    of(providers, parent)
}

fn of(providers: usize, parent: impl Fn(usize) -> Option<usize>) -> ProviderTree {
    let tree = ProviderTree::new();
    let records = (0..providers).map(|n| {
        let mut record = ProviderRecord::new(uuid(n), format!("provider{n}"));
        record.generation = Some(0);
        record.parent_uuid = parent(n).map(uuid);
        record
    });
    tree.populate(records.collect::<Vec<_>>())
        .expect("a valid forest");
    tree
}
