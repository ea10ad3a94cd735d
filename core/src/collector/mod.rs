//! The collector: a bounded queue and one worker thread in front of a driver.
//!
//! Left of it is the calling thread, which pushes and goes on; right of it everything that costs: rendering, JSON and
//! the store. Here: the handle, its configuration and its counters. Below: [`queue`], [`worker`] and [`render`], [`store`],
//! which writes and tries again, and [`lanes`] for several stores.

mod lanes;
mod queue;
mod render;
mod store;
mod worker;

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

pub(crate) use queue::{Queue, Record};
pub(crate) use render::Renderer;
pub use store::StoreStats;
use store::{Store, StoreCounters};

use crate::driver::Driver;

/// How long dropping a collector waits for its worker to store what is left.
pub(crate) const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is a collector's worker, which is in no trace.
pub(crate) fn is_worker() -> bool {
    IS_WORKER.get()
}

/// The calling thread works for a collector's driver, and is in no trace.
pub(crate) fn enter_worker() {
    IS_WORKER.set(true);
}

/// Bounds of the collector's queue, and its pace.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectorConfig {
    /// How many messages may wait for the worker or be in its hands; for each of several stores an equal part of them, and half
    /// at most. Default: 65,536.
    pub queue_messages: usize,
    /// About how many bytes of info they may keep in memory together. Default: 32 MiB.
    pub queue_bytes: usize,
    /// How many messages the driver gets at once, at most. Default: 1,024.
    pub batch: usize,
    /// How long the worker waits for more messages after the first, unless a batch is full. Default: 50 ms.
    pub linger: Duration,
    /// How long messages that a store could not take, and may take later, are written again before they count as failed.
    /// Meanwhile others wait in the queue. Default: 30 s.
    pub retry_for: Duration,
}

impl Default for CollectorConfig {
    fn default() -> Self {
        Self {
            queue_messages: 65_536,
            queue_bytes: 32 << 20,
            batch: 1024,
            linger: Duration::from_millis(50),
            retry_for: Duration::from_secs(30),
        }
    }
}

/// What became of the messages so far.
///
/// `recorded = stored + failed + ` those still in the queue. A message that found the queue full, or no worker, is in
/// `dropped` and in nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CollectorStats {
    /// Messages taken into the queue.
    pub recorded: u64,
    /// Messages the driver stored.
    pub stored: u64,
    /// Messages lost because the queue was full or its worker gone.
    pub dropped: u64,
    /// Messages lost because the driver failed.
    pub failed: u64,
    /// Statements of the whole process that ran on traced types in no trace, while traces were active in other threads or
    /// tasks, or within five seconds after that: they are not recorded. A request whose work goes on in a spawned task or on a
    /// blocking thread carries its trace there by [`in_current_trace`](crate::TraceExt::in_current_trace) or
    /// [`carry`](crate::profiler::carry).
    pub outside_traces: u64,
}

/// Owns the worker. Dropping it stores what is left, for at most five seconds.
pub(crate) struct Collector {
    queue: Arc<Queue>,
    stores: Vec<Arc<StoreCounters>>,
}

impl Collector {
    pub(crate) fn start(drivers: Vec<Arc<dyn Driver>>, renderer: Renderer, config: CollectorConfig) -> Self {
        let queue = Arc::new(Queue::new(config));
        let counters: Vec<_> = drivers.iter().map(|driver| Arc::new(StoreCounters::new(driver.name()))).collect();
        let stores =
            drivers.into_iter().zip(&counters).map(|(driver, counters)| Store::new(driver, Arc::clone(counters)));
        let (theirs, stores) = (Arc::clone(&queue), stores.collect());
        let spawned =
            thread::Builder::new().name("osprofiler".to_owned()).spawn(move || worker::run(&theirs, stores, renderer));
        if let Err(error) = spawned {
            tracing::warn!(%error, "no thread for the collector: trace points are not recorded");
            queue.abandon();
        }
        Self { queue, stores: counters }
    }

    pub(crate) fn store_stats(&self) -> Vec<StoreStats> {
        self.stores.iter().map(|counters| counters.stats()).collect()
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    pub(crate) fn flush(&self, timeout: Duration) -> bool {
        self.queue.flush(timeout)
    }

    /// Takes nothing more and stores what is left; `false` when that took longer than `timeout`.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        self.queue.close(timeout)
    }

    pub(crate) fn stats(&self) -> CollectorStats {
        let counters = &self.queue.counters;
        // Losses and stores first: a message counted there was counted in `recorded` before.
        let (stored, failed) = (counters.stored.load(Relaxed), counters.failed.load(Relaxed));
        let dropped = counters.dropped.load(Relaxed);
        let outside_traces = crate::db::outside_traces();
        CollectorStats { recorded: self.queue.recorded(), stored, dropped, failed, outside_traces }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.queue.close(SHUTDOWN_TIMEOUT);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::driver::{DriverError, WriteError};
    use crate::{Message, Notifier, Profiler, Trace};

    /// A driver that holds everything back, and in the end cannot store all of it.
    #[derive(Default)]
    struct HoldsBack(AtomicUsize);

    impl Driver for HoldsBack {
        fn write(&self, _: &[Message]) -> Result<(), WriteError> {
            Ok(())
        }

        fn finish(&self) -> Result<(), WriteError> {
            let retryable = self.0.fetch_add(1, Relaxed) == 0;
            let source =
                DriverError::Server { action: "write to", store: String::new(), retryable, source: "no".into() };
            // All of it at first, and then it takes some.
            Err(WriteError::unwritten(if retryable { 10 } else { 3 }, source))
        }
    }

    struct Takes;

    impl Driver for Takes {
        fn write(&self, _: &[Message]) -> Result<(), WriteError> {
            Ok(())
        }
    }

    fn record_and_shut_down(drivers: Vec<Arc<dyn Driver>>) -> Notifier {
        let notifier = Notifier::builder().build_for_all(drivers);
        let profiler = Profiler::with_notifier(&notifier, "key", None, None);
        profiler.in_scope(|| (0..5).for_each(|_| drop(Trace::new("x", ()))));
        assert!(notifier.shutdown(Duration::from_secs(20)));
        notifier
    }

    #[test]
    fn what_was_held_back_and_is_lost_in_the_end_counts() {
        let notifier = record_and_shut_down(vec![Arc::new(HoldsBack::default())]);
        let stats = notifier.stats();
        assert_eq!((stats.recorded, stats.stored, stats.failed), (10, 7, 3));
        assert_eq!((notifier.store_stats()[0].stored, notifier.store_stats()[0].failed), (7, 3));
    }

    #[test]
    fn it_counts_for_one_of_several_stores_as_well() {
        let notifier = record_and_shut_down(vec![Arc::new(Takes), Arc::new(HoldsBack::default())]);
        assert_eq!((notifier.stats().stored, notifier.stats().failed), (7, 3));
        let failed: Vec<u64> = notifier.store_stats().iter().map(|store| store.failed).collect();
        assert_eq!(failed, [0, 3]);
    }
}
