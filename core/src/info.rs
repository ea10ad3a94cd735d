//! [`Info`]: what a trace point has to say, and how it becomes JSON text.

use std::fmt;

use serde_json::{Map, Value};

use crate::InfoWriter;
use crate::db::DbStop;

/// The info of a trace point: nothing, a JSON object, or something that becomes one later on the collector's worker.
///
/// ```
/// use osprofiler::Info;
/// use serde_json::json;
///
/// let known = Info::from(json!({"function": {"name": "render"}}));
/// // The closure runs on the collector's worker, and only if the point is recorded.
/// let user = 42;
/// let later = Info::lazy(move || json!({"user": format!("{user:08}")}));
/// # let _ = (known, later);
/// ```
///
/// A JSON value that is no object is kept under the key `value`; `null` is no info.
#[derive(Default)]
pub struct Info(Repr);

#[derive(Default)]
enum Repr {
    #[default]
    Empty,
    Map(Box<Map<String, Value>>),
    /// How most queries end, without an allocation.
    DbStop(DbStop),
    Later(Box<dyn RenderInfo>),
}

/// Info that renders itself, on the collector's worker.
///
/// For adapters: the calling thread keeps cheap handles of what it saw, and the worker pays for the text.
pub trait RenderInfo: Send + 'static {
    /// Writes the info's members.
    fn render(self: Box<Self>, info: &mut InfoWriter);

    /// About how many bytes this keeps in memory until it is rendered; the collector's queue is bounded by the sum.
    fn weight(&self) -> usize;
}

impl Info {
    /// Info that `make` returns when the collector's worker asks for it.
    #[must_use]
    pub fn lazy(make: impl FnOnce() -> Value + Send + 'static) -> Self {
        Self::rendered_later(LazyInfo(make))
    }

    /// Info that renders itself on the collector's worker.
    #[must_use]
    pub fn rendered_later(info: impl RenderInfo) -> Self {
        Self(Repr::Later(Box::new(info)))
    }

    /// The info of a point that ended with `error`: `etype` and `message`, as OSProfiler has them.
    #[must_use]
    pub fn error(etype: impl Into<String>, message: impl Into<String>) -> Self {
        Map::from_iter([
            ("etype".to_owned(), Value::from(etype.into())),
            ("message".to_owned(), Value::from(message.into())),
        ])
        .into()
    }

    pub(crate) fn cancelled() -> Self {
        Map::from_iter([("cancelled".to_owned(), Value::Bool(true))]).into()
    }

    pub(crate) fn weight(&self) -> usize {
        match &self.0 {
            Repr::Empty | Repr::DbStop(_) => 0,
            Repr::Map(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
            Repr::Later(info) => info.weight(),
        }
    }

    /// Renders to the text of a JSON object that ends with `host` and, where messages of this trace were lost before,
    /// `lost_messages`.
    pub(crate) fn into_json(self, host: &str, lost: u64) -> String {
        let mut info = InfoWriter::new();
        match self.0 {
            Repr::Empty => {}
            Repr::Map(map) => {
                // OSProfiler overwrites a caller's `host`, and so does this.
                for (key, value) in map.iter().filter(|(key, _)| *key != "host") {
                    info.value(key, value);
                }
            }
            Repr::DbStop(stop) => stop.render(&mut info),
            Repr::Later(later) => later.render(&mut info),
        }
        info.string("host", host);
        if lost > 0 {
            info.number("lost_messages", lost);
        }
        info.finish()
    }
}

/// About how many bytes a JSON value keeps in memory.
fn weight(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::String(text) => text.len(),
            Value::Array(values) => values.iter().map(weight).sum(),
            Value::Object(map) => map.iter().map(|(key, value)| key.len() + weight(value)).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
}

struct LazyInfo<F>(F);

impl<F: FnOnce() -> Value + Send + 'static> RenderInfo for LazyInfo<F> {
    fn render(self: Box<Self>, info: &mut InfoWriter) {
        if let Repr::Map(map) = Info::from((self.0)()).0 {
            for (key, value) in map.iter().filter(|(key, _)| *key != "host") {
                info.value(key, value);
            }
        }
    }

    fn weight(&self) -> usize {
        size_of::<F>()
    }
}

impl From<()> for Info {
    fn from((): ()) -> Self {
        Self::default()
    }
}

impl From<Map<String, Value>> for Info {
    fn from(map: Map<String, Value>) -> Self {
        Self(Repr::Map(Box::new(map)))
    }
}

impl From<Value> for Info {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::default(),
            Value::Object(map) => map.into(),
            other => Map::from_iter([("value".to_owned(), other)]).into(),
        }
    }
}

impl From<DbStop> for Info {
    fn from(stop: DbStop) -> Self {
        Self(Repr::DbStop(stop))
    }
}

impl<T: Into<Info>> From<Option<T>> for Info {
    fn from(info: Option<T>) -> Self {
        info.map(Into::into).unwrap_or_default()
    }
}

impl fmt::Debug for Info {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Empty => f.write_str("Info"),
            Repr::Map(map) => f.debug_tuple("Info").field(map).finish(),
            Repr::DbStop(stop) => f.debug_tuple("Info").field(stop).finish(),
            Repr::Later(_) => f.write_str("Info(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn host_comes_last() {
        assert_eq!(Info::from(()).into_json("n\"1", 0), r#"{"host":"n\"1"}"#);
        assert_eq!(Info::from(json!({"host": "x", "a": 1})).into_json("n", 0), r#"{"a":1,"host":"n"}"#);
        assert_eq!(Info::lazy(|| json!({"a": 1})).into_json("n", 2), r#"{"a":1,"host":"n","lost_messages":2}"#);
    }

    #[test]
    fn what_is_no_object_is_kept_as_value() {
        assert_eq!(Info::from(json!([1])).into_json("n", 0), r#"{"value":[1],"host":"n"}"#);
        assert_eq!(Info::lazy(|| json!(7)).into_json("n", 0), r#"{"value":7,"host":"n"}"#);
    }

    #[test]
    fn weight_grows_with_the_text() {
        assert!(Info::from(json!({"a": "x".repeat(1000)})).weight() > 1000);
    }
}
