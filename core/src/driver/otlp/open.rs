//! [`Open`]: points that have begun and not ended, between batches. Its size is bounded, and what falls out is sent.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::span::PointMessages;
use crate::{Id, Message, Phase};

/// The open points may have about so many bytes together, as what waits in the collector's queue.
const BYTES: usize = 32 << 20;

/// A point: its trace and its own id.
type Key = (Id, Id);

/// The starts of points that wait for their stops.
pub(super) struct Open {
    limit: usize,
    /// The bytes in `starts`.
    bytes: usize,
    next: u64,
    starts: HashMap<Key, (u64, Message)>,
    /// The oldest first.
    order: BTreeMap<u64, Key>,
    /// How many messages were refused and nobody was told of yet.
    pub(super) refused: usize,
    /// Whether somebody was told, and last of all, that what is open cannot be sent now.
    pub(super) is_told: bool,
}

/// What a batch changes, once its spans are taken.
pub(super) struct Change<'a> {
    points: Vec<PointMessages<'a>>,
    parts: Parts,
}

/// The part of a change that borrows nothing.
pub(super) struct Parts {
    closed: HashSet<Key>,
    begun: Vec<(Key, Message)>,
}

impl<'a> Change<'a> {
    /// What the batch makes a span of.
    pub(super) fn points(&self) -> impl Iterator<Item = PointMessages<'a>> + '_ {
        self.points.iter().copied()
    }

    pub(super) fn into_parts(self) -> Parts {
        self.parts
    }
}

impl Open {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, next: 0, starts: HashMap::new(), order: BTreeMap::new(), refused: 0, is_told: false }
    }

    /// What `batch` ends, begins and pushes out. Nothing changes before [`apply`](Self::apply).
    pub(super) fn plan<'a>(&'a self, batch: &'a [Message]) -> Change<'a> {
        let mut points = Vec::new();
        let mut closed = HashSet::new();
        let mut begun: HashMap<Key, (usize, &'a Message)> = HashMap::new();
        for (at, message) in batch.iter().enumerate() {
            let key = (message.base_id().clone(), message.trace_id().clone());
            let earlier = match begun.remove(&key) {
                Some((_, start)) => Some(start),
                None if closed.contains(&key) => None,
                None => self.starts.get(&key).map(|(_, start)| {
                    closed.insert(key.clone());
                    start
                }),
            };
            match message.point().1 {
                Phase::Stop => points.push(PointMessages { start: earlier, stop: Some(message) }),
                Phase::Start => {
                    // A start that was written twice is one; two different ones with one id are two points.
                    if let Some(other) = earlier.filter(|earlier| *earlier != message) {
                        points.push(PointMessages::unfinished(other));
                    }
                    begun.insert(key, (at, message));
                }
            }
        }
        let mut begun: Vec<_> = begun.into_iter().map(|(key, (at, message))| (at, key, message)).collect();
        begun.sort_by_key(|(at, ..)| *at);
        let ended: usize = closed.iter().filter_map(|key| self.starts.get(key)).map(|(_, start)| weight(start)).sum();
        let mut count = self.starts.len() - closed.len() + begun.len();
        let mut bytes = self.bytes - ended + begun.iter().map(|(.., start)| weight(start)).sum::<usize>();
        // The oldest fall out.
        for key in self.order.values() {
            if count <= self.limit && bytes <= BYTES {
                break;
            }
            if let Some((_, start)) = self.starts.get(key).filter(|_| !closed.contains(key)) {
                points.push(PointMessages::unfinished(start));
                closed.insert(key.clone());
                (count, bytes) = (count - 1, bytes - weight(start));
            }
        }
        let mut over = 0;
        for (.., start) in &begun {
            if count <= self.limit && bytes <= BYTES {
                break;
            }
            (over, count, bytes) = (over + 1, count - 1, bytes - weight(start));
        }
        points.extend(begun.drain(..over).map(|(.., start)| PointMessages::unfinished(start)));
        let begun = begun.into_iter().map(|(_, key, message)| (key, message.clone())).collect();
        Change { points, parts: Parts { closed, begun } }
    }

    /// Puts a change into effect.
    pub(super) fn apply(&mut self, change: Parts) {
        for key in change.closed {
            if let Some((number, start)) = self.starts.remove(&key) {
                self.order.remove(&number);
                self.bytes -= weight(&start);
            }
        }
        for (key, message) in change.begun {
            self.bytes += weight(&message);
            self.order.insert(self.next, key.clone());
            self.starts.insert(key, (self.next, message));
            self.next += 1;
        }
    }

    /// How many are open.
    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The oldest that are open: at most so many, and no more than these bytes where there are several.
    pub(super) fn oldest(&self, most: usize, bytes: usize) -> Vec<Message> {
        let mut taken = 0;
        let starts = self.order.values().filter_map(|key| self.starts.get(key)).map(|(_, start)| start);
        let fitting = starts.take(most).take_while(|start| {
            taken += weight(start);
            taken <= bytes || taken == weight(start)
        });
        fitting.cloned().collect()
    }

    /// Forgets so many of the oldest.
    pub(super) fn forget(&mut self, count: usize) {
        for _ in 0..count {
            let Some((_, key)) = self.order.pop_first() else { return };
            if let Some((_, start)) = self.starts.remove(&key) {
                self.bytes -= weight(&start);
            }
        }
    }
}

fn weight(message: &Message) -> usize {
    message.json().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(number: usize, bytes: usize) -> Message {
        let filler = "x".repeat(bytes);
        let text = format!(
            r#"{{"name":"a-start","base_id":"b","trace_id":"{number}","parent_id":"b","timestamp":"2026-01-02T03:04:05","info":{{"filler":"{filler}"}}}}"#
        );
        Message::from_json(text.as_bytes()).expect("a message")
    }

    #[test]
    fn long_points_push_out_the_oldest() {
        let mut open = Open::new(1000);
        let large = BYTES / 4;
        for number in 0..3 {
            let batch = [start(number, large)];
            let change = open.plan(&batch);
            assert_eq!(change.points().count(), 0);
            let parts = change.into_parts();
            open.apply(parts);
        }
        let batch = [start(3, large), start(4, 10)];
        let change = open.plan(&batch);
        let pushed: Vec<String> =
            change.points().map(|point| point.start.expect("a start").trace_id().to_string()).collect();
        assert_eq!(pushed, ["0"]);
        let parts = change.into_parts();
        open.apply(parts);
        assert_eq!(open.len(), 4);
        assert_eq!(open.oldest(2, BYTES).len(), 2);
        assert_eq!(open.oldest(100, 10).len(), 1, "one at least");
        open.forget(4);
        assert_eq!((open.len(), open.bytes), (0, 0));
        // One that is larger than all is sent at once.
        let batch = [start(5, BYTES)];
        let change = open.plan(&batch);
        assert_eq!(change.points().count(), 1);
    }
}
