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

/// A driver gets about so many bytes at once.
const BATCH_BYTES: usize = 4 << 20;

/// Runs until the queue is closed and empty.
pub(super) fn run(queue: &Queue, driver: &dyn Driver, mut renderer: Renderer) {
    // However this thread ends, nobody waits for it afterwards and nothing is lost uncounted.
    let _abandon = Abandon(queue);
    queue.adopt();
    let mut health = Health::default();
    let (mut batch, mut messages) = (VecDeque::new(), Vec::new());
    while queue.next_batch(&mut batch) {
        let bytes = batch.iter().map(|record| record.weight).sum();
        let mut rendered = 0;
        for record in &mut batch {
            let message = renderer.message(record);
            rendered += message.json().len();
            messages.push(message);
            // A few messages can be long: the batch is written in parts then.
            if rendered >= BATCH_BYTES {
                write_part(queue, driver, &mut messages, &mut renderer, &mut health);
                rendered = 0;
            }
        }
        batch.clear();
        queue.give_back(renderer.spent());
        write_part(queue, driver, &mut messages, &mut renderer, &mut health);
        queue.finish(0, bytes);
        health.look_at_drops(queue.counters.dropped.load(Relaxed));
    }
}

/// Writes messages, if there are any, and counts what became of them.
fn write_part(
    queue: &Queue,
    driver: &dyn Driver,
    messages: &mut Vec<Message>,
    renderer: &mut Renderer,
    health: &mut Health,
) {
    if messages.is_empty() {
        return;
    }
    let failed = write(driver, messages, health);
    queue.counters.failed.fetch_add(failed as u64, Relaxed);
    queue.counters.stored.fetch_add((messages.len() - failed) as u64, Relaxed);
    queue.finish(messages.len(), 0);
    renderer.recycle(messages);
}

/// Writes messages and says how many were lost.
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
    /// Whether the log says that the store fails.
    announced: bool,
    warned: Option<Instant>,
    drops_seen: u64,
    drops_warned: Option<Instant>,
}

impl Health {
    fn failed(&mut self, cause: &dyn std::fmt::Display) {
        if !self.failing && due(&mut self.warned) {
            tracing::warn!(%cause, "trace points cannot be stored; further failures are counted and not logged");
            self.announced = true;
        }
        self.failing = true;
    }

    fn recovered(&mut self) {
        self.failing = false;
        if std::mem::take(&mut self.announced) {
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
