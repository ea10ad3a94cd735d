//! [`Message`]: one half of a trace point, as stores hold it.
//!
//! What belongs here: the fields and the JSON form. Not here: how messages come about (`collector`) and what they mean
//! together (`report`).

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::{write_json, write_str};
use crate::{Id, Timestamp};

/// One message of a trace point: its start or its stop.
///
/// The JSON form is OSProfiler 4.4.0's, with its order of keys: `name`, `base_id`, `trace_id`, `parent_id`,
/// `timestamp`, `info`, `project`, `service`. Keys that this version does not know are kept in [`extra`](Self::extra).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Message {
    /// The point's name with its phase: `db-start`, `db-stop`.
    pub name: String,
    /// The trace that the point belongs to.
    pub base_id: Id,
    /// The point itself; start and stop have the same.
    pub trace_id: Id,
    /// The point around this one; equal to `base_id` at the top.
    pub parent_id: Id,
    /// When the point started or stopped.
    pub timestamp: Timestamp,
    /// The point's info as the text of a JSON object, on one line. Text, because most stores want text and nothing else.
    pub info: String,
    /// The project that the service belongs to.
    pub project: Option<Arc<str>>,
    /// The service that sent the message.
    pub service: Option<Arc<str>>,
    /// Further keys that were found when the message was read.
    pub extra: Map<String, Value>,
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

impl Message {
    /// Splits [`name`](Self::name) into the point's name and the phase. A name without either suffix is a start, as in
    /// OSProfiler.
    #[must_use]
    pub fn point(&self) -> (&str, Phase) {
        if let Some(point) = self.name.strip_suffix(Phase::Stop.suffix()) {
            return (point, Phase::Stop);
        }
        (self.name.strip_suffix(Phase::Start.suffix()).unwrap_or(&self.name), Phase::Start)
    }

    /// Parses [`info`](Self::info). Info that is no object is put under the key `value`; text that is no JSON comes as a
    /// string there.
    #[must_use]
    pub fn info(&self) -> Map<String, Value> {
        match serde_json::from_str(&self.info) {
            Ok(Value::Object(map)) => map,
            Ok(Value::Null) => Map::new(),
            Ok(other) => Map::from_iter([("value".to_owned(), other)]),
            Err(_) => Map::from_iter([("value".to_owned(), Value::from(self.info.as_str()))]),
        }
    }

    /// Appends the message's JSON form to `out`, on one line.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        out.reserve(self.info.len() + 384);
        out.extend_from_slice(b"{\"name\":");
        write_str(out, &self.name);
        for (key, id) in [
            (&b",\"base_id\":"[..], &self.base_id),
            (b",\"trace_id\":", &self.trace_id),
            (b",\"parent_id\":", &self.parent_id),
        ] {
            out.extend_from_slice(key);
            id.write_json(out);
        }
        out.extend_from_slice(b",\"timestamp\":\"");
        self.timestamp.write(out);
        out.extend_from_slice(b"\",\"info\":");
        out.extend_from_slice(self.info.as_bytes());
        for (key, value) in [(&b",\"project\":"[..], &self.project), (b",\"service\":", &self.service)] {
            out.extend_from_slice(key);
            match value {
                Some(text) => write_str(out, text),
                None => out.extend_from_slice(b"null"),
            }
        }
        for (key, value) in &self.extra {
            out.push(b',');
            write_str(out, key);
            out.push(b':');
            write_json(out, value);
        }
        out.push(b'}');
    }

    /// Reads a message from its JSON form.
    ///
    /// # Errors
    ///
    /// When the text is no JSON object or one of `name`, `base_id`, `trace_id`, `parent_id` and `timestamp` is missing
    /// or has the wrong form.
    pub fn from_json(json: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(json)
    }
}

/// The text of an object that was read. Some stores keep it with line breaks between its tokens; messages have none.
fn one_line(raw: Box<RawValue>) -> String {
    let text = Box::<str>::from(raw).into_string();
    if !text.contains(['\n', '\r']) {
        return text;
    }
    serde_json::from_str::<Value>(&text).map_or(text, |value| value.to_string())
}

impl<'de> Deserialize<'de> for Message {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MessageVisitor)
    }
}

struct MessageVisitor;

impl<'de> Visitor<'de> for MessageVisitor {
    type Value = Message;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message: an object with name, base_id, trace_id, parent_id and timestamp")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Message, A::Error> {
        use serde::de::Error as _;

