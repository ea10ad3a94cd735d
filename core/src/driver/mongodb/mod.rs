//! MongoDB: a document for each message.
//!
//! Here: the driver. Below: `config` (the connection string), `server` (the client), `document` (messages as BSON), `write`, `read`.

mod config;
mod document;
mod read;
mod server;
mod write;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub use config::MongoDbConfig;

use self::server::Server;
use super::{Driver, DriverError, DriverOptions, ListFilter, StoredTrace, TraceSummary, WriteError};
use crate::{Id, Message, Timestamp};

/// Stores traces in the collections `profiler` and `profiler_error` of the database `osprofiler`, as OSProfiler 4.4.0 does.
///
/// Connection string and options: [`MongoDbConfig`]. An index on `base_id` is made, which OSProfiler does not have. What BSON cannot hold,
/// such as numbers beyond 64 bits, stands there as text, with the message's own text beside it. A message of more than
/// 16 MiB is lost.
pub struct MongoDbDriver {
    server: Server,
    is_indexed: Arc<AtomicBool>,
}

impl MongoDbDriver {
    /// A driver for a connection string with the scheme `mongodb`. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn connect(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        Ok(Self::new(MongoDbConfig::parse(connection_string, options)?))
    }

    /// A driver with this configuration.
    #[must_use]
    pub fn new(config: MongoDbConfig) -> Self {
        Self { server: Server::new(config), is_indexed: Arc::default() }
    }
}

impl fmt::Debug for MongoDbDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MongoDbDriver").field("config", &self.server.config).finish_non_exhaustive()
    }
}

impl Driver for MongoDbDriver {
    fn name(&self) -> &'static str {
        "MongoDB"
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        write::write(&self.server, &self.is_indexed, batch)
    }

    fn read(&self, base_id: &Id) -> Result<StoredTrace, DriverError> {
        read::trace(&self.server, base_id)
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        read::list(&self.server, filter)
    }

    fn delete(&self, base_id: &Id) -> Result<bool, DriverError> {
        read::delete(&self.server, base_id)
    }

    fn prune(&self, before: Timestamp) -> Result<u64, DriverError> {
        read::prune(&self.server, before)
    }
}
