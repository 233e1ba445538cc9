//! A tree's `tracing` events, under the target `provider_tree`. Without the feature
//! `tracing` there are none; reads never report any.

use crate::transaction::transaction::{Report, Transaction};

#[cfg(feature = "tracing")]
pub(super) fn committed(report: &Report, version: u64, attempts: u64) {
    use super::foreign;

    let edits = report.edits;
    foreign::run(|| {
        tracing::debug!(target: "provider_tree", version, edits, attempts, "commit");
    });
    for change in report.generations.changes() {
        foreign::run(|| {
            tracing::debug!(
                target: "provider_tree",
                version,
                uuid = %change.uuid,
                from = change.from,
                to = change.to,
                operation = change.operation,
                "generation"
            );
        });
    }
}

#[cfg(feature = "tracing")]
pub(super) fn conflict(transaction: &Transaction, newer: u64, attempts: u64) {
    let base = transaction.base().version();
    super::foreign::run(|| {
        tracing::debug!(target: "provider_tree", base, newer, attempts, "conflict");
    });
}

#[cfg(not(feature = "tracing"))]
pub(super) fn committed(_: &Report, _: u64, _: u64) {}

#[cfg(not(feature = "tracing"))]
pub(super) fn conflict(_: &Transaction, _: u64, _: u64) {}
