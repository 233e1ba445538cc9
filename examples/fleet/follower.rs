//! A subscriber that prints changes as they are committed.

use std::io::{self, ErrorKind, Write};
use std::time::Instant;

use provider_tree::ProviderTree;

/// Prints changes until the deadline: one line each, after a line with the versions. If
/// printing is slower than the commits, it skips versions.
pub fn follow(tree: &ProviderTree, deadline: Instant) -> io::Result<()> {
    let mut subscription = tree.subscribe();
    let mut output = io::stdout().lock();
    loop {
        let rest = deadline.saturating_duration_since(Instant::now());
        // At the deadline, takes the last transition without waiting.
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
            // The reader may close the pipe.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            other => other?,
        }
        if rest.is_zero() {
            return Ok(());
        }
    }
}
