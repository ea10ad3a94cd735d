//! Drivers: where messages are stored and read from.
//!
//! A driver is chosen by the scheme of a connection string. Here live the [`Driver`] trait, its errors and the registry
//! of schemes; every driver has a module of its own. [`file`](mod@file) is always there; the others have a feature each, and
//! programs add theirs by [`register`].
//!
//! Below, besides: `query` reads the options of connection strings, `mistake` says what is wrong with one, `redacted` shows one without
//! secrets, `runtime` runs clients that are asynchronous, `http` is what the drivers that speak HTTP
//! share, `several` writes to several stores, `pruning` counts what was deleted.

#[cfg(feature = "driver-ceilometer")]
pub mod ceilometer;
#[cfg(feature = "driver-elasticsearch")]
pub mod elasticsearch;
pub mod file;
#[cfg(feature = "driver-messaging")]
pub mod messaging;
#[cfg(feature = "driver-mongodb")]
pub mod mongodb;
#[cfg(feature = "driver-otlp")]
pub mod otlp;
#[cfg(feature = "driver-redis")]
pub mod redis;
#[cfg(any(feature = "driver-mysql", feature = "driver-postgresql", feature = "driver-sqlite"))]
pub mod sql;

#[cfg(any(feature = "driver-elasticsearch", feature = "driver-mongodb", feature = "driver-redis"))]
mod failure;
#[cfg(feature = "_http")]
#[cfg_attr(not(feature = "drivers"), allow(dead_code, reason = "a driver needs a part of it"))]
mod http;
mod mistake;
mod options;
mod pruning;
mod quantity;
#[cfg(feature = "_options")]
#[cfg_attr(not(feature = "drivers"), allow(dead_code, reason = "a driver needs a part of it"))]
mod query;
mod redacted;
mod registry;
#[cfg(feature = "_runtime")]
mod runtime;
mod several;
mod summary;

use std::error::Error;
use std::io;
use std::path::PathBuf;

#[cfg(feature = "_http")]
pub use http::HttpOptions;
pub(crate) use mistake::SchemeOf;
pub use options::DriverOptions;
pub(crate) use pruning::Pruning;
pub use quantity::parse_duration;
#[cfg(feature = "_options")]
#[cfg_attr(not(feature = "drivers"), allow(unused_imports, reason = "not every driver has a server"))]
pub(crate) use redacted::Redacted;
pub use redacted::redacted;
pub(crate) use registry::connect_each;
pub use registry::{connect, connect_with, register, split};
pub use summary::TraceSummary;

use crate::{Id, Message, Timestamp};

/// The store of a process that names none: a directory below the working directory.
pub const DEFAULT_CONNECTION_STRING: &str = "file:osprofiler-traces";

/// One storage back end.
///
/// The collector's worker calls [`write`](Self::write); commands and reports call the rest. A driver may block: nothing
/// on the query path waits for it. A driver that only writes has nothing to say of the rest: it is refused.
pub trait Driver: Send + Sync {
    /// What errors call this driver.
    fn name(&self) -> &'static str {
        "this driver"
    }

    /// Stores the messages of `batch`. They may belong to different traces.
    ///
    /// # Errors
    ///
    /// When at least one message could not be stored; [`WriteError::failed`] says how many.
    fn write(&self, batch: &[Message]) -> Result<(), WriteError>;

    /// Stores what the driver has held back, such as points that wait for their end: for now, nothing more comes. The
    /// collector calls this when it ends.
    ///
    /// # Errors
    ///
    /// When something of it could not be stored: [`WriteError::failed`] says how much, of batches whose
    /// [`write`](Self::write) went well. Where it may be written again, the driver has kept it for the next call, which tells
    /// of all that is lost until then.
    fn finish(&self) -> Result<(), WriteError> {
        Ok(())
    }

    /// Reads all messages of a trace, in no particular order. A trace that does not exist has no messages.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or the driver only writes.
    fn read(&self, base_id: &Id) -> Result<StoredTrace, DriverError> {
        let _ = base_id;
        Err(DriverError::Unsupported { driver: self.name(), operation: "be read" })
    }

    /// Reads all messages of a trace as [`read`](Self::read) does, and hands them to `take` a number at a time, so that a large
    /// trace need not be in memory as messages. Returns how many entries could not be read.
    ///
    /// # Errors
    ///
    /// As for [`read`](Self::read). What `take` was given before is a part of the trace then.
    fn read_in_parts(&self, base_id: &Id, take: &mut dyn FnMut(Vec<Message>)) -> Result<u64, DriverError> {
        let StoredTrace { messages, skipped } = self.read(base_id)?;
        take(messages);
        Ok(skipped)
    }

    /// Lists the stored traces, newest first.
    ///
    /// # Errors
    ///
    /// When the store cannot be read or the driver cannot list.
    fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        let _ = filter;
        Err(DriverError::Unsupported { driver: self.name(), operation: "list traces" })
    }

    /// Deletes a trace and says whether there was one.
    ///
    /// # Errors
    ///
    /// When the store refuses or the driver cannot delete.
    fn delete(&self, base_id: &Id) -> Result<bool, DriverError> {
        let _ = base_id;
        Err(DriverError::Unsupported { driver: self.name(), operation: "delete a trace" })
    }

    /// Deletes the traces whose last message is older than `before`, and says how many there were.
    ///
    /// # Errors
    ///
    /// When the driver cannot list or delete, and [`DriverError::Pruned`] where the store refused to delete some: the others are
    /// gone then.
    fn prune(&self, before: Timestamp) -> Result<u64, DriverError> {
        let mut pruning = Pruning::default();
        for trace in self.list(&ListFilter::default())? {
            if trace.finished >= before {
                continue;
            }
            let deleted = self.delete(&trace.base_id);
            // A store that is away would let each of the others wait, too.
            let is_away = deleted.as_ref().is_err_and(DriverError::is_retryable);
            pruning.note(deleted);
            if is_away {
                break;
            }
        }
        pruning.finish()
    }
}

