//! Running code in a trace of its own, and taking what it recorded.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Trace;
use crate::report::handed_out;
use crate::{CollectorConfig, Message, Notifier, Profiler, TraceExt as _};

/// How long the last messages may take into memory, which is long on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Awaits `future` in a trace of its own and returns what it did; what it returned is dropped.
///
/// # Cancel safety
///
/// Dropped half-way it drops `future`, and nothing is left of the trace.
pub async fn capture<F: Future>(future: F) -> Trace {
    capture_output(future).await.1
}

/// As [`capture`], with what the future returned.
pub async fn capture_output<F: Future>(future: F) -> (F::Output, Trace) {
    let capture = Capture::begin(CollectorConfig::default());
    let output = future.in_trace(&capture.profiler).await;
    (output, capture.end())
}

/// Runs `f` in a trace of its own, and returns what it returned and what it did.
///
/// ```
/// use osprofiler::{Trace, testing};
///
/// let (two, trace) = testing::capture_blocking(|| {
///     let _trace = Trace::new("add", ());
///     1 + 1
/// });
/// assert_eq!(two, 2);
/// trace.assert_queries(0);
/// assert!(trace.find("add").is_some());
/// ```
pub fn capture_blocking<T>(f: impl FnOnce() -> T) -> (T, Trace) {
    let capture = Capture::begin(CollectorConfig::default());
    let output = capture.profiler.in_scope(f);
    (output, capture.end())
}

/// A trace, and the messages of it so far.
pub(super) struct Capture {
    pub(super) profiler: Profiler,
    notifier: Notifier,
    messages: Arc<Mutex<Vec<Message>>>,
}

impl Capture {
    pub(super) fn begin(config: CollectorConfig) -> Self {
        let messages = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&messages);
        let take = move |message: &Message| lock(&theirs).push(message.clone());
        let notifier = Notifier::builder().collector(config).build_function(take);
        Self { profiler: Profiler::capturing(&notifier), notifier, messages }
    }

    pub(super) fn end(self) -> Trace {
        let in_time = self.notifier.flush(PATIENCE);
        let stats = self.notifier.stats();
        let messages = std::mem::take(&mut *lock(&self.messages));
        // Of what was handed out after the last message no message tells.
        let handed_out = handed_out::from_json(&self.profiler.trace.handed_out.to_json());
        Trace::new(messages, handed_out, stats.dropped + stats.failed, in_time)
    }
}

fn lock(messages: &Mutex<Vec<Message>>) -> std::sync::MutexGuard<'_, Vec<Message>> {
    messages.lock().unwrap_or_else(PoisonError::into_inner)
}
