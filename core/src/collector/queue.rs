//! The queue between the calling threads and the worker.
//!
//! A mutex around a deque: the calling thread holds it for a few instructions, and the worker takes whole batches. The
//! worker is woken once when the queue begins to fill and then gathers for a while, so that a busy program makes a few
//! wake-ups a second and not one for each query.

use std::borrow::Cow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::CollectorConfig;
use super::store::shift;
use crate::profiler::TraceShared;
use crate::quiet::{discard, quietly};
use crate::{Id, Info, Phase};

/// From so many held messages on, those who push keep only what is small.
const BEHIND: usize = 4096;

/// So many spent infos wait for the threads that free them; more are freed by the worker.
const SPENT: usize = 1024;

/// The longest pause before messages are written again when the queue is closed.
const PAUSE_WHEN_CLOSED: Duration = Duration::from_millis(100);

/// Something that is too slow for the threads that record, such as reading debug information.
pub(crate) type Chore = Box<dyn FnOnce() + Send>;

/// A message that is not rendered yet.
pub(crate) struct Record {
    pub(crate) trace: Arc<TraceShared>,
    pub(crate) name: Cow<'static, str>,
    pub(crate) phase: Phase,
    pub(crate) trace_id: Id,
    pub(crate) parent_id: Id,
    pub(crate) at: Instant,
    pub(crate) info: Info,
    /// About how many bytes this keeps in memory.
    pub(crate) weight: usize,
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) stored: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) failed: AtomicU64,
}

pub(crate) struct Queue {
    pub(super) config: CollectorConfig,
    pub(super) counters: Counters,
    state: Mutex<State>,
    /// Whether more than [`BEHIND`] messages were held when the queue last changed.
    behind: AtomicBool,
    /// The worker, and the threads of several stores.
    workers: RwLock<Vec<ThreadId>>,
    /// Tells the worker that there is something to do.
    work: Condvar,
    /// Tells those who wait before they write again that the queue is closed.
    retry: Condvar,
    /// Tells those who flush that a batch is done or the worker gone.
    done: Condvar,
}

#[derive(Default)]
struct State {
    records: VecDeque<Record>,
    /// What the worker has rendered: each thread that pushes takes one and frees it.
    spent: Vec<Info>,
    /// What the worker is to do beside its messages.
    chores: Vec<Chore>,
    /// Records in `records` and in the worker's hands.
    held: usize,
    /// Their weight.
    held_bytes: usize,
    /// Records taken so far, of those how many the worker has begun with, and up to which it is done with all.
    taken: u64,
    begun: u64,
    finished: u64,
    /// What is done behind `finished`: from where on, and how many.
    finished_later: BTreeMap<u64, u64>,
    /// The worker shall not linger until it has begun with so many.
    flush_to: u64,
    /// The worker waits for a first record.
    idle: bool,
    /// Nothing more is taken.
    closed: bool,
    /// When nobody waits any more for what is left.
    give_up: Option<Instant>,
    /// The worker is gone.
    gone: bool,
}

impl Queue {
    pub(super) fn new(config: CollectorConfig) -> Self {
        Self {
            config,
            counters: Counters::default(),
            state: Mutex::default(),
            behind: AtomicBool::new(false),
            workers: RwLock::default(),
            work: Condvar::new(),
            retry: Condvar::new(),
            done: Condvar::new(),
        }
    }

