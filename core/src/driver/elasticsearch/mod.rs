//! Elasticsearch, and servers with its interface such as OpenSearch: a document for each message.
//!
//! Here: the driver. Below: `config` (the connection string), `server` (requests, the index, versions), `write`, `read`.

mod config;
mod read;
mod server;
mod write;

use std::fmt;

pub use config::ElasticsearchConfig;

use self::server::Server;
use super::{Driver, DriverError, DriverOptions, ListFilter, StoredTrace, TraceSummary, WriteError};
use crate::{Id, Message};

/// Stores traces as documents of the index `osprofiler-notifications`, as OSProfiler 4.4.0 does.
///
/// Connection string: `elasticsearch://HOST:PORT`, or `elasticsearchs://` for HTTPS, with the options of
/// [`ElasticsearchConfig`]. The index is made, where it is missing, so that infos are kept and not looked into; in an index that was made
/// by OSProfiler, messages whose values have other types than those before are refused by the server, and counted as lost.
pub struct ElasticsearchDriver {
    server: Server,
}

impl ElasticsearchDriver {
    /// A driver for a connection string with the scheme `elasticsearch` or `elasticsearchs`.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn connect(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        Self::new(ElasticsearchConfig::parse(connection_string, options)?)
    }

    /// A driver with this configuration.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`] where its connection string names no host.
    pub fn new(config: ElasticsearchConfig) -> Result<Self, DriverError> {
        Ok(Self { server: Server::new(config)? })
    }
}

impl fmt::Debug for ElasticsearchDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ElasticsearchDriver").field("config", &self.server.config).finish_non_exhaustive()
    }
}

impl Driver for ElasticsearchDriver {
    fn name(&self) -> &'static str {
        "Elasticsearch"
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        write::write(&self.server, batch)
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
}
