//! [`Server`]: the one connection of a driver, made when it is needed and not used again after an error, and OSProfiler's keys.

use std::error::Error;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ErrorKind, RedisError, ServerErrorKind};

use super::config::{RedisConfig, Target};
use crate::driver::DriverError;
use crate::driver::runtime::{self, WaitError};

/// What OSProfiler's keys begin with: lists of messages, notes of errors, and single messages of its versions before 3.
pub(super) const LIST: &str = "osprofiler_opt:";
pub(super) const ERROR: &str = "osprofiler_error:";
pub(super) const LEGACY: &str = "osprofiler:";

pub(super) struct Server {
    pub(super) config: RedisConfig,
    connection: Arc<Mutex<Option<MultiplexedConnection>>>,
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error("no connection within {after:?}")]
    NoConnection { after: Duration },
    #[error(transparent)]
    Redis(RedisError),
    #[error(transparent)]
    Wait(WaitError),
}

impl Server {
    pub(super) fn new(config: RedisConfig) -> Self {
        Self { config, connection: Arc::default() }
    }

    /// Does `work` on the connection, which is made where there is none. A connection that was kept may have been closed by the
    /// server meanwhile, or the server may be the master no more: then the work is done again, on a new one.
    pub(super) fn run<T, F>(
        &self,
        action: &'static str,
        work: impl Fn(MultiplexedConnection) -> F + Clone + Send + 'static,
    ) -> Result<T, DriverError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, RedisError>> + Send + 'static,
    {
        let kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(kept) = kept {
            match self.attempt(kept, work.clone()) {
                Err(Cause::Redis(error)) if is_retryable(&error) && !error.is_timeout() => {}
                result => return result.map_err(|cause| self.error(action, cause)),
            }
        }
        self.connect().and_then(|connection| self.attempt(connection, work)).map_err(|cause| self.error(action, cause))
    }

    fn connect(&self) -> Result<MultiplexedConnection, Cause> {
        let RedisConfig { target, connect_timeout, timeout, .. } = self.config.clone();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(connect_timeout))
            .set_response_timeout(Some(timeout));
        let connected = runtime::wait(connect_timeout, async move {
            match target {
                Target::Server(client) => client.get_multiplexed_async_connection_with_config(&config).await,
                Target::Sentinel(sentinel) => sentinel.client()?.get_async_connection_with_config(&config).await,
            }
        });
        match connected {
            Ok(connected) => connected.map_err(Cause::Redis),
            Err(WaitError::TimedOut { after }) => Err(Cause::NoConnection { after }),
            Err(error) => Err(Cause::Wait(error)),
        }
    }

    fn attempt<T, F>(
        &self,
        connection: MultiplexedConnection,
        work: impl Fn(MultiplexedConnection) -> F + Send + 'static,
    ) -> Result<T, Cause>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, RedisError>> + Send + 'static,
    {
        let slot = Arc::clone(&self.connection);
        let done = runtime::wait(self.config.timeout, async move {
            let result = work(connection.clone()).await;
            if result.as_ref().map_or_else(|error| !is_retryable(error), |_| true) {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
            }
            result
        });
        done.map_err(Cause::Wait)?.map_err(Cause::Redis)
    }

    fn error(&self, action: &'static str, cause: Cause) -> DriverError {
        let retryable = match &cause {
            Cause::Redis(error) => is_retryable(error),
            Cause::NoConnection { .. } | Cause::Wait(_) => true,
        };
        DriverError::Server { action, store: self.config.store.clone(), retryable, source: Box::new(cause) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let kept = self.connection.lock().unwrap_or_else(PoisonError::into_inner).take();
        // Its tasks end on the runtime that they run on.
        let _ = kept.map(|connection| runtime::wait(self.config.connect_timeout, async move { drop(connection) }));
    }
}

/// Whether the server was away, loading, full or changing its role.
pub(super) fn is_retryable(error: &RedisError) -> bool {
    // Certificates are refused so, and whatever is no TLS.
    let source = Error::source(error).and_then(<dyn Error>::downcast_ref::<Arc<dyn Error + Send + Sync>>);
    let io = source.and_then(|source| source.downcast_ref::<io::Error>());
    if io.is_some_and(|io| io.kind() == io::ErrorKind::InvalidData) {
        return false;
    }
    let is_away = error.is_io_error() || error.is_timeout() || error.is_connection_dropped();
    is_away
        || error.is_connection_refusal()
        // Out of memory: with a time to live there may be room later.
        || error.code() == Some("OOM")
        || matches!(
            error.kind(),
            ErrorKind::MasterNameNotFoundBySentinel
                | ErrorKind::NoValidReplicasFoundBySentinel
                | ErrorKind::Server(
                    ServerErrorKind::BusyLoading
                        | ServerErrorKind::TryAgain
                        | ServerErrorKind::ClusterDown
                        | ServerErrorKind::MasterDown
                        | ServerErrorKind::ReadOnly
                )
        )
}
