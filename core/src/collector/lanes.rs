//! [`Lanes`]: several stores behind one queue, each with a thread of its own, so that none waits for another.

use std::collections::VecDeque;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::queue::Queue;
use super::store::Store;
use crate::Message;

/// Messages on their way to several stores. When the last store is done with them, they are counted.
struct Batch {
    queue: Arc<Queue>,
    messages: Vec<Message>,
    bytes: usize,
    /// How many were lost, taken together over the stores.
    failed: AtomicUsize,
}

impl Drop for Batch {
    fn drop(&mut self) {
        let messages = self.messages.len();
        self.queue.count(messages, self.failed.load(Relaxed).min(messages));
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
    /// Messages that found no room since the thread last looked.
    overflow: usize,
}

impl Waiting {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stores' threads. Dropping this waits until they are done.
pub(super) struct Lanes {
    queue: Arc<Queue>,
    lanes: Vec<(Arc<Waiting>, Option<JoinHandle<()>>)>,
}

impl Lanes {
    pub(super) fn start(queue: &Arc<Queue>, stores: Vec<Store>) -> Self {
        let lanes = stores.into_iter().map(|store| start(queue, store)).collect();
        Self { queue: Arc::clone(queue), lanes }
    }

    /// Hands the messages to every store that has room for them.
    pub(super) fn write(&self, messages: &mut Vec<Message>) {
        // A store that hangs may hold half of what the queue may, and the others go on with the other half.
        let most = self.queue.config.queue_messages / 2;
        let bytes = messages.iter().map(|message| message.json().len()).sum();
        let batch = Batch {
            queue: Arc::clone(&self.queue),
            messages: std::mem::take(messages),
            bytes,
            failed: AtomicUsize::new(0),
        };
        let batch = Arc::new(batch);
        for (waiting, _) in &self.lanes {
            let mut state = waiting.lock();
            let count = batch.messages.len();
            let is_full = state.messages > 0
                && (state.messages + count > most || state.bytes + bytes > self.queue.config.queue_bytes);
            if state.closed || is_full {
                state.overflow += count;
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
        for (waiting, _) in &self.lanes {
            waiting.lock().closed = true;
            waiting.changed.notify_one();
        }
        for (_, thread) in &mut self.lanes {
            // A thread that panicked has counted what it held.
            let _ = thread.take().map(JoinHandle::join);
        }
    }
}

fn start(queue: &Arc<Queue>, store: Store) -> (Arc<Waiting>, Option<JoinHandle<()>>) {
    let waiting = Arc::new(Waiting::default());
    let (theirs, their_queue) = (Arc::clone(&waiting), Arc::clone(queue));
    let spawned =
        thread::Builder::new().name("osprofiler-store".to_owned()).spawn(move || run(&theirs, &their_queue, store));
    let thread = spawned.map_err(|error| {
        tracing::warn!(%error, "no thread for one of the stores: nothing is stored there");
        waiting.lock().closed = true;
    });
    (waiting, thread.ok())
}

fn run(waiting: &Waiting, queue: &Queue, mut store: Store) {
    queue.adopt();
    while let Some(batch) = next(waiting, &mut store) {
        let failed = store.write(&batch.messages, queue);
        batch.failed.fetch_add(failed, Relaxed);
        let mut state = waiting.lock();
        state.messages -= batch.messages.len();
        state.bytes -= batch.bytes;
    }
}

/// The next messages for the store; `None` when there will be no more.
fn next(waiting: &Waiting, store: &mut Store) -> Option<Arc<Batch>> {
    let mut state = waiting.lock();
    loop {
        let overflow = std::mem::take(&mut state.overflow);
        if overflow > 0 {
            // Whoever logs may take its time.
            drop(state);
            store.overflow(overflow);
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
