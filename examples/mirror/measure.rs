//! Requests and times of a mirror, compared with the same requests sent without one, by as
//! many threads as the mirror has connections, in turns with it; or with Nova's client.

use std::error::Error;
use std::time::{Duration, Instant};

use provider_tree::{Inventory, NewProvider, Provider, ProviderRecord, ResourceClass, Trait};
use uuid::Uuid;

use crate::nova::Nova;
use crate::options::Options;
use crate::output::print;
use crate::progress;
use crate::recorder::{Recorder, Sent, one_by_one};
use crate::site::Site;

/// How many children the measured host has.
const CHILDREN: u32 = 16;

const OPERATIONS: [&str; 5] = [
    "create it",
    "look, nothing has changed",
    "push, 2 have changed",
    "read all of it",
    "push, one conflict",
];

/// What one operation took, each round.
#[derive(Default)]
struct Times {
    /// The last time.
    sent: Vec<Sent>,
    mirror: Vec<Duration>,
    raw: Vec<Duration>,
}

struct Bench<'a> {
    options: &'a Options,
    recorder: Recorder,
}

pub fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    let bench = Bench {
        options,
        recorder: Recorder::new(options.connections.into())?,
    };
    let mut nova = match &*options.nova {
        [] => None,
        command => Some(Nova::start(command, options.placement()?)?),
    };
    let mut times = <[Times; OPERATIONS.len()]>::default();
    let bar = progress::bar(options.rounds.into(), "measuring");
    for round in 0..options.rounds {
        bar.set_position(round.into());
        if let Some(nova) = &mut nova {
            let host = host()?;
            nova.round(&host)?;
            bench.delete(host[0].uuid)?;
        }
        bench.round(&host()?, &mut times)?;
    }
    bar.finish_and_clear();
    print(&format!(
        "{} providers, {} connections, medians of {} rounds\n\n",
        1 + CHILDREN,
        options.connections,
        options.rounds
    ))?;
    if let Some(nova) = nova {
        nova.print(&times.map(|times| (times.sent.len(), median(&times.mirror))))?;
        return Ok(());
    }
    print(&format!(
        "{:<28} {:>8} {:>10} {:>12} {:>7}\n",
        "", "requests", "mirror, ms", "the same, ms", "ratio"
    ))?;
    for (times, operation) in times.iter().zip(OPERATIONS) {
        times.print(operation)?;
    }
    bench.read_many()
}

impl Bench<'_> {
    fn site(&self, root: Uuid) -> Result<Site, Box<dyn Error>> {
        let client = self.options.client()?.transport(self.recorder.clone());
        Ok(Site::new(client.build()?, root))
    }

    fn delete(&self, root: Uuid) -> Result<(), Box<dyn Error>> {
        let site = self.site(root)?;
        site.mirror.pull()?;
        site.tree.remove(root)?;
        complete(site.mirror.push()?.is_complete())
    }

    /// Does it with a mirror, and sends the same requests again.
    fn time<T>(
        &self,
        times: &mut Times,
        bumps: u64,
        between: impl FnOnce() -> Result<(), Box<dyn Error>>,
        run: impl FnOnce() -> Result<T, provider_tree::placement::Error>,
    ) -> Result<T, Box<dyn Error>> {
        self.recorder.take();
        let started = Instant::now();
        let result = run()?;
        times.mirror.push(started.elapsed());
        let sent = self.recorder.take();
        between()?;
        let connections = self.options.connections.into();
        let raw = self.recorder.replay(&sent, connections, bumps)?;
        times.raw.push(raw);
        times.sent = sent;
        Ok(result)
    }

    fn round(
        &self,
        host: &[ProviderRecord],
        times: &mut [Times; OPERATIONS.len()],
    ) -> Result<(), Box<dyn Error>> {
        let [created, unchanged, changed, read, conflict] = times;
        let root = host[0].uuid;
        let site = self.site(root)?;
        site.tree.populate(host)?;
        let delete = || self.delete(root);
        let synced = self.time(created, 0, delete, || site.mirror.sync())?;
        complete(synced.is_complete())?;
        let nothing = || Ok(());
        self.time(unchanged, 0, nothing, || site.mirror.refresh())?;
        change(&site, 2)?;
        let pushed = self.time(changed, 1, nothing, || site.mirror.push())?;
        complete(pushed.is_complete())?;
        let cold = self.site(root)?;
        self.time(read, 0, nothing, || cold.mirror.pull())?;
        // Those of the requests that were sent again have moved generations.
        site.mirror.refresh()?;
        let changed = change(&site, 1)?;
        self.let_another_client_change(changed)?;
        let pushed = self.time(conflict, 1, nothing, || site.mirror.push())?;
        complete(pushed.is_complete() && pushed.redone == 1)?;
        delete()
    }

    fn let_another_client_change(&self, provider: Uuid) -> Result<(), Box<dyn Error>> {
        let client = self.options.client()?.build()?;
        let mut traits = client.get_traits(provider)?;
        traits.content.insert(Trait::try_from("COMPUTE_NODE")?);
        client.put_traits(provider, traits.generation, &traits.content)?;
        Ok(())
    }

    /// Reads a tree of many providers. They are hosts of one rack.
    fn read_many(&self) -> Result<(), Box<dyn Error>> {
        let rack = Uuid::new_v4();
        let site = self.site(rack)?;
        site.tree.update(|transaction| {
            transaction.new_root(NewProvider::new(&format!("rack-{rack}")).uuid(rack))?;
            Ok(())
        })?;
        while site.tree.len() < self.options.providers as usize {
            let mut host = self.options.host()?;
            host[0].parent_uuid = Some(rack);
            let missing = self.options.providers as usize - site.tree.len();
            host.truncate(missing);
            for record in &mut host {
                record.root_uuid = Some(rack);
            }
            site.tree.update(|transaction| {
                let records: Vec<ProviderRecord> = transaction
                    .tree_of(rack)?
                    .map(ProviderRecord::from)
                    .chain(host.iter().cloned())
                    .collect();
                transaction.populate(&records)
            })?;
        }
        let providers = site.tree.len();
        let bar = progress::spinner("creating many");
        complete(site.mirror.push()?.is_complete())?;
        bar.finish_and_clear();
        let mut read = Times::default();
        for _ in 0..3 {
            let cold = self.site(rack)?;
            self.time(&mut read, 0, || Ok(()), || cold.mirror.pull())?;
        }
        read.print(&format!("read {providers} providers"))?;
        let single = one_by_one(&read.sent);
        let time = self
            .recorder
            .replay(&single, self.options.connections.into(), 0)?;
        print(&format!(
            "{:<28} {:>8} {:>10} {:>12.1}\n",
            "the same, one by one",
            single.len(),
            "",
            milliseconds(time)
        ))?;
        let bar = progress::spinner("deleting them");
        site.tree.remove(rack)?;
        complete(site.mirror.push()?.is_complete())?;
        bar.finish_and_clear();
        Ok(())
    }
}

