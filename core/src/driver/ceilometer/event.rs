//! Ceilometer's events, and the messages in them.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::{Id, Message, MessageFields};

/// An event, as version 2 of the interface has it.
#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(borrow)]
    message_id: Option<Cow<'a, str>>,
    #[serde(default)]
    traits: Vec<Trait>,
    #[serde(borrow)]
    raw: Option<Raw<'a>>,
}

#[derive(Deserialize)]
struct Trait {
    name: String,
    value: Value,
}

/// The notification; empty unless Ceilometer is configured with `store_raw`.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

impl Event<'_> {
    /// The event's own id.
    pub(super) fn message_id(&self) -> Option<&str> {
        self.message_id.as_deref()
    }

    /// The trace that the event belongs to; `None` where it is none of OSProfiler's.
    pub(super) fn base_id(&self) -> Option<Id> {
        self.text("base_id").map(|id| Id::from(id.as_str()))
    }

    /// The message: the notification's, or what the traits say of it.
    pub(super) fn message(&self) -> Option<Message> {
        let payload = self.raw.as_ref().and_then(|raw| raw.payload);
        payload
            .and_then(|payload| Message::from_json(payload.get().as_bytes()).ok())
            .or_else(|| self.message_of_traits())
    }

    /// The traits hold less than the notification: no results, no errors, and parameters as Python prints them.
    fn message_of_traits(&self) -> Option<Message> {
        let mut info = Map::new();
        for (group, keys) in
            [("request", &["path", "query", "method", "scheme"][..]), ("db", &["db.statement", "db.params"])]
        {
            let found: Map<String, Value> = keys
                .iter()
                .filter_map(|key| Some((key.trim_start_matches("db.").to_owned(), Value::from(self.text(key)?))))
                .collect();
            if !found.is_empty() {
                info.insert(group.to_owned(), Value::Object(found));
            }
        }
        info.extend(self.text("host").map(|host| ("host".to_owned(), Value::from(host))));
        let (base_id, trace_id, parent_id) = (self.base_id()?, self.text("trace_id")?, self.text("parent_id")?);
        Message::new(&MessageFields {
            name: &self.text("name")?,
            base_id: &base_id,
            trace_id: &Id::from(trace_id.as_str()),
            parent_id: &Id::from(parent_id.as_str()),
            timestamp: self.text("timestamp")?.parse().ok()?,
            info: &Value::Object(info).to_string(),
            project: self.text("project").as_deref(),
            service: self.text("service").as_deref(),
        })
        .ok()
    }

    fn text(&self, name: &str) -> Option<String> {
        let found = self.traits.iter().find(|candidate| candidate.name == name)?;
        Some(match &found.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
    }
}
