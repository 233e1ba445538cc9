//! A few threads that do the same work.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::placement::error::Error;

/// Runs `work` in that many threads, this one included; in fewer if the system can't start
/// more.
pub(super) fn run_in_threads(threads: usize, work: impl Fn() + Sync) {
    thread::scope(|scope| {
        for _ in 1..threads {
            let thread = thread::Builder::new().name("provider-tree-mirror".to_owned());
            if thread.spawn_scoped(scope, &work).is_err() {
                break;
            }
        }
        work();
    });
}

/// Maps all items in a few threads. Returns the results in any order, or the first error,
/// after which no item is begun.
pub(super) fn try_map<T: Send, R: Send>(
    threads: usize,
    items: Vec<T>,
    work: impl Fn(T) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let threads = threads.min(items.len());
    let results = Ok(Vec::with_capacity(items.len()));
    let shared = Mutex::new((items.into_iter(), results));
    let lock = || shared.lock().unwrap_or_else(PoisonError::into_inner);
    let next = || {
        let (items, results) = &mut *lock();
        results.is_ok().then(|| items.next()).flatten()
    };
    run_in_threads(threads, || {
        while let Some(item) = next() {
            let result = work(item);
            let (_, results) = &mut *lock();
            match (result, results) {
                (Ok(result), Ok(results)) => results.push(result),
                (Err(error), results @ Ok(_)) => *results = Err(error),
                (_, Err(_)) => {}
            }
        }
    });
    let (_, results) = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
    results
}
