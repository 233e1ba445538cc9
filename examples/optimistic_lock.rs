//! Placement's optimistic lock: an update that succeeds only at an expected generation.

use provider_tree::{Error, Inventory, NewProvider, ProviderTree, ResourceClass};

fn main() -> Result<(), Error> {
    let tree = ProviderTree::new();
    tree.new_root(NewProvider::new("host").generation(1))?;

    // Both calls decide from what was read at generation 1.
    let resize = |disk| {
        tree.update(|transaction| {
            transaction.expect_generation("host", 1)?;
            let disk = (ResourceClass::DISK_GB, Inventory::new(disk));
            transaction.update_inventory("host", [disk], 2)
        })
    };
    println!("first: version {}", resize(100)?.version);

    let late = resize(200).expect_err("the host is at generation 2");
    assert!(late.is_conflict());
    println!("second: {late}");
    Ok(())
}
