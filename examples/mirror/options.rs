//! The command line, and what it names: a host and a service.

use std::env;
use std::error::Error;
use std::time::Duration;

use clap::{Parser, value_parser};
use provider_tree::placement::{Client, ClientBuilder, NoAuth, auth_from_env};
use provider_tree::{ProviderRecord, Snapshot};
use uuid::Uuid;

/// The README.md of `fleet` says where the facts in it come from.
const MACHINES: &str = include_str!("../fleet/machines.json");

const ADDRESS: &str = "PROVIDER_TREE_PLACEMENT_URL";

const EXAMPLES: &str = "\
Examples:
  cargo run --release --example mirror -- --placement http://127.0.0.1:8778
  cargo run --release --example mirror -- --dry-run
  cargo run --release --example mirror -- --machine sgi-uv --edits 1000 --pause-ms 0
  cargo run --release --example mirror -- --keep
  cargo run --release --example mirror -- --measure

Placement of your own, on this machine, with Python 3:
  tests/placement/service start --no-keystone
  export $(tests/placement/service url)
  cargo run --release --example mirror
  tests/placement/service stop

Credentials come from the OS_* variables if OS_AUTH_URL or OS_AUTH_TYPE is set; else
Placement is expected to have `auth_strategy = noauth2`. The address is HTTP: HTTPS needs the
feature `placement-tls`.

The exit code is 1 if the sites differ from one another or from Placement in the end, 2 for a
bad flag or a service that fails, and 0 otherwise.";

/// Two sites, each with a forest of its own, keep one host in step through Placement while
/// both of them edit it.
#[derive(Parser)]
#[command(name = "mirror", after_help = EXAMPLES)]
pub struct Options {
    /// The address of Placement
    #[arg(long, value_name = "URL", env = ADDRESS)]
    placement: Option<String>,

    /// Which of the machines of `fleet` the host is: cxl, dgx2h, power8, sgi-uv, vf-host or
    /// westmere
    #[arg(long, value_name = "NAME", default_value = "dgx2h")]
    machine: String,

    /// How many edits each site makes: 0 to 100000
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = value_parser!(u32).range(0..=100_000))]
    pub edits: u32,

    /// How long each site waits after an edit, in milliseconds: 0 to 10000
    #[arg(long, value_name = "MS", default_value_t = 20)]
    #[arg(value_parser = value_parser!(u64).range(0..=10_000))]
    pause_ms: u64,

    /// How many connections each site has: 1 to 64
    #[arg(long, value_name = "N", default_value_t = 4)]
    #[arg(value_parser = value_parser!(u16).range(1..=64))]
    pub connections: u16,

    /// Print what would be sent to create the host, and send nothing
    #[arg(long)]
    pub dry_run: bool,

    /// Leave the host in Placement
    #[arg(long)]
    pub keep: bool,

    /// Measure requests and times instead, compared with the same requests sent without a
    /// mirror: a few minutes, alone on the machine
    #[arg(long, conflicts_with_all = ["dry_run", "keep"])]
    pub measure: bool,

    /// With --measure: how often each thing is measured: 1 to 1000
    #[arg(long, value_name = "N", default_value_t = 7)]
    #[arg(value_parser = value_parser!(u16).range(1..=1000))]
    pub rounds: u16,

    /// With --measure: measure Nova's report client in turns with the mirror, by a program
    /// with its arguments; `tests/placement/nova/compare` has one
    #[arg(long, value_name = "PROGRAM", num_args = 1.., requires = "measure")]
    pub nova: Vec<String>,

    /// How many providers the tree has that is read for --measure: 1 to 100000
    #[arg(long, value_name = "N", default_value_t = 2_000)]
    #[arg(value_parser = value_parser!(u32).range(1..=100_000))]
    pub providers: u32,
}

impl Options {
    pub fn pause(&self) -> Duration {
        Duration::from_millis(self.pause_ms)
    }

    /// The address of the service.
    pub fn placement(&self) -> Result<&str, Box<dyn Error>> {
        let given = self.placement.as_deref().filter(|url| !url.is_empty());
        given.ok_or_else(|| {
            format!(
                "no address of Placement: give --placement or set {ADDRESS}; \
                 `tests/placement/service start --no-keystone` starts one, and \
                 `export $(tests/placement/service url)` sets it"
            )
            .into()
        })
    }

    /// Settings of a client of the service.
    pub fn client(&self) -> Result<ClientBuilder, Box<dyn Error>> {
        let builder = Client::builder(self.placement()?).connections(self.connections.into());
        let has_credentials = ["OS_AUTH_URL", "OS_AUTH_TYPE"]
            .iter()
            .any(|name| env::var_os(name).is_some());
        Ok(if has_credentials {
            builder.auth(auth_from_env()?)
        } else {
            builder.auth(NoAuth::admin())
        })
    }

    /// A new host, its root first: the machine with names and UUIDs that nothing else has.
    pub fn host(&self) -> Result<Vec<ProviderRecord>, Box<dyn Error>> {
        let machines: Snapshot = serde_json::from_str(MACHINES)?;
        let name = self.machine.as_str();
        let machine = machines
            .find(name)
            .filter(|provider| provider.parent_uuid().is_none())
            .ok_or_else(|| format!("there is no machine `{name}`; see --help"))?;
        let id = Uuid::new_v4();
        let of_host = |uuid: Uuid| Uuid::from_u128(uuid.as_u128() ^ id.as_u128());
        let machine = machines.subtree(machine)?;
        let mut host: Vec<ProviderRecord> = machine.to_records().collect();
        for record in &mut host {
            record.name = format!("{}-{:08x}", record.name, id.as_fields().0);
            record.uuid = of_host(record.uuid);
            record.parent_uuid = record.parent_uuid.map(of_host);
            record.root_uuid = record.root_uuid.map(of_host);
            record.generation = None;
        }
        Ok(host)
    }
}
