//! Whether adapters trace SQL: a switch for the whole process.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use crate::context;

static TRACE_SQL: AtomicBool = AtomicBool::new(false);

/// Switches the tracing of SQL on or off for the whole process, from the next query on. It is off at first.
///
/// [`init_from_conf`](crate::initializer::init_from_conf) sets it from the configuration's `trace_sql`.
pub fn set_trace_sql(on: bool) {
    TRACE_SQL.store(on, Relaxed);
}

/// Whether SQL is traced, where a trace is active.
#[must_use]
pub fn trace_sql() -> bool {
    TRACE_SQL.load(Relaxed)
}

/// Whether a query made now is to be traced: SQL is traced, and a trace is active here.
///
/// This is all that adapters do when tracing is off: one atomic load, and one read of a thread local where it is on.
#[inline]
#[must_use]
pub fn sql_active() -> bool {
    TRACE_SQL.load(Relaxed) && context::is_active()
}
