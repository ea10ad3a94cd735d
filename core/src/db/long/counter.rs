//! Counting what is taken, up to a bound.
//!
//! This file names no type of the crate, so that `tests/loom.rs` can include it with loom's atomics in the place of the
//! standard library's.

use crate::sync::atomic::AtomicUsize;
use crate::sync::atomic::Ordering::Relaxed;

/// Takes one more, where fewer than `cap` are taken.
pub(super) fn take(taken: &AtomicUsize, cap: usize) -> bool {
    if taken.fetch_add(1, Relaxed) < cap {
        return true;
    }
    give_back(taken);
    false
}

/// Gives back one that was taken.
pub(super) fn give_back(taken: &AtomicUsize) {
    taken.fetch_sub(1, Relaxed);
}
