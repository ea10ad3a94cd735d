//! [`DatabaseTime`]: for how long a trace was with its databases, counted on the threads that ask them.
//!
//! Times are nanoseconds since the trace began here. This file names no type of the crate, so that `tests/loom.rs` can
//! include it with loom's atomics in the place of the standard library's.

use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// How many bits of the state are the time; the others count.
const MARK_BITS: u32 = 48;

/// The largest time that can be told, more than three days; what comes later counts as then.
const MARK: u64 = (1 << MARK_BITS) - 1;

/// The largest count of points that run at once; what is beyond it is not counted.
const FULL: u64 = u64::MAX >> MARK_BITS;

/// The union of the intervals in which at least one database point ran, and the number of statements.
///
/// The count of running points and the time are one word, because they change together. In two words a point that stops last
/// could see the count of now and the time of an interval that is over, and count that one again.
#[derive(Debug, Default)]
pub(crate) struct DatabaseTime {
    /// The count of running points, above; below, when the first of them started or, where none runs, when the last one
    /// stopped.
    state: AtomicU64,
    total_ns: AtomicU64,
    statements: AtomicU64,
}

impl DatabaseTime {
    /// A point starts. `false`, and it must not [`stop`](Self::stop), where too many run already.
    #[inline]
    pub(crate) fn start(&self, at_ns: u64) -> bool {
        self.change(|count, mark| match count {
            // A start may be told late; what was counted before is not counted again.
            0 => Some((1, mark.max(at_ns))),
            FULL => None,
            _ => Some((count + 1, mark)),
        })
        .is_some()
    }

    /// A point stops that has started.
    #[inline]
    pub(crate) fn stop(&self, at_ns: u64) {
        let before = self.change(|count, mark| match count {
            0 => None,
            1 => Some((0, mark.max(at_ns))),
            _ => Some((count - 1, mark)),
        });
        if let Some((1, since_ns)) = before {
            self.total_ns.fetch_add(at_ns.min(MARK).saturating_sub(since_ns), Release);
        }
    }

    /// A stream waited so long for its next rows, at times that are not told: what other points ran then counts twice, and
    /// [`read`](Self::read) keeps the total below the time that there was.
    pub(crate) fn add(&self, waited_ns: u64) {
        self.total_ns.fetch_add(waited_ns.min(MARK), Release);
    }

    /// A point runs a statement.
    #[inline]
    pub(crate) fn count_statement(&self) {
        self.statements.fetch_add(1, Relaxed);
    }

    /// Nanoseconds and statements so far.
    pub(crate) fn read(&self, now_ns: u64) -> (u64, u64) {
        // In this order: an interval that is in the total is seen to be over, and not counted again.
        let total_ns = self.total_ns.load(Acquire);
        let (count, since_ns) = split(self.state.load(Relaxed));
        let running_ns = if count > 0 { now_ns.min(MARK).saturating_sub(since_ns) } else { 0 };
        (total_ns.saturating_add(running_ns).min(now_ns), self.statements.load(Relaxed))
    }

    /// Changes count and time together, and returns those before; `None` where nothing is to change.
    #[inline]
    fn change(&self, change: impl Fn(u64, u64) -> Option<(u64, u64)>) -> Option<(u64, u64)> {
        let changed = self.state.fetch_update(Relaxed, Relaxed, |state| {
            let (count, mark) = split(state);
            change(count, mark).map(|(count, mark)| count << MARK_BITS | mark.min(MARK))
        });
        changed.ok().map(split)
    }
}

/// The count and the time in a state.
fn split(state: u64) -> (u64, u64) {
    (state >> MARK_BITS, state & MARK)
}
