//! The generation changes that a committed transaction reports. Without the feature
//! `tracing` none are recorded.

use uuid::Uuid;

/// A provider whose generation an edit has changed.
#[cfg(feature = "tracing")]
#[derive(Debug)]
pub(crate) struct GenerationChange {
    pub(crate) uuid: Uuid,
    pub(crate) from: Option<u64>,
    pub(crate) to: Option<u64>,
    pub(crate) operation: &'static str,
}

/// The generation changes of a transaction's edits, in order.
#[derive(Debug, Default)]
pub(crate) struct Generations {
    #[cfg(feature = "tracing")]
    changes: Vec<GenerationChange>,
}

#[cfg(feature = "tracing")]
impl Generations {
    pub(super) fn note(
        &mut self,
        uuid: Uuid,
        from: Option<u64>,
        to: Option<u64>,
        operation: &'static str,
    ) {
        if from != to {
            self.changes.push(GenerationChange {
                uuid,
                from,
                to,
                operation,
            });
        }
    }

    pub(super) fn append(&mut self, mut later: Self) {
        self.changes.append(&mut later.changes);
    }

    pub(crate) fn changes(&self) -> &[GenerationChange] {
        &self.changes
    }
}

#[cfg(not(feature = "tracing"))]
impl Generations {
    pub(super) fn note(&mut self, _: Uuid, _: Option<u64>, _: Option<u64>, _: &'static str) {}

    pub(super) fn append(&mut self, _: Self) {}
}