    /// Takes a record, or counts it as dropped. `record` makes it in its place in the queue, from `info`: it is large.
    #[inline]
    pub(crate) fn push(&self, trace: &TraceShared, info: Info, record: impl FnOnce(Info, usize) -> Record) {
        let bytes = size_of::<Record>() + info.weight();
        let mut state = self.lock();
        let full = state.held >= self.config.queue_messages
            || (state.held > 0 && state.held_bytes + bytes > self.config.queue_bytes);
        if state.closed || full {
            drop(state);
            self.counters.dropped.fetch_add(1, Relaxed);
            trace.lost.fetch_add(1, Relaxed);
            // Nothing of the program's is dropped under the lock, nor panics into its query.
            return discard(info);
        }
        let spent = if info.is_later() { state.spent.pop() } else { None };
        state.held += 1;
        state.held_bytes += bytes;
        state.taken += 1;
        state.records.push_back(record(info, bytes));
        if state.held == BEHIND {
            self.behind.store(true, Relaxed);
        }
        let wake = std::mem::take(&mut state.idle) || state.records.len() == self.config.batch;
        drop(state);
        // Freed here, where it was allocated, while nothing is locked.
        if let Some(spent) = spent {
            discard(spent);
        }
        if wake {
            self.work.notify_one();
        }
    }

    /// Has the worker do something soon; what comes when the queue is closed is not done.
    pub(crate) fn later(&self, chore: Chore) {
        /// Chores are rare; a program that makes them faster than the worker does them loses some.
        const MAX_CHORES: usize = 256;
        let mut state = self.lock();
        if !state.closed && state.chores.len() < MAX_CHORES {
            state.chores.push(chore);
            let wake = std::mem::take(&mut state.idle);
            drop(state);
            if wake {
                self.work.notify_one();
            }
        }
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.behind.load(Relaxed)
    }

    /// Waits until everything taken so far is stored or counted as failed; `false` when that took longer than `timeout`.
    pub(super) fn flush(&self, timeout: Duration) -> bool {
        let mut state = self.lock();
        let target = state.taken;
        state.flush_to = state.flush_to.max(target);
        self.work.notify_one();
        let timeout = self.patience(timeout);
        let (state, _) = self
            .done
            .wait_timeout_while(state, timeout, |state| state.finished < target && !state.gone)
            .unwrap_or_else(PoisonError::into_inner);
        state.finished >= target
    }

    /// Takes nothing more, and waits until the worker has stored what is left; `false` when that took longer.
    ///
    /// Only the first call waits: who gave the store a time does not wait for it again.
    pub(super) fn close(&self, timeout: Duration) -> bool {
        let mut state = self.lock();
        if std::mem::replace(&mut state.closed, true) {
            return state.gone;
        }
        state.give_up = Instant::now().checked_add(timeout);
        self.work.notify_one();
        self.retry.notify_all();
        if self.patience(timeout).is_zero() {
            return true;
        }
        let (state, waited) =
            self.done.wait_timeout_while(state, timeout, |state| !state.gone).unwrap_or_else(PoisonError::into_inner);
        // Whoever logs may run code that records points of its own.
        drop(state);
        if waited.timed_out() {
            quietly(|| {
                tracing::warn!("the store did not take the last messages within {timeout:?}: they may be lost");
            });
        }
        !waited.timed_out()
    }

    /// How long the calling thread may wait for the worker: the worker itself, called back by a driver or function, not at all.
    fn patience(&self, timeout: Duration) -> Duration {
        let workers = self.workers.read().unwrap_or_else(PoisonError::into_inner);
        if workers.contains(&thread::current().id()) { Duration::ZERO } else { timeout }
    }

    /// The calling thread is the worker, or writes to one of several stores.
    pub(super) fn adopt(&self) {
        self.workers.write().unwrap_or_else(PoisonError::into_inner).push(thread::current().id());
        super::enter_worker();
    }

    /// Counts `messages`, of which `failed` are lost, as done. So many were taken `before` them.
    pub(super) fn count(&self, before: u64, messages: usize, failed: usize) {
        let mut locked = self.tally(messages, failed);
        let state = &mut *locked;
        state.finished_later.insert(before, messages as u64);
        while let Some(next) = state.finished_later.first_entry()
            && *next.key() <= state.finished
        {
            state.finished += next.remove();
        }
        self.changed(locked);
    }

    /// As [`count`](Self::count), of the messages that come next.
    pub(super) fn count_next(&self, messages: usize, failed: usize) {
        let mut state = self.tally(messages, failed);
        state.finished += messages as u64;
        self.changed(state);
    }

