//! Progress bars for long steps, shown only on a terminal.

use std::thread;
use std::time::{Duration, Instant};

use indicatif::{HumanCount, ProgressBar, ProgressStyle};
use provider_tree::ProviderTree;

/// How often a bar is redrawn.
const TICK: Duration = Duration::from_millis(100);

pub fn bar(length: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} [{bar:40}] {percent:>3}% {msg}")
        .expect("a valid template");
    ProgressBar::new(length).with_style(style).with_prefix(what)
}

/// Waits for the deadline and shows the number of commits.
pub fn until(deadline: Instant, tree: &ProviderTree) {
    let started = Instant::now();
    let duration = deadline.saturating_duration_since(started);
    let bar = bar(duration.as_millis() as u64, "racing");
    loop {
        bar.set_position(started.elapsed().as_millis() as u64);
        bar.set_message(format!("version {}", HumanCount(tree.version())));
        match deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => break,
            rest => thread::sleep(rest.min(TICK)),
        }
    }
    bar.finish_and_clear();
}
