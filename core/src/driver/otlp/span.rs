//! A trace point as a span: ids, name, kind, times, status and the attributes that OSProfiler 4.4.0 gives it.

use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::{Span, Status, status::StatusCode};
use serde_json::{Map, Value};
use sha1::{Digest as _, Sha1};
use uuid::Uuid;

use super::semantics;
use crate::{Id, Message, Timestamp, python_json};

/// In `flags`: it is known whether the parent is in another process, as OpenTelemetry's own exporters say.
const FLAGS: u32 = 0x100;

/// The messages of one point, of which one may be missing.
#[derive(Clone, Copy)]
pub(super) struct PointMessages<'a> {
    pub(super) start: Option<&'a Message>,
    pub(super) stop: Option<&'a Message>,
}

/// Whose spans they are.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Service {
    pub(super) name: String,
    pub(super) host: Option<String>,
}

impl<'a> PointMessages<'a> {
    pub(super) fn unfinished(start: &'a Message) -> Self {
        Self { start: Some(start), stop: None }
    }

    /// How many messages there are.
    pub(super) fn count(self) -> usize {
        usize::from(self.start.is_some()) + usize::from(self.stop.is_some())
    }

    /// The span and whose it is.
    pub(super) fn span(self) -> Option<(Service, Span)> {
        let any = self.start.or(self.stop)?;
        let last = self.stop.unwrap_or(any);
        let start = self.start.map(Message::info).unwrap_or_default();
        let stop = self.stop.map(Message::info).unwrap_or_default();
        let point = any.point().0;
        let mut attributes = semantics::attributes(&start, &stop);
        if self.stop.is_none() {
            attributes.push(flag("osprofiler.unfinished"));
        }
        if self.start.is_none() {
            attributes.push(flag("osprofiler.start_missing"));
        }
        let (mut events, mut status) = (Vec::new(), None);
        if let Some(etype) = stop.get("etype").filter(|etype| !etype.is_null()) {
            let message = stop.get("message").map(shown).unwrap_or_default();
            attributes.push(flag("error"));
            attributes.push(text("error.type", shown(etype)));
            events.push(Event {
                time_unix_nano: nanos(last.timestamp()),
                name: "log".to_owned(),
                attributes: vec![text("error.kind", shown(etype)), text("message", message.clone())],
                ..Event::default()
            });
            status = Some(Status { message, code: StatusCode::Error.into() });
        }
        let parent_span_id =
            if any.parent_id() == any.base_id() { Vec::new() } else { span_id(any.parent_id()).to_vec() };
        let span = Span {
            trace_id: trace_id(any.base_id()).to_vec(),
            span_id: span_id(any.trace_id()).to_vec(),
            parent_span_id,
            flags: FLAGS,
            name: name(point, &start),
            kind: kind(point).into(),
            start_time_unix_nano: nanos(any.timestamp()),
            end_time_unix_nano: nanos(last.timestamp()),
            attributes,
            events,
            status,
            ..Span::default()
        };
        let host = start.get("host").or_else(|| stop.get("host")).and_then(Value::as_str).map(str::to_owned);
        Some((Service { name: service(any), host }, span))
    }
}

fn service(message: &Message) -> String {
    let parts = [message.project(), message.service()].map(|part| part.filter(|part| !part.is_empty()));
    match parts {
        [Some(project), Some(service)] => format!("{project}-{service}"),
        [Some(one), None] | [None, Some(one)] => one.to_owned(),
        [None, None] => "unknown_service".to_owned(),
    }
}

/// OSProfiler's name for the span of a point. Other than OSProfiler's own, it has no word of a comment.
fn name(point: &str, start: &Map<String, Value>) -> String {
    let part = |group: &str, key: &str| start.get(group).and_then(|group| group.get(key)).and_then(Value::as_str);
    if let Some(method) = part("request", "method") {
        return format!("WSGI_{method}_{}", part("request", "path").unwrap_or_default());
    }
    if let Some(method) = part("requests", "method") {
        return format!("REQUESTS_{method}_{}", part("requests", "hostname").unwrap_or_default());
    }
    let operation = |statement| semantics::operation(statement, part("db", "system"));
    match part("db", "statement").and_then(operation) {
        Some(operation) => format!("SQL_{operation}"),
        None => point.to_owned(),
    }
}

fn kind(point: &str) -> SpanKind {
    if point.contains("wsgi") {
        SpanKind::Server
    } else if ["db", "http", "api"].iter().any(|part| point.contains(part)) {
        SpanKind::Client
    } else {
        SpanKind::Internal
    }
}

/// The 128 bits of a UUID; other ids and the nil one are hashed.
pub(super) fn trace_id(base_id: &Id) -> [u8; 16] {
    let bytes = uuid(base_id).map(Uuid::into_bytes).unwrap_or_default();
    if bytes == [0; 16] { hashed(base_id) } else { bytes }
}

/// The low 64 bits of a UUID; other ids, and those where these bits are zero, are hashed.
pub(super) fn span_id(trace_id: &Id) -> [u8; 8] {
    let mut low = [0; 8];
    if let Some(uuid) = uuid(trace_id) {
        low.copy_from_slice(&uuid.as_bytes()[8..]);
    }
    if low == [0; 8] { hashed(trace_id) } else { low }
}

/// The UUID that an id is, however it is written: Python takes capital letters, braces and no hyphens as well.
fn uuid(id: &Id) -> Option<Uuid> {
    id.as_uuid().or_else(|| Uuid::try_parse(&id.to_string()).ok())
}

fn hashed<const N: usize>(id: &Id) -> [u8; N] {
    let digest = Sha1::digest(id.to_string().as_bytes());
    let mut bytes = [0; N];
    for (byte, hashed) in bytes.iter_mut().zip(digest) {
        *byte = hashed;
    }
    if bytes == [0; N] {
        // The one value that the protocol does not allow.
        bytes[N - 1] = 1;
    }
    bytes
}

fn nanos(time: Timestamp) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(0).saturating_mul(1000)
}

/// A value as an attribute shows it: text as it is, the rest as JSON.
pub(super) fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| python_json::text(value), str::to_owned)
}

pub(super) fn text(key: &str, value: impl Into<String>) -> KeyValue {
    attribute(key, any_value::Value::StringValue(value.into()))
}

pub(super) fn number(key: &str, value: i64) -> KeyValue {
    attribute(key, any_value::Value::IntValue(value))
}

pub(super) fn flag(key: &str) -> KeyValue {
    attribute(key, any_value::Value::BoolValue(true))
}

fn attribute(key: &str, value: any_value::Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(AnyValue { value: Some(value) }), ..KeyValue::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_osprofiler_and_never_zero() {
        let id = Id::from("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab");
        assert_eq!(trace_id(&id)[..2], [0x7a, 0x4b]);
        assert_eq!(span_id(&id), [0x9a, 0x53, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab]);
        for written in ["7A4B3B7E-0A7E-4F0E-9A53-0123456789AB", "7a4b3b7e0a7e4f0e9a530123456789ab"] {
            assert_eq!(trace_id(&Id::from(written)), trace_id(&id));
        }
        for odd in ["00000000-0000-0000-0000-000000000000", "no uuid", "é", ""] {
            let odd = Id::from(odd);
            assert_ne!(span_id(&odd), [0; 8]);
            assert_ne!(trace_id(&odd), [0; 16]);
            assert_eq!(span_id(&odd), span_id(&odd));
        }
        assert_ne!(span_id(&Id::from("a")), span_id(&Id::from("b")));
    }
}
