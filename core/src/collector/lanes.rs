//! [`Lanes`]: several stores behind one queue, each with a thread of its own, so that none waits for another.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::queue::Queue;
use super::store::{Store, StoreCounters};
use crate::Message;
use crate::quiet::discard;

/// Messages on their way to several stores. When the last store is done with them, they are counted.
struct Batch {
    queue: Arc<Queue>,
    /// How many were handed over before them.
    before: u64,
    messages: Vec<Message>,
    bytes: usize,
    /// How many were lost, taken together over the stores.
    failed: AtomicUsize,
}

impl Drop for Batch {
    fn drop(&mut self) {
        let messages = self.messages.len();
        self.queue.count(self.before, messages, self.failed.load(Relaxed).min(messages));
    }
}

/// What waits for one store.
#[derive(Default)]
struct Waiting {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    batches: VecDeque<Arc<Batch>>,
    /// Messages and bytes in `batches` and in the thread's hands.
    messages: usize,
    bytes: usize,
    closed: bool,
    /// Whether messages found no room since the thread last looked.
    overflow: bool,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A store's thread, which says at its end what [`run`] does, and what it shares with the collector's.
struct Lane {
    waiting: Arc<Waiting>,
    counters: Arc<StoreCounters>,
    thread: Option<JoinHandle<u64>>,
}

/// The stores' threads. Dropping this waits until they are done.
pub(super) struct Lanes {
    queue: Arc<Queue>,
    /// How many messages were handed over.
    handed: u64,
    lanes: Vec<Lane>,
}

impl Lanes {
    pub(super) fn start(queue: &Arc<Queue>, stores: Vec<Store>) -> Self {
        let lanes = stores.into_iter().map(|store| start(queue, store)).collect();
        Self { queue: Arc::clone(queue), handed: 0, lanes }
    }

    /// Hands the messages to every store that has room for them.
    pub(super) fn write(&mut self, messages: &mut Vec<Message>) {
        // A store that hangs may hold its part of what the queue may, and the others go on with theirs.
        let most = self.queue.config.queue_messages / self.lanes.len().max(2);
        while !messages.is_empty() {
            // A batch of the size of a part would find no room behind a single message.
            let rest = messages.split_off(messages.len().min((most / 4).max(1)));
            self.hand_over(std::mem::replace(messages, rest), most);
        }
    }

    fn hand_over(&mut self, messages: Vec<Message>, most: usize) {
        let bytes = messages.iter().map(|message| message.json().len()).sum();
        let count = messages.len();
        let failed = AtomicUsize::new(if self.lanes.is_empty() { count } else { 0 });
        let batch = Batch { queue: Arc::clone(&self.queue), before: self.handed, messages, bytes, failed };
        self.handed += count as u64;
        let batch = Arc::new(batch);
        for Lane { waiting, counters, .. } in &self.lanes {
            let mut state = waiting.lock();
            let is_full = state.messages > 0
                && (state.messages + count > most || state.bytes + bytes > self.queue.config.queue_bytes);
            if state.closed || is_full {
                state.overflow = true;
                counters.count(count, count);
                batch.failed.fetch_add(count, Relaxed);
            } else {
                state.messages += count;
                state.bytes += bytes;
                state.batches.push_back(Arc::clone(&batch));
            }
            drop(state);
            waiting.changed.notify_one();
        }
    }
}

impl Drop for Lanes {
    fn drop(&mut self) {
        for lane in &self.lanes {
            lane.waiting.lock().closed = true;
            lane.waiting.changed.notify_one();
        }
        for Lane { thread, .. } in &mut self.lanes {
            // A thread that panicked has counted what it held: see `Abandon`.
            if let Some(Ok(lost)) = thread.take().map(JoinHandle::join) {
                self.queue.recount(lost);
            }
        }
    }
}

fn start(queue: &Arc<Queue>, store: Store) -> Lane {
    let (waiting, counters) = (Arc::new(Waiting::default()), store.counters());
    let (theirs, their_queue) = (Arc::clone(&waiting), Arc::clone(queue));
    let spawned =
        thread::Builder::new().name("osprofiler-store".to_owned()).spawn(move || run(&theirs, &their_queue, store));
    let thread = spawned.map_err(|error| {
        tracing::warn!(%error, "no thread for one of the stores: nothing is stored there");
        waiting.lock().closed = true;
    });
    Lane { waiting, counters, thread: thread.ok() }
}

/// Writes until there will be no more, and says how much was lost in the end of what had counted as stored.
fn run(waiting: &Waiting, queue: &Queue, mut store: Store) -> u64 {
    queue.adopt();
    let mut abandon = Abandon { waiting, counters: store.counters(), batch: None };
    while let Some(batch) = next(waiting, &mut store) {
        let batch = abandon.batch.insert(batch);
        let failed = store.write(&batch.messages, queue);
        batch.failed.fetch_add(failed, Relaxed);
        let mut state = waiting.lock();
        state.messages -= batch.messages.len();
        state.bytes -= batch.bytes;
        drop(state);
        abandon.batch = None;
    }
    let lost = store.finish(queue);
    discard(store);
    lost
}

/// However a store's thread ends, nothing more is handed to it, and what it was handed is lost and counted.
struct Abandon<'a> {
    waiting: &'a Waiting,
    counters: Arc<StoreCounters>,
    /// What it has in its hands, which counts in the store's counters by itself.
    batch: Option<Arc<Batch>>,
}

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        let mut state = self.waiting.lock();
        state.closed = true;
        let left = std::mem::take(&mut state.batches);
        drop(state);
        for batch in &left {
            self.counters.count(batch.messages.len(), batch.messages.len());
        }
        for batch in left.into_iter().chain(self.batch.take()) {
            batch.failed.fetch_add(batch.messages.len(), Relaxed);
        }
    }
}

/// The next messages for the store; `None` when there will be no more.
fn next(waiting: &Waiting, store: &mut Store) -> Option<Arc<Batch>> {
    let mut state = waiting.lock();
    loop {
        let overflow = std::mem::take(&mut state.overflow);
        if overflow {
            // Whoever logs may take its time.
            drop(state);
            store.overflow();
            state = waiting.lock();
        }
        if let Some(batch) = state.batches.pop_front() {
            return Some(batch);
        }
        if state.closed {
            return None;
        }
        state = waiting.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
    }
}
