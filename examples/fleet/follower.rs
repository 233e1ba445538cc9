//! A subscriber that prints what changes, as it comes.

use std::io::{self, ErrorKind, Write};
use std::time::Instant;

use provider_tree::ProviderTree;

/// Prints changes until the time is up: one line for each, after one that names
/// the versions. Who prints slower than others commit skips versions.
pub fn follow(tree: &ProviderTree, deadline: Instant) -> io::Result<()> {
    let mut subscription = tree.subscribe();
    let mut output = io::stdout().lock();
    loop {
        let rest = deadline.saturating_duration_since(Instant::now());
        // What came last is there without waiting.
        let Ok(Some(transition)) = subscription.wait_timeout(rest) else {
            return Ok(());
        };
        let (before, after) = (transition.before(), transition.after());
        let mut written = writeln!(
            output,
            "version {} to {}",
            before.version(),
            after.version()
        );
        for change in transition.changes() {
            written = written.and_then(|()| writeln!(output, "  {change}"));
        }
        match written.and_then(|()| output.flush()) {
            // Whoever reads it may stop reading.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            other => other?,
        }
        if rest.is_zero() {
            return Ok(());
        }
    }
}
