//! Commits, generation changes and conflicts are reported as events; reads are
//! not.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use provider_tree::Error;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use uuid::Uuid;

use crate::cases::new_tree;

/// Keeps each event of one thread as `message field=value ...`. It serves the
/// whole process: a subscriber of one thread alone can miss events whose call
/// site another thread has reached first.
struct Events {
    thread: ThreadId,
    lines: Arc<Mutex<Vec<String>>>,
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            "message" => self.0.insert_str(0, &format!("{value:?}")),
            name => write!(self.0, " {name}={value:?}").unwrap(),
        }
    }
}

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "provider_tree" && thread::current().id() == self.thread
    }

    // Asks `enabled` anew for each event.
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.lines.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn what_is_committed_is_reported_and_what_is_read_is_not() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let events = Events {
        thread: thread::current().id(),
        lines: Arc::clone(&lines),
    };
    tracing::subscriber::set_global_default(events).unwrap();
    let host = Uuid::from_u128(1);
    let tree = new_tree();
    tree.new_root("host", host, 3).unwrap();
    tree.update(|transaction| {
        transaction.update_traits("host", ["CUSTOM_GOLD"], 4)?;
        transaction.set_generation("host", 5)
    })
    .unwrap();

    let mut loser = tree.begin();
    loser.set_generation("host", 9).unwrap();
    tree.rename("host", "renamed").unwrap();
    let mut again = tree.commit(loser).unwrap_err().restart();
    again.new_child("child", "renamed", None, None).unwrap();
    tree.commit(again).unwrap();

    tree.set_generation(host, 5).unwrap();
    let failed = tree.update(|transaction| {
        transaction.set_generation(host, 6)?;
        transaction.remove("nobody")
    });
    assert!(matches!(failed, Err(Error::UnknownProvider { .. })));
    tree.read(|snapshot| assert!(snapshot.exists("renamed")));
    assert!(tree.snapshot().exists("child"));
    assert_eq!(tree.reader().load().version(), 4);
    let older = tree.snapshot();
    tree.set_generation(host, 8).unwrap();
    let back = older.diff(&tree.snapshot());
    tree.update(|transaction| transaction.apply(&back)).unwrap();
    let lines = lines.lock().unwrap();
    assert_eq!(
        *lines,
        [
            "commit version=1 edits=1 attempts=1",
            "generation version=1 uuid=00000000-0000-0000-0000-000000000001 to=3 operation=\"new\"",
            "commit version=2 edits=2 attempts=1",
            "generation version=2 uuid=00000000-0000-0000-0000-000000000001 from=3 to=4 \
             operation=\"update_traits\"",
            "generation version=2 uuid=00000000-0000-0000-0000-000000000001 from=4 to=5 \
             operation=\"set_generation\"",
            "commit version=3 edits=1 attempts=1",
            "conflict base=2 newer=3 attempts=1",
            "commit version=4 edits=1 attempts=1",
            "commit version=5 edits=1 attempts=1",
            "generation version=5 uuid=00000000-0000-0000-0000-000000000001 from=5 to=8 \
             operation=\"set_generation\"",
            "commit version=6 edits=1 attempts=1",
            "generation version=6 uuid=00000000-0000-0000-0000-000000000001 from=8 to=5 \
             operation=\"apply\"",
        ]
    );
}
