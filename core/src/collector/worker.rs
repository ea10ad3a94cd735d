//! The collector's worker: has records rendered and hands them to the store, or to the threads of several.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::lanes::Lanes;
use super::queue::{Chore, Queue};
use super::render::Renderer;
use super::store::{Drops, Store};
use crate::Message;
use crate::quiet::{discard, quietly};

/// A driver gets about so many bytes at once.
const BATCH_BYTES: usize = 4 << 20;

/// Where rendered messages go.
enum Stores {
    One(Store),
    Several(Lanes),
}

/// Runs until the queue is closed and empty.
pub(super) fn run(queue: &Arc<Queue>, mut stores: Vec<Store>, mut renderer: Renderer) {
    // However this thread ends, no flush waits for it afterwards and nothing is lost uncounted.
    let _abandon = Abandon(queue);
    queue.adopt();
    let mut stores = match (stores.pop(), stores.is_empty()) {
        (Some(store), true) => Stores::One(store),
        (last, _) => Stores::Several(Lanes::start(queue, stores.into_iter().chain(last).collect())),
    };
    let mut drops = Drops::default();
    let (mut batch, mut messages, mut chores) = (VecDeque::new(), Vec::new(), Vec::new());
    while queue.next_batch(&mut batch, &mut chores) {
        let bytes = batch.iter().map(|record| record.weight).sum();
        let mut rendered = 0;
        for record in &mut batch {
            let message = renderer.message(record);
            rendered += message.json().len();
            messages.push(message);
            // A few messages can be long: the batch is written in parts then.
            if rendered >= BATCH_BYTES {
                stores.write(queue, &mut messages, &mut renderer);
                rendered = 0;
            }
        }
        batch.clear();
        queue.give_back(renderer.spent());
        stores.write(queue, &mut messages, &mut renderer);
        queue.give_back_bytes(bytes);
        drops.look_at(queue.counters.dropped.load(Relaxed));
        run_chores(&mut chores);
    }
    run_chores(&mut chores);
    stores.finish(queue);
}

/// The program's log is where they end, which may panic.
fn run_chores(chores: &mut Vec<Chore>) {
    for chore in chores.drain(..) {
        quietly(chore);
    }
}

impl Stores {
    /// Writes messages, if there are any, and sees to it that what becomes of them is counted.
    fn write(&mut self, queue: &Queue, messages: &mut Vec<Message>, renderer: &mut Renderer) {
        if messages.is_empty() {
            return;
        }
        match self {
            Self::One(store) => {
                let failed = store.write(messages, queue);
                queue.count_next(messages.len(), failed);
                renderer.recycle(messages);
            }
            Self::Several(lanes) => lanes.write(messages),
        }
    }

    /// Nothing more comes.
    fn finish(self, queue: &Queue) {
        match self {
            Self::One(mut store) => {
                queue.recount(store.finish(queue));
                discard(store);
            }
            // Each thread does the same, and is waited for.
            Self::Several(lanes) => drop(lanes),
        }
    }
}

struct Abandon<'a>(&'a Queue);

impl Drop for Abandon<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
