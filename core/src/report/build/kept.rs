//! [`Texts`]: what is kept of messages until all of them are there.
//!
//! Texts go into large blocks, one after the other: a million small ones of their own would take more memory, and more time to
//! give back. What messages of one kind have in common is kept once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::message::Phase;
use crate::report::recorded::{Excerpt, Head, RecordedMessage};
use crate::{Id, Message, Timestamp};

/// A block has about so many bytes; a longer text has one of its own.
const BLOCK: usize = 1 << 20;

/// What is kept of one message.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) timestamp: Timestamp,
    pub(super) parent_id: Id,
    text: Place,
    /// Where the info stands in the text.
    info: (u32, u32),
    head: u32,
}

/// Where a text is.
#[derive(Clone, Copy, Debug)]
struct Place {
    block: u32,
    start: u32,
    end: u32,
}

/// The first message of a trace.
#[derive(Debug)]
pub(super) struct First {
    pub(super) timestamp: Timestamp,
    pub(super) base_id: Id,
    trace_id: Id,
    text: Place,
    head: u32,
}

impl First {
    pub(super) fn new(message: &Message, kept: &Kept) -> Self {
        Self {
            timestamp: message.timestamp,
            base_id: message.base_id.clone(),
            trace_id: message.trace_id.clone(),
            text: kept.text,
            head: kept.head,
        }
    }
}

/// The texts of messages, and what they have in common.
#[derive(Debug, Default)]
pub(super) struct Texts {
    full: Vec<Arc<String>>,
    /// The block that is being filled.
    block: String,
    /// Each with the number of its point's name.
    heads: Vec<(Arc<Head>, u32)>,
    numbers: HashMap<Head, u32>,
    names: HashMap<String, u32>,
    /// The heads of the last start and of the last stop: most often the next one's.
    last: [Option<u32>; 2],
}

impl Texts {
    /// Keeps a message, and says which number its point's name has. `None` where it is longer than 32 bits can say.
    pub(super) fn keep(&mut self, message: &Message) -> Option<(Kept, u32)> {
        let json = message.json();
        let length = u32::try_from(json.len()).ok()?;
        if self.block.len() + json.len() > BLOCK {
            self.close();
            self.block.reserve(BLOCK.max(json.len()));
        }
        let start = u32::try_from(self.block.len()).ok()?;
        let text = Place { block: u32::try_from(self.full.len()).ok()?, start, end: start.checked_add(length)? };
        self.block.push_str(json);
        let info = (u32::try_from(message.info.start).ok()?, u32::try_from(message.info.end).ok()?);
        let head = self.head(message)?;
        let kept = Kept { timestamp: message.timestamp, parent_id: message.parent_id.clone(), text, info, head };
        Some((kept, self.heads[head as usize].1))
    }

    fn close(&mut self) {
        if !self.block.is_empty() {
            self.full.push(Arc::new(std::mem::take(&mut self.block)));
        }
    }

    fn head(&mut self, message: &Message) -> Option<u32> {
        let last = usize::from(message.point().1 == Phase::Stop);
        if let Some(number) = self.last[last].filter(|number| self.heads[*number as usize].0.is_of(message)) {
            return Some(number);
        }
        let head = Head::from(message);
        let number = match self.numbers.get(&head) {
            Some(number) => *number,
            None => {
                let next_name = u32::try_from(self.names.len()).ok()?;
                let name = *self.names.entry(head.point.clone()).or_insert(next_name);
                let number = u32::try_from(self.heads.len()).ok()?;
                self.heads.push((Arc::new(head.clone()), name));
                self.numbers.insert(head, number);
                number
            }
        };
        self.last[last] = Some(number);
        Some(number)
    }

    fn text(&self, place: Place) -> &str {
        let block = self.full.get(place.block as usize).map_or(&self.block, |block| block);
        &block[place.start as usize..place.end as usize]
    }

    /// The text of the info.
    pub(super) fn info(&self, kept: &Kept) -> &str {
        &self.text(kept.text)[kept.info.0 as usize..kept.info.1 as usize]
    }

    pub(super) fn head_of(&self, kept: &Kept) -> &Head {
        &self.heads[kept.head as usize].0
    }

    /// Whether one of two messages of a point comes before the other. A total order in which only equal messages are equal.
    pub(super) fn is_earlier(&self, one: &Kept, other: &Kept) -> bool {
        // The text comes last: it holds all the rest, and tells apart what is left.
        let key = |kept: &Kept| (kept.timestamp, self.head_of(kept).suffix);
        key(one).cmp(&key(other)).then_with(|| self.text(one.text).cmp(self.text(other.text))).is_lt()
    }

    /// Whether a message comes before the first of those until now. The same order, for messages of different points.
    pub(super) fn is_before(&self, message: &Message, first: &First) -> bool {
        message
            .timestamp
            .cmp(&first.timestamp)
            .then_with(|| {
                let head = &self.heads[first.head as usize].0;
                let key = (head.point.as_str(), head.suffix, &first.trace_id);
                (message.point().0, message.suffix, &message.trace_id).cmp(&key)
            })
            .then_with(|| message.json().cmp(self.text(first.text)))
            .is_lt()
    }

    /// From now on there are messages to be taken, and none to be kept any more.
    pub(super) fn finish(mut self) -> Finished {
        self.close();
        Finished { blocks: self.full, heads: self.heads.into_iter().map(|(head, _)| head).collect() }
    }
}

/// The texts of all messages.
pub(super) struct Finished {
    blocks: Vec<Arc<String>>,
    heads: Vec<Arc<Head>>,
}

impl Finished {
    pub(super) fn head(&self, kept: &Kept) -> &Head {
        &self.heads[kept.head as usize]
    }

    pub(super) fn message(&self, kept: &Kept) -> RecordedMessage {
        let Place { block, start, end } = kept.text;
        let json = Excerpt::new(&self.blocks[block as usize], start..end);
        RecordedMessage::new(json, kept.info, kept.timestamp, Arc::clone(&self.heads[kept.head as usize]))
    }
}