    fn tally(&self, messages: usize, failed: usize) -> MutexGuard<'_, State> {
        self.counters.failed.fetch_add(failed as u64, Relaxed);
        self.counters.stored.fetch_add((messages - failed) as u64, Relaxed);
        let mut state = self.lock();
        state.held -= messages;
        state
    }

    /// So many messages that had counted as stored are lost.
    pub(super) fn recount(&self, lost: u64) {
        shift(&self.counters.stored, &self.counters.failed, lost);
    }

    /// Waits for `pause`, and says whether messages may be written again: until somebody who closed the queue has waited
    /// long enough.
    pub(super) fn may_retry_after(&self, pause: Duration) -> bool {
        let begun = Instant::now();
        let mut state = self.lock();
        loop {
            // Whoever closes the queue has little time.
            let pause = if state.closed { pause.min(PAUSE_WHEN_CLOSED) } else { pause };
            if state.closed && state.give_up.is_none_or(|give_up| Instant::now() + pause >= give_up) {
                return false;
            }
            let Some(left) = pause.checked_sub(begun.elapsed()).filter(|left| !left.is_zero()) else { return true };
            state = self.retry.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Moves the next records to `batch`, which is empty, and chores to `chores`; `false` when the queue is closed and empty,
    /// and these are the last chores.
    pub(super) fn next_batch(&self, batch: &mut VecDeque<Record>, chores: &mut Vec<Chore>) -> bool {
        let mut state = self.lock();
        while state.records.is_empty() {
            chores.append(&mut state.chores);
            if state.closed {
                return false;
            }
            if !chores.is_empty() {
                return true;
            }
            state.idle = true;
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.idle = false;
        let gather = |state: &mut State| {
            state.records.len() < self.config.batch && state.flush_to <= state.begun && !state.closed
        };
        let (mut state, _) =
            self.work.wait_timeout_while(state, self.config.linger, gather).unwrap_or_else(PoisonError::into_inner);
        if state.records.len() <= self.config.batch {
            std::mem::swap(&mut state.records, batch);
        } else {
            batch.extend(state.records.drain(..self.config.batch.max(1)));
        }
        state.begun += batch.len() as u64;
        chores.append(&mut state.chores);
        true
    }

    /// Leaves spent infos to the calling threads, as far as there is room, and drops the others.
    pub(super) fn give_back(&self, spent: &mut Vec<Info>) {
        if !spent.is_empty() {
            let mut state = self.lock();
            let room = SPENT.saturating_sub(state.spent.len()).min(spent.len());
            state.spent.extend(spent.drain(..room));
            drop(state);
            spent.clear();
        }
    }

    /// Forgets `bytes` of weight.
    pub(super) fn give_back_bytes(&self, bytes: usize) {
        let mut state = self.lock();
        state.held_bytes -= bytes;
        self.changed(state);
    }

    /// Fewer records are held.
    fn changed(&self, state: MutexGuard<'_, State>) {
        if state.held < BEHIND {
            self.behind.store(false, Relaxed);
        }
        drop(state);
        self.done.notify_all();
    }

    /// The worker is gone: whatever is held, and whatever comes, is lost and counted.
    pub(super) fn abandon(&self) {
        let mut state = self.lock();
        state.closed = true;
        let left = std::mem::take(&mut state.records);
        let chores = std::mem::take(&mut state.chores);
        let held = std::mem::take(&mut state.held);
        state.held_bytes = 0;
        state.finished = state.taken;
        drop(state);
        left.into_iter().for_each(discard);
        chores.into_iter().for_each(discard);
        self.counters.failed.fetch_add(held as u64, Relaxed);
        if held > 0 {
            quietly(|| {
                tracing::warn!(lost = held, "the collector's worker is gone: trace points are not recorded any more");
            });
        }
        // Last, so that who waited for the worker finds all of this done.
        self.lock().gone = true;
        self.done.notify_all();
    }

    pub(super) fn recorded(&self) -> u64 {
        self.lock().taken
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
