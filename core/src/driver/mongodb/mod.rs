//! Stub.

use super::{Driver, DriverError, DriverOptions, WriteError};
use crate::Message;

/// Stub.
#[derive(Debug)]
pub struct MongoDbDriver {}

impl MongoDbDriver {
    /// A driver for a connection string.
    ///
    /// # Errors
    ///
    /// [`DriverError::BadConnectionString`], which says what to change.
    pub fn connect(connection_string: &str, options: &DriverOptions) -> Result<Self, DriverError> {
        let _ = (connection_string, options);
        Ok(Self {})
    }
}

impl Driver for MongoDbDriver {
    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        let _ = batch;
        Ok(())
    }
}
