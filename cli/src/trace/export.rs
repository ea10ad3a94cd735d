//! `osprofiler trace export`.

use std::collections::HashSet;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use osprofiler::driver::{DriverError, ListFilter};
use osprofiler::report::text::one_line;
use osprofiler::{Id, Message};

use crate::error::CliError;
use crate::output;
use crate::store::{ClientArguments, Store};

/// How many messages a store gets at once.
const BATCH: usize = 1024;

#[derive(Args)]
#[command(after_help = "\
Messages that the other store has already are not written again, where it can be read.

Examples:
  osprofiler trace export redis://127.0.0.1/0 file:traces
  osprofiler trace export file:traces otlp://127.0.0.1:4318 --trace 7a4b --trace latest")]
pub(crate) struct Arguments {
    /// The store to copy from
    #[arg(value_name = "FROM", value_parser = NonEmptyStringValueParser::new())]
    from: String,

    /// The store to copy to
    #[arg(value_name = "TO", value_parser = NonEmptyStringValueParser::new())]
    to: String,

    /// Only this trace: its id, the beginning of one, or `latest`; may be given several times
    #[arg(long = "trace", value_name = "TRACE", value_parser = NonEmptyStringValueParser::new())]
    traces: Vec<String>,

    #[command(flatten)]
    client: ClientArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), CliError> {
    let (from, to) = (arguments.client.open(&arguments.from)?, arguments.client.open(&arguments.to)?);
    let ids = if arguments.traces.is_empty() {
        // The oldest first, so that whoever is interrupted may go on.
        let traces = from.list(&ListFilter::default())?;
        traces.into_iter().rev().map(|trace| trace.base_id).collect()
    } else {
        arguments.traces.iter().map(|wanted| from.resolve_or_latest(wanted)).collect::<Result<Vec<Id>, _>>()?
    };
    let mut exported = 0;
    for id in &ids {
        exported += export(id, &from, &to)?;
    }
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let (messages, traces) = (plural(exported, "message"), plural(ids.len(), "trace"));
    output::write(None, |out| writeln!(out, "exported {messages} of {traces} to {}", one_line(to.name())))
}

/// Copies a trace, and says how many messages were written.
fn export(id: &Id, from: &Store, to: &Store) -> Result<usize, CliError> {
    let stored = from.messages(id)?;
    if stored.skipped > 0 {
        output::note(&format!("{} entries of {id} cannot be read and are not exported", stored.skipped));
    }
    let there = match to.messages(id) {
        Ok(stored) => stored.messages.iter().map(identity).collect(),
        Err(DriverError::Unsupported { .. }) => HashSet::new(),
        Err(error) => return Err(error.into()),
    };
    let mut messages = stored.messages;
    messages.retain(|message| !there.contains(&identity(message)));
    // Whatever order the store has, others show them as they come.
    messages.sort_by_key(Message::timestamp);
    for batch in messages.chunks(BATCH) {
        to.write(batch).map_err(|source| CliError::Export { id: one_line(&id.to_string()), source })?;
    }
    Ok(messages.len())
}

/// What no two messages of a trace have in common.
fn identity(message: &Message) -> (String, String, i64) {
    (message.name(), message.trace_id().to_string(), message.timestamp().as_micros())
}
