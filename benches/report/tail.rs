//! Tail latency: one thread reads trees and times each read, another commits.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use indicatif::ProgressBar;
use provider_tree::{ArcSwapCell, EpochCell, ProviderRecord};
use uuid::Uuid;

use crate::counting::{counted, freed_here};
use crate::forest::{name, record, uuid};
use crate::keys::{Cursor, Keys};
use crate::median;
use crate::options::Options;
use crate::order::Random;
use crate::peers::{BySnapshot, LeftRight, Ours, ParkingLotRwLock, Peer, Read, StdRwLock};
use crate::row::{Row, Target};
use crate::slice::{Pace, TREE_VCPUS, commit};
use crate::table::Table;

/// How many providers the subtree has that is removed and re-added.
const SUBTREE: usize = 100_000;
/// How many other providers there are, which are read.
const OTHERS: usize = 10_000;

const OURS: &str = Ours::<ArcSwapCell>::NAME;

const COLUMNS: [&str; 5] = ["p50", "p99", "p99.9", "p99.99", "max"];
const PERCENTILES: [f64; 5] = [50.0, 99.0, 99.9, 99.99, 100.0];

/// The work of the other thread.
#[derive(Clone, Copy, PartialEq)]
enum Scene {
    Quiet,
    Updates,
    Regrowth,
}

const SCENES: [(Scene, &str); 3] = [
    (Scene::Quiet, "no writer"),
    (Scene::Updates, "a writer at full speed"),
    (Scene::Regrowth, "100,000 removed and re-added"),
];

/// The providers of all implementations, and the keys to look up.
struct Setting {
    root: Uuid,
    subtree: Vec<ProviderRecord>,
    others: Vec<ProviderRecord>,
    keys: Keys,
}

impl Setting {
    fn new() -> Self {
        let numbers = SUBTREE..SUBTREE + OTHERS;
        let root = uuid(numbers.end);
        let mut subtree = vec![ProviderRecord::new(root, name(numbers.end))];
        subtree.extend((0..SUBTREE).map(record));
        for record in &mut subtree[1..] {
            record.parent_uuid.get_or_insert(root);
        }
        Self {
            root,
            subtree,
            others: numbers.clone().map(record).collect(),
            keys: Keys::new(numbers),
        }
    }
}

/// The interval at which reads are due, in nanoseconds, to correct for coordinated omission: a
/// reader that waits for a slow read starts few others in the meantime.
const INTERVAL: u64 = 1_000;

/// The times of one run in nanoseconds, the writer's operations per second, and the bytes that
/// each thread freed, if counted.
struct Run {
    times: [f64; 5],
    /// p99.99 corrected for coordinated omission.
    corrected: f64,
    reads: f64,
    writes: f64,
    freed_by_reader: usize,
    freed_by_writer: usize,
}

/// A peer, whatever its type.
trait Subject {
    fn name(&self) -> &'static str;
    fn run(&self, scene: Scene, setting: &Setting, time: Duration) -> Run;
}

impl<P: Peer> Subject for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn run(&self, scene: Scene, setting: &Setting, time: Duration) -> Run {
        let stop = AtomicBool::new(false);
        let start = Barrier::new(2);
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                start.wait();
                let writes = match scene {
                    Scene::Quiet => 0.0,
                    Scene::Updates => commit(self, Pace::FullSpeed, &setting.keys, &stop),
                    Scene::Regrowth => regrow(self, setting, &stop),
                };
                (writes, freed_here())
            });
            let mut times = Histogram::<u64>::new(3).expect("three digits");
            let mut reader = self.reader();
            let mut roots = Cursor::new(&setting.keys.roots, 0, 1);
            let freed = freed_here();
            start.wait();
            let begun = Instant::now();
            let mut before = begun;
            while before - begun < time {
                let vcpus = reader.read_tree(*roots.next());
                let after = Instant::now();
                assert_eq!(vcpus, TREE_VCPUS, "{} tore a read", P::NAME);
                // The rest of the loop is not part of a read.
                times += (after - before).as_nanos() as u64;
                before = Instant::now();
            }
            // Relaxed, like the loads: it only ends the writer's loop.
            stop.store(true, Ordering::Relaxed);
            let reads = times.len() as f64 / begun.elapsed().as_secs_f64();
            let freed_by_reader = freed_here() - freed;
            let (writes, freed_by_writer) = writer.join().expect("the writer does not panic");
            let corrected = times.clone_correct(INTERVAL);
            Run {
                times: PERCENTILES.map(|at| times.value_at_percentile(at) as f64),
                corrected: corrected.value_at_percentile(99.99) as f64,
                reads,
                writes,
                freed_by_reader,
                freed_by_writer,
            }
        })
    }
}

