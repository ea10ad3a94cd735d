//! [`Permits`], for adapters: few calls with long values are kept whole at a time.
//!
//! A store that hangs must not make a program hold every long value that it binds. Not here: what is long, which each
//! adapter decides, and what it keeps of values without leave.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// Stands in the place of values that are not kept.
pub const NOT_KEPT: &str = "…(not kept: too many long values at once)";

/// How many calls with long values may be kept at a time.
pub const CAP: usize = 16;

/// Counts the calls whose long values are kept, most often those of one database.
#[derive(Debug, Default)]
pub struct Permits(AtomicUsize);

impl Permits {
    /// None is taken yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(AtomicUsize::new(0))
    }

    /// Leave to keep the long values of one call; `None` where [`CAP`] calls are kept.
    #[must_use]
    pub fn take(&'static self) -> Option<Permit> {
        if self.0.fetch_add(1, Relaxed) < CAP {
            return Some(Permit(self));
        }
        self.0.fetch_sub(1, Relaxed);
        None
    }
}

/// Leave to keep the long values of one call, given back by dropping it.
#[derive(Debug)]
pub struct Permit(&'static Permits);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_permit_is_free_again() {
        static PERMITS: Permits = Permits::new();
        let mut taken: Vec<Permit> = std::iter::from_fn(|| PERMITS.take()).collect();
        assert_eq!(taken.len(), CAP);
        taken.pop();
        assert!(PERMITS.take().is_some());
    }
}
