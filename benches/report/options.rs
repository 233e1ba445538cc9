//! The command line.

use clap::{Parser, ValueEnum};

use crate::load::Load;

/// Compares the library with its peers and says whether its targets hold.
///
/// Prints the tables and writes them to target/report/report.md, and plots to
/// target/report/reads.svg and target/report/sizes.svg. A partial or quick run writes to
/// target/report/part instead. Needs 10 GiB of memory and an otherwise idle machine.
#[derive(Parser)]
#[command(after_help = "Examples:
  cargo bench --bench report                        all, within 9 minutes
  cargo bench --bench report -- --quick             all but the largest forests, too short to trust
  cargo bench --bench report -- --only tail         how long reads take at worst
  cargo bench --bench report -- --only threads --only writers")]
pub struct Options {
    /// Measure for only a minute in all, to see that it works
    #[arg(long)]
    pub quick: bool,
    /// Measure only these groups
    #[arg(long, value_name = "GROUP", value_enum)]
    pub only: Vec<Group>,
    /// Run one load and print the results as JSON. The report runs itself this way, as
    /// memory can only be measured in a separate process
    #[arg(long, hide = true, value_name = "LOAD")]
    pub load: Option<Load>,
    /// Passed by cargo; has no effect
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the report.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Group {
    /// Single operations in one thread, against their minimum work
    Alone,
    /// Reads per second in several threads, against the peers
    Threads,
    /// Tail latency of reads, against locks and left-right
    Tail,
    /// The time of commits of all kinds in one thread, against the peers
    Commits,
    /// Many writers: commits per second, long transactions, old versions and memory
    Writers,
}

impl Options {
    /// Whether a group is to be measured.
    pub fn includes(&self, group: Group) -> bool {
        self.only.is_empty() || self.only.contains(&group)
    }

    /// The folder for the results: a partial run does not overwrite those of a full one.
    pub fn folder(&self) -> &'static str {
        if self.quick || !self.only.is_empty() {
            "target/report/part"
        } else {
            "target/report"
        }
    }

    /// One number for a full run and another for a quick one.
    pub fn choose<T>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}
