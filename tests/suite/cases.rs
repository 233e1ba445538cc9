//! The tests, on the crate's choice of `Cell`.

use std::sync::mpsc;
use std::time::Duration;
use std::{panic, thread};

use provider_tree::Snapshot;
use uuid::Uuid;

use self::refusal::Refusal;

pub type ProviderTree = provider_tree::ProviderTree<crate::Cell>;

mod auto_traits;
mod bad_input;
mod changes;
mod dot;
#[cfg(feature = "tracing")]
#[path = "../common/events.rs"]
mod events;
mod following;
mod foreign;
mod long_transaction;
mod model;
mod parity;
mod placement;
#[path = "../common/refusal.rs"]
mod refusal;
mod replace_all;
#[cfg(feature = "serde")]
mod serde;
mod stress;
mod subscription;
#[cfg(feature = "tracing")]
mod tracing;

/// Runs a closure in its own thread, and fails if it doesn't finish.
pub fn ends<R: Send + 'static>(run: impl FnOnce() -> R + Send + 'static) -> R {
    const LONG: Duration = Duration::from_secs(60);
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        let result = run();
        sender.send(()).unwrap();
        result
    });
    match receiver.recv_timeout(LONG) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => match thread.join() {
            Ok(result) => result,
            Err(payload) => panic::resume_unwind(payload),
        },
    }
}

/// An empty forest.
pub fn new_tree() -> ProviderTree {
    fork(Snapshot::default())
}

/// An independent forest that starts as the snapshot.
pub fn fork(first: Snapshot) -> ProviderTree {
    ProviderTree::from_snapshot(first)
}

/// `NameTaken`, with the holder's spelling equal to the requested one.
pub fn name_taken(name: &str, uuid: Uuid) -> Refusal {
    Refusal::NameTaken {
        name: name.to_owned(),
        uuid,
        held: name.to_owned(),
    }
}
