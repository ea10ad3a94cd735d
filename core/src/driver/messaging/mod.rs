//! RabbitMQ, by oslo.messaging's notifications: OSProfiler's queue, which Python's services and readers use too.
//!
//! Here: the driver. Below: `config` and `transport` read connection strings, `session` is the connection, `write` and `read` are
//! what is done, `envelope` the form of notifications, `kombu` that of values which JSON does not have, `cause` what errors mean.

mod cause;
mod config;
mod envelope;
mod kombu;
mod read;
mod session;
mod transport;
mod write;

use std::fmt;

pub use config::MessagingConfig;
pub use transport::{Transport, TransportHost};

use self::session::Session;
use super::{Driver, DriverError, DriverOptions, ListFilter, StoredTrace, TraceSummary, WriteError};
use crate::{Id, Message, Timestamp};

/// Sends messages to RabbitMQ as OSProfiler 4.4.0 does, and reads them from its queue.
///
/// Connection string and options: [`MessagingConfig`]. Messages are notifications of oslo.messaging's first version on the topic
/// `profiler`: exchange `openstack`, queue `profiler.info`, both made when the first message is written. A batch is written when the
/// broker has confirmed it.
///
/// A queue is no archive. A reader takes all messages, keeps those of its trace and gives all of them back, so that a trace can be
/// read again and others stay, in their order; meanwhile other readers wait, and for a permanent consumer of the queue there is
/// an error. It ends `idle_timeout` after the last message. With a quorum queue, each reading counts as a delivery: brokers
/// drop messages after as many as their delivery limit says. Python's `osprofiler trace show` takes everything out.
pub struct MessagingDriver {
    session: Session,
    store: String,
}

impl MessagingDriver {
    /// A driver for a connection string. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn connect(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        Ok(Self::new(MessagingConfig::parse(connection_string, options)?))
    }

    /// A driver with this configuration.
    #[must_use]
    pub fn new(config: MessagingConfig) -> Self {
        Self { store: config.transport.to_string(), session: Session::new(config) }
    }
}

impl fmt::Debug for MessagingDriver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessagingDriver").field("config", &self.session.config).finish()
    }
}

impl Driver for MessagingDriver {
    fn name(&self) -> &'static str {
        "RabbitMQ"
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        write::write(&self.session, &self.store, batch)
    }

    fn read(&self, base_id: &Id) -> Result<StoredTrace, DriverError> {
        read::trace(&self.session, &self.store, base_id)
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        read::list(&self.session, &self.store, filter)
    }

    fn delete(&self, base_id: &Id) -> Result<bool, DriverError> {
        read::delete(&self.session, &self.store, base_id)
    }

    fn prune(&self, before: Timestamp) -> Result<u64, DriverError> {
        read::prune(&self.session, &self.store, before)
    }
}
