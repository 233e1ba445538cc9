//! How the epoch cell frees old versions while they are read: the same code as
//! shipped, crossbeam-epoch's collector included.

use loom::thread;
use loom_tests::explore;
use provider_tree::EpochCell;

use crate::common::{A, Eyes, WAYS, with_host};

/// Three would take hours.
const PREEMPTIONS: usize = 2;

/// Frees what can be freed now, as the shipped cell does at each commit.
fn collect() {
    crossbeam_epoch::pin().flush();
}

#[test]
fn versions_are_freed_while_they_are_read() {
    for way in WAYS {
        let name = format!("reclamation, by {way:?}");
        explore(&name, PREEMPTIONS, [1, 2], move || {
            let tree = with_host::<EpochCell>();
            let mut eyes = Eyes::new(&tree, way);
            let reader = thread::spawn(move || {
                eyes.see(way, |snapshot| {
                    snapshot.get(A).unwrap().generation().unwrap()
                })
            });
            tree.set_generation(A, 2).unwrap();
            for _ in 0..3 {
                collect();
            }
            reader.join().unwrap()
        });
    }
}
