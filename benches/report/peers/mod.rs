//! The compared implementations, behind one small interface so that each does the same work.

mod concread;
mod dashmap;
mod left_right;
mod locks;
mod node;
mod nothing;
mod ours;
mod papaya;
mod plain;
mod provider;
mod scc;
mod whole_map;

use std::ops::Range;
use std::slice;

use provider_tree::ProviderRecord;
use uuid::Uuid;

use crate::ageing::{self, Edit};
use crate::forest::uuid;

pub use self::concread::Concread;
pub use self::dashmap::Dashmap;
pub use self::left_right::LeftRight;
pub use self::locks::{ParkingLotMutex, ParkingLotRwLock, StdRwLock};
pub use self::nothing::Nothing;
pub use self::ours::{BySnapshot, NamedCell, Ours};
pub use self::papaya::Papaya;
pub use self::scc::SccHashIndex;
pub use self::whole_map::WholeMap;

/// A concurrent forest of providers, found by UUID and by name.
pub trait Peer: Send + Sync + 'static {
    /// One thread's handle for reads.
    type Reader<'peer>: Read;

    /// Its name in the report.
    const NAME: &'static str;

    /// Whether a read of a tree sees all of an update or nothing of it.
    const CONSISTENT: bool = true;

    /// Whether each commit copies the whole forest.
    const COPIES_ALL: bool = false;

    /// The forest of these providers, parents before children.
    fn new(records: &[ProviderRecord]) -> Self;

    /// A handle for one thread.
    fn reader(&self) -> Self::Reader<'_>;

    /// Moves one VCPU between two providers of a tree, unless it is the last, and raises both
    /// generations, atomically if the peer can.
    fn update_two(&self, from: Uuid, to: Uuid);

    /// Adds a provider and its descendants, parents before children.
    fn add_tree(&self, records: &[ProviderRecord]);

    /// Adds a provider without content or children below another.
    fn add_child(&self, record: &ProviderRecord) {
        self.add_tree(slice::from_ref(record));
    }

    /// Removes a provider and its descendants.
    fn remove(&self, uuid: Uuid);

    /// Makes a provider the last child of another.
    fn move_to(&self, uuid: Uuid, parent: Uuid);

    /// Ages a forest of the providers with these numbers.
    fn age(&self, numbers: Range<usize>) {
        for edit in ageing::edits(numbers) {
            match edit {
                Edit::MoveVcpu(from, to) => self.update_two(uuid(from), uuid(to)),
                Edit::RemoveTree(root) => self.remove(uuid(root)),
                Edit::AddTree(root) => self.add_tree(&ageing::records(root)),
            }
        }
    }
}

/// The measured reads.
pub trait Read {
    /// The generation of a provider plus its VCPUs.
    fn get(&mut self, uuid: Uuid) -> u64;

    /// The same for a provider found by name.
    fn find(&mut self, name: &str) -> u64;

    /// Whether a provider exists.
    fn has(&mut self, uuid: Uuid) -> bool;

    /// The VCPUs of all providers of a tree.
    fn read_tree(&mut self, root: Uuid) -> u64;
}
