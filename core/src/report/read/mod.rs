//! Reading a saved trace: ours, OSProfiler's, or the file store's lines.
//!
//! A saved report holds the whole messages, so opening one builds the trace anew from them.

mod cursor;
mod nodes;

use std::io;

use self::nodes::{Node, Saved};
use super::{Trace, parallel};
use crate::driver::StoredTrace;
use crate::{Id, Message, MessageFields, Timestamp, python_json};

/// A thread has at least so many bytes to read.
const LEAST_PIECE: usize = 1 << 20;

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
            let stored = lines(text);
            // The first error says more about a text that holds no message at all.
            if stored.messages.is_empty() { Err(error) } else { Ok(Trace::build(stored)) }
        }
    }
}

fn lines(text: &str) -> StoredTrace {
    let mut stored = StoredTrace::default();
    for part in parallel::map(pieces(text), lines_of) {
        stored.messages.extend(part.messages);
        stored.skipped += part.skipped;
    }
    stored
}

/// The text in pieces of whole lines, as many as there are threads to read them.
fn pieces(text: &str) -> Vec<&str> {
    let length = text.len() / parallel::threads(text.len() / LEAST_PIECE);
    let (mut pieces, mut rest) = (Vec::new(), text);
    while rest.len() > length {
        let end = rest.as_bytes()[length..].iter().position(|byte| *byte == b'\n');
        let (piece, behind) = rest.split_at(end.map_or(rest.len(), |end| length + end + 1));
        pieces.push(piece);
        rest = behind;
    }
    pieces.push(rest);
    pieces
}

fn lines_of(text: &str) -> StoredTrace {
    let mut stored = StoredTrace::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match Message::from_text(line) {
            Ok(message) => stored.messages.push(message),
            Err(_) => stored.skipped += 1,
        }
    }
    stored
}

fn build(saved: Saved<'_>) -> Trace {
    let whole: Option<Vec<Message>> = saved
        .nodes
        .iter()
        .flat_map(|node| &node.payloads)
        .map(|(_, payload)| Message::from_json(payload.get().as_bytes()).ok())
        .collect();
    let times_are_known = whole.is_some();
    let (messages, skipped) = whole.map_or_else(|| messages_from_nodes(&saved.nodes), |whole| (whole, 0));
    let mut trace = Trace::build(StoredTrace { messages, skipped: saved.skipped_lines + skipped });
    if !times_are_known {
        trace.started = None;
    }
    trace
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
