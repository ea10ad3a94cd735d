//! The embedded driver: a directory with one file per trace, one line of JSON per message.
//!
//! Several processes may add to one trace: each appends whole lines. `cat`, `grep` and `jq` work on the files.
//! Here: the driver and its connection string. Below: `open`, `write`, `read` and `retention`.

mod config;
mod open;
mod read;
mod retention;
mod write;

use std::path::PathBuf;

pub use config::FileConfig;

use super::{Driver, DriverError, ListFilter, StoredTrace, TraceSummary, WriteError};
use crate::{Id, Message, Timestamp};

pub(super) const SCHEME: &str = "file";

/// Stores traces in a directory, one file each.
///
/// Connection string: `file:DIRECTORY` or `file:///ABSOLUTE/DIRECTORY`, with the options of [`FileConfig`]. The directory
/// is made when the first message is written, with mode 0700. A trace is the file `trace-ID.jsonl`, made with mode 0600.
///
/// On Unix, messages for a file that is a symbolic link, that is not a regular file or that belongs to another user are refused
/// and count as failed, and links are not read either. The directory itself may be a link.
#[derive(Debug)]
pub struct FileDriver {
    config: FileConfig,
    retention: retention::Clock,
}

impl FileDriver {
    /// A driver for a connection string with the scheme `file`.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`] where the directory is missing or an option is unknown or wrong.
    pub fn connect(connection_string: &str) -> Result<Self, DriverError> {
        Ok(Self::new(FileConfig::parse(connection_string)?))
    }

    /// A driver with this configuration.
    #[must_use]
    pub fn new(config: FileConfig) -> Self {
        Self { config, retention: retention::Clock::default() }
    }

    fn path(&self, base_id: &Id) -> Result<PathBuf, DriverError> {
        Ok(self.config.directory.join(config::file_name(base_id)?))
    }
}

impl Driver for FileDriver {
    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        let result = write::append(batch, self.config.max_trace_size, |base_id| self.path(base_id));
        self.retention.prune_when_due(&self.config);
        result
    }

    fn read(&self, base_id: &Id) -> Result<StoredTrace, DriverError> {
        read::trace(&self.path(base_id)?)
    }

    fn read_in_parts(&self, base_id: &Id, take: &mut dyn FnMut(Vec<Message>)) -> Result<u64, DriverError> {
        read::trace_in_parts(&self.path(base_id)?, take)
    }

    fn list(&self, filter: &ListFilter) -> Result<Vec<TraceSummary>, DriverError> {
        read::list(&self.config.directory, filter)
    }

    fn prune(&self, before: Timestamp) -> Result<u64, DriverError> {
        retention::delete_older(&self.config.directory, before)
    }

    fn delete(&self, base_id: &Id) -> Result<bool, DriverError> {
        retention::delete(&self.path(base_id)?)
    }
}