impl Times {
    fn print(&self, what: &str) -> Result<(), String> {
        let [mirror, raw] = [&self.mirror, &self.raw].map(|times| milliseconds(median(times)));
        let requests = self.sent.len();
        let ratio = mirror / raw;
        print(&format!(
            "{what:<28} {requests:>8} {mirror:>10.1} {raw:>12.1} {ratio:>7.2}\n"
        ))
    }
}

/// A new host, the one of the table in `docs::placement`: each provider has an inventory and
/// a trait, the root an aggregate as well, and all classes and traits are Placement's own.
fn host() -> Result<Vec<ProviderRecord>, Box<dyn Error>> {
    let root = Uuid::new_v4();
    let provider = |uuid, name: &str, vcpus, name_of_trait| {
        let mut record = ProviderRecord::new(uuid, name);
        record.root_uuid = Some(root);
        record
            .inventory
            .insert(ResourceClass::VCPU, Inventory::new(vcpus));
        record.traits.insert(Trait::try_from(name_of_trait)?);
        Ok::<_, Box<dyn Error>>(record)
    };
    let mut host = vec![provider(
        root,
        &format!("host-{root}"),
        8,
        "HW_CPU_X86_VMX",
    )?];
    host[0].aggregates.insert(Uuid::from_u128(1));
    for number in 0..CHILDREN {
        let name = format!("host-{root}-{number}");
        let mut child = provider(Uuid::new_v4(), &name, number + 1, "HW_CPU_X86_AVX2")?;
        child.parent_uuid = Some(root);
        host.push(child);
    }
    Ok(host)
}

fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Reserves all of the first providers that have anything, or nothing of what is reserved.
/// Returns the first one.
fn change(site: &Site, number: usize) -> Result<Uuid, Box<dyn Error>> {
    let snapshot = site.tree.snapshot();
    let is_stocked = |provider: &&Provider| !provider.inventory().is_empty();
    let mut stocked = snapshot.iter().filter(is_stocked).take(number).peekable();
    let first = stocked.peek().ok_or("the host has no inventory")?.uuid();
    for provider in stocked {
        let mut records = provider.inventory().to_vec();
        for (_, record) in &mut records {
            let reserves = record.effective().reserved > 0;
            record.reserved = Some(if reserves { 0 } else { record.total });
        }
        site.tree.update_inventory(provider, records, None)?;
    }
    Ok(first)
}

fn complete(is_complete: bool) -> Result<(), Box<dyn Error>> {
    match is_complete {
        true => Ok(()),
        false => Err("a push was not complete".into()),
    }
}
