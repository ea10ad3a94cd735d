//! The envelopes of oslo.messaging's notifications, around a message.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Id, Message, json};

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
    let Ok(text) = std::str::from_utf8(body) else { return Opened::Other };
    match json::object::<Envelope<'_>>(text) {
        Ok(Envelope { text: Some(text), .. }) => match json::object::<Envelope<'_>>(&text) {
            Ok(Envelope { payload: Some(payload), .. }) => message(payload.get()),
            _ => Opened::Other,
        },
        Ok(Envelope { payload: Some(payload), .. }) => message(payload.get()),
        _ => Opened::Other,
    }
}

fn message(payload: &str) -> Opened {
    #[derive(Deserialize)]
    struct Peek {
        base_id: Id,
    }
    match Message::from_text(payload) {
        Ok(message) => Opened::Message(message),
        Err(_) => json::object::<Peek>(payload).map_or(Opened::Other, |peek| Opened::Unreadable(peek.base_id)),
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
            Opened::Unreadable(_) | Opened::Other => None,
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
    fn hostile_bodies_are_somebody_elses_or_unreadable() {
        let deep = format!("{{\"payload\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        for body in [
            "",
            "null",
            "[]",
            "{}",
            "{\"payload\": 1}",
            "{\"payload\": {\"base_id\": 5}}",
            "{\"oslo.message\": 5}",
            "{\"oslo.message\": \"{\"}",
            &deep,
        ] {
            assert!(matches!(open(body.as_bytes()), Opened::Other), "{}", &body[..body.len().min(80)]);
        }
        assert!(matches!(open(b"\xff\xfe"), Opened::Other));
        let body = r#"{"payload": {"base_id": "b", "name": 7}}"#;
        assert!(matches!(open(body.as_bytes()), Opened::Unreadable(id) if id == Id::from("b")));
    }
}
