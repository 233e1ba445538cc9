//! Two plain forests: readers use one while the writer changes the other.

use std::sync::Arc;

use left_right::{Absorb, ReadHandle, ReadHandleFactory, WriteHandle};
use parking_lot::Mutex;
use provider_tree::ProviderRecord;
use uuid::Uuid;

use super::plain::Plain;
use super::provider::Provider;
use super::{Peer, Read};

/// left-right has a single writer, shared by a mutex.
pub struct LeftRight {
    writer: Mutex<WriteHandle<Plain, Edit>>,
    readers: ReadHandleFactory<Plain>,
}

/// An edit, applied to one copy and then to the other.
pub enum Edit {
    UpdateTwo(Uuid, Uuid),
    Add(Arc<[Provider]>),
    Remove(Uuid),
    MoveTo(Uuid, Uuid),
}

impl Absorb<Edit> for Plain {
    fn absorb_first(&mut self, edit: &mut Edit, _other: &Self) {
        match edit {
            Edit::UpdateTwo(from, to) => self.update_two(*from, *to),
            Edit::Add(providers) => self.add(providers.iter().cloned()),
            Edit::Remove(uuid) => drop(self.remove(*uuid)),
            Edit::MoveTo(uuid, parent) => self.move_to(*uuid, *parent),
        }
    }

    fn sync_with(&mut self, first: &Self) {
        *self = first.clone();
    }
}

impl LeftRight {
    fn edit(&self, edit: Edit) {
        // Publishes each time: readers must see a commit once it has returned.
        self.writer.lock().append(edit).publish();
    }
}

impl Peer for LeftRight {
    type Reader<'peer> = ReadHandle<Plain>;

    const NAME: &'static str = "left-right";

    fn new(records: &[ProviderRecord]) -> Self {
        let (mut writer, reader) = left_right::new_from_empty(Plain::new(records));
        writer.publish();
        Self {
            writer: Mutex::new(writer),
            readers: reader.factory(),
        }
    }

    fn reader(&self) -> ReadHandle<Plain> {
        self.readers.handle()
    }

    fn update_two(&self, from: Uuid, to: Uuid) {
        self.edit(Edit::UpdateTwo(from, to));
    }

    fn add_tree(&self, records: &[ProviderRecord]) {
        self.edit(Edit::Add(Provider::all(records).collect()));
    }

    fn remove(&self, uuid: Uuid) {
        self.edit(Edit::Remove(uuid));
    }

    fn move_to(&self, uuid: Uuid, parent: Uuid) {
        self.edit(Edit::MoveTo(uuid, parent));
    }
}

impl Read for ReadHandle<Plain> {
    fn get(&mut self, uuid: Uuid) -> u64 {
        self.enter().expect("a living writer").get(uuid)
    }

    fn find(&mut self, name: &str) -> u64 {
        self.enter().expect("a living writer").find(name)
    }

    fn has(&mut self, uuid: Uuid) -> bool {
        self.enter().expect("a living writer").has(uuid)
    }

    fn read_tree(&mut self, root: Uuid) -> u64 {
        self.enter().expect("a living writer").read_tree(root)
    }
}
