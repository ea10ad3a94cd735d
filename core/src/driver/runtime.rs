//! The runtime of drivers whose clients are asynchronous: one for the process, with one thread.
//!
//! It goes on while nobody waits, so that connections answer their servers' heartbeats. Whoever waits is blocked, and may be a
//! thread of another runtime.

use std::future::Future;
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WaitError {
    #[error("no answer within {after:?}")]
    TimedOut { after: Duration },
    #[error("the client panicked")]
    Panicked,
    #[error("the system gives no thread for the client")]
    NoThread,
}

/// Runs `future` for at most `timeout`; afterwards it is dropped.
pub(crate) fn wait<T: Send + 'static>(
    timeout: Duration,
    future: impl Future<Output = T> + Send + 'static,
) -> Result<T, WaitError> {
    let runtime = RUNTIME.get_or_init(start).as_ref().ok_or(WaitError::NoThread)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    runtime.spawn(async move {
        // Nobody may be waiting any more: then the result is of no use to anyone.
        let _ = sender.send(tokio::time::timeout(timeout, future).await);
    });
    match receiver.recv() {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(_elapsed)) => Err(WaitError::TimedOut { after: timeout }),
        Err(_) => Err(WaitError::Panicked),
    }
}

fn start() -> Option<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name("osprofiler-io").enable_all().on_thread_start(crate::collector::enter_worker);
    builder.build().map_err(|error| tracing::warn!(%error, "no thread for the driver's client")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    #[test]
    fn result_comes_back_also_within_another_runtime() {
        assert_eq!(wait(LONG, async { 1 }).expect("a result"), 1);
        let other = Builder::new_current_thread().build().expect("a runtime");
        assert_eq!(other.block_on(async { wait(LONG, async { 2 }) }).expect("a result"), 2);
    }

    #[test]
    fn what_never_ends_and_what_panics_is_an_error() {
        let hangs = wait(Duration::from_millis(20), std::future::pending::<()>());
        assert!(matches!(hangs, Err(WaitError::TimedOut { .. })));
        assert!(matches!(wait(LONG, async { panic!("the test says so") }), Err::<(), _>(WaitError::Panicked)));
        assert_eq!(wait(LONG, async { 3 }).expect("the runtime goes on"), 3);
    }
}
