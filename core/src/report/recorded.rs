//! What a point keeps of its messages: their texts, and info that is read when it is asked for.
//!
//! A trace of a million messages is mostly text that no report looks at twice. So the texts of many messages lie in one
//! block, and a tree of values is made of an info only where its members are asked for one by one. Not here: what is read of
//! every info (`facts`).

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::{Arc, LazyLock, OnceLock};

use serde_json::{Map, Value};

use crate::message::{Phase, read_info};
use crate::{Id, Message, Timestamp, python_json};

/// A piece of a text that lies in memory once and is shared.
#[derive(Clone)]
pub(super) struct Excerpt {
    block: Arc<String>,
    start: u32,
    end: u32,
}

impl Excerpt {
    /// The piece of `block` at `range`, whose ends fit in 32 bits and lie between characters.
    pub(super) fn new(block: &Arc<String>, range: Range<u32>) -> Self {
        Self { block: Arc::clone(block), start: range.start, end: range.end }
    }

    /// A piece of this piece.
    fn part(&self, range: Range<u32>) -> Self {
        Self { block: Arc::clone(&self.block), start: self.start + range.start, end: self.start + range.end }
    }
}

impl Deref for Excerpt {
    type Target = str;

    fn deref(&self) -> &str {
        &self.block[self.start as usize..self.end as usize]
    }
}

/// What the messages of one kind of point have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Head {
    pub(super) point: String,
    pub(super) suffix: &'static str,
    pub(super) base_id: Id,
    pub(super) project: Option<Arc<str>>,
    pub(super) service: Option<Arc<str>>,
}

impl Head {
    pub(super) fn is_of(&self, message: &Message) -> bool {
        self.suffix == message.suffix
            && self.point == message.point
            && self.base_id == message.base_id
            && self.project == message.project
            && self.service == message.service
    }
}

impl From<&Message> for Head {
    fn from(message: &Message) -> Self {
        Self {
            point: message.point.clone().into_owned(),
            suffix: message.suffix,
            base_id: message.base_id.clone(),
            project: message.project.clone(),
            service: message.service.clone(),
        }
    }
}

/// The message of a point's start or stop, as the store had it.
#[derive(Clone)]
pub struct RecordedMessage {
    json: Excerpt,
    /// Where the info stands in `json`; empty where there is none.
    info: (u32, u32),
    timestamp: Timestamp,
    head: Arc<Head>,
}

impl RecordedMessage {
    pub(super) fn new(json: Excerpt, info: (u32, u32), timestamp: Timestamp, head: Arc<Head>) -> Self {
        Self { json, info, timestamp, head }
    }

    /// The message's JSON form, on one line.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The message's name: the point's with the phase, such as `db-start`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}", self.head.point, self.head.suffix)
    }

    /// The name in two parts: the point's, and what follows it.
    pub(super) fn point(&self) -> (&str, &'static str) {
        (&self.head.point, self.head.suffix)
    }

    /// The trace that the point belongs to.
    #[must_use]
    pub fn base_id(&self) -> &Id {
        &self.head.base_id
    }

    /// When the point started or stopped.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The project that the service belongs to.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.head.project.as_deref()
    }

    /// The service that sent the message.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.head.service.as_deref()
    }

    /// The JSON text of the point's info.
    #[must_use]
    pub fn info_json(&self) -> &str {
        if self.info.0 == self.info.1 { "{}" } else { &self.json[self.info.0 as usize..self.info.1 as usize] }
    }

    /// The same message with the text of another.
    pub(super) fn with_text(&self, made: Message) -> Self {
        let place = |at| u32::try_from(at).ok();
        let (start, end) = (place(made.info.start), place(made.info.end));
        match (place(made.json.len()), start.zip(end)) {
            (Some(length), Some(info)) => {
                let json = Excerpt::new(&Arc::new(made.json), 0..length);
                Self { json, info, ..self.clone() }
            }
            _ => self.without_text(),
        }
    }

    /// The same message without anything in its text.
    pub(super) fn without_text(&self) -> Self {
        Self { json: Excerpt::new(&Arc::new("{}".to_owned()), 0..2), info: (0, 0), ..self.clone() }
    }

    pub(super) fn head(&self) -> &Head {
        &self.head
    }

    /// The info, which shares the message's text.
    pub(super) fn info(&self) -> RecordedInfo {
        let text = (self.info.0 < self.info.1).then(|| self.json.part(self.info.0..self.info.1));
        RecordedInfo { text, is_stop: self.head.suffix == Phase::Stop.suffix(), members: OnceLock::new() }
    }
}

