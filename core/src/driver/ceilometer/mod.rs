//! Ceilometer's events, which Panko kept last: traces that OpenStack's services sent there, to be read.
//!
//! Here: the driver. Below: `config` (the connection string), `event` (what an event says), `read`. There is no writing: events
//! came to Ceilometer as notifications, which `messaging:` sends.

mod config;
mod event;
mod read;

use std::fmt;

pub use config::CeilometerConfig;

use super::http::Client;
use super::{Driver, DriverError, DriverOptions, ListFilter, StoredTrace, TraceSummary, WriteError};
use crate::{Id, Message};

/// Reads traces from Ceilometer's events, by version 2 of their interface, as OSProfiler did until 1.15.
///
/// Connection string: `ceilometer://HOST:PORT` with the options of [`CeilometerConfig`], or `ceilometer://` alone with
/// [`DriverOptions::ceilometer_url`]. Keystone is not asked for a token: one must be given.
pub struct CeilometerDriver {
    config: CeilometerConfig,
    client: Client,
}

impl CeilometerDriver {
    /// A driver for a connection string with the scheme `ceilometer`.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn connect(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        Self::new(CeilometerConfig::parse(connection_string, options)?)
    }

    /// A driver with this configuration.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`] where its address names no host.
    pub fn new(config: CeilometerConfig) -> Result<Self, DriverError> {
        let client = config.client()?;
        Ok(Self { config, client })
    }
}

impl fmt::Debug for CeilometerDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CeilometerDriver").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Driver for CeilometerDriver {
    fn name(&self) -> &'static str {
        "Ceilometer"
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        let source = DriverError::Unsupported {
            driver: self.name(),
            operation: "be written to: it takes notifications, by messaging:",
        };
        Err(WriteError::lost(batch.len(), source))
    }

    fn read(&self, base_id: &Id) -> Result<StoredTrace, DriverError> {
        read::trace(&self.client, &self.config, base_id)
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        read::list(&self.client, &self.config, filter)
    }
}
