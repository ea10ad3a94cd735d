//! `osprofiler trace export`.

use std::collections::HashSet;
use std::thread;
use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use osprofiler::driver::{self, DriverError, ListFilter, WriteError};
use osprofiler::report::text::one_line;
use osprofiler::{Id, Message, Phase};

use crate::error::CliError;
use crate::output;
use crate::store::{ClientArguments, Store};

/// How many messages a store gets at once, and about how many bytes.
const BATCH: usize = 1024;
const BATCH_BYTES: usize = 4 << 20;

/// The pauses before what a store could not take is written again.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800), Duration::from_millis(1600)];

#[derive(Args)]
#[command(after_help = "\
Messages that the other store has already are not written again, where it can be read. TO may be several stores with
spaces between them. A trace that cannot be copied is told of, and the others are; the exit status is 1 then.

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
    let from = arguments.client.open(&arguments.from)?;
    // Each of several has what it has, whatever the others have.
    let targets = driver::split(&arguments.to).into_iter().map(|to| arguments.client.open(to).map(Target::new));
    let mut targets = targets.collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<Id> = if arguments.traces.is_empty() {
        // The oldest first, so that whoever is interrupted may go on.
        let traces = from.list(&ListFilter::default())?;
        traces.into_iter().rev().map(|trace| trace.base_id).collect()
    } else {
        arguments.traces.iter().map(|wanted| from.resolve_or_latest(wanted)).collect::<Result<_, _>>()?
    };
    let mut is_away = false;
    for id in &ids {
        if is_away {
            targets.iter_mut().for_each(|target| target.incomplete += 1);
            continue;
        }
        match from.read(id, id) {
            Ok(stored) => {
                if stored.skipped > 0 {
                    output::note(&format!(
                        "{} entries of {} cannot be read and are not exported",
                        stored.skipped,
                        output::shown(id)
                    ));
                }
                targets.iter_mut().for_each(|target| target.copy(id, &stored.messages));
            }
            // The others are worth having.
            Err(error) => {
                is_away = matches!(&error, CliError::Store(error) if error.is_retryable());
                output::complain(&error);
                targets.iter_mut().for_each(|target| target.incomplete += 1);
            }
        }
    }
    let mut incomplete = None;
    for target in targets {
        incomplete = target.finish(ids.len())?.or(incomplete);
    }
    incomplete.map_or(Ok(()), Err)
}

/// A store that is copied to, and how it fares.
struct Target {
    store: Store,
    exported: usize,
    /// How many traces are not there, or not whole.
    incomplete: usize,
    /// Nothing more is tried.
    is_away: bool,
}

impl Target {
    fn new(store: Store) -> Self {
        Self { store, exported: 0, incomplete: 0, is_away: false }
    }

    /// Copies what of a trace is not there, and complains where that fails.
    fn copy(&mut self, id: &Id, messages: &[Message]) {
        if self.is_away {
            self.incomplete += 1;
            return;
        }
        if let Err(error) = self.try_to_copy(id, messages) {
            output::complain(&error);
            self.incomplete += 1;
        }
    }

    fn try_to_copy(&mut self, id: &Id, messages: &[Message]) -> Result<(), CliError> {
        let mut there: HashSet<_> = match self.store.messages(id) {
            Ok(stored) => stored.messages.iter().map(identity).collect(),
            Err(DriverError::Unsupported { .. }) => HashSet::new(),
            Err(error) => {
                self.is_away = error.is_retryable();
                return Err(error.into());
            }
        };
        // Stores may have a message twice.
        let mut messages: Vec<Message> =
            messages.iter().filter(|message| there.insert(identity(message))).cloned().collect();
        // Whatever order the store has, others show them as they come.
        messages.sort_by_key(|message| (message.timestamp(), message.point().1 == Phase::Stop));
        let mut failure = None;
        for batch in batches(&messages) {
            let written = patiently(batch.len(), |last| self.store.write(&batch[batch.len() - last..]));
            let Err(error) = written else {
                self.exported += batch.len();
                continue;
            };
            self.exported += batch.len().saturating_sub(error.failed);
            self.is_away = error.is_retryable();
            failure = failure.or(Some(error));
            if self.is_away {
                break;
            }
        }
        let id = output::shown(id);
        failure.map_or(Ok(()), |source| Err(CliError::Export { id, source }))
    }

    /// Says what was copied of so many traces, and how many are not there whole.
    fn finish(mut self, traces: usize) -> Result<Option<CliError>, CliError> {
        let mut finished = self.store.finish();
        // Each call tells of all that is lost so far.
        for pause in PAUSES.into_iter().take_while(|_| !self.is_away) {
            if !finished.as_ref().is_err_and(WriteError::is_retryable) {
                break;
            }
            thread::sleep(pause);
            finished = self.store.finish();
        }
        if let Err(error) = finished {
            self.exported = self.exported.saturating_sub(error.failed);
            // Whose they are is not known.
            self.incomplete = self.incomplete.max(1);
            output::complain(&error);
        }
        let to = one_line(self.store.name());
        let (messages, whole) =
            (plural(self.exported, "message"), plural(traces - self.incomplete.min(traces), "trace"));
        output::write(None, |out| writeln!(out, "exported {messages} of {whole} to {to}"))?;
        Ok((self.incomplete > 0).then(|| CliError::Incomplete { traces: plural(self.incomplete, "trace"), to }))
    }
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

/// Parts that a store takes at once.
fn batches(messages: &[Message]) -> impl Iterator<Item = &[Message]> {
    let mut bytes = 0;
    let mut count = 0;
    messages.chunk_by(move |one, _| {
        bytes += one.json().len();
        count += 1;
        let fits = count < BATCH && bytes < BATCH_BYTES;
        if !fits {
            (bytes, count) = (0, 0);
        }
        fits
    })
}

/// Writes the last `messages` of something, some times again where the store may take them later.
fn patiently(messages: usize, mut write: impl FnMut(usize) -> Result<(), WriteError>) -> Result<(), WriteError> {
    let (mut last, mut lost) = (messages, 0);
    let mut first = None;
    for pause in PAUSES.into_iter().map(Some).chain([None]) {
        match (write(last), pause) {
            (Ok(()), _) => break,
            (Err(error), Some(pause)) if error.is_retryable() => {
                lost += error.lost_at_once();
                last = error.retry_last.min(messages);
                first.get_or_insert(error.source);
                thread::sleep(pause);
            }
            (Err(error), _) => return Err(WriteError { failed: lost + error.failed, ..error }),
        }
    }
    match first {
        Some(source) if lost > 0 => Err(WriteError::lost(lost, source)),
        _ => Ok(()),
    }
}

/// What no two messages of a trace have in common.
fn identity(message: &Message) -> (String, String, i64) {
    (message.name(), message.trace_id().to_string(), message.timestamp().as_micros())
}
