//! The JSON form: what OSProfiler 4.4.0 prints with `trace show --json`, and more keys beside it.
//!
//! | where | OSProfiler's keys | ours beside them |
//! | --- | --- | --- |
//! | top `info` | `name` (`total`), `started`, `finished`, `last_trace_started` | `started_us`, `finished_us`, and `duration_us`: that of the request, `null` where its clock was set back; when not zero: `lost_messages`, `skipped_lines`; where there is one: `handed_out`, as in messages |
//! | node | `info`, `trace_id`, `parent_id`, `children` | |
//! | node's `info` | `name`, `project`, `service`, `host`, `meta.raw_payload.NAME-start` and `-stop` (whole messages), `started`, `finished`, `exception` (with a stop) | `started_us`, `finished_us`; where it is less than what lies between them, `statement_us`: without the program's work between the rows of a stream; when true: `unsent` (it never went to the database), `unfinished`, `orphan`, `cycle`, `clock_skew` |
//! | `stats` | by name: `count`, `duration` | `duration_us` |
//! | `findings` | | what stands out, what matters most first: see below |
//!
//! Times are whole milliseconds since the trace's first message, `_us` whole microseconds. Where clocks differ, points are
//! moved into those around them, other than with OSProfiler. As with OSProfiler, a missing
//! start or stop is shown at the time of the other, and `duration` is the difference of the cut milliseconds. Two things
//! differ: a name with a hyphen stays whole (OSProfiler cuts it there), and no point is left out (OSProfiler leaves out
//! rings). [`read_json`](super::read_json) reads both.
//!
//! Each of the `findings` has:
//!
//! | key | what it is |
//! | --- | --- |
//! | `rule` | `n+1`, `write-loop`, `duplicate`, `repeat`, `slow`, `dominant`, `error`, `pool-timeout`, `cancelled`, `idle-in-transaction`, `bypassed`, `lost`, `many-rows` or `zero-rows` |
//! | `level` | `info`, `warn` or `high` |
//! | `confidence` | `certain` where the trace proves it, else `likely` |
//! | `fingerprint` | the id of the group of statements, the first digits of a hash that stays the same; `null` where it is about no group |
//! | `statement` | the group's statement without its values, or `null` |
//! | `count` | how many points it is about |
//! | `points` | the `trace_id` of each, at most 100, in the order of their start; `more` says how many there are beside them |
//! | `source` | the `trace_id` of the statement whose rows they were made of, or `null` |
//! | `cost_us`, `wasted_us` | what it cost, and what was not needed |
//! | `title`, `text` | a few words, and a sentence |
//!
//! New keys and rules may come; none of these goes away.

mod findings;
pub(super) mod indent;

use std::io;

use serde_json::Value;

use self::indent::Indented;
use super::analysis::{Analysis, AnalysisOptions};
use super::{Point, RecordedMessage, Trace, handed_out};
use crate::json::write_str;

/// Writes the trace as JSON, indented by two, with a line break at the end.
///
/// Control and bidirectional characters are written as escapes, so the text is safe in a terminal.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write(trace: &Trace, out: impl io::Write) -> io::Result<()> {
    write_with(&Analysis::of(trace, AnalysisOptions::default()), out)
}

