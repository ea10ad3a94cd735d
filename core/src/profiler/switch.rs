//! Whether adapters trace SQL: the switch for the process, captures of tests, and how many scopes there are.

use std::sync::LazyLock;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::context;

/// All that a query has to ask, in one word, so that one load is enough:
///
/// | bits | what they are |
/// | --- | --- |
/// | 0 | the switch |
/// | 1 to 30 | how many traces are captured by tests: their SQL is traced whatever the switch says |
/// | 31 | whether the last scope ended a short while ago: spawned tasks of a request often run when it has been answered |
/// | 32 to 63 | how many scopes there are: threads and futures that are in a trace |
static STATE: AtomicU64 = AtomicU64::new(0);

const SWITCH: u64 = 1;
const CAPTURE: u64 = 2;
const RECENT: u64 = 1 << 31;
const SCOPE: u64 = 1 << 32;
/// The bits that say whether SQL is traced at all.
const TRACED: u64 = RECENT - 1;

/// How long after the last scope statements outside of all traces are still told of.
const RECENTLY: Duration = Duration::from_secs(5);

/// When the last scope ended, in milliseconds since [`EPOCH`].
static LAST_END_MS: AtomicU64 = AtomicU64::new(0);

static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Switches the tracing of SQL on or off for the whole process, from the next query on. It is off at first.
///
/// [`init_from_conf`](crate::initializer::init_from_conf) sets it from the configuration's `trace_sql`.
pub fn set_trace_sql(on: bool) {
    if on {
        STATE.fetch_or(SWITCH, Relaxed);
    } else {
        STATE.fetch_and(!SWITCH, Relaxed);
    }
}

/// Whether SQL is traced, where a trace is active.
#[must_use]
pub fn trace_sql() -> bool {
    STATE.load(Relaxed) & SWITCH != 0
}

/// What becomes of a query that is made now, by what the process and the thread say.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlState {
    /// It is traced: SQL is traced, and a trace is active here.
    Active,
    /// It is not traced, because no trace is active here. Somewhere else one is, or was: [`was_recently_active`] says it.
    Outside,
    /// It is not traced.
    Off,
}

/// Asks for the state: one atomic load, and one read of a thread local where SQL is traced.
#[doc(hidden)]
#[inline]
#[must_use]
pub fn sql_state() -> SqlState {
    let state = STATE.load(Relaxed);
    if state & TRACED == 0 {
        return SqlState::Off;
    }
    let level = context::level();
    // A scope counts where the switch is on; the scope of a capture, which is one level higher, always does.
    if level + (state & SWITCH) as u8 > context::ACTIVE {
        SqlState::Active
    } else if level == context::INACTIVE && state & SWITCH != 0 && state >= RECENT {
        SqlState::Outside
    } else {
        SqlState::Off
    }
}

/// Whether a query made now is to be traced: SQL is traced, and a trace is active here.
///
/// This is all that adapters do when tracing is off: one atomic load, and one read of a thread local where it is on.
#[inline]
#[must_use]
pub fn sql_active() -> bool {
    let state = STATE.load(Relaxed);
    state & TRACED != 0 && context::level() + (state & SWITCH) as u8 > context::ACTIVE
}

/// Whether SQL is traced in any trace, be it only in that of a test: where this says no, [`sql_active`] says so everywhere.
#[doc(hidden)]
#[must_use]
pub fn any_sql_active() -> bool {
    STATE.load(Relaxed) & TRACED != 0
}

/// While this lives, SQL is traced in the trace that holds it, whatever the switch says.
pub(crate) struct Captured(());

#[cfg(feature = "testing")]
impl Captured {
    pub(super) fn begin() -> Self {
        STATE.fetch_add(CAPTURE, Relaxed);
        Self(())
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        STATE.fetch_sub(CAPTURE, Relaxed);
    }
}

/// One of the scopes that are counted.
pub(crate) struct CountedScope(());

impl CountedScope {
    pub(crate) fn begin() -> Self {
        STATE.fetch_add(SCOPE, Relaxed);
        Self(())
    }
}

impl Drop for CountedScope {
    fn drop(&mut self) {
        let before = STATE.fetch_sub(SCOPE, Relaxed);
        if before >> 32 == 1 {
            LAST_END_MS.store(now_ms(), Relaxed);
            STATE.fetch_or(RECENT, Relaxed);
        }
    }
}

fn now_ms() -> u64 {
    u64::try_from(EPOCH.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Whether a scope is there, or was a short while ago.
pub(crate) fn was_recently_active() -> bool {
    if STATE.load(Relaxed) >= SCOPE {
        return true;
    }
    let is_recent = now_ms().saturating_sub(LAST_END_MS.load(Relaxed)) < RECENTLY.as_millis() as u64;
    if !is_recent {
        STATE.fetch_and(!RECENT, Relaxed);
    }
    is_recent
}
