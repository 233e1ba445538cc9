//! Old versions kept by the tree, and resident memory of the process.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::ProviderTree;

/// How often versions are counted.
const TICK: Duration = Duration::from_millis(5);

/// Resident memory of this process, in bytes.
#[derive(Clone, Copy)]
pub struct Resident {
    pub now: u64,
    pub most: u64,
}

impl Resident {
    /// Reads `/proc`; `None` where there is none.
    pub fn of_this_process() -> Option<Self> {
        let status = fs::read_to_string("/proc/self/status").ok()?;
        let bytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
            Some(kibibytes * 1_024)
        };
        Some(Self {
            now: bytes("VmRSS:")?,
            most: bytes("VmHWM:")?,
        })
    }
}

/// Counts versions until the deadline, and returns the maximum.
pub fn most_versions(tree: &ProviderTree, deadline: Instant) -> usize {
    let mut most = 0;
    loop {
        most = most.max(tree.stats().versions);
        match deadline.saturating_duration_since(Instant::now()) {
            Duration::ZERO => return most,
            rest => thread::sleep(rest.min(TICK)),
        }
    }
}
