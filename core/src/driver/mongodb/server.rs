//! [`Server`]: the client, which is made when it is needed, and what its errors mean.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use mongodb::Client;
use mongodb::bson::Document;
use mongodb::error::{Error, ErrorKind};

use super::config::MongoDbConfig;
use crate::driver::DriverError;
use crate::driver::runtime::{self, WaitError};

/// OSProfiler's database and its collections.
const DATABASE: &str = "osprofiler";
const MESSAGES: &str = "profiler";
const ERRORS: &str = "profiler_error";

/// OSProfiler's collections.
#[derive(Clone)]
pub(super) struct Collections {
    pub(super) messages: mongodb::Collection<Document>,
    pub(super) errors: mongodb::Collection<Document>,
}

pub(super) struct Server {
    pub(super) config: MongoDbConfig,
    /// The client has connections of its own, which it renews by itself.
    client: Arc<Mutex<Option<Client>>>,
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    MongoDb(Error),
    #[error(transparent)]
    Wait(WaitError),
}

impl Server {
    pub(super) fn new(config: MongoDbConfig) -> Self {
        Self { config, client: Arc::default() }
    }

    /// Does `work` with the collections.
    pub(super) fn run<T, F>(
        &self,
        action: &'static str,
        work: impl FnOnce(Collections) -> F + Send + 'static,
    ) -> Result<T, DriverError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, Error>> + Send + 'static,
    {
        let (options, slot) = (self.config.client.clone(), Arc::clone(&self.client));
        let done = runtime::wait(self.config.timeout, async move {
            let client = {
                let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
                match &*slot {
                    Some(client) => client.clone(),
                    // This connects to nothing yet.
                    None => slot.insert(Client::with_options(options)?).clone(),
                }
            };
            let database = client.database(DATABASE);
            let collections =
                Collections { messages: database.collection(MESSAGES), errors: database.collection(ERRORS) };
            work(collections).await
        });
        let cause = match done {
            Ok(Ok(result)) => return Ok(result),
            Ok(Err(error)) => Cause::MongoDb(error),
            Err(error) => Cause::Wait(error),
        };
        let retryable = match &cause {
            Cause::MongoDb(error) => is_retryable(error),
            Cause::Wait(_) => true,
        };
        let source = Box::new(cause);
        Err(DriverError::Server { action, store: self.config.store.clone(), retryable, source })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(client) = self.client.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It has tasks of its own, which end with it.
            let _ = runtime::wait(self.config.connect_timeout, async move { client.shutdown().immediate(true).await });
        }
    }
}

/// Whether the server was away, busy or changing its role.
pub(super) fn is_retryable(error: &Error) -> bool {
    if error.contains_label("RetryableWriteError") || error.contains_label("SystemOverloadedError") {
        return true;
    }
    match error.kind.as_ref() {
        ErrorKind::Io(_)
        | ErrorKind::ServerSelection { .. }
        | ErrorKind::ConnectionPoolCleared { .. }
        | ErrorKind::DnsResolve { .. } => true,
        // The documents are there, and perhaps not for good.
        ErrorKind::InsertMany(failed) => failed.write_concern_error.is_some(),
        // Host unreachable, network timeout, shutdown, not the primary, stepping down, exceeded time limit: the codes that
        // MongoDB's specification of retryable reads names.
        ErrorKind::Command(error) => {
            matches!(error.code, 6 | 7 | 50 | 89 | 91 | 134 | 189 | 262 | 9001 | 10107 | 11600 | 11602 | 13435 | 13436)
        }
        _ => false,
    }
}
