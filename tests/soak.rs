//! Reclamation keeps pace with any number of writers: versions and bytes stay bounded.
//!
//! Each load runs for `SOAK_SECONDS` (2 unless set).

#[path = "common/counting.rs"]
mod counting;

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::{ArcSwapCell, EpochCell, NewProvider, ProviderTree, Snapshot, SnapshotCell};
use uuid::Uuid;

use self::counting::{LIVE, run_one_at_a_time};

const HOSTS: u128 = 5_000;
const PROVIDERS_OF_A_HOST: u128 = 10;

/// The largest backlog, not counting versions pinned throughout. Each of at most 34 threads
/// pins the version that it reads or edits, and the backlog is a few times what is pinned.
/// The most in 90 runs was 40.
const FEW: usize = 150;

/// The same for epoch cells, which keep every version replaced while a thread is preempted
/// in the middle of a read or a commit. Until it runs again, each other writer has a time
/// slice of some 4 ms, in which 2 cores commit up to 560 times; and a version may wait for
/// several such threads. With 32 writers, the most in 30 runs was 13,866, and 16,778 when
/// they lasted 30 s.
const FEW_ON_EPOCH: usize = 20_000;

/// Readers, writers, and how many times the bytes that one writer and as many readers keep.
/// A version pinned by a preempted thread keeps all trees replaced since, 5 KB each: bytes
/// grow with the commits in a time slice even if the backlog does not. The most in 60 runs
/// of each load, on a busy machine with few commits, was 2.5, 2.5 and 2.8 times as much.
const LOADS: [(u64, u64, usize); 3] = [(8, 8, 4), (16, 16, 4), (2, 32, 8)];

fn uuid(host: u128, number: u128) -> Uuid {
    Uuid::from_u128(host * PROVIDERS_OF_A_HOST + number + 1)
}

fn filled<C: SnapshotCell>() -> ProviderTree<C> {
    let tree = ProviderTree::from_snapshot(Snapshot::default());
    tree.update(|transaction| {
        for host in 0..HOSTS {
            transaction.new_root(
                NewProvider::new(&format!("host{host}"))
                    .uuid(uuid(host, 0))
                    .generation(0),
            )?;
            for number in 1..PROVIDERS_OF_A_HOST {
                let name = format!("host{host}_{number}");
                transaction.new_child(
                    NewProvider::new(&name)
                        .uuid(uuid(host, number))
                        .generation(0),
                    uuid(host, 0),
                )?;
            }
        }
        Ok(())
    })
    .unwrap();
    tree
}

/// Xorshift, by Marsaglia.
struct Random(u64);

impl Random {
    fn host(&mut self) -> u128 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u128::from(self.0) % HOSTS
    }
}

/// The peaks of one load.
#[derive(Debug)]
struct Peaks {
    commits: u64,
    most_versions: usize,
    most_bytes: usize,
}

fn seconds() -> Duration {
    let chosen = std::env::var("SOAK_SECONDS").ok();
    let chosen = chosen.map(|text| {
        text.parse()
            .expect("SOAK_SECONDS must be a number of seconds")
    });
    Duration::from_secs(chosen.unwrap_or(2))
}

/// Readers walk trees, each through its own `Reader`, while writers set two generations per
/// commit.
fn run<C: SnapshotCell>(tree: &ProviderTree<C>, readers: u64, writers: u64) -> Peaks {
    let done = AtomicBool::new(false);
    let commits = AtomicU64::new(0);
    let (most_versions, most_bytes) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for number in 1..=readers {
            let done = &done;
            threads.push(scope.spawn(move || {
                let mut random = Random(number << 8);
                let mut reader = tree.reader();
                while !done.load(Relaxed) {
                    let snapshot = reader.load();
                    let walked = snapshot.tree_of(uuid(random.host(), 0)).unwrap().count();
                    assert_eq!(walked as u128, PROVIDERS_OF_A_HOST);
                }
            }));
        }
        for number in 1..=writers {
            let (done, commits) = (&done, &commits);
            threads.push(scope.spawn(move || {
                let mut random = Random(number << 40);
                while !done.load(Relaxed) {
                    let pair = [random.host(), random.host()];
                    tree.update(|transaction| {
                        for host in pair {
                            let now = transaction.require(uuid(host, 0))?.generation();
                            transaction.set_generation(uuid(host, 0), now.unwrap_or(0) + 1)?;
                        }
                        Ok(())
                    })
                    .unwrap();
                    commits.fetch_add(1, Relaxed);
                }
            }));
        }
        let started = Instant::now();
        while started.elapsed() < seconds() {
            thread::sleep(Duration::from_millis(5));
            most_versions.fetch_max(tree.stats().versions, Relaxed);
            most_bytes.fetch_max(LIVE.load(Relaxed), Relaxed);
        }
        done.store(true, Relaxed);
        // The scope would not wait for their thread-locals to be dropped, which pins the
        // epoch once more.
        for thread in threads {
            thread.join().unwrap();
        }
    });
    let peaks = Peaks {
        commits: commits.into_inner(),
        most_versions: most_versions.into_inner(),
        most_bytes: most_bytes.into_inner(),
    };
    println!("{readers} readers, {writers} writers: {peaks:?}");
    peaks
}

/// Checks the bounds under each load, with `pinned` versions held throughout.
fn versions_and_bytes_stay_bounded<C: SnapshotCell>(pinned: usize, most_versions: usize) {
    let tree = filled::<C>();
    let held: Vec<_> = (0..pinned)
        .map(|number| {
            let host = number as u128 % HOSTS;
            tree.set_generation(uuid(host, 1), number as u64).unwrap();
            tree.snapshot()
        })
        .collect();
    for (readers, writers, times) in LOADS {
        // With the same number of readers: each pins a version while it is preempted.
        let of_one_writer = run(&tree, readers, 1);
        let peaks = run(&tree, readers, writers);
        assert!(
            peaks.most_versions < pinned + most_versions,
            "{readers}/{writers}: {peaks:?}"
        );
        assert!(
            peaks.most_bytes < times * of_one_writer.most_bytes,
            "{readers}/{writers}: {peaks:?}, one writer: {of_one_writer:?}"
        );
        assert!(peaks.commits > 0);
    }
    drop(held);
    tree.collect();
    assert_eq!(tree.stats().versions, 1);
}

fn main() -> ExitCode {
    run_one_at_a_time([
        ("versions_and_bytes_stay_bounded::on_arc_swap", || {
            versions_and_bytes_stay_bounded::<ArcSwapCell>(0, FEW);
        }),
        ("versions_and_bytes_stay_bounded::on_epoch", || {
            versions_and_bytes_stay_bounded::<EpochCell>(0, FEW_ON_EPOCH);
        }),
        (
            "versions_and_bytes_stay_bounded::on_arc_swap_with_one_pinned",
            || versions_and_bytes_stay_bounded::<ArcSwapCell>(1, FEW),
        ),
        (
            "versions_and_bytes_stay_bounded::on_epoch_with_one_pinned",
            || versions_and_bytes_stay_bounded::<EpochCell>(1, FEW_ON_EPOCH),
        ),
        (
            "versions_and_bytes_stay_bounded::on_arc_swap_with_50000_pinned",
            || versions_and_bytes_stay_bounded::<ArcSwapCell>(50_000, FEW),
        ),
        (
            "versions_and_bytes_stay_bounded::on_epoch_with_50000_pinned",
            || versions_and_bytes_stay_bounded::<EpochCell>(50_000, FEW_ON_EPOCH),
        ),
    ])
}
