//! Requests and times of a mirror, beside the same requests without one: sent again, by as
//! many threads as the mirror has connections, in turns with it.

use std::error::Error;
use std::time::{Duration, Instant};

use provider_tree::{NewProvider, Provider, ProviderRecord};
use uuid::Uuid;

use crate::options::Options;
use crate::output::print;
use crate::progress;
use crate::recorder::Recorder;
use crate::site::Site;

/// How often each thing is measured.
const ROUNDS: usize = 7;

/// What one thing took, each round.
#[derive(Default)]
struct Times {
    requests: usize,
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
    let host = options.host()?;
    print(&format!(
        "{} providers, {} connections, medians of {ROUNDS} rounds\n\n{:<28} {:>8} {:>10} {:>12} {:>7}\n",
        host.len(),
        options.connections,
        "",
        "requests",
        "mirror, ms",
        "the same, ms",
        "ratio"
    ))?;
    let [mut created, mut unchanged, mut changed, mut read] = <[Times; 4]>::default();
    let bar = progress::bar(ROUNDS as u64, "measuring");
    for round in 0..ROUNDS {
        bar.set_position(round as u64);
        bench.round(
            &host,
            [&mut created, &mut unchanged, &mut changed, &mut read],
        )?;
    }
    bar.finish_and_clear();
    created.print("create it")?;
    unchanged.print("look, nothing has changed")?;
    changed.print("push, 2 have changed")?;
    read.print("read all of it")?;
    bench.read_many()
}

impl Bench<'_> {
    fn site(&self, root: Uuid) -> Result<Site, Box<dyn Error>> {
        let client = self.options.client()?.transport(self.recorder.clone());
        Ok(Site::new(client.build()?, root))
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
        times.requests = sent.len();
        between()?;
        let connections = self.options.connections.into();
        times
            .raw
            .push(self.recorder.replay(&sent, connections, bumps)?);
        Ok(result)
    }

    fn round(&self, host: &[ProviderRecord], times: [&mut Times; 4]) -> Result<(), Box<dyn Error>> {
        let [created, unchanged, changed, read] = times;
        let root = host[0].uuid;
        let site = self.site(root)?;
        // As a service that runs already.
        site.mirror.pull()?;
        site.tree.populate(host)?;
        let delete = || {
            let site = self.site(root)?;
            site.mirror.pull()?;
            site.tree.remove(root)?;
            complete(site.mirror.push()?.is_complete())
        };
        let pushed = self.time(created, 0, delete, || site.mirror.push())?;
        complete(pushed.is_complete())?;
        let nothing = || Ok(());
        self.time(unchanged, 0, nothing, || site.mirror.refresh())?;
        let snapshot = site.tree.snapshot();
        let is_stocked = |provider: &&Provider| !provider.inventory().is_empty();
        for provider in snapshot.iter().filter(is_stocked).take(2) {
            let mut records = provider.inventory().to_vec();
            for (_, record) in &mut records {
                let reserves = record.effective().reserved > 0;
                record.reserved = Some(if reserves { 0 } else { record.total });
            }
            site.tree.update_inventory(provider, records, None)?;
        }
        let pushed = self.time(changed, 1, nothing, || site.mirror.push())?;
        complete(pushed.is_complete())?;
        let cold = self.site(root)?;
        self.time(read, 0, nothing, || cold.mirror.pull())?;
        delete()
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
        print(&format!(
            "{:<28} {:>8}\n",
            "the same, one by one",
            1 + 3 * providers
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
        let [mirror, raw] = [&self.mirror, &self.raw].map(|times| {
            let mut times = times.clone();
            times.sort_unstable();
            times[times.len() / 2].as_secs_f64() * 1e3
        });
        let requests = self.requests;
        let ratio = mirror / raw;
        print(&format!(
            "{what:<28} {requests:>8} {mirror:>10.1} {raw:>12.1} {ratio:>7.2}\n"
        ))
    }
}

fn complete(is_complete: bool) -> Result<(), Box<dyn Error>> {
    match is_complete {
        true => Ok(()),
        false => Err("a push was not complete".into()),
    }
}
