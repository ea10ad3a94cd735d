//! Reading a saved trace: ours, OSProfiler's, or the file store's lines.
//!
//! A saved report holds the whole messages, so opening one builds the trace anew from them.

mod cursor;
mod nodes;

use std::io::{self, BufRead as _, BufReader, Read as _};

use self::nodes::{Node, Saved};
use super::{Trace, TraceBuilder};
use crate::driver::StoredTrace;
use crate::{Id, Message, MessageFields, Timestamp, lines, python_json};

/// What can go wrong with a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The text is no JSON.
    #[error("no JSON at byte {offset}")]
    BadJson {
        /// Where.
        offset: usize,
        /// What is wrong there.
        source: serde_json::Error,
    },
    /// The text is JSON, or begins as such, and is no saved trace.
    #[error("not a saved trace: at byte {offset}, expected {expected}")]
    NotATrace {
        /// Where.
        offset: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// The text could not be read.
    #[error("cannot read the saved trace")]
    Read {
        /// Why not.
        source: io::Error,
    },
    /// The report could not be written.
    #[error("cannot write the report")]
    Write {
        /// Why not.
        #[from]
        source: io::Error,
    },
}

/// Opens a saved trace.
///
/// Takes what [`json::write`](super::json::write) wrote, what OSProfiler's `trace show --json` printed, and a file with
/// one message on each line, as the file store keeps them; lines that are no messages are counted as skipped. Nodes may
/// be nested to any depth.
///
/// Reports that OSProfiler made from an SQL store do not keep the messages' times: there, times come from the nodes, in
/// milliseconds, and [`Trace::started`] is `None`.
///
/// # Errors
///
/// [`ReportError::BadJson`] and [`ReportError::NotATrace`], with the place in the text.
pub fn read_json(text: &str) -> Result<Trace, ReportError> {
    let text = text.trim_start_matches('\u{feff}');
    match nodes::read(text) {
        Ok(saved) => Ok(build(saved)),
        Err(error) => {
            // What Python's `trace show --json` prints of NaN is no JSON by the standard.
            if matches!(error, ReportError::BadJson { .. })
                && let Ok(saved) = nodes::read(&python_json::on_one_line(text))
            {
                return Ok(build(saved));
            }
            let trace = of_lines(text.as_bytes()).build();
            // The first error says more about a text that holds no message at all.
            if trace.is_empty() { Err(error) } else { Ok(trace) }
        }
    }
}

/// Opens a saved trace, as [`read_json`] does, which need not be in memory whole: of lines, only what a report needs is kept.
///
/// Bytes that are no UTF-8 are taken for `U+FFFD`.
///
/// # Errors
///
/// As for [`read_json`], and [`ReportError::Read`] where `from` fails.
///
/// ```
/// use osprofiler::report;
///
/// let line = r#"{"name": "a-start", "base_id": "b", "trace_id": "t", "parent_id": "b", "timestamp": "2026-01-02T03:04:05", "info": {}}"#;
/// assert_eq!(report::read(line.as_bytes())?.points()[0].name, "a");
/// # Ok::<(), report::ReportError>(())
/// ```
pub fn read(from: impl io::Read) -> Result<Trace, ReportError> {
    let failed = |source| ReportError::Read { source };
    let mut from = BufReader::new(from);
    let mut first = Vec::new();
    while first.trim_ascii().is_empty() && from.read_until(b'\n', &mut first).map_err(failed)? > 0 {}
    let first_line = first.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&first);
    if parse(first_line).is_ok() {
        let mut builder = TraceBuilder::default();
        read_lines(first_line.chain(from), &mut builder).map_err(failed)?;
        return Ok(builder.build());
    }
    from.read_to_end(&mut first).map_err(failed)?;
    read_json(&String::from_utf8_lossy(&first))
}

fn of_lines(text: &[u8]) -> TraceBuilder {
    let mut builder = TraceBuilder::default();
    // Memory can be read.
    let _ = read_lines(text, &mut builder);
    builder
}

fn read_lines(from: impl io::Read, builder: &mut TraceBuilder) -> io::Result<()> {
    let skipped =
        lines::read(from, parse, &mut |messages| messages.into_iter().for_each(|message| builder.push(message)))?;
    builder.skip(skipped);
    Ok(())
}

fn parse(line: &[u8]) -> Result<Message, serde_json::Error> {
    Message::from_text(&String::from_utf8_lossy(line))
}

fn build(saved: Saved<'_>) -> Trace {
    let mut builder = TraceBuilder::default();
    builder.skip(saved.skipped_lines);
    let payloads = saved.nodes.iter().flat_map(|node| &node.payloads);
    let mut whole = payloads.map(|(_, payload)| Message::from_json(payload.get().as_bytes()));
    if whole.try_for_each(|message| message.map(|message| builder.push(message))).is_ok() {
        return builder.build();
    }
    let (messages, skipped) = messages_from_nodes(&saved.nodes);
    Trace { started: None, ..Trace::build(StoredTrace { messages, skipped: saved.skipped_lines + skipped }) }
}

/// Makes messages where the payloads hold nothing but info, and says how many could not be made.
fn messages_from_nodes(nodes: &[Node<'_>]) -> (Vec<Message>, u64) {
    // The first node stands at the top, and there the parent is the trace.
    let Some(base_id) = nodes.first().map(|node| node.parent_id.clone()) else { return (Vec::new(), 0) };
    let payloads = nodes.iter().flat_map(|node| node.payloads.iter().map(move |payload| (node, payload)));
    let (mut messages, mut skipped) = (Vec::new(), 0);
    for (node, (name, payload)) in payloads {
        match message(&base_id, node, name, payload.get()) {
            Some(message) => messages.push(message),
            None => skipped += 1,
        }
    }
    (messages, skipped)
}

fn message(base_id: &Id, node: &Node<'_>, name: &str, payload: &str) -> Option<Message> {
    let info = nodes::object(payload).into_iter().find(|(key, _)| key == "info");
    let us = if name.ends_with("-stop") { node.finished_us } else { node.started_us };
    let fields = MessageFields {
        name,
        base_id,
        trace_id: &node.trace_id,
        parent_id: &node.parent_id,
        timestamp: Timestamp::from_micros(us),
        info: info.map_or("{}", |(_, info)| info.get()),
        project: node.project.as_deref(),
        service: node.service.as_deref(),
    };
    // The info was read as JSON, so this is a message.
    Message::new(&fields).ok()
}

#[cfg(test)]
mod tests;
