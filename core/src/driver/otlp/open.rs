//! [`Open`]: points that have begun and not ended, between batches. Its size is bounded, and what falls out is sent.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::span::PointMessages;
use crate::{Id, Message, Phase};

/// A point: its trace and its own id.
type Key = (Id, Id);

/// The starts of points that wait for their stops.
pub(super) struct Open {
    limit: usize,
    next: u64,
    starts: HashMap<Key, (u64, Message)>,
    /// The oldest first.
    order: BTreeMap<u64, Key>,
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
        Self { limit, next: 0, starts: HashMap::new(), order: BTreeMap::new() }
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
                        points.push(PointMessages { start: Some(other), stop: None });
                    }
                    begun.insert(key, (at, message));
                }
            }
        }
        let mut begun: Vec<_> = begun.into_iter().map(|(key, (at, message))| (at, key, message)).collect();
        begun.sort_by_key(|(at, ..)| *at);
        let mut over = (self.starts.len() - closed.len() + begun.len()).saturating_sub(self.limit);
        for key in self.order.values() {
            if over == 0 {
                break;
            }
            if let Some((_, start)) = self.starts.get(key).filter(|_| !closed.contains(key)) {
                points.push(PointMessages { start: Some(start), stop: None });
                closed.insert(key.clone());
                over -= 1;
            }
        }
        points.extend(begun.drain(..over).map(|(_, _, start)| PointMessages { start: Some(start), stop: None }));
        let begun = begun.into_iter().map(|(_, key, message)| (key, message.clone())).collect();
        Change { points, parts: Parts { closed, begun } }
    }

    /// Puts a change into effect.
    pub(super) fn apply(&mut self, change: Parts) {
        for key in change.closed {
            if let Some((number, _)) = self.starts.remove(&key) {
                self.order.remove(&number);
            }
        }
        for (key, message) in change.begun {
            self.order.insert(self.next, key.clone());
            self.starts.insert(key, (self.next, message));
            self.next += 1;
        }
    }

    /// Takes all that are open.
    pub(super) fn take(&mut self) -> Vec<Message> {
        self.order.clear();
        self.starts.drain().map(|(_, (_, start))| start).collect()
    }
}
