//! An allocator that counts bytes on demand.
//!
//! Install it with `#[global_allocator]`. [`bytes_of`] measures the bytes that a closure
//! leaves allocated, [`counted`] and [`freed_here`] the bytes that each thread frees. At all
//! other times it adds one relaxed load per allocation, so it does not distort timings in the
//! same program.

// `GlobalAlloc` is an unsafe trait.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed};

/// The system allocator with counters.
pub struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static FREED: Cell<usize> = const { Cell::new(0) };
}

/// Returns a closure's result, and the growth in allocated bytes while it ran. Other threads
/// must not allocate in the meantime.
pub fn bytes_of<T>(make: impl FnOnce() -> T) -> (T, isize) {
    LIVE.store(0, Relaxed);
    let made = counted(make);
    (made, LIVE.load(Relaxed))
}

/// Counts while a closure runs.
pub fn counted<T>(run: impl FnOnce() -> T) -> T {
    ON.store(true, Relaxed);
    let done = run();
    ON.store(false, Relaxed);
    done
}

/// The bytes that this thread freed while counting was on.
pub fn freed_here() -> usize {
    FREED.get()
}

fn count(bytes: isize) {
    if ON.load(Relaxed) {
        LIVE.fetch_add(bytes, Relaxed);
        // An exiting thread may have destroyed its counter.
        let _ = FREED.try_with(|freed| {
            freed.set(freed.get() + bytes.min(0).unsigned_abs());
        });
    }
}

// SAFETY: every call is forwarded to the system allocator; counting changes nothing else.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller upholds the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the caller upholds the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    // The default implementation copies on every growth, which would slow timings.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: the caller upholds the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
