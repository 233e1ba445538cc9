//! The command line.

use clap::{Parser, ValueEnum};

use crate::load::Load;

/// Measures the library beside its peers and says whether its targets hold.
///
/// The tables go to the terminal and to target/report/report.md, plots to
/// target/report/reads.svg and target/report/sizes.svg; those of a part of it, or of a
/// quick run, to target/report/part. It needs 10 GiB of memory
/// and a machine that does nothing else.
#[derive(Parser)]
#[command(after_help = "Examples:
  cargo bench --bench report                        all, within 9 minutes
  cargo bench --bench report -- --quick             all but the largest forests, too short to trust
  cargo bench --bench report -- --only tail         how long reads take at worst
  cargo bench --bench report -- --only threads --only writers")]
pub struct Options {
    /// Measure for a short time only, a minute in all, to see that it works
    #[arg(long)]
    pub quick: bool,
    /// Measure these groups alone
    #[arg(long, value_name = "GROUP", value_enum)]
    pub only: Vec<Group>,
    /// Run one load and print what came of it as JSON: the report runs itself so, as
    /// memory can only be told apart in a process of its own
    #[arg(long, hide = true, value_name = "LOAD")]
    pub load: Option<Load>,
    /// Given by cargo; changes nothing
    #[arg(long, hide = true)]
    bench: bool,
}

/// A part of the report.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub enum Group {
    /// What one thread does, beside what it can't do without
    Alone,
    /// Reads per second in several threads, beside the peers
    Threads,
    /// How long single reads take at worst, beside locks and left-right
    Tail,
    /// What commits of all kinds take in one thread, beside the peers
    Commits,
    /// Many writers: commits per second, long transactions, old versions and memory
    Writers,
}

impl Options {
    /// Whether a group was asked for.
    pub fn includes(&self, group: Group) -> bool {
        self.only.is_empty() || self.only.contains(&group)
    }

    /// Where the results go: what is no full run does not replace one.
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
