//! What a span's point says, rendered on the collector's worker: `{"span": {...}}`.

use serde::ser::{Serialize, SerializeMap, Serializer};
use tracing::Metadata;

use super::fields::{FieldValue, Fields};
use crate::{InfoWriter, RenderInfo};

/// The start info: `target`, `level`, and `fields` if there are any.
pub(super) struct SpanStart {
    pub(super) metadata: &'static Metadata<'static>,
    pub(super) fields: Fields,
}

impl RenderInfo for SpanStart {
    fn render(&mut self, info: &mut InfoWriter) {
        info.object("span", |span| {
            span.string("target", self.metadata.target());
            span.string("level", self.metadata.level().as_str());
            if !self.fields.is_empty() {
                span.value("fields", &self.fields);
            }
        });
    }

    fn weight(&self) -> usize {
        size_of::<Self>() + self.fields.weight()
    }
}

/// The stop info: the `fields` that were recorded later, the `events`, and how many of those were dropped; each only where
/// there are any. `etype` and `message` where it ended by a panic.
#[derive(Default)]
pub(super) struct SpanStop {
    pub(super) fields: Fields,
    pub(super) events: Vec<SpanEvent>,
    pub(super) events_dropped: u64,
    pub(super) panic: Option<String>,
}

impl SpanStop {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.events.is_empty() && self.events_dropped == 0
    }
}

impl RenderInfo for SpanStop {
    fn render(&mut self, info: &mut InfoWriter) {
        if let Some(message) = &self.panic {
            info.string("etype", crate::profiler::panic::ETYPE);
            info.string("message", message);
        }
        if self.is_empty() {
            return;
        }
        info.object("span", |span| {
            if !self.fields.is_empty() {
                span.value("fields", &self.fields);
            }
            if !self.events.is_empty() {
                span.value("events", &self.events);
            }
            if self.events_dropped > 0 {
                span.number("events_dropped", self.events_dropped);
            }
        });
    }

    fn weight(&self) -> usize {
        let events = self.events.iter().map(|event| size_of::<SpanEvent>() + event.fields.weight());
        size_of::<Self>() + self.fields.weight() + events.sum::<usize>()
    }
}

/// An event in a span.
pub(super) struct SpanEvent {
    pub(super) metadata: &'static Metadata<'static>,
    /// Microseconds since the span was made.
    pub(super) at_us: u64,
    pub(super) message: Option<FieldValue>,
    pub(super) fields: Fields,
}

impl Serialize for SpanEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("level", self.metadata.level().as_str())?;
        map.serialize_entry("target", self.metadata.target())?;
        if let Some(message) = &self.message {
            map.serialize_entry("message", message)?;
        }
        map.serialize_entry("at_us", &self.at_us)?;
        if !self.fields.is_empty() {
            map.serialize_entry("fields", &self.fields)?;
        }
        map.end()
    }
}
