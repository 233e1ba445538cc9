//! No forest at all, to measure the cost of the loop itself.

use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::{Peer, Read};

/// Reads only the key.
pub struct Nothing;

impl Peer for Nothing {
    type Reader<'peer> = &'peer Self;

    const NAME: &'static str = "the loop alone";
    const CONSISTENT: bool = false;

    fn new(_: &[ProviderRecord]) -> Self {
        Self
    }

    fn reader(&self) -> &Self {
        self
    }

    fn update_two(&self, _: Uuid, _: Uuid) {}

    fn add_tree(&self, _: &[ProviderRecord]) {}

    fn remove(&self, _: Uuid) {}

    fn move_to(&self, _: Uuid, _: Uuid) {}
}

impl Read for &Nothing {
    fn get(&mut self, uuid: Uuid) -> u64 {
        uuid.as_u64_pair().0
    }

    fn find(&mut self, name: &str) -> u64 {
        name.len() as u64
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        uuid.is_nil()
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        root.as_u64_pair().0
    }
}
