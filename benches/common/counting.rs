//! An allocator that counts bytes, while it is asked to.
//!
//! Install it with `#[global_allocator]` and measure with [`bytes_of`] what a closure
//! leaves allocated, and with [`counted`] and [`freed_here`] who frees how much. At
//! all other times it costs an allocation one relaxed load, so that it does not distort
//! what is timed in the same program.

// The trait is unsafe to implement.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed};

/// The system's allocator, with a count beside it.
pub struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static LIVE: AtomicIsize = AtomicIsize::new(0);

thread_local! {
    static FREED: Cell<usize> = const { Cell::new(0) };
}

/// What a closure makes, and how many more bytes are allocated when it ends than when it
/// began. Other threads must not allocate meanwhile.
pub fn bytes_of<T>(make: impl FnOnce() -> T) -> (T, isize) {
    LIVE.store(0, Relaxed);
    let made = counted(make);
    (made, LIVE.load(Relaxed))
}

/// Runs a closure and counts meanwhile.
pub fn counted<T>(run: impl FnOnce() -> T) -> T {
    ON.store(true, Relaxed);
    let done = run();
    ON.store(false, Relaxed);
    done
}

/// How many bytes this thread has freed while it was counted.
pub fn freed_here() -> usize {
    FREED.get()
}

fn count(bytes: isize) {
    if ON.load(Relaxed) {
        LIVE.fetch_add(bytes, Relaxed);
        // A thread that ends may have no counter any more.
        let _ = FREED.try_with(|freed| {
            freed.set(freed.get() + bytes.min(0).unsigned_abs());
        });
    }
}

// SAFETY: every call is the system allocator's; only a number is kept beside.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(-layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    // The default copies on every growth, which would slow what is timed.
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.cast_signed() - layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
