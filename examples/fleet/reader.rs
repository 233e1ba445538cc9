//! A reader: walks whole trees, adds up their free capacity, and checks every read.

use std::fmt;
use std::time::Instant;

use hdrhistogram::Histogram;
use provider_tree::{Provider, ProviderTree, Snapshot};
use uuid::Uuid;

use crate::fleet::Fleet;
use crate::machine::Host;
use crate::random::Random;
use crate::violations::Violations;

/// The results of one reader, or of all together.
pub struct Reads {
    /// The time of each tree read, in nanoseconds.
    pub latency: Histogram<u64>,
    pub providers: u64,
    /// How many versions it saw; for all readers, the maximum.
    pub versions: u64,
    pub violations: Violations,
}

impl Reads {
    pub fn new() -> Self {
        Self {
            latency: Histogram::new_with_bounds(1, 3_600_000_000_000, 3)
                .expect("bounds from a nanosecond to an hour"),
            providers: 0,
            versions: 0,
            violations: Violations::default(),
        }
    }
}

pub fn read(tree: &ProviderTree, fleet: &Fleet, seed: u64, deadline: Instant) -> Reads {
    let mut random = Random::new(seed);
    let mut reads = Reads::new();
    let mut reader = tree.reader();
    let mut newest = 0;
    let mut ancestors = Vec::new();
    loop {
        let host = fleet.host(random.below(fleet.len()));
        let named = random.below(host.len() + 1);
        let started = Instant::now();
        if started >= deadline {
            return reads;
        }
        let snapshot = reader.load();
        let version = snapshot.version();
        if version < newest {
            reads
                .violations
                .note(|| format!("version {version} came after {newest}"));
        }
        reads.versions += u64::from(version != newest);
        newest = version;
        let providers = walk(snapshot, host, named, &mut ancestors, &mut reads.violations);
        reads.providers += providers as u64;
        let nanoseconds = started.elapsed().as_nanos() as u64;
        reads.latency.saturating_record(nanoseconds);
    }
}

/// Walks through the tree of one host, and returns the number of providers.
///
/// Checks the sum of free units, that parents precede their children, and that one provider,
/// a different one each time, is found by its name.
fn walk(
    snapshot: &Snapshot,
    host: Host,
    named: usize,
    ancestors: &mut Vec<Uuid>,
    violations: &mut Violations,
) -> usize {
    let mut violated = |what: fmt::Arguments| {
        violations.note(|| format!("{what} (host {host}, version {})", snapshot.version()));
    };
    let Ok(providers) = snapshot.tree_of(host.root()) else {
        violated(format_args!("the host is missing"));
        return 0;
    };
    let mut count = 0;
    let mut free = 0;
    let mut look_up = None;
    ancestors.clear();
    for provider in providers {
        free += host.free_of(provider);
        if count == 0 || count == named {
            look_up = Some(provider);
        }
        count += 1;
        // The parent is the previous provider or one of its ancestors; `ancestors` is cut back
        // to end in it. For a root it is empty.
        let parent = provider.parent_uuid();
        while !ancestors.is_empty() && ancestors.last() != parent.as_ref() {
            ancestors.pop();
        }
        if ancestors.last() != parent.as_ref() {
            violated(format_args!(
                "{} does not follow its parent",
                provider.name()
            ));
        }
        ancestors.push(provider.uuid());
    }
    if free != host.free() {
        violated(format_args!("{free} free, not {}", host.free()));
    }
    if let Some(provider) = look_up
        && snapshot.find(provider.name()).map(Provider::uuid) != Some(provider.uuid())
    {
        violated(format_args!("{} finds another provider", provider.name()));
    }
    count
}
