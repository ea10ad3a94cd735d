//! The envelopes of oslo.messaging's notifications, around a message.

use std::borrow::Cow;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::kombu;
use crate::{Id, Message, json, python_json};

/// A notification as the driver `messaging` of oslo.messaging 18.3.1 writes it: OSProfiler uses that, and no `messagingv2`.
#[derive(Serialize)]
struct Notification<'a> {
    message_id: String,
    publisher_id: &'a str,
    event_type: String,
    priority: &'a str,
    payload: &'a RawValue,
    timestamp: String,
    _unique_id: String,
}

/// The part of either envelope that counts here.
#[derive(Deserialize)]
struct Envelope<'a> {
    /// The text of the notification, in the envelope of `messagingv2`.
    #[serde(borrow, rename = "oslo.message")]
    text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    payload: Option<&'a RawValue>,
}

/// What a body holds.
pub(super) enum Opened {
    /// A message of a trace.
    Message(Message),
    /// Something that names a trace, and is no message that could be read.
    Unreadable(Id),
    /// No JSON. In this queue it may have been a message of any trace.
    Garbled,
    /// Something of somebody else.
    Other,
}

/// The body for a message. The notification has its time.
pub(super) fn seal(message: &Message) -> Result<Vec<u8>, serde_json::Error> {
    #[derive(Default, Deserialize)]
    struct Peek<'a> {
        #[serde(borrow)]
        host: Option<Cow<'a, str>>,
    }
    let info = json::object::<Peek<'_>>(message.info_json()).unwrap_or_default();
    serde_json::to_vec(&Notification {
        message_id: Id::random().to_string(),
        publisher_id: info.host.as_deref().unwrap_or_default(),
        event_type: format!("profiler.{}", message.service().unwrap_or_default()),
        priority: "INFO",
        payload: serde_json::from_str(message.json())?,
        timestamp: message.timestamp().to_string().replace('T', " "),
        _unique_id: Id::random().to_string().replace('-', ""),
    })
}

/// Takes a body out of its envelope.
pub(super) fn open(body: &[u8]) -> Opened {
    let Ok(text) = std::str::from_utf8(body) else { return Opened::Garbled };
    python_json::read(text, |text| {
        let envelope = json::object::<Envelope<'_>>(text)?;
        Ok(match (envelope.text, envelope.payload) {
            (Some(within), _) => open_within(&within),
            // kombu has written the whole body, and of `messagingv2` nothing but the text.
            (None, Some(payload)) => message(&kombu::plain(payload.get())),
            (None, None) => Opened::Other,
        })
    })
    .unwrap_or_else(|_| other(text))
}

