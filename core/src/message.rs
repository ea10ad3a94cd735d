//! [`Message`]: one half of a trace point, as stores hold it.
//!
//! What belongs here: the fields and how they are read. Not here: how messages are made (`collector`) and what they mean
//! together (`report`).

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::json::InfoWriter;
use crate::{Id, Timestamp, json, python_json};

/// One message of a trace point: its start or its stop.
///
/// A message is its JSON text, on one line, with what is needed most beside it. The text is OSProfiler 4.4.0's, with its
/// order of keys: `name`, `base_id`, `trace_id`, `parent_id`, `timestamp`, `info`, `project`, `service`. Keys that this
/// version does not know stay in the text.
///
/// The text is JSON by RFC 8259. Python's `NaN`, `Infinity` and `-Infinity`, which are not, are read and stand in it as text.
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
        // As text it is not read twice.
        let info = python_json::read(fields.info, |info| serde_json::from_str::<Box<RawValue>>(info))?;
        message.value("info", &info);
        message.value("project", &fields.project);
        message.value("service", &fields.service);
        Self::from_json(message.finish().as_bytes())
    }

    /// Reads a message from its JSON form, as OSProfiler would: what Python's `json` writes beyond RFC 8259 is taken, and a
    /// byte order mark before it.
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
        let json = json.trim_start_matches('\u{feff}').trim_ascii();
        // One after the other: looking for one byte is many times faster than looking for either.
        if json.contains('\n') || json.contains('\r') {
            // Line breaks between tokens; within strings JSON has none.
            return Self::from_line(python_json::on_one_line(json));
        }
        Self::from_line(json.to_owned())
    }

    fn from_line(json: String) -> Result<Self, serde_json::Error> {
        match Fields::strict(&json).and_then(|fields| fields.into_message(&json)) {
            Ok(message) => Ok(Self { json, ..message }),
            Err(_) => python_json::read(&json, |json| {
                let message = Fields::lenient(json)?.into_message(json)?;
                Ok(Self { json: json.to_owned(), ..message })
            }),
        }
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

    /// The point's info. Info that is no object stands under the key `value`.
    ///
    /// A [`Value`] does not hold all that Python's `json` writes: half of a surrogate pair becomes U+FFFD; a whole number
    /// beyond 64 bits becomes an object with one member, `osprofiler.number`, its digits as text; what is nested deeper than 100
    /// levels becomes its JSON text. [`info_json`](Self::info_json) has it as it is.
    #[must_use]
    pub fn info(&self) -> Map<String, Value> {
        read_info(self.info_json())
    }
}

/// Reads the text of an info, as [`Message::info`] has it.
pub(crate) fn read_info(text: &str) -> Map<String, Value> {
    let other = match python_json::value(text) {
        Ok(Value::Object(map)) => return map,
        Ok(Value::Null) => return Map::new(),
        Ok(other) => other,
        Err(_) => Value::from(text),
    };
    Map::from_iter([("value".to_owned(), other)])
}

/// A message's members.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    base_id: Id,
    trace_id: Id,
    parent_id: Id,
    #[serde(borrow)]
    timestamp: Cow<'a, str>,
    #[serde(borrow)]
    info: Option<&'a RawValue>,
    #[serde(borrow)]
    project: Option<Text<'a>>,
    #[serde(borrow)]
    service: Option<Text<'a>>,
}

