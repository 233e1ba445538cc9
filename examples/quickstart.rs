//! One host with two NUMA nodes and a GPU: add, read, change, see what changed.

use provider_tree::{Error, Inventory, ProviderTree, ResourceClass};

fn main() -> Result<(), Error> {
    let tree = ProviderTree::new();

    // One commit: readers see all of it, or nothing.
    tree.update(|transaction| {
        let host = transaction.new_root("host")?;
        for node in ["host_numa0", "host_numa1"] {
            transaction.new_child(node, host)?;
            let cpus = Inventory::new(16).with_allocation_ratio(4.0);
            transaction.update_inventory(node, [(ResourceClass::VCPU, cpus)], None)?;
        }
        transaction.new_child("host_gpu0", "host_numa0")?;
        transaction.add_traits("host_gpu0", ["CUSTOM_GOLD"])
    })?;

    // A snapshot never changes, however long you keep it.
    let before = tree.snapshot();
    print!("{before}");
    let capacity: f64 = before
        .tree_of("host_gpu0")?
        .filter_map(|provider| provider.inventory_of(&ResourceClass::VCPU))
        .map(Inventory::capacity)
        .sum();
    println!("The host can run {capacity} virtual processors.");

    tree.move_to("host_gpu0", "host_numa1")?;
    for change in tree.snapshot().diff(&before) {
        println!("{change}");
    }
    Ok(())
}
