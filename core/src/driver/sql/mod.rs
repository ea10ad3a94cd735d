//! Databases: OSProfiler's table `data`, in SQLite, PostgreSQL, MySQL and MariaDB.
//!
//! Here: the driver. Below: `config` reads connection strings, `write` and `read` are what is done, `statements` its texts,
//! `session` the connection, `database` what differs between databases, `failure` what their errors mean.

mod config;
mod database;
mod failure;
mod read;
mod session;
mod statements;
mod write;

use std::fmt;

pub use config::SqlConfig;

use self::session::Session;
use super::{Driver, DriverError, DriverOptions, ListFilter, Redacted, StoredTrace, TraceSummary, WriteError};
use crate::{Id, Message, Timestamp};

/// Stores traces in a table, a row for each message, as OSProfiler 4.4.0 does.
///
/// Connection string and options: [`SqlConfig`]. The table `data` and its indexes are made when the first message is written and
/// they are missing. A batch is one transaction. Names, projects, services and hosts of more than 255 characters are cut; a message
/// whose ids are longer is lost, and so is one with a NUL outside of its info in PostgreSQL, or one that is longer than
/// `max_allowed_packet` of MySQL.
pub struct SqlDriver {
    session: Session,
}

impl SqlDriver {
    /// A driver for a connection string with the scheme of a database. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn connect(connection_string: &str, _: &DriverOptions) -> Result<Self, DriverError> {
        let config = SqlConfig::parse(connection_string)?;
        Ok(Self { session: Session::new(config, Redacted(connection_string).to_string()) })
    }
}

impl fmt::Debug for SqlDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlDriver").field(&self.session.database()).finish()
    }
}

impl Driver for SqlDriver {
    fn name(&self) -> &'static str {
        self.session.database().name()
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        write::write(&self.session, batch)
    }

    fn read(&self, base_id: &Id) -> Result<StoredTrace, DriverError> {
        read::trace(&self.session, base_id)
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        read::list(&self.session, filter)
    }

    fn delete(&self, base_id: &Id) -> Result<bool, DriverError> {
        read::delete(&self.session, base_id)
    }

    fn prune(&self, before: Timestamp) -> Result<u64, DriverError> {
        read::prune(&self.session, before)
    }
}
