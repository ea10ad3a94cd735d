//! The header `Server-Timing` (W3C), which browsers' developer tools show by themselves.

use std::time::Instant;

use crate::profiler::{self, TraceShared};

/// The header that says how long a request took and how much of that its database.
pub const SERVER_TIMING: &str = "Server-Timing";

/// The value of the header [`SERVER_TIMING`] as it is now, such as `total;dur=8.448, db;dur=3.711;desc="26 queries"`.
///
/// Both are milliseconds: `total` since the active trace began in this process, and `db` the time in which at least one
/// database point of it ran here. The number is that of statements that the program ran, as reports count them. Where SQL is
/// not traced there is no `db`. `None` where no trace is active.
///
/// The `TraceLayer` of the features `tower` and `actix-web` adds the header by itself; this is for other frameworks.
///
/// ```
/// use osprofiler::{Profiler, web};
///
/// let value = Profiler::new("", None, None).in_scope(web::server_timing).unwrap_or_default();
/// assert!(value.starts_with("total;dur="));
/// ```
#[must_use]
pub fn server_timing() -> Option<String> {
    profiler::get().map(|profiler| of(&profiler.trace))
}

pub(super) fn of(trace: &TraceShared) -> String {
    let total_ns = trace.clock.since_ns(Instant::now());
    let (database_ns, statements) = trace.database_time.read(total_ns);
    let mut value = format!("total;dur={}", milliseconds(total_ns));
    if profiler::trace_sql() || database_ns > 0 || statements > 0 {
        let noun = if statements == 1 { "query" } else { "queries" };
        value.push_str(&format!(", db;dur={};desc=\"{statements} {noun}\"", milliseconds(database_ns)));
    }
    value
}

/// With three decimals.
fn milliseconds(ns: u64) -> String {
    let us = ns / 1000;
    format!("{}.{:03}", us / 1000, us % 1000)
}
