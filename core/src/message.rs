//! [`Message`]: one half of a trace point, as stores hold it.
//!
//! What belongs here: the fields and how they are read. Not here: how messages are made (`collector`) and what they mean
//! together (`report`).

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::InfoWriter;
use crate::{Id, Timestamp, json};

/// One message of a trace point: its start or its stop.
///
/// A message is its JSON text, on one line, with what is needed most beside it. The text is OSProfiler 4.4.0's, with its
/// order of keys: `name`, `base_id`, `trace_id`, `parent_id`, `timestamp`, `info`, `project`, `service`. Keys that this
/// version does not know stay in the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub(crate) json: String,
    /// Where the info stands in `json`; empty where there is none.
    pub(crate) info: Range<usize>,
    pub(crate) point: Cow<'static, str>,
    pub(crate) suffix: &'static str,
    pub(crate) base_id: Id,
    pub(crate) trace_id: Id,
    pub(crate) parent_id: Id,
    pub(crate) timestamp: Timestamp,
    pub(crate) project: Option<Arc<str>>,
    pub(crate) service: Option<Arc<str>>,
}

/// Which end of a trace point a message tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The point began.
    Start,
    /// The point ended.
    Stop,
}

impl Phase {
    /// What follows the point's name in the message's name.
    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Start => "-start",
            Self::Stop => "-stop",
        }
    }
}

/// The fields of a message in a store that does not keep its text.
#[derive(Clone, Debug)]
pub struct MessageFields<'a> {
    /// The message's name, such as `db-start`.
    pub name: &'a str,
    /// The trace that the point belongs to.
    pub base_id: &'a Id,
    /// The point itself.
    pub trace_id: &'a Id,
    /// The point around it.
    pub parent_id: &'a Id,
    /// When the point started or stopped.
    pub timestamp: Timestamp,
    /// The JSON text of the point's info.
    pub info: &'a str,
    /// The project that the service belongs to.
    pub project: Option<&'a str>,
    /// The service that sent the message.
    pub service: Option<&'a str>,
}

impl Message {
    /// Makes a message of its fields.
    ///
    /// # Errors
    ///
    /// When the info is no JSON.
    pub fn new(fields: &MessageFields<'_>) -> Result<Self, serde_json::Error> {
        let mut message = InfoWriter::new();
        message.string("name", fields.name);
        message.value("base_id", fields.base_id);
        message.value("trace_id", fields.trace_id);
        message.value("parent_id", fields.parent_id);
        message.string("timestamp", &fields.timestamp.to_string());
        message.value("info", serde_json::from_str::<&RawValue>(fields.info)?);
        message.value("project", &fields.project);
        message.value("service", &fields.service);
        Self::from_json(message.finish().as_bytes())
    }

    /// Reads a message from its JSON form.
    ///
    /// # Errors
    ///
    /// When the text is no JSON object or one of `name`, `base_id`, `trace_id`, `parent_id` and `timestamp` is missing
    /// or has the wrong form.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        Self::from_text(std::str::from_utf8(json).map_err(serde_json::Error::custom)?)
    }

    /// As [`from_json`](Self::from_json), for what is known to be UTF-8.
    pub(crate) fn from_text(json: &str) -> Result<Self, serde_json::Error> {
        let json = json.trim_ascii();
        // One after the other: looking for one byte is many times faster than looking for either.
        if json.contains('\n') || json.contains('\r') {
            // Line breaks between tokens; within strings JSON has none.
            return Self::from_line(serde_json::from_str::<Value>(json)?.to_string());
        }
        Self::from_line(json.to_owned())
    }

    fn from_line(json: String) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Fields<'a> {
            name: Cow<'a, str>,
            base_id: Id,
            trace_id: Id,
            parent_id: Id,
            timestamp: Cow<'a, str>,
            #[serde(borrow)]
            info: Option<&'a RawValue>,
            project: Option<Cow<'a, str>>,
            service: Option<Cow<'a, str>>,
        }

        let fields: Fields<'_> = json::object(&json)?;
        // `RawValue` lends a part of the text it was read from.
        let info = fields.info.map_or(0..0, |info| {
            let start = info.get().as_ptr() as usize - json.as_ptr() as usize;
            start..start + info.get().len()
        });
        let (point, suffix) = split(&fields.name);
        let (point, suffix) = (Cow::Owned(point.to_owned()), suffix);
        let timestamp = fields.timestamp.parse().map_err(serde_json::Error::custom)?;
        let (project, service) = (fields.project.map(Arc::from), fields.service.map(Arc::from));
        let Fields { base_id, trace_id, parent_id, .. } = fields;
        Ok(Self { info, point, suffix, base_id, trace_id, parent_id, timestamp, project, service, json })
    }

    /// The message's JSON form, on one line.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The message's name: the point's with the phase, such as `db-start`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}{}", self.point, self.suffix)
    }

    /// The point's name and which end this is. A name without `-start` or `-stop` is a start, as in OSProfiler.
    #[must_use]
    pub fn point(&self) -> (&str, Phase) {
        let phase = if self.suffix == Phase::Stop.suffix() { Phase::Stop } else { Phase::Start };
        (&self.point, phase)
    }

    /// The trace that the point belongs to.
    #[must_use]
    pub fn base_id(&self) -> &Id {
        &self.base_id
    }

    /// The point itself; start and stop have the same.
    #[must_use]
    pub fn trace_id(&self) -> &Id {
        &self.trace_id
    }

    /// The point around this one; equal to the base id at the top.
    #[must_use]
    pub fn parent_id(&self) -> &Id {
        &self.parent_id
    }

    /// When the point started or stopped.
    #[must_use]
    pub fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The project that the service belongs to.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        self.project.as_deref()
    }

    /// The service that sent the message.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.service.as_deref()
    }

    /// The JSON text of the point's info.
    #[must_use]
    pub fn info_json(&self) -> &str {
        if self.info.is_empty() { "{}" } else { &self.json[self.info.clone()] }
    }

    /// The point's info. Info that is no object stands under the key `value`; nested deeper than 128 levels, it stands
    /// there as text.
    #[must_use]
    pub fn info(&self) -> Map<String, Value> {
        read_info(self.info_json())
    }
}

