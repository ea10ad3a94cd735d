//! The collector's worker: has records rendered and hands them to the driver.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use super::queue::Queue;
use super::render::Renderer;
use crate::Message;
use crate::driver::Driver;

/// A failing store is logged when it begins to fail, and then at most this often.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// Runs until the queue is closed and empty.
pub(super) fn run(queue: &Queue, driver: &dyn Driver, mut renderer: Renderer) {
    // However this thread ends, nobody waits for it afterwards and nothing is lost uncounted.
    let _abandon = Abandon(queue);
    let mut health = Health::default();
    let (mut batch, mut messages) = (VecDeque::new(), Vec::new());
    while queue.next_batch(&mut batch) {
        let (count, bytes) = (batch.len(), batch.iter().map(|record| record.weight).sum());
        messages.extend(batch.iter_mut().map(|record| renderer.message(record)));
        batch.clear();
        let failed = write(driver, &messages, &mut health);
        renderer.recycle(&mut messages);
        queue.counters.failed.fetch_add(failed as u64, Relaxed);
        queue.counters.stored.fetch_add((count - failed) as u64, Relaxed);
        queue.finish(count, bytes);
        health.look_at_drops(queue.counters.dropped.load(Relaxed));
    }
}

/// Writes a batch and says how many messages were lost.
fn write(driver: &dyn Driver, messages: &[Message], health: &mut Health) -> usize {
    match catch_unwind(AssertUnwindSafe(|| driver.write(messages))) {
        Ok(Ok(())) => {
            health.recovered();
            0
        }
        Ok(Err(error)) => {
            let failed = error.failed.min(messages.len());
            health.failed(&crate::error::Chain(&error));
            failed
        }
        Err(_panic) => {
            health.failed(&"the driver panicked");
            messages.len()
        }
    }
}

/// Decides what is worth a line in the log.
#[derive(Default)]
struct Health {
    failing: bool,
    warned: Option<Instant>,
    drops_seen: u64,
    drops_warned: Option<Instant>,
}

impl Health {
    fn failed(&mut self, cause: &dyn std::fmt::Display) {
        if !self.failing && due(&mut self.warned) {
            tracing::warn!(%cause, "trace points cannot be stored; further failures are counted and not logged");
        }
        self.failing = true;
    }

    fn recovered(&mut self) {
        if std::mem::take(&mut self.failing) {
            tracing::info!("trace points are stored again");
        }
    }

    fn look_at_drops(&mut self, dropped: u64) {
        if dropped > self.drops_seen && due(&mut self.drops_warned) {
            tracing::warn!(
                dropped,
                "the collector's queue was full: trace points were dropped; further drops are counted and not logged"
            );
        }
        self.drops_seen = dropped;
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

struct Abandon<'a>(&'a Queue);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
