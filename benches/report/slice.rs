//! One implementation in one scenario for a short time: operations in several threads.

use std::hint::black_box;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::commits::{self, Figures};
use crate::forest::TREE;
use crate::keys::{Changes, Cursor, Keys};
use crate::peers::{Peer, Read};

/// The VCPUs of any tree at any time: updates move them within a tree.
pub const TREE_VCPUS: u64 = 64 * TREE as u64;

/// How many providers are read before timing starts: the caches still hold the forest of the
/// previous contestant.
const WARM_UP: usize = 100_000;

/// How many providers are looked up in both indices at the end.
const CHECKED: usize = 10_000;

/// A workload.
pub struct Scenario {
    pub name: String,
    pub operation: Operation,
    pub threads: usize,
    /// The pace of an additional thread that commits.
    pub writer: Option<Pace>,
}

/// The operation that each thread repeats.
#[derive(Clone, Copy, PartialEq)]
pub enum Operation {
    /// Reads one provider by UUID.
    Get,
    /// Reads one provider by name.
    Find,
    /// Looks up an unknown UUID.
    Miss,
    /// Reads a tree of ten.
    Tree,
    /// Updates two providers of a tree.
    Update,
    /// Reads one provider 19 times, then updates two.
    Mixed,
}

/// How fast the writer commits.
#[derive(Clone, Copy, PartialEq)]
pub enum Pace {
    FullSpeed,
    PerSecond(u32),
}

impl Scenario {
    /// Whether anything is updated.
    pub fn writes(&self) -> bool {
        self.writer.is_some() || matches!(self.operation, Operation::Update | Operation::Mixed)
    }
}

/// The result of one slice.
#[derive(Clone, Copy, Default)]
pub struct Sample {
    /// Operations per second of all threads except the writer.
    pub speed: f64,
    /// Commits per second of the writer.
    pub commits: f64,
    /// The share of tree reads that saw half an update.
    pub torn: f64,
}

/// A peer, whatever its type.
pub trait Contestant {
    fn name(&self) -> &'static str;
    /// Whether an update copies the whole forest.
    fn copies_all(&self) -> bool;
    /// Ages a forest of the providers below this number.
    fn age(&self, providers: usize);
    fn run(&self, scenario: &Scenario, keys: &Keys, time: Duration) -> Sample;
    /// One round of commits of all kinds.
    fn commits(&self, keys: &Keys, changes: &Changes) -> Figures;
    /// Checks that no update was half made, and that both indices agree.
    fn check(&self, keys: &Keys);
}

impl<P: Peer> Contestant for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn copies_all(&self) -> bool {
        P::COPIES_ALL
    }

    fn age(&self, providers: usize) {
        Peer::age(self, 0..providers);
    }

    fn commits(&self, keys: &Keys, changes: &Changes) -> Figures {
        commits::round(self, keys, changes)
    }

    fn check(&self, keys: &Keys) {
        let mut reader = self.reader();
        let providers = keys.providers.iter().zip(&keys.names).zip(&keys.missing);
        for ((&uuid, name), &missing) in providers.take(CHECKED) {
            assert_eq!(reader.get(uuid), reader.find(name), "{}", P::NAME);
            assert!(reader.has(uuid) && !reader.has(missing), "{}", P::NAME);
        }
        for &root in &keys.roots {
            assert_eq!(reader.read_tree(root), TREE_VCPUS, "{}", P::NAME);
        }
    }

    fn run(&self, scenario: &Scenario, keys: &Keys, time: Duration) -> Sample {
        let threads = scenario.threads;
        let stop = AtomicBool::new(false);
        let start = Barrier::new(threads + usize::from(scenario.writer.is_some()) + 1);
        let (start, stop) = (&start, &stop);
        thread::scope(|scope| {
            let readers: Vec<_> = (0..threads)
                .map(|thread| {
                    scope.spawn(move || {
                        let mut work = Work::new(self, keys, thread, threads);
                        black_box(work.get(WARM_UP.min(keys.providers.len()) / threads));
                        start.wait();
                        work.run(scenario.operation, stop)
                    })
                })
                .collect();
            let writer = scenario.writer.map(|pace| {
                scope.spawn(move || {
                    start.wait();
                    commit(self, pace, keys, stop)
                })
            });
            start.wait();
            thread::sleep(time);
            // Relaxed, like the loads: it only ends loops; joining a thread synchronises its
            // counts.
            stop.store(true, Ordering::Relaxed);
            let mut sample = Sample::default();
            for reader in readers {
                let (speed, torn) = reader.join().expect("the reader does not panic");
                sample.speed += speed;
                sample.torn = torn.max(sample.torn);
            }
            if let Some(writer) = writer {
                sample.commits = writer.join().expect("the writer does not panic");
            }
            sample
        })
    }
}

