//! Several writers at once: how many commits they make, how often they try, and
//! whether one of them falls behind.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use provider_tree::{EpochCell, Error};

use crate::keys::{Cursor, Keys};
use crate::options::Options;
use crate::peers::{NamedCell, Ours, Peer};
use crate::row::Row;
use crate::slice::next_pair;
use crate::{forest, median};

const PROVIDERS: usize = 100_000;
const THREADS: [usize; 4] = [1, 2, 4, 8];
const LONG: usize = 10_000;

/// What some writers did in a while.
struct Sample {
    commits: f64,
    attempts: f64,
    slowest: f64,
}

/// How a long transaction went.
struct Long {
    seconds: f64,
    attempts: f64,
}

/// Measures all of it, for both cells.
pub fn measure(options: &Options, progress: &ProgressBar) -> Vec<Row> {
    progress.inc_length(2);
    progress.set_message("writers");
    let keys = Keys::new(0..PROVIDERS);
    let mut rows = rows_of(&Ours(forest::tree(PROVIDERS)), &keys, options);
    progress.inc(1);
    let records: Vec<_> = (0..PROVIDERS).map(forest::record).collect();
    rows.extend(rows_of(&Ours::<EpochCell>::new(&records), &keys, options));
    progress.inc(1);
    rows
}

fn rows_of<C: NamedCell>(tree: &Ours<C>, keys: &Keys, options: &Options) -> Vec<Row> {
    let rounds = options.choose(5, 1);
    let time = Duration::from_millis(options.choose(200, 50));
    let mut samples = THREADS.map(|_| Vec::new());
    let mut long = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        for (threads, samples) in THREADS.into_iter().zip(&mut samples) {
            samples.push(short_commits(tree, keys, threads, time));
        }
        for (others, long) in [0, 3].into_iter().zip(&mut long) {
            long.push(long_commit(tree, keys, others));
        }
    }
    let of = |at: usize, field: fn(&Sample) -> f64| median(samples[at].iter().map(field));
    let alone = of(0, |sample| sample.commits);
    let name = C::NAME;
    let mut rows: Vec<_> = (THREADS.into_iter().enumerate())
        .map(|(at, threads)| {
            let commits = of(at, |sample| sample.commits);
            let attempts = of(at, |sample| sample.attempts);
            let slowest = of(at, |sample| sample.slowest);
            Row {
                group: "writers",
                case: format!("{threads} writers / 1, {name}"),
                measured: format!(
                    "{:.1} k commits/s; {attempts:.2} attempts each, the slowest writer made \
                     {slowest:.2} of its share",
                    commits / 1e3
                ),
                ratio: commits / alone,
                target: None,
            }
        })
        .collect();
    let [quiet, busy] = &long;
    let seconds = |runs: &[Long]| median(runs.iter().map(|run| run.seconds));
    let attempts = median(busy.iter().map(|run| run.attempts));
    let (quiet, busy) = (seconds(quiet), seconds(busy));
    rows.push(Row {
        group: "writers",
        case: format!("10,000 edits among 3 writers / alone, {name}"),
        measured: format!(
            "{:.1} ms, {attempts} attempts; {:.1} ms",
            busy * 1e3,
            quiet * 1e3
        ),
        ratio: busy / quiet,
        target: None,
    });
    rows
}

fn short_commits<C: NamedCell>(
    tree: &Ours<C>,
    keys: &Keys,
    threads: usize,
    time: Duration,
) -> Sample {
    let stop = AtomicBool::new(false);
    let start = Barrier::new(threads + 1);
    let before = tree.0.version();
    thread::scope(|scope| {
        let (stop, start) = (&stop, &start);
        let begin = |thread| {
            scope.spawn(move || {
                start.wait();
                write(tree, keys, thread, threads, stop)
            })
        };
        let writers: Vec<_> = (0..threads).map(begin).collect();
        start.wait();
        let begun = Instant::now();
        thread::sleep(time);
        // Relaxed, like the loads: it only ends loops; what the threads counted comes
        // with the joins.
        stop.store(true, Ordering::Relaxed);
        let made = writers.into_iter().map(|writer| writer.join());
        let made: Vec<(u64, u64)> = made.map(|made| made.expect("a writer that ends")).collect();
        let seconds = begun.elapsed().as_secs_f64();
        let commits: u64 = made.iter().map(|(commits, _)| commits).sum();
        let attempts: u64 = made.iter().map(|(_, attempts)| attempts).sum();
        assert_eq!(tree.0.version() - before, commits, "a commit was lost");
        let slowest = made.iter().map(|&(commits, _)| commits).min().unwrap_or(0);
        Sample {
            commits: commits as f64 / seconds,
            attempts: attempts as f64 / commits as f64,
            slowest: slowest as f64 * threads as f64 / commits as f64,
        }
    })
}

/// Commits until told to stop: how often, and in how many attempts.
fn write<C: NamedCell>(
    tree: &Ours<C>,
    keys: &Keys,
    thread: usize,
    threads: usize,
    stop: &AtomicBool,
) -> (u64, u64) {
    let mut pairs = Cursor::new(&keys.pairs, thread, threads);
    let (mut commits, mut attempts) = (0, 0);
    // Relaxed: see the stores.
    while !stop.load(Ordering::Relaxed) {
        let (from, to) = next_pair(&mut pairs);
        attempts += tree.move_vcpu(from, to);
        commits += 1;
    }
    (commits, attempts)
}

/// One transaction of many edits, among other writers of short ones.
fn long_commit<C: NamedCell>(tree: &Ours<C>, keys: &Keys, others: usize) -> Long {
    let stop = AtomicBool::new(false);
    let start = Barrier::new(others + 1);
    thread::scope(|scope| {
        let (stop, start) = (&stop, &start);
        for thread in 0..others {
            scope.spawn(move || {
                start.wait();
                write(tree, keys, thread, others, stop)
            });
        }
        start.wait();
        let begun = Instant::now();
        let committed = tree.0.update(|transaction| {
            for &uuid in &keys.providers[..LONG] {
                let generation = transaction.require(uuid)?.generation().unwrap_or(0);
                transaction.set_generation(uuid, generation + 1)?;
            }
            Ok::<_, Error>(())
        });
        let seconds = begun.elapsed().as_secs_f64();
        // Relaxed: it only ends loops.
        stop.store(true, Ordering::Relaxed);
        Long {
            seconds,
            attempts: committed.expect("a commit").attempts as f64,
        }
    })
}