impl PartialEq for RecordedMessage {
    /// The text holds all the rest.
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json() && self.head.suffix == other.head.suffix
    }
}

impl fmt::Debug for RecordedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RecordedMessage").field(&self.json()).finish()
    }
}

/// The info of a point's start or stop: a map of its members, which is made when it is first asked for.
///
/// Info that is no object stands under the key `value`, as in [`Message::info`]. In that of a stop, an error's type and message are
/// text, whatever they were.
///
/// ```
/// # use osprofiler::report;
/// # let saved = r#"{"name": "db-start", "base_id": "t", "trace_id": "a", "parent_id": "t", "timestamp": "2026-01-02T03:04:05", "info": {"db": {"statement": "SELECT 1"}}}"#;
/// let trace = report::read_json(saved)?;
/// let info = &trace.points()[0].start_info;
/// assert_eq!(info.json(), r#"{"db": {"statement": "SELECT 1"}}"#);
/// assert_eq!(info["db"]["statement"], "SELECT 1");
/// # Ok::<(), osprofiler::report::ReportError>(())
/// ```
#[derive(Clone, Default)]
pub struct RecordedInfo {
    /// `None` where the message is missing or has no info.
    text: Option<Excerpt>,
    is_stop: bool,
    members: OnceLock<Box<Map<String, Value>>>,
}

impl RecordedInfo {
    /// The JSON text, as it was recorded.
    #[must_use]
    pub fn json(&self) -> &str {
        self.text.as_deref().unwrap_or("{}")
    }
}

impl Deref for RecordedInfo {
    type Target = Map<String, Value>;

    fn deref(&self) -> &Map<String, Value> {
        static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        match &self.text {
            Some(text) => self.members.get_or_init(|| {
                let mut members = read_info(text);
                if self.is_stop {
                    error_as_text(&mut members);
                }
                Box::new(members)
            }),
            None => &EMPTY,
        }
    }
}

/// Makes an error's type and message text. Python's OSProfiler 4.4.0 takes the first argument of an exception for its message,
/// whatever that is, and a program may give any type.
fn error_as_text(stop_info: &mut Map<String, Value>) {
    for key in ["etype", "message"] {
        match stop_info.get_mut(key) {
            None | Some(Value::Null) if key == "etype" => return,
            None | Some(Value::Null | Value::String(_)) => {}
            Some(other) => *other = python_json::text(other).into(),
        }
    }
}

impl PartialEq for RecordedInfo {
    fn eq(&self, other: &Self) -> bool {
        self.json() == other.json()
    }
}

impl fmt::Debug for RecordedInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::report::Trace;
    use crate::report::samples::{BASE, message};

    #[test]
    fn members_are_made_when_they_are_asked_for() {
        let trace = Trace::build(vec![message("db-start", "a", BASE, 0, json!({"db": {"statement": "SELECT 1"}}))]);
        let point = &trace.points()[0];
        assert_eq!(point.statement(), Some("SELECT 1"));
        assert!(point.start_info.members.get().is_none(), "facts need no map");
        assert_eq!(point.start_info["db"]["statement"], "SELECT 1");
        assert!(point.start_info.members.get().is_some());
        assert!(point.stop_info.is_empty());
    }

    #[test]
    fn a_message_is_its_text() {
        let sent = message("db-start", "a", BASE, 0, json!({"n": 1}));
        let trace = Trace::build(vec![sent.clone()]);
        let kept = trace.points()[0].start.as_ref().expect("a start");
        assert_eq!((kept.json(), kept.info_json(), kept.name()), (sent.json(), r#"{"n":1}"#, sent.name()));
        assert_eq!((kept.timestamp(), kept.base_id()), (sent.timestamp(), sent.base_id()));
        assert_eq!((kept.project(), kept.service()), (sent.project(), sent.service()));
    }
}
