//! The implementations that are measured beside each other, behind one small
//! interface, so that each does the same work.

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
mod whole_map;

use provider_tree::ProviderRecord;
use uuid::Uuid;

pub use self::concread::Concread;
pub use self::dashmap::Dashmap;
pub use self::left_right::LeftRight;
pub use self::locks::{ParkingLotMutex, ParkingLotRwLock, StdRwLock};
pub use self::nothing::Nothing;
pub use self::ours::{BySnapshot, NamedCell, Ours};
pub use self::papaya::Papaya;
pub use self::whole_map::WholeMap;

/// A concurrent forest of providers.
pub trait Peer: Send + Sync + 'static {
    /// What one thread reads through.
    type Reader<'peer>: Read;

    /// Its name in the report.
    const NAME: &'static str;

    /// Whether a read of a tree sees all of an update or nothing of it.
    const CONSISTENT: bool = true;

    /// Whether an update copies all that there is.
    const COPIES_ALL: bool = false;

    /// The forest of these providers, parents before children.
    fn new(records: &[ProviderRecord]) -> Self;

    /// A handle for one thread.
    fn reader(&self) -> Self::Reader<'_>;

    /// Moves one VCPU from a provider to another of its tree, if it has more
    /// than one, and raises the generation of both: together, where it can.
    fn update_two(&self, from: Uuid, to: Uuid);
}

/// What a thread reads.
pub trait Read {
    /// The generation of a provider plus its VCPUs.
    fn get(&mut self, uuid: Uuid) -> u64;

    /// The VCPUs of all providers of a tree.
    fn read_tree(&mut self, root: Uuid) -> u64;
}

/// A forest that whole trees are taken out of and put back into.
pub trait Regrow: Peer {
    /// Removes a provider and all below it.
    fn remove_tree(&self, root: Uuid);

    /// Adds providers, parents before children.
    fn add_tree(&self, records: &[ProviderRecord]);
}