/// What a store holds of one trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StoredTrace {
    /// The messages that could be read.
    pub messages: Vec<Message>,
    /// How many entries could not be read, such as the torn last line of a process that was killed.
    pub skipped: u64,
}

impl From<Vec<Message>> for StoredTrace {
    fn from(messages: Vec<Message>) -> Self {
        Self { messages, skipped: 0 }
    }
}

/// Which traces [`Driver::list`] returns; by default all.
#[derive(Clone, Debug, Default)]
pub struct ListFilter {
    /// Only traces whose id begins with this.
    pub id_prefix: Option<String>,
    /// Only so many, the newest.
    pub limit: Option<usize>,
    /// Only traces in which a point ended with an error.
    pub errors_only: bool,
}

/// What can go wrong with a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// No driver has the connection string's scheme. The text begins as OSProfiler's.
    #[error("Driver not found for connection string: {connection_string}; known schemes: {known}")]
    UnknownScheme {
        /// The connection string, without credentials.
        connection_string: String,
        /// The schemes that exist, separated by commas.
        known: String,
    },
    /// The scheme has a driver, which was not compiled in.
    #[error("no driver for {connection_string} is compiled in: its feature is {feature}")]
    NotCompiled {
        /// The connection string, without credentials.
        connection_string: String,
        /// The feature of this crate, and of the command.
        feature: &'static str,
    },
    /// OSProfiler had a driver for the scheme and has it no more.
    #[error("there is no driver for {scheme} any more, as in OSProfiler; {instead}")]
    Retired {
        /// The scheme.
        scheme: &'static str,
        /// What to use in its place.
        instead: &'static str,
    },
    /// The connection string has the right scheme and is wrong otherwise.
    #[error("bad connection string {connection_string}: {reason}")]
    BadConnectionString {
        /// The connection string, without credentials.
        connection_string: String,
        /// What to change.
        reason: String,
    },
    /// The operating system refused.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, such as `read`.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A server did not do what it was asked for.
    #[error("cannot {action} {store}")]
    Server {
        /// What was tried, such as `write to`.
        action: &'static str,
        /// On what: the connection string, without credentials.
        store: String,
        /// Whether the same may succeed later: the server was away or busy, and did not refuse.
        retryable: bool,
        /// Why not.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The id cannot be used with this store.
    #[error("the store cannot hold a trace with the id {:?}: {reason}", id.shortened().to_string())]
    BadId {
        /// The id.
        id: Id,
        /// Why.
        reason: &'static str,
    },
    /// The file of a trace has no room for further messages.
    #[error(
        "{} may not be larger than {max_size} bytes; what does not fit is refused. Set max_trace_size in the connection \
         string to a larger size or to none", path.display()
    )]
    TraceTooLarge {
        /// The file.
        path: PathBuf,
        /// How many bytes it may have.
        max_size: u64,
    },
    /// Some of the traces that were to be deleted could not be.
    #[error("{deleted} traces were deleted and {failed} could not be")]
    Pruned {
        /// How many were deleted.
        deleted: u64,
        /// How many are still there.
        failed: u64,
        /// Why the first could not be deleted.
        source: Box<DriverError>,
    },
    /// The driver has no such operation.
    #[error("{driver} cannot {operation}")]
    Unsupported {
        /// What the messages go to.
        driver: &'static str,
        /// What was asked for.
        operation: &'static str,
    },
}

impl DriverError {
    /// Whether the same call may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::Interrupted
                    | io::ErrorKind::TimedOut
                    | io::ErrorKind::WouldBlock
                    | io::ErrorKind::StorageFull
                    | io::ErrorKind::QuotaExceeded
            ),
            Self::Server { retryable, .. } => *retryable,
            _ => false,
        }
    }
}

/// A batch was not stored, or only in part.
#[derive(Debug, thiserror::Error)]
#[error("{failed} messages were not stored")]
pub struct WriteError {
    /// How many messages of the batch were not stored.
    pub failed: usize,
    /// So many at the end of the batch may be written again, which the collector does for a while before it counts what
    /// failed as lost. 0 where nothing may be written again. As many of `failed` as are more than this are lost at once. What
    /// is in the store already may be written twice: reports take equal messages for one.
    pub retry_last: usize,
    /// The first cause.
    pub source: DriverError,
}

impl WriteError {
    /// Nothing of the batch can be stored, or so much less: they are lost.
    #[must_use]
    pub fn lost(failed: usize, source: DriverError) -> Self {
        Self { failed, retry_last: 0, source }
    }

    /// The last `failed` messages of the batch are not stored yet; they are lost unless `source` is
    /// [retryable](DriverError::is_retryable).
    #[must_use]
    pub fn unwritten(failed: usize, source: DriverError) -> Self {
        Self { failed, retry_last: if source.is_retryable() { failed } else { 0 }, source }
    }

    /// Whether something may be written again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.retry_last > 0
    }

    /// How many are lost, whatever may be written again.
    #[must_use]
    pub fn lost_at_once(&self) -> usize {
        self.failed.saturating_sub(self.retry_last)
    }
}