/// One thread's state.
struct Work<'peer, P: Peer> {
    peer: &'peer P,
    reader: P::Reader<'peer>,
    providers: Cursor<'peer, uuid::Uuid>,
    names: Cursor<'peer, String>,
    missing: Cursor<'peer, uuid::Uuid>,
    roots: Cursor<'peer, uuid::Uuid>,
    pairs: Cursor<'peer, (uuid::Uuid, uuid::Uuid)>,
}

impl<'peer, P: Peer> Work<'peer, P> {
    fn new(peer: &'peer P, keys: &'peer Keys, thread: usize, threads: usize) -> Self {
        Self {
            peer,
            reader: peer.reader(),
            providers: Cursor::new(&keys.providers, thread, threads),
            names: Cursor::new(&keys.names, thread, threads),
            missing: Cursor::new(&keys.missing, thread, threads),
            roots: Cursor::new(&keys.roots, thread, threads),
            pairs: Cursor::new(&keys.pairs, thread, threads),
        }
    }

    /// Operations per second, and the share of torn reads.
    fn run(&mut self, operation: Operation, stop: &AtomicBool) -> (f64, f64) {
        let begun = Instant::now();
        let (mut operations, mut torn, mut sum) = (0, 0, 0_u64);
        // Relaxed: see the store. Checked only now and then, so that it costs nothing.
        while !stop.load(Ordering::Relaxed) {
            match operation {
                Operation::Get => {
                    sum = sum.wrapping_add(self.get(64));
                    operations += 64;
                }
                Operation::Find => {
                    for _ in 0..64 {
                        sum = sum.wrapping_add(self.reader.find(self.names.next()));
                    }
                    operations += 64;
                }
                Operation::Miss => {
                    for _ in 0..64 {
                        sum += u64::from(self.reader.has(*self.missing.next()));
                    }
                    operations += 64;
                }
                Operation::Tree => {
                    for _ in 0..8 {
                        let vcpus = self.reader.read_tree(*self.roots.next());
                        torn += u64::from(vcpus != TREE_VCPUS);
                    }
                    operations += 8;
                }
                Operation::Update => {
                    let (from, to) = next_pair(&mut self.pairs);
                    self.peer.update_two(from, to);
                    operations += 1;
                }
                Operation::Mixed => {
                    sum = sum.wrapping_add(self.get(19));
                    let (from, to) = next_pair(&mut self.pairs);
                    self.peer.update_two(from, to);
                    operations += 20;
                }
            }
        }
        let seconds = begun.elapsed().as_secs_f64();
        black_box(sum);
        assert!(torn == 0 || !P::CONSISTENT, "{} tore a read", P::NAME);
        (operations as f64 / seconds, torn as f64 / operations as f64)
    }

    fn get(&mut self, times: usize) -> u64 {
        let mut sum = 0_u64;
        for _ in 0..times {
            sum = sum.wrapping_add(self.reader.get(*self.providers.next()));
        }
        sum
    }
}

/// Commits until told to stop. Returns commits per second.
pub fn commit<P: Peer>(peer: &P, pace: Pace, keys: &Keys, stop: &AtomicBool) -> f64 {
    let mut pairs = Cursor::new(&keys.pairs, 0, 1);
    let begun = Instant::now();
    let mut made = 0_u32;
    // Relaxed: see the store.
    while !stop.load(Ordering::Relaxed) {
        if let Pace::PerSecond(rate) = pace {
            let due = Duration::from_secs(1) / rate * made;
            if let Some(early) = due.checked_sub(begun.elapsed()) {
                // If it sleeps too long, the next commits are late and follow at once.
                thread::sleep(early);
                continue;
            }
        }
        let (from, to) = next_pair(&mut pairs);
        peer.update_two(from, to);
        made += 1;
    }
    f64::from(made) / begun.elapsed().as_secs_f64()
}

/// A provider that gives a VCPU in one round takes it in the next.
pub fn next_pair(pairs: &mut Cursor<(uuid::Uuid, uuid::Uuid)>) -> (uuid::Uuid, uuid::Uuid) {
    let &(from, to) = pairs.next();
    if pairs.rounds.is_multiple_of(2) {
        (from, to)
    } else {
        (to, from)
    }
}
