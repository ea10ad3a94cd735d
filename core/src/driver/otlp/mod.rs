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
use super::{Driver, DriverError, DriverOptions, WriteError};
use crate::Message;
use crate::error::Chain;

/// Sends trace points as spans to an OpenTelemetry collector.
///
/// Connection string: `otlp://HOST:PORT`, or `otlps://` for HTTPS, with the options of [`OtlpConfig`]. A span is sent when
/// its point has ended. Points that never end are sent when the driver is dropped, or when too many are open: they have the
/// attribute `osprofiler.unfinished`.
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

impl Driver for OtlpDriver {
    fn name(&self) -> &'static str {
        "OTLP, which only sends,"
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let change = open.plan(batch);
        let result = write::send(&self.client, &self.config.path, change.points()).map_err(|cause| cause.of(batch));
        // What was not taken is sent again with the same spans: nothing has changed.
        if result.as_ref().map_or_else(|error| !error.retryable, |()| true) {
            let change = change.into_parts();
            open.apply(change);
        }
        result
    }
}

impl Drop for OtlpDriver {
    fn drop(&mut self) {
        let open = self.open.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let points = open.iter().map(span::PointMessages::unfinished);
        if let Err(cause) = write::send(&self.client, &self.config.path, points) {
            let error = cause.of(&open);
            tracing::warn!(points = error.failed, error = %Chain(&error), "points that had not ended were not sent");
        }
    }
}

impl fmt::Debug for OtlpDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpDriver").field("config", &self.config).finish_non_exhaustive()
    }
}
