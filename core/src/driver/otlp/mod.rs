//! OpenTelemetry's protocol: trace points go out as spans, to any collector that takes OTLP over HTTP.
//!
//! Here: the driver. Below: `config` (the connection string), `open` (points that wait for their end), `span` (what a point
//! is as a span), `semantics` (OpenTelemetry's names for what a point says), `write` (requests and their answers). There is
//! no reading: a collector keeps nothing that could be asked for.

mod config;
mod open;
mod semantics;
mod span;
mod write;

use std::fmt;
use std::sync::{Mutex, PoisonError};

pub use config::OtlpConfig;

use super::http::Client;
use super::{Driver, DriverError, DriverOptions, ListFilter, StoredTrace, TraceSummary, WriteError};
use crate::error::Chain;
use crate::{Id, Message};

/// So many points that have not ended are sent at once, or fewer that have so many bytes.
const REQUEST_POINTS: usize = 1024;
const REQUEST_BYTES: usize = 4 << 20;

/// Sends trace points as spans to an OpenTelemetry collector.
///
/// Connection string: `otlp://HOST:PORT`, or `otlps://` for HTTPS, with the options of [`OtlpConfig`]. A span is sent when
/// its point has ended. Points that never end are sent by [`finish`](Driver::finish), which dropping the driver does too, or when
/// too many are open: they have the attribute `osprofiler.unfinished`.
pub struct OtlpDriver {
    config: OtlpConfig,
    client: Client,
    open: Mutex<open::Open>,
}

impl OtlpDriver {
    /// A driver for a connection string with the scheme `otlp` or `otlps`.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn connect(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        Self::new(OtlpConfig::parse(connection_string, options)?)
    }

    /// A driver with this configuration.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`] where its connection string names no host.
    pub fn new(config: OtlpConfig) -> Result<Self, DriverError> {
        let client = config.client()?;
        let open = Mutex::new(open::Open::new(config.open_points));
        Ok(Self { config, client, open })
    }
}

impl OtlpDriver {
    fn send<'a>(&self, points: impl Iterator<Item = span::PointMessages<'a>>) -> Result<(), write::Cause> {
        write::send(&self.client, &self.config.path, points)
    }

    fn only_sends(&self, operation: &'static str) -> DriverError {
        DriverError::Unsupported { driver: self.name(), operation }
    }
}

impl Driver for OtlpDriver {
    fn name(&self) -> &'static str {
        "OTLP"
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.is_told = false;
        let change = open.plan(batch);
        let sent: usize = change.points().map(span::PointMessages::count).sum();
        let result = self.send(change.points());
        let change = change.into_parts();
        match result {
            Ok(()) => {
                open.apply(change);
                Ok(())
            }
            // What was not taken is sent again with the same spans: nothing has changed.
            Err(cause) if cause.is_retryable() => Err(WriteError::unwritten(batch.len(), cause.error)),
            Err(cause) => {
                open.apply(change);
                // A span's start may have come with an earlier batch, which went well: that is told in the end.
                let lost = cause.lost(sent, 2);
                open.refused += lost.saturating_sub(batch.len());
                Err(WriteError::lost(lost.min(batch.len()), cause.error))
            }
        }
    }

    /// Sends the points that have not ended.
    fn finish(&self) -> Result<(), WriteError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut first = None;
        open.is_told = false;
        loop {
            let starts = open.oldest(REQUEST_POINTS, REQUEST_BYTES);
            if starts.is_empty() {
                break;
            }
            match self.send(starts.iter().map(span::PointMessages::unfinished)) {
                Ok(()) => {}
                // What was refused is told again by the call that is the last.
                Err(cause) if cause.is_retryable() => {
                    open.is_told = true;
                    let (failed, retry_last) = (open.refused + open.len(), open.len());
                    return Err(WriteError { failed, retry_last, source: cause.error });
                }
                Err(cause) => {
                    open.refused += cause.lost(starts.len(), 1);
                    first.get_or_insert(cause.error);
                }
            }
            open.forget(starts.len());
        }
        match std::mem::take(&mut open.refused) {
            0 => Ok(()),
            lost => Err(WriteError::lost(lost, first.unwrap_or_else(|| write::refused_before(&self.client)))),
        }
    }

    fn read(&self, _: &Id) -> Result<StoredTrace, DriverError> {
        Err(self.only_sends("be read: it only sends"))
    }

    fn list(&self, _: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        Err(self.only_sends("list traces: it only sends"))
    }

    fn delete(&self, _: &Id) -> Result<bool, DriverError> {
        Err(self.only_sends("delete a trace: it only sends"))
    }
}

impl Drop for OtlpDriver {
    fn drop(&mut self) {
        // Whoever was told that they are not sent has given up on them, and counted them as lost.
        if self.open.get_mut().unwrap_or_else(PoisonError::into_inner).is_told {
            return;
        }
        if let Err(error) = self.finish() {
            tracing::warn!(points = error.failed, error = %Chain(&error), "points that had not ended were not sent");
        }
    }
}

impl fmt::Debug for OtlpDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpDriver").field("config", &self.config).finish_non_exhaustive()
    }
}
