//! What if? A fork is an independent forest, made in O(1).

use provider_tree::{Error, ProviderTree};

fn main() -> Result<(), Error> {
    let tree = ProviderTree::new();
    tree.update(|transaction| {
        for host in ["host0", "host1"] {
            transaction.new_root(host)?;
            transaction.new_child(&format!("{host}_gpu0"), host)?;
        }
        Ok(())
    })?;

    let what_if = ProviderTree::from(tree.snapshot());
    what_if.remove("host0")?;
    what_if.move_to_root("host1_gpu0")?;
    println!("What if:\n{what_if}");
    println!("Unchanged:\n{tree}");

    // Apply the same changes to the tree, unless someone else has changed these providers.
    let changes = what_if.snapshot().diff(&tree.snapshot());
    tree.update(|transaction| transaction.apply(&changes))?;
    assert_eq!(tree.snapshot(), what_if.snapshot());
    Ok(())
}
