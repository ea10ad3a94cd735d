//! [`Permits`]: few calls with long values are kept whole at a time.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Stands in the place of values that are not kept.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) const NOT_KEPT: &str = "…(not kept: too many long values at once)";

/// How many calls with long values a database may keep.
pub(crate) const CAP: usize = 16;

/// Counts the calls whose long values are kept.
#[derive(Debug)]
pub(crate) struct Permits(AtomicUsize);

impl Permits {
    pub(crate) const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Leave to keep the long values of one call; `None` where enough are kept.
    pub(crate) fn take(&'static self) -> Option<Permit> {
        if self.0.fetch_add(1, Relaxed) < CAP {
            return Some(Permit(self));
        }
        self.0.fetch_sub(1, Relaxed);
        None
    }
}

/// Leave to keep the long values of one call.
#[derive(Debug)]
pub struct Permit(&'static Permits);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}
