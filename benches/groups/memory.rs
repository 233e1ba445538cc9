//! Bytes a provider, all indices included. Criterion measures time alone, so
//! that they are printed.

use criterion::Criterion;
use provider_tree::ProviderTree;

use crate::counting::bytes_of;
use crate::fixture::SIZES;
use crate::forest;

pub fn group(_: &mut Criterion) {
    for size in SIZES {
        let (tree, bytes): (ProviderTree, _) = bytes_of(|| forest::tree(size));
        assert_eq!(tree.len(), size);
        println!(
            "memory/provider-{size}/provider-tree: {} bytes",
            bytes / size
        );
    }
}
