//! Whether a statement is traced, and in which trace: the one that is active here, or the one in which its connection was
//! taken. Statements that are in neither, while traces are active elsewhere, are counted and logged.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::panic::Location;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{LazyLock, Mutex, PoisonError};

use super::DbSource;
use super::handed_out::Place;
use crate::profiler::{self, Point, Profiler, SqlState};
use crate::quiet::quietly;
use crate::{collector, context, notifier};

/// What becomes of a statement that is made now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It is traced.
    Traced,
    /// It is not traced: tracing is off, or no trace is active anywhere.
    Off,
    /// It is not traced, because no trace is active here, while others are elsewhere, or were a short while ago: tell
    /// [`note_outside`](DbSource::note_outside).
    Outside,
}

/// The trace in which a connection was taken from its pool.
///
/// Statements on the connection belong to that trace where no other is active: in a spawned task, or on a thread that does
/// blocking work.
#[derive(Clone, Debug, Default)]
pub struct CheckoutTrace(Option<Profiler>);

impl CheckoutTrace {
    /// No trace.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The trace that is active here, where SQL is traced in it.
    #[must_use]
    pub fn here() -> Self {
        Self(if profiler::sql_active() { profiler::get() } else { None })
    }

    /// As `handed_out`, in the trace to which a statement made here would belong; whether there is one.
    #[inline]
    pub fn handed_out(&self, what: &'static str, at: &'static Location<'static>, seen: bool) -> bool {
        match profiler::sql_state() {
            SqlState::Active => super::handed_out(what, at, seen),
            _ => match &self.0 {
                // What listens elsewhere finds no active trace here.
                Some(profiler) if self.applies() => profiler.trace.handed_out.count(Place { what, at, seen: false }),
                _ => return false,
            },
        }
        true
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// Whether statements made here belong to it.
    #[cold]
    #[inline(never)]
    fn applies(&self) -> bool {
        let Some(profiler) = &self.0 else { return false };
        // What a notifier's function or a driver runs belongs to no request.
        context::level() == context::INACTIVE
            && !collector::is_worker()
            && (profiler::trace_sql() || profiler.trace.captured.is_some())
    }
}

impl DbSource {
    /// What becomes of a statement that is made now on a connection that was taken in `checkout`. This is all that a call
    /// costs when tracing is off: one atomic load, and one read of a thread local where SQL is traced.
    #[inline]
    #[must_use]
    pub fn gate(&self, checkout: Option<&CheckoutTrace>) -> Gate {
        match profiler::sql_state() {
            SqlState::Active if self.trace_sql() => Gate::Traced,
            SqlState::Active => Gate::Off,
            state => match checkout {
                Some(checkout) if checkout.0.is_some() && checkout.applies() && self.trace_sql() => Gate::Traced,
                _ if state == SqlState::Outside && self.trace_sql() => Gate::Outside,
                _ => Gate::Off,
            },
        }
    }

    /// The point of a statement that is to be traced, as [`gate`](Self::gate) says; `None` where nothing takes its messages.
    #[must_use]
    pub fn point(&self, checkout: Option<&CheckoutTrace>) -> Option<Point> {
        match checkout.and_then(|checkout| checkout.0.as_ref()) {
            Some(profiler) if !context::is_active() => Point::under(profiler, self.name()),
            _ => Point::new(self.name()),
        }
    }