/// Removes and re-adds the subtree until told to stop. Returns the rate per second.
fn regrow<P: Peer>(peer: &P, setting: &Setting, stop: &AtomicBool) -> f64 {
    let begun = Instant::now();
    let mut times = 0;
    // Relaxed: see the store.
    while !stop.load(Ordering::Relaxed) {
        peer.remove(setting.root);
        peer.add_tree(&setting.subtree);
        times += 1;
    }
    f64::from(times) / begun.elapsed().as_secs_f64()
}

/// Measures the times and the freed bytes, and compares them.
pub fn measure(options: &Options, progress: &ProgressBar) -> ([Table; 2], Vec<Row>) {
    let rounds = options.choose(5, 1);
    let time = Duration::from_millis(options.choose(450, 150));
    progress.inc_length(rounds as u64);
    progress.set_message("tail");
    let setting = Setting::new();
    let subjects = subjects(&setting);
    let mut runs: Vec<Vec<Vec<Run>>> = Vec::new();
    runs.resize_with(SCENES.len(), || {
        subjects.iter().map(|_| Vec::new()).collect()
    });
    let mut random = Random::new(1);
    let mut order: Vec<usize> = (0..subjects.len()).collect();
    for _ in 0..rounds {
        for (&(scene, _), runs) in SCENES.iter().zip(&mut runs) {
            random.shuffle(&mut order);
            for &at in &order {
                runs[at].push(subjects[at].run(scene, &setting, time));
            }
        }
        progress.inc(1);
    }
    let counted: Vec<Run> = (subjects.iter())
        .map(|subject| counted(|| subject.run(Scene::Regrowth, &setting, time)))
        .collect();
    let mut rows = rows(&subjects, &runs);
    rows.extend(freed_by_readers(&subjects, &counted));
    ([table(&subjects, &runs), freed(&subjects, &counted)], rows)
}

fn subjects(setting: &Setting) -> Vec<Box<dyn Subject>> {
    fn subject<P: Peer>(setting: &Setting) -> Box<dyn Subject> {
        let peer = P::new(&setting.others);
        peer.age(SUBTREE..SUBTREE + OTHERS);
        peer.add_tree(&setting.subtree);
        Box::new(peer)
    }
    vec![
        subject::<Ours<ArcSwapCell>>(setting),
        subject::<Ours<EpochCell>>(setting),
        subject::<BySnapshot>(setting),
        subject::<ParkingLotRwLock>(setting),
        subject::<StdRwLock>(setting),
        subject::<LeftRight>(setting),
    ]
}

