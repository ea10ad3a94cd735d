//! Where messages go: the process-wide [`Notifier`], and notifiers of one's own.
//!
//! ```
//! use osprofiler::{Id, notifier, profiler};
//! use std::sync::{Arc, Mutex};
//! use std::time::Duration;
//!
//! let names = Arc::new(Mutex::new(Vec::new()));
//! let seen = Arc::clone(&names);
//! notifier::set(move |message: &osprofiler::Message| seen.lock().unwrap().push(message.name()));
//!
//! profiler::init("SECRET_KEY", None, None);
//! profiler::start("render", ());
//! profiler::stop(());
//! profiler::clean();
//!
//! notifier::get().flush(Duration::from_secs(5));
//! assert_eq!(*names.lock().unwrap(), ["render-start", "render-stop"]);
//! ```

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::Message;
use crate::collector::{Collector, CollectorConfig, CollectorStats, Queue, Renderer, StoreStats};
use crate::driver::{self, Driver, DriverError, DriverOptions, WriteError};

static GLOBAL: RwLock<Notifier> = RwLock::new(Notifier(None));

/// Takes messages: a collector with its driver or function, or nothing at all.
///
/// Cheap to clone. When the last clone is dropped, what is left in the queue is stored, which may take up to five
/// seconds; what comes after that from traces that are still open is counted as dropped.
#[derive(Clone, Default)]
pub struct Notifier(Option<Arc<Collector>>);

/// Makes the notifier that traces begun from now on send to.
///
/// A function is called on the collector's worker, once for each message; what it panics with is counted as failed.
///
/// Nothing drops the process-wide notifier when the program ends: [`flush`](Notifier::flush) it before, or let the guard of
/// [`init_from_conf`](crate::initializer::init_from_conf) do so.
pub fn set(notifier: impl Into<Notifier>) {
    let mut notifier = notifier.into();
    // The old one is dropped after the lock is released: its last messages may take a while.
    std::mem::swap(&mut *GLOBAL.write().unwrap_or_else(PoisonError::into_inner), &mut notifier);
}

/// Takes `notifier` back, and says whether it was still the process-wide one.
pub(crate) fn unset(notifier: &Notifier) -> bool {
    let mut global = GLOBAL.write().unwrap_or_else(PoisonError::into_inner);
    let is_set = match (&global.0, &notifier.0) {
        (Some(global), Some(collector)) => Arc::ptr_eq(global, collector),
        _ => false,
    };
    if is_set {
        // Dropped while the lock is held, but never the last clone: `notifier` is another.
        *global = Notifier::default();
    }
    is_set
}

/// The process-wide notifier; until one is [`set`], one that takes nothing.
#[must_use]
pub fn get() -> Notifier {
    GLOBAL.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Makes a notifier for a connection string, with the default queue.
///
/// `project`, `service` and `host` go into every message; without `host` it is this machine's name.
///
/// # Errors
///
/// What [`driver::connect`] says of the connection string.
pub fn create(
    connection_string: &str,
    project: Option<&str>,
    service: Option<&str>,
    host: Option<&str>,
) -> Result<Notifier, DriverError> {
    let drivers = driver::connect_each(connection_string, &DriverOptions::default())?;
    Ok(Notifier::builder().project(project).service(service).host(host).build_for_all(drivers))
}

impl Notifier {
    /// A notifier with settings of its own.
    #[must_use]
    pub fn builder() -> NotifierBuilder {
        NotifierBuilder::default()
    }

    /// Waits until all messages so far are stored or counted as lost; `false` when that took longer than `timeout`.
    ///
    /// Blocks the calling thread, unless that is the collector's own worker: what a driver or function calls cannot wait for
    /// itself.
    pub fn flush(&self, timeout: Duration) -> bool {
        self.0.as_ref().is_none_or(|collector| collector.flush(timeout))
    }

    /// What became of the messages so far.
    #[must_use]
    pub fn stats(&self) -> CollectorStats {
        self.0.as_ref().map(|collector| collector.stats()).unwrap_or_default()
    }

    /// What became of the messages for each store, where there are several.
    ///
    /// In [`stats`](Self::stats) a message counts as stored when all stores have it, and as failed when one has lost it;
    /// messages that are lost in several stores may count several times there, up to the number that was recorded.
    #[must_use]
    pub fn store_stats(&self) -> Vec<StoreStats> {
        self.0.as_ref().map(|collector| collector.store_stats()).unwrap_or_default()
    }

    /// Takes nothing more, in no clone either, and stores what is left; `false` when that took longer than `timeout`.
    pub(crate) fn shutdown(&self, timeout: Duration) -> bool {
        self.0.as_ref().is_none_or(|collector| collector.shutdown(timeout))
    }

    pub(crate) fn queue(&self) -> Option<Arc<Queue>> {
        self.0.as_ref().map(|collector| Arc::clone(collector.queue()))
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(collector) => f.debug_tuple("Notifier").field(&collector.stats()).finish(),
            None => f.write_str("Notifier(none)"),
        }
    }
}