        let (mut name, mut base_id, mut trace_id, mut parent_id, mut timestamp) = (None, None, None, None, None);
        let (mut info, mut project, mut service) = (None, None, None);
        let mut extra = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "name" => name = Some(map.next_value()?),
                "base_id" => base_id = Some(map.next_value()?),
                "trace_id" => trace_id = Some(map.next_value()?),
                "parent_id" => parent_id = Some(map.next_value()?),
                "timestamp" => {
                    let text: String = map.next_value()?;
                    timestamp = Some(text.parse().map_err(A::Error::custom)?);
                }
                "info" => info = Some(map.next_value::<Box<RawValue>>()?),
                "project" => project = map.next_value::<Option<String>>()?,
                "service" => service = map.next_value::<Option<String>>()?,
                // An id that the store added says nothing about the trace.
                "_id" => drop(map.next_value::<IgnoredAny>()?),
                _ => drop(extra.insert(key, map.next_value()?)),
            }
        }
        Ok(Message {
            name: name.ok_or_else(|| A::Error::missing_field("name"))?,
            base_id: base_id.ok_or_else(|| A::Error::missing_field("base_id"))?,
            trace_id: trace_id.ok_or_else(|| A::Error::missing_field("trace_id"))?,
            parent_id: parent_id.ok_or_else(|| A::Error::missing_field("parent_id"))?,
            timestamp: timestamp.ok_or_else(|| A::Error::missing_field("timestamp"))?,
            info: info.map_or_else(|| "{}".to_owned(), one_line),
            project: project.map(Arc::from),
            service: service.map(Arc::from),
            extra,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line as the Python OSProfiler 4.4.0 writes it to Redis.
    const PYTHON: &str = r#"{"name": "db-start", "base_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab", "trace_id": "00000003-1111-4222-8333-0123456789ab", "parent_id": "00000002-1111-4222-8333-0123456789ab", "timestamp": "2026-01-02T03:04:05.022234", "info": {"db": {"statement": "SELECT 1", "params": {"name": "\u00e9\"q'", "n": null}}, "host": "node-1"}, "project": "proj", "service": "svc"}"#;

    fn written(message: &Message) -> String {
        let mut out = Vec::new();
        message.write_json(&mut out);
        String::from_utf8(out).expect("JSON is UTF-8")
    }

    #[test]
    fn python_line_reads_and_writes_back_equal() -> Result<(), serde_json::Error> {
        let message = Message::from_json(PYTHON.as_bytes())?;
        assert_eq!(message.point(), ("db", Phase::Start));
        assert_eq!(message.info()["db"]["params"]["name"], "é\"q'");
        let keys = |json: &str| -> Result<Vec<String>, serde_json::Error> {
            Ok(serde_json::from_str::<Map<String, Value>>(json)?.keys().cloned().collect())
        };
        assert_eq!(keys(&written(&message))?, keys(PYTHON)?);
        assert_eq!(serde_json::from_str::<Value>(&written(&message))?, serde_json::from_str::<Value>(PYTHON)?);
        Ok(())
    }

    #[test]
    fn unknown_keys_are_kept() -> Result<(), serde_json::Error> {
        let line = PYTHON.replace("\"project\"", "\"zone\": {\"a\": [1]}, \"project\"");
        let message = Message::from_json(line.as_bytes())?;
        assert_eq!(message.extra["zone"]["a"][0], 1);
        assert_eq!(Message::from_json(written(&message).as_bytes())?, message);
        Ok(())
    }

    #[test]
    fn info_with_line_breaks_is_written_on_one_line() -> Result<(), serde_json::Error> {
        let message = Message::from_json(PYTHON.replace("{\"db\"", "{\n  \"db\"").as_bytes())?;
        assert!(!written(&message).contains('\n'));
        Ok(())
    }

    #[test]
    fn missing_fields_are_named() {
        let error = Message::from_json(br#"{"name": "x-start"}"#).expect_err("incomplete");
        assert!(error.to_string().contains("base_id"), "{error}");
    }

    #[test]
    fn name_without_phase_is_a_start() -> Result<(), serde_json::Error> {
        let message = Message::from_json(PYTHON.replace("db-start", "db").as_bytes())?;
        assert_eq!(message.point(), ("db", Phase::Start));
        Ok(())
    }
}
