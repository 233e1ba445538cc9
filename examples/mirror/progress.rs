//! A bar that appears only on a terminal.

use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::site::Site;

/// How long one picture of a bar stays.
const TICK: Duration = Duration::from_millis(50);

pub fn bar(length: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} [{bar:40}] {percent:>3}% {msg}")
        .expect("a template without a mistake");
    ProgressBar::new(length).with_style(style).with_prefix(what)
}

/// For what takes long and does not tell how far it is.
pub fn spinner(what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix:>10} {spinner} {elapsed}")
        .expect("a template without a mistake");
    let spinner = ProgressBar::new_spinner()
        .with_style(style)
        .with_prefix(what);
    spinner.enable_steady_tick(TICK);
    spinner
}

/// Shows edits and requests of both sites until that is true.
pub fn until(sites: &[Site; 2], edits: u32, is_done: impl Fn() -> bool) {
    let bar = bar(2 * u64::from(edits), "editing");
    let sum = |count: fn(&Site) -> u64| sites.iter().map(count).sum::<u64>();
    while !is_done() {
        bar.set_position(sum(|site| site.counts.edits.load(Relaxed)));
        let requests = sum(|site| site.counts.requests.load(Relaxed));
        let conflicts = sum(|site| site.counts.conflicts.load(Relaxed));
        bar.set_message(format!("{requests} requests, {conflicts} conflicts"));
        thread::sleep(TICK);
    }
    bar.finish_and_clear();
}
