//! The results, as a table or as JSON.

use std::fmt;

use indicatif::HumanCount;
use serde_json::{Value, json};

use crate::options::Options;
use crate::reader::Reads;
use crate::usage::Resident;
use crate::violations::Violations;
use crate::writer::Commits;

const MIB: u64 = 1 << 20;

pub struct Report<'a> {
    options: &'a Options,
    /// The number of providers at the start.
    providers: usize,
    reads: Reads,
    commits: Commits,
    pub violations: Violations,
    /// The most versions kept at once.
    versions: usize,
    /// Measured when all threads have ended; unknown on some systems.
    resident: Option<Resident>,
}

impl<'a> Report<'a> {
    /// The totals of all readers and writers.
    pub fn new(
        options: &'a Options,
        providers: usize,
        readers: Vec<Reads>,
        writers: Vec<Commits>,
        versions: usize,
    ) -> Self {
        let mut report = Self {
            options,
            providers,
            reads: Reads::new(),
            commits: Commits::default(),
            violations: Violations::default(),
            versions,
            resident: Resident::of_this_process(),
        };
        for one in readers {
            report.reads.latency += one.latency;
            report.reads.providers += one.providers;
            report.reads.versions = report.reads.versions.max(one.versions);
            report.violations.add(one.violations);
        }
        for one in writers {
            report.commits.commits += one.commits;
            report.commits.attempts += one.attempts;
            report.violations.add(one.violations);
        }
        report
    }

    /// A quantile of the time of tree reads, in nanoseconds.
    fn latency(&self, quantile: f64) -> u64 {
        self.reads.latency.value_at_quantile(quantile)
    }

    /// A message if memory exceeded the bound.
    pub fn excess_memory(&self) -> Option<String> {
        let bound = self.options.max_memory_mib?;
        let most = self.resident?.most;
        (most > bound.saturating_mul(MIB)).then(|| {
            format!(
                "peak resident memory was {} MiB, the limit is {bound}",
                most / MIB
            )
        })
    }

    pub fn to_json(&self) -> Value {
        json!({
            "hosts": self.options.hosts,
            "providers": self.providers,
            "readers": self.options.readers,
            "writers": self.options.writers,
            "seconds": self.options.seconds.as_secs_f64(),
            "tree_reads": self.reads.latency.len(),
            "provider_reads": self.reads.providers,
            "commits": self.commits.commits,
            "attempts": self.commits.attempts,
            "violations": self.violations.count(),
            "versions_kept_most": self.versions,
            "resident_bytes": self.resident.map(|resident| resident.now),
            "resident_bytes_most": self.resident.map(|resident| resident.most),
            "latency_ns": {
                "p50": self.latency(0.5),
                "p99": self.latency(0.99),
                "p999": self.latency(0.999),
                "max": self.reads.latency.max(),
            },
        })
    }
}

/// Prints a table.
impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.options.seconds.as_secs_f64();
        let count = |count: u64| HumanCount(count).to_string();
        let rate = |count: u64| HumanCount((count as f64 / seconds) as u64).to_string();
        let Commits {
            commits, attempts, ..
        } = self.commits;
        let mebibytes = |of: fn(Resident) -> u64| match self.resident {
            Some(resident) => count(of(resident).div_ceil(MIB)),
            None => "unknown".to_owned(),
        };
        let per_commit = attempts as f64 / commits.max(1) as f64;
        let rows = [
            ("hosts", count(self.options.hosts.into())),
            ("providers", count(self.providers as u64)),
            ("reader threads", count(self.options.readers.into())),
            ("writer threads", count(self.options.writers.into())),
            ("tree reads/s", rate(self.reads.latency.len())),
            ("provider reads/s", rate(self.reads.providers)),
            ("tree read, p50, ns", count(self.latency(0.5))),
            ("tree read, p99, ns", count(self.latency(0.99))),
            ("tree read, p99.9, ns", count(self.latency(0.999))),
            ("tree read, max, ns", count(self.reads.latency.max())),
            ("commits/s", rate(commits)),
            ("attempts per commit", format!("{per_commit:.3}")),
            ("versions seen by one reader", count(self.reads.versions)),
            ("most versions kept", count(self.versions as u64)),
            ("resident memory, MiB", mebibytes(|resident| resident.now)),
            (
                "peak resident memory, MiB",
                mebibytes(|resident| resident.most),
            ),
            ("violations", count(self.violations.count())),
        ];
        for (what, number) in rows {
            writeln!(f, "{what:<28}{number:>14}")?;
        }
        Ok(())
    }
}
