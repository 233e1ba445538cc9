//! The forest of all benchmarks, the same in every run: trees of ten providers (a root, three
//! children, two grandchildren below each), with 3 inventories and 5 traits per provider.

use provider_tree::{Inventory, ProviderRecord, ProviderTree, ResourceClass, Trait};
use uuid::{Builder, Uuid};

/// How many providers a tree has. Provider `n` is in tree `n / TREE`, at position `n % TREE`
/// in top-down order.
pub const TREE: usize = 10;

const TRAITS: [&str; 9] = [
    "COMPUTE_NODE",
    "COMPUTE_TRUSTED_CERTS",
    "HW_CPU_X86_AVX2",
    "HW_CPU_X86_AVX512F",
    "HW_CPU_X86_VMX",
    "HW_NIC_SRIOV",
    "HW_NUMA_ROOT",
    "STORAGE_DISK_SSD",
    "CUSTOM_RACK_A",
];

/// The UUID of provider `n`, distributed like a random one.
pub fn uuid(n: usize) -> Uuid {
    let [high, low] = [2 * n, 2 * n + 1].map(|n| scattered(n as u64));
    let bytes = *Uuid::from_u64_pair(high, low).as_bytes();
    Builder::from_random_bytes(bytes).into_uuid()
}

/// The name of provider `n`.
pub fn name(n: usize) -> String {
    let host = format!("compute-{:06}.example.org", n / TREE);
    match n % TREE {
        0 => host,
        at @ (1 | 4 | 7) => format!("{host}_numa{}", at / 3),
        at => format!("{host}_pci{at}"),
    }
}

/// The number of provider `n`'s parent.
pub fn parent(n: usize) -> Option<usize> {
    match n % TREE {
        0 => None,
        at @ (1 | 4 | 7) => Some(n - at),
        at => Some(n - (at - 1) % 3),
    }
}

/// Provider `n` as plain data.
pub fn record(n: usize) -> ProviderRecord {
    let mut record = ProviderRecord::new(uuid(n), name(n));
    record.generation = Some(0);
    record.parent_uuid = parent(n).map(uuid);
    let mut vcpus = Inventory::new(64);
    vcpus.reserved = Some(2);
    vcpus.allocation_ratio = Some(4.0);
    record.inventory.insert(ResourceClass::VCPU, vcpus);
    for (class, total) in [
        (ResourceClass::MEMORY_MB, 262_144),
        (ResourceClass::DISK_GB, 2_000),
    ] {
        record.inventory.insert(class, Inventory::new(total));
    }
    let traits = (0..5).map(|at| TRAITS[(n + at) % TRAITS.len()]);
    record.traits = traits
        .map(|name| Trait::new(name).expect("a valid trait"))
        .collect();
    record
}

/// A forest of this many providers, in the order of their numbers.
pub fn tree(providers: usize) -> ProviderTree {
    let tree = ProviderTree::new();
    let records = (0..providers).map(record);
    tree.populate(records.collect::<Vec<_>>())
        .expect("a valid forest");
    tree
}

/// The finaliser of SplitMix64, a bijection.
fn scattered(n: u64) -> u64 {
    let n = n.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    n ^ (n >> 31)
}
