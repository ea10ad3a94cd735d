//! Whether adapters trace SQL: a switch for the whole process, and captures of tests, which need none.

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use crate::context;

/// The lowest bit is the switch; what is above counts the traces whose SQL is traced whatever the switch says. Together, so
/// that a query which is not traced asks once.
static TRACE_SQL: AtomicUsize = AtomicUsize::new(0);

const SWITCH: usize = 1;
const CAPTURE: usize = 2;

/// Switches the tracing of SQL on or off for the whole process, from the next query on. It is off at first.
///
/// [`init_from_conf`](crate::initializer::init_from_conf) sets it from the configuration's `trace_sql`.
pub fn set_trace_sql(on: bool) {
    if on {
        TRACE_SQL.fetch_or(SWITCH, Relaxed);
    } else {
        TRACE_SQL.fetch_and(!SWITCH, Relaxed);
    }
}

/// Whether SQL is traced, where a trace is active.
#[must_use]
pub fn trace_sql() -> bool {
    TRACE_SQL.load(Relaxed) & SWITCH != 0
}

/// Whether a query made now is to be traced: SQL is traced, and a trace is active here.
///
/// This is all that adapters do when tracing is off: one atomic load, and one read of a thread local where it is on.
#[inline]
#[must_use]
pub fn sql_active() -> bool {
    let traced = TRACE_SQL.load(Relaxed);
    traced != 0 && context::level() + (traced & SWITCH) as u8 > context::ACTIVE
}

/// Whether SQL is traced in any trace, be it only in that of a test: where this says no, [`sql_active`] says so everywhere.
#[doc(hidden)]
#[must_use]
pub fn any_sql_active() -> bool {
    TRACE_SQL.load(Relaxed) != 0
}

/// While this lives, SQL is traced in the trace that holds it, whatever the switch says.
pub(crate) struct Captured(());

#[cfg(feature = "testing")]
impl Captured {
    pub(super) fn begin() -> Self {
        TRACE_SQL.fetch_add(CAPTURE, Relaxed);
        Self(())
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        TRACE_SQL.fetch_sub(CAPTURE, Relaxed);
    }
}
