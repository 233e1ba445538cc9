//! The `tracing` events of the thread that runs a test.

use std::cell::RefCell;
use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};

/// A thread's handler of events, each given as `message field=value ...`.
type Sink = Box<dyn FnMut(String)>;

thread_local! {
    static SINK: RefCell<Option<Sink>> = const { RefCell::new(None) };
}

/// Passes each event to its thread's sink. It is installed globally: a thread-local
/// subscriber can miss events whose call site another thread reached first.
struct Events;

/// Sets this thread's sink for the library's events, which are all of level `DEBUG`.
pub fn listen(sink: impl FnMut(String) + 'static) {
    // Another test may have installed it already.
    let _ = tracing::subscriber::set_global_default(Events);
    SINK.set(Some(Box::new(sink)));
}

/// Removes this thread's sink.
pub fn stop_listening() {
    SINK.set(None);
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        match field.name() {
            // A duration, which no test can know.
            "ms" => self.0.push_str(" ms"),
            "message" => self.0.insert_str(0, &format!("{value:?}")),
            name => write!(self.0, " {name}={value:?}").unwrap(),
        }
    }
}

impl Subscriber for Events {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "provider_tree"
            && *metadata.level() == Level::DEBUG
            && SINK.with_borrow(Option::is_some)
    }

    // Has tracing call `enabled` for every event.
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
        // Taken out, since it may cause events itself; those are ignored.
        if let Some(mut sink) = SINK.take() {
            sink(line.0);
            SINK.set(Some(sink));
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
