//! `osprofiler trace list`.

use std::io::{self, Write};

use clap::Args;
use clap::builder::BoolishValueParser;
use osprofiler::driver::{ListFilter, TraceSummary};
use osprofiler::report::text::{duration, one_line};
use serde_json::{Value, json};

use crate::error::CliError;
use crate::output;
use crate::store::StoreArguments;

#[derive(Args)]
#[command(after_help = "\
Examples:
  osprofiler trace list
  osprofiler trace list --error-trace
  osprofiler trace list --limit 0 --json | jq '.[] | select(.errors > 0) | .base_id'")]
pub(crate) struct Arguments {
    /// Print JSON: an array with one object for each trace
    #[arg(long)]
    json: bool,

    /// How many traces to list, the newest first; 0 lists all
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,

    /// Only traces in which something failed
    #[arg(long, value_name = "YES", num_args = 0..=1, default_value = "false", default_missing_value = "true",
        value_parser = BoolishValueParser::new(), hide_default_value = true)]
    error_trace: bool,

    #[command(flatten)]
    store: StoreArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let limit = (arguments.limit > 0).then_some(arguments.limit);
    // One more than is shown tells whether there are more.
    let store = arguments.store.open()?;
    let filter = ListFilter {
        limit: limit.map(|limit| limit.saturating_add(1)),
        errors_only: arguments.error_trace,
        ..ListFilter::default()
    };
    let mut traces = store.list(&filter)?;
    let is_cut = limit.is_some_and(|limit| traces.len() > limit);
    traces.truncate(limit.unwrap_or(usize::MAX));
    if arguments.json {
        let traces: Vec<Value> = traces.iter().map(json_of).collect();
        output::write(None, |out| {
            serde_json::to_writer_pretty(&mut *out, &traces)?;
            writeln!(out)
        })?;
    } else {
        output::write(None, |out| table(&traces, out))?;
    }
    if traces.is_empty() && !arguments.json {
        let what = if arguments.error_trace { "no traces with errors" } else { "no traces" };
        output::note(&format!("{what} in {}", store.name()));
    }
    if is_cut {
        output::note(&format!("only the newest {} traces are listed; --limit 0 lists all", traces.len()));
    }
    Ok(())
}

/// The keys that OSProfiler's list has, and ours.
fn json_of(trace: &TraceSummary) -> Value {
    json!({
        "base_id": trace.base_id.to_string(),
        "timestamp": trace.started.to_string(),
        "name": trace.name,
        "method": trace.method,
        "path": trace.path,
        "service": trace.service,
        "duration_us": trace.duration_us,
        "queries": trace.queries,
        "errors": trace.errors,
    })
}

fn table(traces: &[TraceSummary], out: &mut dyn Write) -> io::Result<()> {
    let ids: Vec<String> = traces.iter().map(|trace| one_line(&trace.base_id.to_string())).collect();
    let points: Vec<String> = traces.iter().map(point).collect();
    let width =
        |column: &[String], least: usize| column.iter().map(|text| text.chars().count()).fold(least, usize::max);
    let (id_width, point_width) = (width(&ids, 8), width(&points, 5).min(60));
    writeln!(
        out,
        "{:id_width$}  {:19}  {:point_width$}  {:>10}  {:>7}  {:>6}",
        "trace", "when (UTC)", "point", "duration", "queries", "errors"
    )?;
    for ((trace, id), point) in traces.iter().zip(&ids).zip(&points) {
        let when = trace.started.to_string().replace('T', " ");
        writeln!(
            out,
            "{id:id_width$}  {:19}  {point:point_width$}  {:>10}  {:>7}  {:>6}",
            when.get(..19).unwrap_or(&when),
            duration(trace.duration_us),
            trace.queries,
            trace.errors
        )?;
    }
    Ok(())
}

fn point(trace: &TraceSummary) -> String {
    let mut point = one_line(&trace.name);
    for part in [&trace.method, &trace.path].into_iter().flatten() {
        point.push(' ');
        point.push_str(&one_line(part));
    }
    match point.char_indices().nth(59) {
        Some((end, last)) if point.len() > end + last.len_utf8() => format!("{}…", &point[..end]),
        _ => point,
    }
}
