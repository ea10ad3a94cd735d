//! Redis: a list for each trace.
//!
//! Here: the driver. Below: `config` (the connection string), `server` (the connection and the keys), `write`, `read`.

mod config;
mod read;
mod server;
mod write;

use std::fmt;

pub use config::RedisConfig;

use self::server::Server;
use super::{Driver, DriverError, DriverOptions, ListFilter, StoredTrace, TraceSummary, WriteError};
use crate::{Id, Message};

/// Stores traces in lists `osprofiler_opt:ID`, the newest message first, as OSProfiler 4.4.0 does.
///
/// Connection strings and options: [`RedisConfig`]. Messages that versions of OSProfiler before 3 have stored under keys of their own are
/// read, too; to find them, all keys are looked through.
pub struct RedisDriver {
    server: Server,
}

impl RedisDriver {
    /// A driver for a connection string with the scheme `redis`, `rediss` or `redissentinel`. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn connect(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        Ok(Self::new(RedisConfig::parse(connection_string, options)?))
    }

    /// A driver with this configuration.
    #[must_use]
    pub fn new(config: RedisConfig) -> Self {
        Self { server: Server::new(config) }
    }
}

impl fmt::Debug for RedisDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisDriver").field("config", &self.server.config).finish_non_exhaustive()
    }
}

impl Driver for RedisDriver {
    fn name(&self) -> &'static str {
        "Redis"
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        write::write(&self.server, batch)
    }

    fn read(&self, base_id: &Id) -> Result<StoredTrace, DriverError> {
        read::trace(&self.server, base_id)
    }

    fn read_in_parts(&self, base_id: &Id, take: &mut dyn FnMut(Vec<Message>)) -> Result<u64, DriverError> {
        read::trace_in_parts(&self.server, base_id, take)
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        read::list(&self.server, filter)
    }

    fn delete(&self, base_id: &Id) -> Result<bool, DriverError> {
        read::delete(&self.server, base_id)
    }
}
