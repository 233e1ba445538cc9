//! What has been committed, or seen, is seen by every read that starts later.

use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::sync::atomic::Ordering::{Acquire, Release};
use loom::thread;
use loom_tests::explore;
use provider_tree::{Snapshot, SnapshotCell};

use crate::common::{
    Eyes, PREEMPTIONS, Way, catches, catches_by_each_way, cell_name, on_both_cells,
    on_both_cells_by_each_way, preemptions_of_three_threads, with_host,
};

fn generation(snapshot: &Snapshot) -> u64 {
    snapshot.find("host").unwrap().generation().unwrap()
}

/// One thread commits, then signals; another waits for no signal, but reads.
fn a_commit_that_was_signalled_is_seen<C: SnapshotCell>(way: Way) {
    let name = format!("signalled commit, by {way:?}, {}", cell_name::<C>());
    let expected = [(false, 1), (false, 2), (true, 2)];
    explore(&name, PREEMPTIONS, expected, move || {
        let tree = with_host::<C>();
        let signal = Arc::new(AtomicBool::new(false));
        let mut eyes = Eyes::new(&tree, way);
        let reader = thread::spawn({
            let signal = Arc::clone(&signal);
            move || {
                let earlier = eyes.see(way, generation);
                let signalled = signal.load(Acquire);
                let seen = eyes.see(way, generation);
                assert!(!signalled || seen == 2, "a committed update is not seen");
                assert!(earlier <= seen, "a read went back");
                (signalled, seen)
            }
        });
        tree.set_generation("host", 2).unwrap();
        signal.store(true, Release);
        reader.join().unwrap()
    });
}

/// Both from within a read: there crossbeam-epoch's pin is no fence, so that the
/// exchange and the loads must order by themselves.
fn a_commit_within_a_read_is_whole<C: SnapshotCell>(way: Way) {
    let name = format!("commit within a read, by {way:?}, {}", cell_name::<C>());
    explore(&name, PREEMPTIONS, [1, 2], move || {
        let tree = with_host::<C>();
        let mut eyes = Eyes::new(&tree, way);
        let reader = thread::spawn({
            let tree = Arc::clone(&tree);
            move || tree.read(|_| eyes.see(way, generation))
        });
        tree.read(|_| tree.set_generation("host", 2)).unwrap();
        reader.join().unwrap()
    });
}

/// What one thread has seen and signalled, another thread sees too.
fn what_one_thread_has_seen_another_sees<C: SnapshotCell>(way: Way) {
    let name = format!("relayed sight, by {way:?}, {}", cell_name::<C>());
    let preemptions = preemptions_of_three_threads::<C>();
    let expected = [(false, 1), (false, 2), (true, 2)];
    explore(&name, preemptions, expected, move || {
        let tree = with_host::<C>();
        let signal = Arc::new(AtomicBool::new(false));
        let mut eyes = Eyes::new(&tree, way);
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
            // A reader that has looked meanwhile might keep what it saw.
            eyes.see(way, generation);
        }
        let signalled = signal.load(Acquire);
        let seen = eyes.see(way, generation);
        assert!(!signalled || seen == 2, "what was seen is not seen");
        writer.join().unwrap();
        relay.join().unwrap();
        (signalled, seen)
    });
}

/// After an update has returned, the same thread sees it by every way; nor does
/// any way go back behind what another has shown.
fn a_thread_never_goes_back<C: SnapshotCell>() {
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
                assert!(first <= second && second <= third, "a read went back");
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
        assert_eq!(seen, [committed.version; 3], "its own update is not seen");
        watcher.join().unwrap()
    });
}

on_both_cells_by_each_way! {
    a_commit_that_was_signalled_is_seen
    a_commit_within_a_read_is_whole
    what_one_thread_has_seen_another_sees
}

on_both_cells! {
    a_thread_never_goes_back
}

catches! {
    a_version_counted_too_early_hides_a_commit: a_commit_that_was_signalled_is_seen(Reader)
        on EarlyVersion, saying "a committed update is not seen";
    a_version_counted_too_early_hides_what_was_seen: what_one_thread_has_seen_another_sees(Reader)
        on EarlyVersion, saying "what was seen is not seen";
    a_version_counted_too_early_makes_a_reader_go_back: a_thread_never_goes_back()
        on EarlyVersion, saying "a read went back";
}

catches_by_each_way! {
    a_relaxed_load_shows_a_commit_half_made: a_commit_that_was_signalled_is_seen on RelaxedLoad,
        saying "Causality violation";
    a_relaxed_load_within_a_read: a_commit_within_a_read_is_whole on RelaxedLoad,
        saying "Causality violation";
    a_relaxed_load_relays_a_commit_half_made: what_one_thread_has_seen_another_sees on RelaxedLoad,
        saying "Causality violation";
}
