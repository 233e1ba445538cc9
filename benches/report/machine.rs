//! The machine that the report was measured on.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

/// Describes the machine, its system and the compiler.
pub fn describe() -> String {
    let processor = field("/proc/cpuinfo", "model name").unwrap_or_else(unknown);
    let cores = available_parallelism().map_or_else(|_| unknown(), |cores| cores.to_string());
    let memory = field("/proc/meminfo", "MemTotal").map_or_else(unknown, |kilobytes| {
        let kilobytes = kilobytes.trim_end_matches(" kB").parse::<f64>();
        kilobytes.map_or_else(
            |_| unknown(),
            |number| format!("{:.0} GiB", number / 1_048_576.0),
        )
    });
    let pages = fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled");
    let pages = pages.map_or_else(|_| unknown(), |modes| in_brackets(&modes));
    let system = field("/etc/os-release", "PRETTY_NAME").map_or_else(
        || std::env::consts::OS.to_owned(),
        |name| name.replace('"', ""),
    );
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease");
    let kernel = kernel.map_or_else(|_| unknown(), |release| release.trim().to_owned());
    format!(
        "Processor: {processor}, {cores} cores; memory: {memory}, huge pages: {pages}\n\
         System: {system}, kernel {kernel}; compiler: {}\n",
        compiler()
    )
}

/// How busy the machine has been, in ticks of all cores since boot.
pub struct Usage {
    all: f64,
    busy: f64,
    own: f64,
}

impl Usage {
    /// Until now, if the system reports it.
    pub fn now() -> Option<Self> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let ticks = text.lines().next()?.split_whitespace().skip(1);
        let ticks: Vec<f64> = ticks.take(8).map_while(|tick| tick.parse().ok()).collect();
        let all: f64 = ticks.iter().sum();
        // The fourth and fifth fields are idle time.
        let idle = ticks.get(3)? + ticks.get(4)?;
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        // The name is in parentheses and may contain spaces.
        let (_, fields) = text.rsplit_once(')')?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let field = |at: usize| fields.get(at)?.parse::<f64>().ok();
        Some(Self {
            all,
            busy: all - idle,
            // Those of this process and of child processes it has waited for.
            own: field(11)? + field(12)? + field(13)? + field(14)?,
        })
    }

    /// The share of the machine that other processes have used since, from 0 to 1.
    pub fn others_since(&self) -> Option<f64> {
        let now = Self::now()?;
        let others = (now.busy - self.busy) - (now.own - self.own);
        Some(others.max(0.0) / (now.all - self.all))
    }
}

fn compiler() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let version = output
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok());
    version.map_or_else(unknown, |version| version.trim().to_owned())
}

/// The peak resident memory of this process, in MiB.
pub fn most_resident() -> Option<f64> {
    let kibibytes = field("/proc/self/status", "VmHWM")?;
    let kibibytes = kibibytes.trim_end_matches(" kB").parse::<f64>().ok()?;
    Some(kibibytes / 1_024.0)
}

/// The value after a colon or an equals sign.
fn field(path: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    let (_, value) = line.split_once([':', '='])?;
    Some(value.trim().to_owned())
}

/// The selected mode of those that the kernel lists.
fn in_brackets(modes: &str) -> String {
    let chosen = modes.split(['[', ']']).nth(1);
    chosen.map_or_else(unknown, str::to_owned)
}

fn unknown() -> String {
    "unknown".to_owned()
}
