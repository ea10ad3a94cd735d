//! [`Session`]: the one connection of a driver, made when it is needed, and not used again after an error.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use super::SqlConfig;
use super::database::{Connection, Database};
use super::failure::{Failure, failure};
use crate::driver::DriverError;
use crate::driver::runtime::{self, WaitError};

/// What is done with a connection.
pub(super) type Work<T> = Arc<
    dyn for<'c> Fn(&'c mut Connection) -> Pin<Box<dyn Future<Output = Result<T, sqlx::Error>> + Send + 'c>>
        + Send
        + Sync,
>;

/// A driver's connection.
pub(super) struct Session {
    config: SqlConfig,
    /// The connection string, without credentials.
    store: String,
    /// `None` while it is in use, and before and after.
    connection: Arc<Mutex<Option<Connection>>>,
}

/// Why work was not done.
#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("no connection within {after:?}")]
    NoConnection { after: std::time::Duration },
    #[error("there is no such file")]
    NoFile,
    #[error(transparent)]
    Database(sqlx::Error),
    #[error(transparent)]
    Wait(#[from] WaitError),
}

/// An error of a session: what it means, and what is said of it.
pub(super) struct SessionError {
    pub(super) failure: Failure,
    pub(super) error: DriverError,
}

impl Session {
    pub(super) fn new(config: SqlConfig, store: String) -> Self {
        Self { config, store, connection: Arc::default() }
    }

    pub(super) fn database(&self) -> Database {
        self.config.connect.database()
    }

    /// Does `work` on the connection, which is made where there is none. A connection that was kept may have been closed by the
    /// server meanwhile: then the work is done again, on a new one.
    pub(super) fn run<T: Send + 'static>(
        &self,
        action: &'static str,
        create: bool,
        work: Work<T>,
    ) -> Result<T, SessionError> {
        let kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(kept) = kept {
            match self.attempt(Some(kept), create, Arc::clone(&work)) {
                Err(Cause::Database(error)) if failure(self.database(), &error) == Failure::Away => {}
                result => return result.map_err(|cause| self.error(action, cause)),
            }
        }
        self.attempt(None, create, work).map_err(|cause| self.error(action, cause))
    }

    fn attempt<T: Send + 'static>(&self, kept: Option<Connection>, create: bool, work: Work<T>) -> Result<T, Cause> {
        let (connect, slot) = (self.config.connect.clone(), Arc::clone(&self.connection));
        let mut connection = match kept {
            Some(connection) => connection,
            None if !create && connect.is_missing() => return Err(Cause::NoFile),
            None => {
                let after = self.config.connect_timeout;
                match runtime::wait(after, async move { connect.connect(create).await }) {
                    Ok(connected) => connected.map_err(Cause::Database)?,
                    Err(WaitError::TimedOut { after }) => return Err(Cause::NoConnection { after }),
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let database = self.database();
        let done = runtime::wait(self.config.timeout, async move {
            let result = work(&mut connection).await;
            // After an error nobody knows in which state the connection is, but for what the database itself refused.
            match &result {
                Err(error) if failure(database, error) == Failure::Away => drop(connection),
                _ => *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection),
            }
            result
        });
        done?.map_err(Cause::Database)
    }

    /// The error of something that the database would refuse, in these words.
    pub(super) fn refusal(&self, action: &'static str, text: String) -> DriverError {
        DriverError::Server { action, store: self.store.clone(), retryable: false, source: text.into() }
    }

    fn error(&self, action: &'static str, cause: Cause) -> SessionError {
        let failure = match &cause {
            Cause::NoFile => Failure::NoTable,
            Cause::NoConnection { .. } | Cause::Wait(_) => Failure::Away,
            Cause::Database(error) => failure(self.database(), error),
        };
        let (store, retryable) = (self.store.clone(), failure == Failure::Away);
        let error = DriverError::Server { action, store, retryable, source: Box::new(cause) };
        SessionError { failure, error }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(connection) = kept {
            // A server logs connections that end without a word.
            let _ = runtime::wait(self.config.connect_timeout, connection.close());
        }
    }
}
