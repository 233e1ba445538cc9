//! What a mirror reports as `tracing` events, under the target `provider_tree`.

use super::report::{Pulled, Pushed};

#[cfg(feature = "tracing")]
pub(super) fn pulled(pulled: &Pulled) {
    tracing::debug!(
        target: "provider_tree",
        requests = pulled.requests,
        providers = pulled.providers,
        read = pulled.read,
        conflicts = pulled.conflicts.len(),
        version = pulled.version,
        "pull"
    );
}

/// Reports that a step has ended, done or failed.
#[cfg(feature = "tracing")]
pub(super) fn step(ended: usize, left: usize) {
    tracing::debug!(target: "provider_tree", ended, left, "step");
}

#[cfg(feature = "tracing")]
pub(super) fn pushed(pushed: &Pushed) {
    tracing::debug!(
        target: "provider_tree",
        requests = pushed.requests,
        done = pushed.done.len(),
        failed = pushed.failed.len(),
        not_tried = pushed.not_tried.len(),
        conflicts = pushed.conflicts.len(),
        version = pushed.version,
        "push"
    );
}

#[cfg(not(feature = "tracing"))]
pub(super) fn pulled(_: &Pulled) {}

#[cfg(not(feature = "tracing"))]
pub(super) fn step(_: usize, _: usize) {}

#[cfg(not(feature = "tracing"))]
pub(super) fn pushed(_: &Pushed) {}