    /// Counts a statement that [`gate`](Self::gate) found to be outside of all traces, and logs the first one of each call
    /// site or, where call sites are not recorded, of each `statement`.
    ///
    /// [`CollectorStats::outside_traces`](crate::CollectorStats::outside_traces) has the number.
    #[cold]
    pub fn note_outside(&self, statement: &str) {
        if collector::is_worker() || !profiler::was_recently_active() {
            return;
        }
        OUTSIDE.fetch_add(1, Relaxed);
        // Where the call site is recorded, the worker finds out whether it is one that was logged: until it knows the place,
        // the same place is reached by many stacks.
        let caller = self.caller();
        let seen = caller.as_ref().map_or_else(|| HASHER.hash_one(statement), |caller| HASHER.hash_one(caller));
        if !SEEN.is_first(seen) {
            return;
        }
        let statement = without_values(statement);
        match (caller, notifier::get().queue()) {
            (Some(caller), Some(queue)) => queue.later(Box::new(move || {
                let place = caller.place();
                let said = HASHER.hash_one(place.as_ref().unwrap_or(&statement));
                if SAID.is_first(said) {
                    log(&statement, place.as_deref());
                }
            })),
            _ if SAID.is_first(seen) => log(&statement, None),
            _ => {}
        }
    }
}

/// How many statements ran outside of all traces while there were traces.
static OUTSIDE: AtomicU64 = AtomicU64::new(0);

pub(crate) fn outside_traces() -> u64 {
    OUTSIDE.load(Relaxed)
}

/// Statements and stacks that were seen outside of all traces.
static SEEN: Hashes = Hashes::new(1024);

/// Places that were told of in the log; what comes after so many is counted only.
static SAID: Hashes = Hashes::new(128);

static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A set of bounded size.
struct Hashes {
    max: usize,
    hashes: LazyLock<Mutex<HashSet<u64>>>,
}

impl Hashes {
    const fn new(max: usize) -> Self {
        Self { max, hashes: LazyLock::new(Mutex::default) }
    }

    /// Whether the hash is new, and there is room for it.
    fn is_first(&self, hash: u64) -> bool {
        let mut hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        hashes.len() < self.max && hashes.insert(hash)
    }
}

/// The beginning of a statement, up to the first that may be a literal or a comment: a log may be read by more people than a
/// trace.
fn without_values(statement: &str) -> String {
    const MAX_CHARS: usize = 120;
    let mut shown = String::new();
    let mut before = ' ';
    let mut rest = statement.chars();
    for _ in 0..MAX_CHARS {
        let (c, next) = (rest.next(), rest.clone().next().unwrap_or(' '));
        let Some(c) = c else { break };
        let begins_number = c.is_ascii_digit() && !(before.is_alphanumeric() || "_$?:@".contains(before));
        // `$1` is a place; anything else after the sign may be the mark of a text.
        let begins_text = matches!(c, '\'' | '"' | '`') || c == '$' && !next.is_ascii_digit();
        let begins_comment = c == '#' || matches!((c, next), ('-', '-') | ('/', '*'));
        if begins_number || begins_text || begins_comment {
            break;
        }
        shown.push(if c.is_whitespace() { ' ' } else { c });
        before = c;
    }
    if shown.len() < statement.len() {
        shown.push('…');
    }
    shown
}

fn log(statement: &str, place: Option<&str>) {
    let place = place.unwrap_or("unknown; a pool with `caller(true)` and a process-wide notifier tell it");
    quietly(|| {
        tracing::warn!(
            statement,
            caller = place,
            "a statement ran in no trace, in a process that traces requests, and is not recorded; if it belongs to a request, \
             bring the trace there: `.in_current_trace()` (of `osprofiler::TraceExt`) for spawned futures, \
             `profiler::carry(closure)` for threads and blocking closures. More from here are counted in `stats().outside_traces` and not logged"
        );
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_logged_without_their_values() {
        for (statement, shown) in [
            ("SELECT a1 FROM t2 WHERE b = $1 AND c = ?2", "SELECT a1 FROM t2 WHERE b = $1 AND c = ?2"),
            ("INSERT INTO users (name) VALUES ('s3cret')", "INSERT INTO users (name) VALUES (…"),
            ("SELECT 1 WHERE pin = 1234", "SELECT …"),
            ("UPDATE t\nSET x = 3", "UPDATE t SET x = …"),
            ("SELECT $t$s3cret$t$", "SELECT …"),
            ("SELECT .55", "SELECT .…"),
            ("SELECT a -- s3cret", "SELECT a …"),
            ("/* s3cret */ SELECT a", "…"),
        ] {
            assert_eq!(without_values(statement), shown);
        }
    }
}
