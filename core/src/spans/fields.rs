//! The fields of spans and events, as `tracing` hands them out, and what is kept of them.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Serialize, Serializer};
use tracing::field::{Field, Visit};

/// How many bytes of a text are kept.
const CAP: usize = 1024;

/// The field that holds an event's text.
const MESSAGE: &str = "message";

/// A field's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldValue {
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Bool(bool),
    Text(String),
}

impl Serialize for FieldValue {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Signed(number) => serializer.serialize_i64(*number),
            Self::Unsigned(number) => serializer.serialize_u64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

/// Fields in the order in which they were recorded; the last value of each counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields(Vec<(&'static str, FieldValue)>);

impl Fields {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of an event, which is a field like any other to `tracing`.
    pub(super) fn take_message(&mut self) -> Option<FieldValue> {
        let place = self.0.iter().position(|(name, _)| *name == MESSAGE)?;
        Some(self.0.remove(place).1)
    }

    /// Adds those of `later`, which replace what is there.
    pub(super) fn extend(&mut self, later: Self) {
        for (name, value) in later.0 {
            self.set(name, value);
        }
    }

    /// About how many bytes they keep in memory.
    pub(super) fn weight(&self) -> usize {
        let text = |value: &FieldValue| if let FieldValue::Text(text) = value { text.len() } else { 0 };
        self.0.iter().map(|(_, value)| size_of::<(&str, FieldValue)>() + text(value)).sum()
    }

    fn set(&mut self, name: &'static str, value: FieldValue) {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name, value)),
        }
    }

    fn set_text(&mut self, field: &Field, value: fmt::Arguments<'_>) {
        self.set(field.name(), FieldValue::Text(capped(value)));
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has no other numbers.
        match value.is_finite() {
            true => self.set(field.name(), FieldValue::Float(value)),
            false => self.set_text(field, format_args!("{value}")),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.set(field.name(), FieldValue::Signed(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.set(field.name(), FieldValue::Unsigned(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.set(field.name(), FieldValue::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.set_text(field, format_args!("{value}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.set_text(field, format_args!("{}", crate::error::Chain(value)));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.set_text(field, format_args!("{value:?}"));
    }
}

/// The text, or its beginning: what formats itself is stopped where it becomes too long, and may panic.
fn capped(value: fmt::Arguments<'_>) -> String {
    let mut text = Capped(String::new());
    let written = catch_unwind(AssertUnwindSafe(|| text.write_fmt(value)));
    match written {
        Ok(Ok(())) => {}
        // It is too long, or gave up by itself.
        Ok(Err(fmt::Error)) => text.0.push('…'),
        Err(_panic) => text.0.push_str("[its text panicked]"),
    }
    text.0
}

struct Capped(String);

impl fmt::Write for Capped {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = CAP.saturating_sub(self.0.len());
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        if text.len() > room { Err(fmt::Error) } else { Ok(()) }
    }
}
