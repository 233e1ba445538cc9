//! The plain forest behind a lock.

use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::plain::Plain;
use super::provider::Provider;
use super::{Peer, Read};

macro_rules! locked {
    ($(#[$doc:meta])* $name:ident, $text:literal, $lock:ty, $read:expr, $write:expr) => {
        $(#[$doc])*
        pub struct $name($lock);

        impl Peer for $name {
            type Reader<'peer> = &'peer Self;

            const NAME: &'static str = $text;

            fn new(records: &[ProviderRecord]) -> Self {
                Self(<$lock>::new(Plain::new(records)))
            }

            fn reader(&self) -> &Self {
                self
            }

            fn update_two(&self, from: Uuid, to: Uuid) {
                $write(&self.0).update_two(from, to);
            }

            fn add_tree(&self, records: &[ProviderRecord]) {
                // Created before the lock is taken.
                let providers: Vec<_> = Provider::all(records).collect();
                $write(&self.0).add(providers);
            }

            fn remove(&self, uuid: Uuid) {
                // Freed after the lock is released.
                let _removed = $write(&self.0).remove(uuid);
            }

            fn move_to(&self, uuid: Uuid, parent: Uuid) {
                $write(&self.0).move_to(uuid, parent);
            }
        }

        impl Read for &$name {
            fn get(&mut self, uuid: Uuid) -> u64 {
                $read(&self.0).get(uuid)
            }

            fn find(&mut self, name: &str) -> u64 {
                $read(&self.0).find(name)
            }

            fn has(&mut self, uuid: Uuid) -> bool {
                $read(&self.0).has(uuid)
            }

            fn read_tree(&mut self, root: Uuid) -> u64 {
                $read(&self.0).read_tree(root)
            }
        }
    };
}

locked!(
    /// The plain forest behind parking_lot's `RwLock`.
    ParkingLotRwLock,
    "parking_lot RwLock",
    parking_lot::RwLock<Plain>,
    parking_lot::RwLock::read,
    parking_lot::RwLock::write
);

locked!(
    /// The plain forest behind the standard library's `RwLock`.
    StdRwLock,
    "std RwLock",
    std::sync::RwLock<Plain>,
    read,
    write
);

fn read(lock: &std::sync::RwLock<Plain>) -> std::sync::RwLockReadGuard<'_, Plain> {
    lock.read().expect("no panic under the lock")
}

fn write(lock: &std::sync::RwLock<Plain>) -> std::sync::RwLockWriteGuard<'_, Plain> {
    lock.write().expect("no panic under the lock")
}

locked!(
    /// The plain forest behind parking_lot's `Mutex`.
    ParkingLotMutex,
    "parking_lot Mutex",
    parking_lot::Mutex<Plain>,
    parking_lot::Mutex::lock,
    parking_lot::Mutex::lock
);
