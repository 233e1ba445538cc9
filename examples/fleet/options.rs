//! The command line, and the file it names.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

use clap::{Parser, value_parser};
use provider_tree::Snapshot;

use crate::usage::Resident;

/// The README.md next to the file has the sources of its facts.
const MACHINES: &str = include_str!("machines.json");

const EXAMPLES: &str = "\
Examples:
  cargo run --release --example fleet
  cargo run --release --example fleet -- --hosts 10000 --writers 2 --json
  cargo run --release --example fleet -- --providers mine.json --hosts 1
  cargo run --release --example fleet -- --writers 0 --seconds 0.5
  cargo run --release --example fleet -- --readers 8 --writers 8 --max-memory-mib 300
  cargo run --release --example fleet -- --hosts 6 --seconds 0.1 --follow
  cargo run --release --example fleet -- --seconds 0.1 --dot host.dot

The file holds providers in the field names of Placement's API:
  {\"resource_providers\": [{\"uuid\": \"...\", \"name\": \"...\", \"parent_provider_uuid\": null,
    \"inventories\": {\"VCPU\": {\"total\": 8}}, \"traits\": [], \"aggregates\": []}, ...]}

The exit code is 1 if a reader saw a violation or memory exceeded its bound, 2 for a bad flag
or file, and 0 otherwise.";

/// Readers walk a fleet of hosts while writers change it, and check every read.
#[derive(Parser)]
#[command(name = "fleet", after_help = EXAMPLES, allow_negative_numbers = true)]
pub struct Options {
    /// Read the machines from a JSON file instead of using the six built-in ones
    #[arg(long, value_name = "FILE")]
    providers: Option<PathBuf>,

    /// How many hosts to copy the machines to, in turn: 1 to 1000000
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000_000))]
    pub hosts: u32,

    /// How long to read and write, in seconds: more than 0, at most 86400
    #[arg(long, value_name = "S", default_value = "3", value_parser = seconds)]
    pub seconds: Duration,

    /// How many threads read: 1 to 1000
    #[arg(long, value_name = "R", default_value_t = cores())]
    #[arg(value_parser = value_parser!(u32).range(1..=1_000))]
    pub readers: u32,

    /// How many threads write: 0 to 1000
    #[arg(long, value_name = "W", default_value_t = 1)]
    #[arg(value_parser = value_parser!(u32).range(0..=1_000))]
    pub writers: u32,

    /// Fail if peak resident memory exceeds this
    #[arg(long, value_name = "N", value_parser = max_memory)]
    pub max_memory_mib: Option<u64>,

    /// Print one JSON object and nothing else
    #[arg(long)]
    pub json: bool,

    /// Write the first machine to a file as a Graphviz graph
    #[arg(long, value_name = "FILE")]
    dot: Option<PathBuf>,

    /// Print changes as they are committed, one per line
    #[arg(long, conflicts_with = "json")]
    pub follow: bool,
}

impl Options {
    /// The machines of the file as a forest.
    pub fn machines(&self) -> Result<Snapshot, Box<dyn Error>> {
        let Some(path) = &self.providers else {
            return Ok(serde_json::from_str(MACHINES)?);
        };
        let file = path.display();
        let json = fs::read(path).map_err(|error| format!("{file}: {error}"))?;
        let machines: Snapshot =
            serde_json::from_slice(&json).map_err(|error| format!("{file}: {error}"))?;
        if machines.is_empty() {
            return Err(format!("{file} has no providers").into());
        }
        Ok(machines)
    }

    /// Draws the first machine, if asked to.
    pub fn draw(&self, machines: &Snapshot) -> Result<(), Box<dyn Error>> {
        if let (Some(path), Some(first)) = (&self.dot, machines.roots().next()) {
            let graph = machines.subtree(first)?.to_dot().to_string();
            fs::write(path, graph).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .filter(|seconds| *seconds > 0.0 && *seconds <= 86_400.0)
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "not a number greater than 0 and at most 86400".to_owned())
}

fn max_memory(text: &str) -> Result<u64, String> {
    let mebibytes = text.parse().ok().filter(|&mebibytes| mebibytes > 0);
    let mebibytes = mebibytes.ok_or_else(|| "not an integer greater than 0".to_owned())?;
    if Resident::of_this_process().is_none() {
        return Err("this system does not report the memory of a process".to_owned());
    }
    Ok(mebibytes)
}

fn cores() -> u32 {
    available_parallelism().map_or(1, |cores| cores.get().min(1_000) as u32)
}