/// A text that is borrowed where it has no escapes, also where it may be missing.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Fields<'a> {
    /// The members as OSProfiler writes them.
    fn strict(json: &'a str) -> Result<Self, serde_json::Error> {
        json::object(json)
    }

    /// The members as Python reads them: of a key that is there twice the last, and ids, project and service of any kind.
    fn lenient(json: &'a str) -> Result<Self, serde_json::Error> {
        let members: HashMap<String, &RawValue> = json::object(json)?;
        let member = |key: &str| members.get(key).copied();
        let missing = |key: &str| serde_json::Error::custom(format_args!("missing field `{key}`"));
        let string = |key: &str| -> Result<Cow<'a, str>, serde_json::Error> {
            Ok(Cow::Owned(serde_json::from_str(member(key).ok_or_else(|| missing(key))?.get())?))
        };
        // A number or an object is its text.
        let text = |key: &str| -> Result<Option<Cow<'a, str>>, serde_json::Error> {
            match member(key).map(RawValue::get) {
                None | Some("null") => Ok(None),
                Some(text) if text.starts_with('"') => serde_json::from_str(text).map(Some),
                Some(text) => Ok(Some(Cow::Borrowed(text))),
            }
        };
        let id = |key: &str| text(key)?.map(|id| Id::from(&*id)).ok_or_else(|| missing(key));
        Ok(Self {
            name: string("name")?,
            base_id: id("base_id")?,
            trace_id: id("trace_id")?,
            parent_id: id("parent_id")?,
            timestamp: string("timestamp")?,
            info: member("info").filter(|info| info.get() != "null"),
            project: text("project")?.map(Text),
            service: text("service")?.map(Text),
        })
    }

    /// The message without its text, from which the members were read.
    fn into_message(self, json: &str) -> Result<Message, serde_json::Error> {
        // `RawValue` lends a part of the text it was read from.
        let info = self.info.map_or(0..0, |info| {
            let start = info.get().as_ptr() as usize - json.as_ptr() as usize;
            start..start + info.get().len()
        });
        let (point, suffix) = split(&self.name);
        Ok(Message {
            json: String::new(),
            info,
            point: Cow::Owned(point.to_owned()),
            suffix,
            timestamp: self.timestamp.parse().map_err(serde_json::Error::custom)?,
            project: self.project.map(|Text(project)| Arc::from(project)),
            service: self.service.map(|Text(service)| Arc::from(service)),
            base_id: self.base_id,
            trace_id: self.trace_id,
            parent_id: self.parent_id,
        })
    }
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

    /// A stop with this info, as JSON.
    fn with_info(info: &str) -> String {
        format!(
            r#"{{"name": "a-stop", "base_id": "b", "trace_id": "t", "parent_id": "b", "timestamp": "2026-01-02T03:04:05", "info": {info}, "project": null, "service": "s"}}"#
        )
    }

    #[test]
    fn python_names_of_numbers_are_text() -> Result<(), serde_json::Error> {
        let message = Message::from_json(with_info(r#"{"v": [NaN, -Infinity, Infinity, "NaN"]}"#).as_bytes())?;
        assert_eq!(message.info_json(), r#"{"v": ["NaN", "-Infinity", "Infinity", "NaN"]}"#);
        assert_eq!(message.info()["v"][0], "NaN");
        Ok(())
    }

    #[test]
    fn half_of_a_surrogate_pair_stays_in_the_text() -> Result<(), serde_json::Error> {
        let text = with_info(r#"{"v": "cut \ud83d", "nan": NaN}"#);
        let message = Message::from_json(text.as_bytes())?;
        assert_eq!(message.json(), text.replace("NaN", "\"NaN\""));
        assert_eq!(message.info()["v"], "cut \u{fffd}");
        // In the members that a message is known by, it is U+FFFD.
        let message = Message::from_json(text.replace("\"s\"", "\"s\\udc00\"").as_bytes())?;
        assert_eq!((message.service(), &message.info()["v"]), (Some("s\u{fffd}"), &"cut \u{fffd}".into()));
        Ok(())
    }

    #[test]
    fn numbers_keep_their_digits() -> Result<(), serde_json::Error> {
        let digits = "123456789012345678901234567890";
        let message = Message::from_json(with_info(&format!("{{\"v\":\r\n{digits}}}")).as_bytes())?;
        assert!(message.info_json().contains(digits));
        assert_eq!(message.info()["v"]["osprofiler.number"], digits);
        Ok(())
    }

    #[test]
    fn byte_order_marks_and_line_breaks_around_a_message_are_nothing() -> Result<(), serde_json::Error> {
        let message = Message::from_json(format!("\u{feff}{PYTHON}\r\n").as_bytes())?;
        assert_eq!(message.json(), PYTHON);
        Ok(())
    }

    #[test]
    fn members_are_what_python_takes_them_for() -> Result<(), serde_json::Error> {
        let odd = with_info("{}")
            .replace("\"project\": null", "\"project\": 7, \"name\": \"b-start\"")
            .replace("\"trace_id\": \"t\"", "\"trace_id\": 12");
        let message = Message::from_json(odd.as_bytes())?;
        assert_eq!((message.name().as_str(), message.project()), ("b-start", Some("7")));
        assert_eq!(message.trace_id(), &Id::from("12"));
        Ok(())
    }

    #[test]
    fn what_python_refuses_is_refused() {
        for text in ["", "\u{feff}", "NaN", "{", "{\"name\": NaN}"] {
            assert!(Message::from_json(text.as_bytes()).is_err(), "{text}");
        }
        let torn = with_info("{\"v\": NaN}");
        for end in 1..torn.len() {
            assert!(Message::from_json(&torn.as_bytes()[..end]).is_err(), "{end}");
        }
        assert!(Message::from_json(with_info("{\"v\": nan}").as_bytes()).is_err());
        assert!(Message::from_json(b"\xff\xfe{\0").is_err());
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