impl<F: Fn(&Message) + Send + Sync + 'static> From<F> for Notifier {
    fn from(function: F) -> Self {
        Self::builder().build_function(function)
    }
}

/// Settings of a [`Notifier`].
#[derive(Debug, Default)]
pub struct NotifierBuilder {
    project: Option<Arc<str>>,
    service: Option<Arc<str>>,
    host: Option<Arc<str>>,
    collector: CollectorConfig,
}

impl NotifierBuilder {
    /// The project that goes into every message. Default: none.
    #[must_use]
    pub fn project<'a>(mut self, project: impl Into<Option<&'a str>>) -> Self {
        self.project = project.into().map(Arc::from);
        self
    }

    /// The service that goes into every message. Default: none.
    #[must_use]
    pub fn service<'a>(mut self, service: impl Into<Option<&'a str>>) -> Self {
        self.service = service.into().map(Arc::from);
        self
    }

    /// The host that goes into every message's info. Default: this machine's name.
    #[must_use]
    pub fn host<'a>(mut self, host: impl Into<Option<&'a str>>) -> Self {
        self.host = host.into().map(Arc::from);
        self
    }

    /// The queue's bounds and pace.
    #[must_use]
    pub fn collector(mut self, config: CollectorConfig) -> Self {
        self.collector = config;
        self
    }

    /// Starts the collector's worker in front of `driver`.
    #[must_use]
    pub fn build(self, driver: Arc<dyn Driver>) -> Notifier {
        self.build_for_all([driver])
    }

    /// Starts the collector's worker in front of several drivers, all of which get all messages. Each has a thread of its
    /// own: a store that is slow or away does not keep the others waiting.
    #[must_use]
    pub fn build_for_all(self, drivers: impl IntoIterator<Item = Arc<dyn Driver>>) -> Notifier {
        let host = self.host.unwrap_or_else(|| Arc::from(gethostname::gethostname().to_string_lossy()));
        let renderer = Renderer::new(self.project, self.service, &host);
        Notifier(Some(Arc::new(Collector::start(drivers.into_iter().collect(), renderer, self.collector))))
    }

    /// With a function in the place of a store.
    pub(crate) fn build_function<F: Fn(&Message) + Send + Sync + 'static>(self, function: F) -> Notifier {
        self.build(Arc::new(FunctionDriver(function)))
    }
}

/// A user's function in the place of a store.
struct FunctionDriver<F>(F);

const FUNCTION: &str = "a notifier function";

impl<F: Fn(&Message) + Send + Sync> Driver for FunctionDriver<F> {
    fn name(&self) -> &'static str {
        FUNCTION
    }

    fn write(&self, batch: &[Message]) -> Result<(), WriteError> {
        let failed =
            batch.iter().filter(|message| catch_unwind(AssertUnwindSafe(|| (self.0)(message))).is_err()).count();
        match failed {
            0 => Ok(()),
            failed => {
                let source = DriverError::Unsupported { driver: FUNCTION, operation: "take a message: it panicked" };
                Err(WriteError::lost(failed, source))
            }
        }
    }
}
