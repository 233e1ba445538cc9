//! A thread that follows one host and sleeps while other hosts change.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use provider_tree::{Error, ProviderTree};

fn main() -> Result<(), Error> {
    let tree = Arc::new(ProviderTree::new());
    tree.new_root("host")?;
    tree.new_root("other")?;

    let mut subscription = tree.subscribe_to("host")?;
    let watcher = thread::spawn(move || {
        // Ends when the host is removed or the tree is dropped.
        while let Some(transition) = subscription.wait() {
            println!("version {}:", transition.after().version());
            for change in transition.changes() {
                println!("  {change}");
            }
        }
    });

    // A slow watcher skips versions, but never misses the last: the pauses let it print each.
    let pause = || thread::sleep(Duration::from_millis(50));
    tree.set_generation("other", 1)?; // does not wake the watcher
    tree.new_child("host_gpu0", "host")?;
    pause();
    tree.add_traits("host_gpu0", ["CUSTOM_GOLD"])?;
    pause();
    tree.remove("host")?;
    watcher.join().expect("the watcher does not panic");
    Ok(())
}
