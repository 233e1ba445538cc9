//! The tests, for the cell that the crate chooses.

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

/// Runs something in a thread of its own, and fails if it does not end.
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

/// A forest of its own that begins as the snapshot is.
pub fn fork(first: Snapshot) -> ProviderTree {
    ProviderTree::from_snapshot(first)
}

/// The error of a name that a provider has, spelled as it was asked for.
pub fn name_taken(name: &str, uuid: Uuid) -> Refusal {
    Refusal::NameTaken {
        name: name.to_owned(),
        uuid,
        held: name.to_owned(),
    }
}
