//! A version that was committed or read is seen by every later read.

use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::thread;
use loom_tests::explore;
use provider_tree::{Snapshot, SnapshotCell};

use crate::common::{
    PREEMPTIONS, View, Way, catches, catches_by_each_way, cell_name, on_both_cells,
    on_both_cells_by_each_way, preemptions_of_three_threads, with_host,
};

fn generation(snapshot: &Snapshot) -> u64 {
    snapshot.find("host").unwrap().generation().unwrap()
}

/// One thread commits, then signals; another checks the signal without waiting, then reads.
fn a_commit_that_was_signalled_is_seen<C: SnapshotCell>(way: Way) {
    let name = format!("signalled commit, by {way:?}, {}", cell_name::<C>());
    let expected = [(false, 1), (false, 2), (true, 2)];
    explore(&name, PREEMPTIONS, expected, move || {
        let tree = with_host::<C>();
        let signal = Arc::new(AtomicBool::new(false));
        let mut view = View::new(&tree, way);
        let reader = thread::spawn({
            let signal = Arc::clone(&signal);
            move || {
                let earlier = view.see(way, generation);
                let signalled = signal.load(Acquire);
                let seen = view.see(way, generation);
                assert!(!signalled || seen == 2, "a committed update is not seen");
                assert!(earlier <= seen, "a read returned an older version");
                (signalled, seen)
            }
        });
        tree.set_generation("host", 2).unwrap();
        signal.store(true, Release);
        reader.join().unwrap()
    });
}

/// Both inside a read: a nested pin of crossbeam-epoch is no fence, so the exchange and the
/// loads must order by themselves.
fn a_commit_within_a_read_is_whole<C: SnapshotCell>(way: Way) {
    let name = format!("commit within a read, by {way:?}, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, [1, 2], move || {
        let tree = with_host::<C>();
        let mut view = View::new(&tree, way);
        let reader = thread::spawn({
            let tree = Arc::clone(&tree);
            move || tree.read(|_| view.see(way, generation))
        });
        tree.read(|_| tree.set_generation("host", 2)).unwrap();
        reader.join().unwrap()
    });
}

/// A version that one thread has read and signalled is seen by another.
fn a_version_seen_and_signalled_is_seen<C: SnapshotCell>(way: Way) {
    let name = format!("relayed sight, by {way:?}, {}", cell_name::<C>());
    let preemptions = preemptions_of_three_threads::<C>();
    let expected = [(false, 1), (false, 2), (true, 2)];
    explore(&name, preemptions, expected, move || {
        let tree = with_host::<C>();
        let signal = Arc::new(AtomicBool::new(false));
        let mut view = View::new(&tree, way);
        let mut relayed = tree.reader();
        let mut transaction = tree.begin();
        transaction.set_generation("host", 2).unwrap();
        let writer = thread::spawn(move || {
            tree.commit(transaction).unwrap();
        });
        let relay = thread::spawn({
            let signal = Arc::clone(&signal);
            move || {
                if generation(relayed.load()) == 2 {
                    signal.store(true, Release);
                }
            }
        });
        if let Way::Reader = way {
            // A reader that has loaded in between might keep an old version.
            view.see(way, generation);
        }
        let signalled = signal.load(Acquire);
        let seen = view.see(way, generation);
        assert!(
            !signalled || seen == 2,
            "a version seen elsewhere is not seen"
        );
        writer.join().unwrap();
        relay.join().unwrap();
        (signalled, seen)
    });
}

/// After an update returns, its thread sees it by every way to read, and no way returns an
/// older version than another did before.
fn a_thread_never_reads_backwards<C: SnapshotCell>() {
    let name = format!("never back, {}", cell_name::<C>());
    let expected = [(1, 1, 1), (1, 1, 2), (1, 2, 2), (2, 2, 2)];
    explore(&name, PREEMPTIONS, expected, || {
        let tree = with_host::<C>();
        let watcher = thread::spawn({
            let tree = Arc::clone(&tree);
            move || {
                let mut reader = tree.reader();
                let first = generation(reader.load());
                let second = tree.read(generation);
                let third = generation(reader.load());
                assert!(
                    first <= second && second <= third,
                    "a read returned an older version"
                );
                (first, second, third)
            }
        });
        let mut reader = tree.reader();
        let committed = tree.set_generation("host", 2).unwrap();
        let seen = [
            reader.load().version(),
            tree.version(),
            tree.snapshot().version(),
        ];
        assert_eq!(
            seen, [committed.version; 3],
            "a thread does not see its own update"
        );
        watcher.join().unwrap()
    });
}

on_both_cells_by_each_way! {
    a_commit_that_was_signalled_is_seen
    a_commit_within_a_read_is_whole
    a_version_seen_and_signalled_is_seen
}

on_both_cells! {
    a_thread_never_reads_backwards
}

catches! {
    a_version_counted_too_early_hides_a_commit: a_commit_that_was_signalled_is_seen(Reader)
        on EarlyVersion, saying "a committed update is not seen";
    a_version_counted_too_early_hides_what_was_seen: a_version_seen_and_signalled_is_seen(Reader)
        on EarlyVersion, saying "a version seen elsewhere is not seen";
    a_version_counted_too_early_makes_a_reader_go_back: a_thread_never_reads_backwards()
        on EarlyVersion, saying "a read returned an older version";
}

catches_by_each_way! {
    a_relaxed_load_shows_a_commit_half_made: a_commit_that_was_signalled_is_seen on RelaxedLoad,
        saying "Causality violation";
    a_relaxed_load_within_a_read: a_commit_within_a_read_is_whole on RelaxedLoad,
        saying "Causality violation";
    a_relaxed_load_relays_a_commit_half_made: a_version_seen_and_signalled_is_seen on RelaxedLoad,
        saying "Causality violation";
}
