//! [`Permits`], for adapters: few calls with long values are kept whole at a time.
//!
//! A store that hangs must not make a program hold every long value that it binds. Not here: what is long, which each
//! adapter decides, and what it keeps of values without leave.

mod counter;

use crate::sync::atomic::AtomicUsize;

/// Stands in the place of values that are not kept.
pub const NOT_KEPT: &str = "…(not kept: too many long values at once)";

/// Ends a text of which only the beginning is known, and not how long it is.
pub const AND_MORE: &str = "…(and more)";

/// How many calls with long values may be kept at a time.
pub const CAP: usize = 16;

/// Marks `head` as the beginning of a text whose length is not known; with the mark it has at most `cap` bytes, as far as
/// the mark itself is no longer.
pub fn mark_beginning(head: &mut String, cap: usize) {
    head.truncate(head.floor_char_boundary(cap.saturating_sub(AND_MORE.len())));
    head.push_str(AND_MORE);
}

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
        if counter::take(&self.0, CAP) { Some(Permit(self)) } else { None }
    }
}

/// Leave to keep the long values of one call, given back by dropping it.
#[derive(Debug)]
pub struct Permit(&'static Permits);

impl Drop for Permit {
    fn drop(&mut self) {
        counter::give_back(&self.0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marked_beginning_keeps_to_its_cap() {
        for (cap, marked) in [(100, "éé…(and more)"), (17, "éé…(and more)"), (16, "é…(and more)"), (3, "…(and more)")]
        {
            let mut head = "éé".to_owned();
            mark_beginning(&mut head, cap);
            assert_eq!(head, marked);
        }
    }

    #[test]
    fn a_dropped_permit_is_free_again() {
        static PERMITS: Permits = Permits::new();
        let mut taken: Vec<Permit> = std::iter::from_fn(|| PERMITS.take()).collect();
        assert_eq!(taken.len(), CAP);
        taken.pop();
        assert!(PERMITS.take().is_some());
    }
}
