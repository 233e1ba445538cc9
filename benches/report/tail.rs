//! How long reads take at worst: one thread reads trees and takes the time of
//! each, another commits.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use indicatif::ProgressBar;
use provider_tree::{ArcSwapCell, EpochCell, ProviderRecord};
use uuid::Uuid;

use crate::forest::{name, record, uuid};
use crate::keys::{Cursor, Keys};
use crate::median;
use crate::options::Options;
use crate::peers::{BySnapshot, LeftRight, Ours, ParkingLotRwLock, Read, Regrow, StdRwLock};
use crate::row::{Row, Target};
use crate::slice::{Pace, TREE_VCPUS, commit};
use crate::table::Table;

/// How many providers the subtree has that comes and goes.
const SUBTREE: usize = 100_000;
/// How many others there are, which are read.
const OTHERS: usize = 10_000;

const COLUMNS: [&str; 5] = ["p50", "p99", "p99.9", "p99.99", "max"];
const PERCENTILES: [f64; 5] = [50.0, 99.0, 99.9, 99.99, 100.0];

/// What the other thread does.
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

/// What all implementations hold and are asked for.
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

/// The times of one run in nanoseconds, and what the writer did per second.
struct Run {
    times: [f64; 5],
    reads: f64,
    writes: f64,
}

/// A peer, whatever its type.
trait Subject {
    fn name(&self) -> &'static str;
    fn run(&self, scene: Scene, setting: &Setting, time: Duration) -> Run;
}

impl<P: Regrow> Subject for P {
    fn name(&self) -> &'static str {
        P::NAME
    }

    fn run(&self, scene: Scene, setting: &Setting, time: Duration) -> Run {
        let stop = AtomicBool::new(false);
        let start = Barrier::new(2);
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                start.wait();
                match scene {
                    Scene::Quiet => 0.0,
                    Scene::Updates => commit(self, Pace::FullSpeed, &setting.keys, &stop),
                    Scene::Regrowth => regrow(self, setting, &stop),
                }
            });
            let mut times = Histogram::<u64>::new(3).expect("three digits");
            let mut reader = self.reader();
            let mut roots = Cursor::new(&setting.keys.roots, 0, 1);
            start.wait();
            let begun = Instant::now();
            let mut before = begun;
            while before - begun < time {
                let vcpus = reader.read_tree(*roots.next());
                let after = Instant::now();
                assert_eq!(vcpus, TREE_VCPUS, "{} tore a read", P::NAME);
                // What follows counts to no read.
                times += (after - before).as_nanos() as u64;
                before = Instant::now();
            }
            // Relaxed, like the loads: it only ends the writer's loop.
            stop.store(true, Ordering::Relaxed);
            Run {
                times: PERCENTILES.map(|at| times.value_at_percentile(at) as f64),
                reads: times.len() as f64 / begun.elapsed().as_secs_f64(),
                writes: writer.join().expect("a writer that ends"),
            }
        })
    }
}

/// Removes the subtree and adds it again until told to stop; how often a second.
fn regrow<P: Regrow>(peer: &P, setting: &Setting, stop: &AtomicBool) -> f64 {
    let begun = Instant::now();
    let mut times = 0;
    // Relaxed: see the store.
    while !stop.load(Ordering::Relaxed) {
        peer.remove_tree(setting.root);
        peer.add_tree(&setting.subtree);
        times += 1;
    }
    f64::from(times) / begun.elapsed().as_secs_f64()
}

/// Measures all of it: the times, and what comes of them.
pub fn measure(options: &Options, progress: &ProgressBar) -> (Table, Vec<Row>) {
    let rounds = options.choose(5, 1);
    let time = Duration::from_millis(options.choose(700, 150));
    progress.inc_length(rounds as u64);
    progress.set_message("tail");
    let setting = Setting::new();
    let subjects = subjects(&setting);
    let mut runs: Vec<Vec<Vec<Run>>> = Vec::new();
    runs.resize_with(SCENES.len(), || {
        subjects.iter().map(|_| Vec::new()).collect()
    });
    for _ in 0..rounds {
        for (&(scene, _), runs) in SCENES.iter().zip(&mut runs) {
            for (subject, runs) in subjects.iter().zip(runs) {
                runs.push(subject.run(scene, &setting, time));
            }
        }
        progress.inc(1);
    }
    (table(&subjects, &runs), rows(&subjects, &runs))
}

fn subjects(setting: &Setting) -> Vec<Box<dyn Subject>> {
    fn subject<P: Regrow>(setting: &Setting) -> Box<dyn Subject> {
        let peer = P::new(&setting.others);
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
            for at in 0..COLUMNS.len() {
                line.push(format!("{:.2}", middle(runs, |run| run.times[at]) / 1e3));
            }
            line.push(format!("{:.0}", middle(runs, |run| run.reads) / 1e3));
            line.push(format!("{:.1}", middle(runs, |run| run.writes)));
            lines.push(line);
        }
    }
    let head = ["beside", "implementation"].into_iter().chain(COLUMNS);
    let head = head.chain(["reads, k/s", "writes, 1/s"]);
    Table {
        title: "A read of a tree of ten, 110,000 providers: microseconds".to_owned(),
        head: head.map(str::to_owned).collect(),
        lines,
    }
}

/// The slowest of 10,000 reads during the removals beside that in quiet.
fn rows(subjects: &[Box<dyn Subject>], runs: &[Vec<Vec<Run>>]) -> Vec<Row> {
    let at = COLUMNS.iter().position(|&column| column == "p99.99");
    let slowest = |scene, subject: usize| {
        let scene = SCENES.iter().position(|&(other, _)| other == scene);
        let runs = &runs[scene.expect("a scene")][subject];
        middle(runs, |run| run.times[at.expect("a column")]) / 1e3
    };
    let rows = subjects.iter().enumerate().map(|(index, subject)| {
        let regrowth = slowest(Scene::Regrowth, index);
        let quiet = slowest(Scene::Quiet, index);
        Row {
            group: "tail",
            case: format!("p99.99, removal / quiet, {}", subject.name()),
            measured: format!("{regrowth:.2} us; {quiet:.2} us"),
            ratio: regrowth / quiet,
            target: (subject.name() == "ours").then_some(Target::AtMost(5.0)),
        }
    });
    rows.collect()
}

fn middle(runs: &[Run], field: impl Fn(&Run) -> f64) -> f64 {
    median(runs.iter().map(field))
}