/// Takes the notification out of the text that the envelope of `messagingv2` holds.
fn open_within(text: &str) -> Opened {
    let opened = |text: &str| {
        Ok(json::object::<Envelope<'_>>(text)?.payload.map_or(Opened::Other, |payload| message(payload.get())))
    };
    python_json::read(text, opened).unwrap_or_else(|_| other(text))
}

/// A body that is not an envelope.
fn other(text: &str) -> Opened {
    let is_json = python_json::read(text, |text| serde_json::from_str::<IgnoredAny>(text)).is_ok();
    if is_json { Opened::Other } else { Opened::Garbled }
}

fn message(payload: &str) -> Opened {
    #[derive(Deserialize)]
    struct Peek {
        base_id: Id,
    }
    match Message::from_text(payload) {
        Ok(message) => Opened::Message(message),
        Err(_) => python_json::read(payload, |payload| json::object::<Peek>(payload))
            .map_or(Opened::Other, |peek| Opened::Unreadable(peek.base_id)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Python's OSProfiler 4.4.0 wrote it to RabbitMQ.
    const V1: &str = r#"{"message_id": "c177094a-b981-4f79-890a-ad1e729ed545", "publisher_id": "host-arg", "event_type": "profiler.svc", "priority": "INFO", "payload": {"name": "wsgi-stop", "base_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab", "trace_id": "00000001-1111-4222-8333-0123456789ab", "parent_id": "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab", "timestamp": "2026-01-02T03:04:05.106234", "info": {"host": "node-1"}, "project": "proj", "service": "svc"}, "timestamp": "2026-01-02 03:04:05.116734", "_unique_id": "8c0c312464d14f7dab6b91506a5572a9"}"#;

    fn opened(body: &str) -> Option<Message> {
        match open(body.as_bytes()) {
            Opened::Message(message) => Some(message),
            Opened::Unreadable(_) | Opened::Garbled | Opened::Other => None,
        }
    }

    #[test]
    fn both_envelopes_are_opened() {
        let v2 = serde_json::json!({"oslo.version": "2.0", "oslo.message": V1}).to_string();
        let message = opened(V1).expect("a message");
        assert_eq!((message.name().as_str(), message.project()), ("wsgi-stop", Some("proj")));
        assert_eq!(opened(&v2), Some(message));
    }

    #[test]
    fn sealed_message_has_pythons_keys_and_opens_again() -> Result<(), serde_json::Error> {
        let message = opened(V1).expect("a message");
        let sealed = seal(&message)?;
        let (ours, theirs): (serde_json::Value, serde_json::Value) =
            (serde_json::from_slice(&sealed)?, serde_json::from_str(V1)?);
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value.as_object().into_iter().flatten().map(|(key, _)| key.clone()).collect()
        };
        assert_eq!(keys(&ours), keys(&theirs));
        assert_eq!(ours["payload"], theirs["payload"]);
        assert_eq!((&ours["publisher_id"], &ours["event_type"]), (&"node-1".into(), &"profiler.svc".into()));
        assert_eq!(ours["timestamp"], "2026-01-02 03:04:05.106234");
        assert_eq!(ours["_unique_id"].as_str().map(str::len), Some(32));
        assert_eq!(opened(&String::from_utf8_lossy(&sealed)), Some(message));
        Ok(())
    }

    #[test]
    fn values_that_json_does_not_have_are_read_in_both_envelopes() {
        let odd = r#"{"nan": NaN, "half": "\ud83d", "n": 123456789012345678901234567890}"#;
        let v1 = V1.replace(r#"{"host": "node-1"}"#, odd);
        let v2 = serde_json::json!({"oslo.version": "2.0", "oslo.message": v1}).to_string();
        for body in [v1, v2] {
            let message = opened(&body).expect("a message");
            assert_eq!(message.info_json(), odd.replace("NaN", "\"NaN\""));
        }
    }

    #[test]
    fn values_with_kombus_types_are_text_and_so_is_the_time() {
        let typed = r#"{"__type__": "datetime", "__value__": "2026-01-02T03:04:05.106234"}"#;
        let v1 = V1
            .replace(r#""2026-01-02T03:04:05.106234""#, typed)
            .replace(r#"{"host": "node-1"}"#, r#"{"v": {"__type__": "decimal", "__value__": "1.50"}}"#);
        let message = opened(&v1).expect("a message");
        assert_eq!(message.timestamp().to_string(), "2026-01-02T03:04:05.106234");
        assert_eq!(message.info_json(), r#"{"v":"1.50"}"#);
    }

    #[test]
    fn hostile_bodies_are_somebody_elses_or_unreadable() {
        let deep = format!("{{\"payload\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        for body in [
            "null",
            "[]",
            "{}",
            "{\"payload\": 1}",
            "{\"payload\": {\"base_id\": 5}}",
            "{\"payload\": {\"__type__\": \"decimal\", \"__value__\": \"1\"}}",
            "{\"oslo.message\": 5}",
            "{\"oslo.message\": \"{}\"}",
            &deep,
        ] {
            assert!(matches!(open(body.as_bytes()), Opened::Other), "{}", &body[..body.len().min(80)]);
        }
        let body = r#"{"payload": {"base_id": "b", "name": 7, "v": NaN}}"#;
        assert!(matches!(open(body.as_bytes()), Opened::Unreadable(id) if id == Id::from("b")));
    }

    #[test]
    fn what_is_no_json_may_have_been_anyones() {
        let torn = &V1.as_bytes()[..V1.len() - 40];
        for body in [&b""[..], b"{", b"\xff\xfe", b"{\"oslo.message\": \"{\"}", b"{\"payload\": nan}", torn] {
            assert!(matches!(open(body), Opened::Garbled), "{}", String::from_utf8_lossy(body));
        }
    }
}
