//! [`Store`]: a driver, how it fares, and what is tried again.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::queue::Queue;
use crate::Message;
use crate::driver::Driver;

/// A failing store is logged when it begins to fail, and then at most this often.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// The pause before messages are written again, which doubles each time up to the other.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// What became of the messages for one store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStats {
    /// What the store's driver is called.
    pub name: &'static str,
    /// Messages the driver stored.
    pub stored: u64,
    /// Messages lost on the way to this store.
    pub failed: u64,
}

/// The counters behind [`StoreStats`].
#[derive(Default)]
pub(super) struct StoreCounters {
    name: &'static str,
    stored: AtomicU64,
    failed: AtomicU64,
}

impl StoreCounters {
    pub(super) fn new(name: &'static str) -> Self {
        Self { name, ..Self::default() }
    }

    pub(super) fn count(&self, messages: usize, failed: usize) {
        self.stored.fetch_add((messages - failed) as u64, Relaxed);
        self.failed.fetch_add(failed as u64, Relaxed);
    }

    pub(super) fn stats(&self) -> StoreStats {
        StoreStats { name: self.name, stored: self.stored.load(Relaxed), failed: self.failed.load(Relaxed) }
    }
}

/// Counts messages when it is dropped.
struct Counted {
    counters: Arc<StoreCounters>,
    messages: usize,
    failed: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.counters.count(self.messages, self.failed);
    }
}

/// A driver, as a thread of the collector's uses it.
pub(super) struct Store {
    driver: Arc<dyn Driver>,
    counters: Arc<StoreCounters>,
    health: Health,
}

impl Store {
    pub(super) fn new(driver: Arc<dyn Driver>, counters: Arc<StoreCounters>) -> Self {
        Self { driver, counters, health: Health::default() }
    }

    /// Writes messages, for a while again where the store may take them later, counts what became of them, and says how
    /// many were lost.
    pub(super) fn write(&mut self, messages: &[Message], queue: &Queue) -> usize {
        // Whoever is told of a failure may panic: until the end all count as lost.
        let mut counted =
            Counted { counters: Arc::clone(&self.counters), messages: messages.len(), failed: messages.len() };
        counted.failed = self.lost_of(messages, queue);
        counted.failed
    }

    pub(super) fn counters(&self) -> Arc<StoreCounters> {
        Arc::clone(&self.counters)
    }

    /// Has the driver store what it has held back, for a while again where that may succeed later, and says how many messages
    /// were lost that had counted as stored.
    pub(super) fn finish(&mut self, queue: &Queue) -> u64 {
        let mut patience = Patience::new();
        let failed = loop {
            match catch_unwind(AssertUnwindSafe(|| self.driver.finish())) {
                Ok(Ok(())) => break 0,
                Ok(Err(error)) => {
                    self.health.failed(&crate::error::Chain(&error));
                    if !error.is_retryable() || !patience.lasts(queue) {
                        break error.failed;
                    }
                }
                // How many it held is not known.
                Err(_panic) => {
                    self.health.failed(&"the driver panicked");
                    break 0;
                }
            }
        };
        let failed = failed as u64;
        shift(&self.counters.stored, &self.counters.failed, failed);
        failed
    }

    /// Messages found no room.
    pub(super) fn overflow(&mut self) {
        self.health.failed(&"the store is too slow: its part of the queue is full");
    }

    fn lost_of(&mut self, messages: &[Message], queue: &Queue) -> usize {
        let mut patience = Patience::new();
        let (mut rest, mut lost) = (messages, 0);
        loop {
            match catch_unwind(AssertUnwindSafe(|| self.driver.write(rest))) {
                Ok(Ok(())) => {
                    self.health.recovered();
                    return lost;
                }
                Ok(Err(error)) => {
                    let failed = error.failed.min(rest.len());
                    self.health.failed(&crate::error::Chain(&error));
                    if !error.is_retryable() || !patience.lasts(queue) {
                        return lost + failed;
                    }
                    // Whatever a driver says, each message counts once.
                    let done = rest.len() - error.retry_last.min(rest.len());
                    lost += error.lost_at_once().min(done);
                    rest = &rest[done..];
                }
                Err(_panic) => {
                    self.health.failed(&"the driver panicked");
                    return lost + rest.len();
                }
            }
        }
    }
}

/// How long the same is tried again.
struct Patience {
    begun: Instant,
    pause: Duration,
}

impl Patience {
    fn new() -> Self {
        Self { begun: Instant::now(), pause: FIRST_PAUSE }
    }

    /// Pauses, and says whether it is worth another try.
    fn lasts(&mut self, queue: &Queue) -> bool {
        let lasts = self.begun.elapsed() < queue.config.retry_for && queue.may_retry_after(self.pause);
        self.pause = LONGEST_PAUSE.min(self.pause * 2);
        lasts
    }
}

/// Counts `messages` elsewhere.
pub(super) fn shift(from: &AtomicU64, to: &AtomicU64, messages: u64) {
    let before = from.fetch_update(Relaxed, Relaxed, |count| Some(count.saturating_sub(messages)));
    to.fetch_add(before.map_or(0, |before| before.min(messages)), Relaxed);
}

/// Decides what is worth a line in the log.
#[derive(Default)]
struct Health {
    /// Whether the log says that the store fails.
    announced: bool,
    warned: Option<Instant>,
}

impl Health {
    fn failed(&mut self, cause: &dyn std::fmt::Display) {
        if !self.announced && due(&mut self.warned) {
            tracing::warn!(%cause, "trace points cannot be stored; further failures are counted and not logged");
            self.announced = true;
        }
    }

    fn recovered(&mut self) {
        if std::mem::take(&mut self.announced) {
            tracing::info!("trace points are stored again");
        }
    }
}

/// Says when the queue was full.
#[derive(Default)]
pub(super) struct Drops {
    seen: u64,
    warned: Option<Instant>,
}

impl Drops {
    pub(super) fn look_at(&mut self, dropped: u64) {
        if dropped > self.seen && due(&mut self.warned) {
            tracing::warn!(
                dropped,
                "the collector's queue was full: trace points were dropped; further drops are counted and not logged"
            );
        }
        self.seen = dropped;
    }
}

/// Whether a warning was not given within the last minute; if so, it is now.
fn due(last: &mut Option<Instant>) -> bool {
    let due = last.is_none_or(|last| last.elapsed() >= WARN_EVERY);
    if due {
        *last = Some(Instant::now());
    }
    due
}
