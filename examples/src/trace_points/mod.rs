//! Five ways to make a trace point, each as OSProfiler's page on its API has it for Python.
//!
//! Here: what runs them, each in a trace of its own. Below: one way in each file, with its Python form beside it.

mod by_hand;
mod class;
mod function;
mod guard;
mod interface;

use std::io::{self, Write};
use std::time::Duration;

use osprofiler::report::Trace;
use osprofiler::{Id, Notifier, Profiler, driver};

/// The ways, by the names of the Python forms.
pub const WAYS: [(&str, fn()); 5] = [
    ("start() and stop()", by_hand::run),
    ("trace", function::run),
    ("Trace", guard::run),
    ("trace_cls", class::run),
    ("TracedMeta", interface::run),
];

/// Runs all ways, each in a trace of its own, and returns the traces' ids.
pub fn run(notifier: &Notifier) -> Vec<Id> {
    let traced = |(_, way): (&str, fn())| {
        let profiler = Profiler::with_notifier(notifier, "SECRET_KEY", None, None);
        profiler.in_scope(way);
        profiler.base_id().clone()
    };
    WAYS.into_iter().map(traced).collect()
}

/// Runs all ways, stores their traces by `connection_string` and shows them.
///
/// # Errors
///
/// Where the store cannot be written or read, or `out` takes nothing.
pub fn show(connection_string: &str, mut out: impl Write) -> io::Result<()> {
    let store = driver::connect(connection_string).map_err(io::Error::other)?;
    let notifier = Notifier::builder().service("trace_points").build(store.clone());
    let traces = run(&notifier);
    notifier.flush(Duration::from_secs(5));
    for ((way, _), base_id) in WAYS.iter().zip(traces) {
        let trace = Trace::build(store.read(&base_id).map_err(io::Error::other)?);
        writeln!(out, "{way}")?;
        for point in trace.points() {
            let function = point.function().map_or_else(String::new, |function| format!(" {function}"));
            writeln!(out, "  {}{}{function}", "  ".repeat(point.depth), point.name)?;
        }
        writeln!(out, "  osprofiler trace show {base_id}\n")?;
    }
    Ok(())
}
