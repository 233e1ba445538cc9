//! What the tests of several threads wait for. Nothing here waits for ever: a test that
//! fails must end, or nobody learns of it.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use provider_tree::placement::Stop;

/// Stops a running mirror at the end of a scope, also if an assertion fails in it. The scope
/// would otherwise wait for the mirror's thread for ever.
pub struct StopOnDrop<'a>(pub &'a Stop);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Waits for what must become true soon, on a machine that may have much else to do.
#[track_caller]
pub fn wait_for(is_true: impl Fn() -> bool) {
    let limit = Duration::from_secs(120);
    let deadline = Instant::now() + limit;
    while !is_true() {
        assert!(Instant::now() < deadline, "not within {limit:?}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Runs this for each item at the same moment, in a thread of its own. Nothing in a thread
/// can fail before its barrier, so none waits there in vain.
pub fn at_once<T: Sync, R: Send>(items: &[T], run: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let start = Barrier::new(items.len());
    let (start, run) = (&start, &run);
    thread::scope(|scope| {
        let spawn = |item| {
            scope.spawn(move || {
                start.wait();
                run(item)
            })
        };
        let threads: Vec<_> = items.iter().map(spawn).collect();
        let join = |thread: thread::ScopedJoinHandle<_>| thread.join().unwrap();
        threads.into_iter().map(join).collect()
    })
}