/// Writes a trace that was analysed, as [`write()`] does.
///
/// # Errors
///
/// When `out` cannot be written.
pub fn write_with(analysis: &Analysis<'_>, out: impl io::Write) -> io::Result<()> {
    let trace = analysis.trace;
    let mut json = Indented::new(out);
    json.push(&format!(
        r#"{{"info":{{"name":"total","started":0,"finished":{},"last_trace_started":{},"started_us":0,"finished_us":{},"duration_us":{}"#,
        trace.duration_us() / 1000,
        trace.last_started_us() / 1000,
        trace.duration_us(),
        trace.request_us().map_or_else(|| "null".to_owned(), |us| us.to_string()),
    ))?;
    for (key, number) in [("lost_messages", trace.lost_messages()), ("skipped_lines", trace.skipped_lines())] {
        if number > 0 {
            json.push(&format!(r#","{key}":{number}"#))?;
        }
    }
    if !trace.handed_out().is_empty() {
        json.push(&format!(r#","handed_out":{}"#, handed_out::to_json(trace.handed_out())))?;
    }
    json.push(r#"},"children":["#)?;
    let mut piece = String::new();
    for (place, point) in trace.points().iter().enumerate() {
        node(&mut json, point, &mut piece)?;
        // The tree is closed without a stack: the next point's depth says how many nodes end here.
        let next = trace.points().get(place + 1);
        let ends = (point.depth + 1).saturating_sub(next.map_or(0, |next| next.depth));
        for _ in 0..ends {
            json.push("]}")?;
        }
        if next.is_some() && ends > 0 {
            json.push(",")?;
        }
    }
    json.push(r#"],"stats":{"#)?;
    for (place, stats) in trace.stats().iter().enumerate() {
        json.push(&format!(
            r#"{}{}:{{"count":{},"duration":{},"duration_us":{}}}"#,
            if place > 0 { "," } else { "" },
            text(&stats.name),
            stats.count,
            stats.duration_ms,
            stats.duration_us
        ))?;
    }
    json.push(r#"},"findings":["#)?;
    findings::write(&mut json, analysis)?;
    json.push("]}")?;
    json.finish()
}

/// Writes a node up to its first child. `piece` is memory for what is written.
fn node(json: &mut Indented<impl io::Write>, point: &Point, piece: &mut String) -> io::Result<()> {
    let started_us = point.appeared_us();
    let finished_us = point.finished_us.unwrap_or(started_us);
    piece.clear();
    piece.push_str(r#"{"info":{"name":"#);
    write_str(piece, &point.name);
    for (key, value) in [
        (r#","project":"#, point.project.as_deref()),
        (r#","service":"#, point.service.as_deref()),
        (r#","host":"#, point.host.as_deref()),
    ] {
        piece.push_str(key);
        match value {
            Some(value) => write_str(piece, value),
            None => piece.push_str("null"),
        }
    }
    raw_payload(json, point.start.as_ref(), piece)?;
    member(piece, r#","started":"#, started_us / 1000);
    raw_payload(json, point.stop.as_ref(), piece)?;
    member(piece, r#","finished":"#, finished_us / 1000);
    if point.stop.is_some() {
        piece.push_str(r#","exception":"#);
        match point.error() {
            Some((etype, _)) => write_str(piece, etype),
            None if point.facts.has_etype => piece.push_str(&point.stop_info["etype"].to_string()),
            None => piece.push_str(r#""None""#),
        }
    }
    member(piece, r#","started_us":"#, started_us);
    member(piece, r#","finished_us":"#, finished_us);
    if let Some(us) = point.statement_us().filter(|us| Some(*us) != point.duration_us()) {
        member(piece, r#","statement_us":"#, us);
    }
    for (flag, text) in [
        (point.is_unsent(), r#","unsent":true"#),
        (point.is_unfinished(), r#","unfinished":true"#),
        (point.orphan, r#","orphan":true"#),
        (point.cycle, r#","cycle":true"#),
        (point.clock_skew, r#","clock_skew":true"#),
    ] {
        piece.push_str(if flag { text } else { "" });
    }
    piece.push_str(r#"},"trace_id":"#);
    point.trace_id.write_json(piece);
    piece.push_str(r#","parent_id":"#);
    point.parent_id.write_json(piece);
    piece.push_str(r#","children":["#);
    json.push(piece)
}

/// Writes what there is until here, and a message as it was stored.
fn raw_payload(
    json: &mut Indented<impl io::Write>,
    message: Option<&RecordedMessage>,
    piece: &mut String,
) -> io::Result<()> {
    let Some(message) = message else { return Ok(()) };
    piece.push(',');
    let (point, suffix) = message.point();
    write_str(piece, &format!("meta.raw_payload.{point}{suffix}"));
    piece.push(':');
    json.push(piece)?;
    piece.clear();
    json.push(message.json())
}

fn member(piece: &mut String, key: &str, number: u64) {
    piece.push_str(key);
    piece.push_str(itoa::Buffer::new().format(number));
}

fn text(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests;
