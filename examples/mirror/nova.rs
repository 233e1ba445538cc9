//! Nova's report client compared with a mirror: the same host, the same operations, in turns.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use provider_tree::ProviderRecord;

use crate::output::print;

/// What Nova's client does with a host, in this order, and which of the mirror's
/// operations is its counterpart.
const OPERATIONS: [(&str, usize); 6] = [
    ("create the host", 0),
    ("look for changes when there are none", 1),
    ("the same, 300 s after the last full read", 1),
    ("2 providers changed", 2),
    ("read everything", 3),
    ("one conflict", 4),
];

/// A process with the client, which measures one host per line.
pub struct Nova {
    child: Child,
    hosts: Option<ChildStdin>,
    measured: BufReader<ChildStdout>,
    rounds: Vec<Vec<(usize, f64)>>,
}

impl Nova {
    /// Starts it: the program and its arguments, without the address.
    pub fn start(command: &[String], address: &str) -> Result<Self, Box<dyn Error>> {
        let [program, arguments @ ..] = command else {
            return Err("--nova needs a program".into());
        };
        let mut child = Command::new(program)
            .args(arguments)
            .arg(address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program}: {error}"))?;
        let hosts = child.stdin.take();
        let measured = child.stdout.take().ok_or("no output")?;
        Ok(Self {
            child,
            hosts,
            measured: BufReader::new(measured),
            rounds: Vec::new(),
        })
    }

    /// Measures all operations with a new host, which stays in Placement.
    pub fn round(&mut self, host: &[ProviderRecord]) -> Result<(), Box<dyn Error>> {
        let mut hosts = self.hosts.as_ref().ok_or("no input")?;
        writeln!(hosts, "{}", serde_json::to_string(host)?)?;
        let mut line = String::new();
        self.measured.read_line(&mut line)?;
        let round: Vec<(usize, f64)> =
            serde_json::from_str(&line).map_err(|_| "Nova's client failed, as it says above")?;
        if round.len() != OPERATIONS.len() {
            return Err(format!("Nova's client has measured {} operations", round.len()).into());
        }
        self.rounds.push(round);
        Ok(())
    }

    /// Prints its figures next to the mirror's: requests and median of each operation.
    pub fn print(&self, mirror: &[(usize, Duration)]) -> Result<(), String> {
        print(
            "| operation | Nova: requests | here: requests | Nova: ms | here: ms |\n\
             |---|---:|---:|---:|---:|\n",
        )?;
        for (at, (operation, counterpart)) in OPERATIONS.into_iter().enumerate() {
            let mut figures: Vec<(usize, f64)> =
                self.rounds.iter().map(|round| round[at]).collect();
            figures.sort_by(|a, b| a.1.total_cmp(&b.1));
            let (requests, time) = figures[figures.len() / 2];
            let (ours, our_time) = mirror[counterpart];
            let our_time = our_time.as_secs_f64() * 1e3;
            print(&format!(
                "| {operation} | {requests} | {ours} | {time:.0} | {our_time:.0} |\n"
            ))?;
        }
        Ok(())
    }
}

/// Lets the process end.
impl Drop for Nova {
    fn drop(&mut self) {
        self.hosts = None;
        // It has nothing left to do, and nothing to say.
        let _ = self.child.wait();
    }
}