/// Reads the text of an info, as [`Message::info`] has it.
pub(crate) fn read_info(text: &str) -> Map<String, Value> {
    let other = match read_value(text) {
        Ok(Value::Object(map)) => return map,
        Ok(Value::Null) => return Map::new(),
        Ok(other) => other,
        Err(_) => Value::from(text),
    };
    Map::from_iter([("value".to_owned(), other)])
}

/// Reads an info, or a part of one. Nothing else makes values of their texts.
pub(crate) fn read_value(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text)
}

/// The point's name and the phase's suffix in a message's name.
fn split(name: &str) -> (&str, &'static str) {
    for phase in [Phase::Stop, Phase::Start] {
        if let Some(point) = name.strip_suffix(phase.suffix()) {
            return (point, phase.suffix());
        }
    }
    (name, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line as the Python OSProfiler 4.4.0 writes it to Redis.
    const PYTHON: &str = r#"{"name": "db-start", "base_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab", "trace_id": "00000003-1111-4222-8333-0123456789ab", "parent_id": "00000002-1111-4222-8333-0123456789ab", "timestamp": "2026-01-02T03:04:05.022234", "info": {"db": {"statement": "SELECT 1", "params": {"name": "\u00e9\"q'", "n": null}}, "host": "node-1"}, "project": "proj", "service": "svc"}"#;

    fn parsed(json: &str) -> Value {
        serde_json::from_str(json).expect("JSON")
    }

    #[test]
    fn python_line_is_kept_as_it_is() -> Result<(), serde_json::Error> {
        let message = Message::from_json(PYTHON.as_bytes())?;
        assert_eq!(message.json(), PYTHON);
        assert_eq!((message.name().as_str(), message.point()), ("db-start", ("db", Phase::Start)));
        assert_eq!(message.info()["db"]["params"]["name"], "é\"q'");
        assert_eq!((message.project(), message.service()), (Some("proj"), Some("svc")));
        Ok(())
    }

    #[test]
    fn fields_make_the_same_message() -> Result<(), serde_json::Error> {
        let read = Message::from_json(PYTHON.as_bytes())?;
        let mut fields = MessageFields {
            name: "db-start",
            base_id: read.base_id(),
            trace_id: read.trace_id(),
            parent_id: read.parent_id(),
            timestamp: read.timestamp(),
            info: read.info_json(),
            project: read.project(),
            service: read.service(),
        };
        // The text differs from Python's in its spaces alone.
        assert_eq!(parsed(Message::new(&fields)?.json()).to_string(), parsed(PYTHON).to_string());
        fields.info = "{";
        assert!(Message::new(&fields).is_err());
        Ok(())
    }

    #[test]
    fn unknown_keys_are_kept() -> Result<(), serde_json::Error> {
        let line = PYTHON.replace("\"project\"", "\"zone\": {\"a\": [1]}, \"project\"");
        assert_eq!(parsed(Message::from_json(line.as_bytes())?.json())["zone"]["a"][0], 1);
        Ok(())
    }

    #[test]
    fn line_breaks_between_tokens_go() -> Result<(), serde_json::Error> {
        let message = Message::from_json(PYTHON.replace("{\"db\"", "{\n  \"db\"").as_bytes())?;
        assert!(!message.json().contains('\n'));
        assert_eq!(message.info()["host"], "node-1");
        Ok(())
    }

    #[test]
    fn missing_fields_are_named() {
        let error = Message::from_json(br#"{"name": "x-start"}"#).expect_err("incomplete");
        assert!(error.to_string().contains("base_id"), "{error}");
    }

    #[test]
    fn list_of_the_fields_is_no_message() {
        let text = r#"["a-start", "b", "t", "b", "2026-01-02T03:04:05", {}, null, null]"#;
        let error = Message::from_json(text.as_bytes()).expect_err("a list");
        assert!(error.to_string().contains("a list stands where an object belongs"), "{error}");
    }

    #[test]
    fn name_without_phase_is_a_start() -> Result<(), serde_json::Error> {
        let message = Message::from_json(PYTHON.replace("db-start", "db").as_bytes())?;
        assert_eq!((message.name().as_str(), message.point()), ("db", ("db", Phase::Start)));
        Ok(())
    }

    #[test]
    fn missing_info_is_empty_and_odd_info_is_kept() -> Result<(), serde_json::Error> {
        let line = PYTHON.replace("\"info\"", "\"other\"");
        assert_eq!(Message::from_json(line.as_bytes())?.info_json(), "{}");
        let line = r#"{"name":"a-stop","base_id":"b","trace_id":"t","parent_id":"b","timestamp":"2026-01-02T03:04:05","info":[1]}"#;
        assert_eq!(Message::from_json(line.as_bytes())?.info()["value"][0], 1);
        Ok(())
    }
}