fn table(subjects: &[Box<dyn Subject>], runs: &[Vec<Vec<Run>>]) -> Table {
    let mut lines = Vec::new();
    for ((_, scene), runs) in SCENES.iter().zip(runs) {
        for (subject, runs) in subjects.iter().zip(runs) {
            let mut line = vec![(*scene).to_owned(), subject.name().to_owned()];
            for at in 0..COLUMNS.len() - 1 {
                line.push(format!("{:.2}", middle(runs, |run| run.times[at]) / 1e3));
            }
            let max = runs.iter().map(|run| run.times[COLUMNS.len() - 1]);
            line.push(format!("{:.2}", max.fold(0.0, f64::max) / 1e3));
            line.push(format!("{:.2}", middle(runs, |run| run.corrected) / 1e3));
            line.push(format!("{:.0}", middle(runs, |run| run.reads) / 1e3));
            line.push(format!("{:.1}", middle(runs, |run| run.writes)));
            lines.push(line);
        }
    }
    let head = ["load", "implementation"].into_iter().chain(COLUMNS);
    let head = head.chain(["p99.99 steady", "reads, k/s", "writes, 1/s"]);
    Table {
        title:
            "Reading a tree of ten, 110,000 providers: microseconds. Medians of the rounds, and \
        the max of all rounds; steady: corrected for coordinated omission, with a read due \
        every microsecond"
                .to_owned(),
        head: head.map(str::to_owned).collect(),
        lines,
    }
}

/// The bytes that each thread frees.
fn freed(subjects: &[Box<dyn Subject>], counted: &[Run]) -> Table {
    let lines = subjects.iter().zip(counted).map(|(subject, run)| {
        let megabytes = |bytes: usize| format!("{:.3}", bytes as f64 / 1e6);
        vec![
            subject.name().to_owned(),
            megabytes(run.freed_by_reader),
            megabytes(run.freed_by_writer),
        ]
    });
    let head = ["implementation", "freed by the reader", "by the writer"];
    Table {
        title: "Memory freed by each thread while 100,000 are removed and re-added: megabytes"
            .to_owned(),
        head: head.map(str::to_owned).into(),
        lines: lines.collect(),
    }
}

/// The bytes freed by readers, with a `Reader` and with a snapshot per read.
fn freed_by_readers(subjects: &[Box<dyn Subject>], counted: &[Run]) -> Vec<Row> {
    let ours = [OURS, BySnapshot::NAME];
    let all = subjects.iter().zip(counted);
    let all = all.filter(|(subject, _)| ours.contains(&subject.name()));
    let rows = all.map(|(subject, run)| Row {
        group: "tail",
        case: format!("freed by the reader / by the writer, {}", subject.name()),
        measured: format!(
            "{} bytes; {} bytes",
            run.freed_by_reader, run.freed_by_writer
        ),
        ratio: run.freed_by_reader as f64 / run.freed_by_writer as f64,
        target: Some(Target::AtMost(0.01)),
    });
    rows.collect()
}

/// p99.99 during the removals against p99.99 without a writer.
fn rows(subjects: &[Box<dyn Subject>], runs: &[Vec<Vec<Run>>]) -> Vec<Row> {
    let at = COLUMNS.iter().position(|&column| column == "p99.99");
    let at = at.expect("a column");
    let of = |scene, subject: usize| {
        let scene = SCENES.iter().position(|&(other, _)| other == scene);
        &runs[scene.expect("a scene")][subject]
    };
    let row = |index: usize, what: &str, field: &dyn Fn(&Run) -> f64, target| {
        let regrowth = middle(of(Scene::Regrowth, index), field) / 1e3;
        let quiet = middle(of(Scene::Quiet, index), field) / 1e3;
        let name = subjects[index].name();
        Row {
            group: "tail",
            case: format!("{what}, removal / quiet, {name}"),
            measured: format!("{regrowth:.2} us; {quiet:.2} us"),
            ratio: regrowth / quiet,
            target,
        }
    };
    let as_asked = subjects.iter().enumerate().map(|(index, subject)| {
        let target = (subject.name() == OURS).then_some(Target::AtMost(5.0));
        row(index, "p99.99", &|run| run.times[at], target)
    });
    // No target: thread scheduling dominates here.
    let corrected = |index| row(index, "p99.99 steady", &|run: &Run| run.corrected, None);
    as_asked.chain((0..subjects.len()).map(corrected)).collect()
}

fn middle(runs: &[Run], field: impl Fn(&Run) -> f64) -> f64 {
    median(runs.iter().map(field))
}
