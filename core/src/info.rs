//! [`Info`]: what a trace point has to say, and how it becomes JSON text.

use std::fmt;

use serde_json::{Map, Value};
use smallbox::{SmallBox, smallbox};

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
    Later {
        info: SmallBox<dyn RenderInfo, Inline>,
        weight: usize,
    },
}

/// Small infos travel in the queue itself: what one thread allocates and another frees is the dearest part of a trace point.
type Inline = smallbox::space::S16;

/// Info that renders itself, on the collector's worker.
///
/// For adapters: the calling thread keeps cheap handles of what it saw, and the worker pays for the text.
pub trait RenderInfo: Send + 'static {
    /// Writes the info's members; `host` is the collector's to write. This is called once at most, and may panic: then the
    /// message says so.
    fn render(&mut self, info: &mut InfoWriter);

    /// About how many bytes this keeps in memory until then: the collector's queue is bounded by their sum. This runs on the
    /// calling thread and must not panic.
    fn weight(&self) -> usize;

    /// Drops what runs the program's code when it is dropped, after it was rendered, and says whether the rest goes back to
    /// a calling thread, which frees it: memory that one thread allocates and another frees is what a trace point costs most.
    /// Only what is small should. By default it is dropped on the worker.
    #[doc(hidden)]
    fn goes_back(&mut self) -> bool {
        false
    }
}

impl Info {
    /// Info that `make` returns when the collector's worker asks for it.
    ///
    /// What `make` captures by pointer does not count in the queue's bound of bytes, and stays in memory until then.
    #[must_use]
    pub fn lazy(make: impl FnOnce() -> Value + Send + 'static) -> Self {
        Self::rendered_later(LazyInfo(Some(make)))
    }

    /// Info that renders itself on the collector's worker.
    #[must_use]
    pub fn rendered_later(info: impl RenderInfo) -> Self {
        let weight = info.weight();
        Self(Repr::Later { info: smallbox!(info), weight })
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
            Repr::Later { weight, .. } => *weight,
        }
    }

    /// Whether what is left of it is to be dropped by a calling thread.
    pub(crate) fn goes_back(&mut self) -> bool {
        match &mut self.0 {
            Repr::Later { info, .. } => info.goes_back(),
            Repr::Empty | Repr::Map(_) | Repr::DbStop(_) => false,
        }
    }

    /// Whether it may keep memory that another thread will free.
    pub(crate) fn is_later(&self) -> bool {
        matches!(self.0, Repr::Later { .. })
    }

    /// Writes the info's members, but for `host`, which is the collector's to say, as in OSProfiler.
    pub(crate) fn render(&mut self, info: &mut InfoWriter) {
        match &mut self.0 {
            Repr::Empty => {}
            Repr::Map(map) => {
                for (key, value) in map.iter().filter(|(key, _)| *key != "host") {
                    info.value(key, value);
                }
            }
            Repr::DbStop(stop) => stop.render(info),
            Repr::Later { info: later, .. } => later.render(info),
        }
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

struct LazyInfo<F>(Option<F>);

impl<F: FnOnce() -> Value + Send + 'static> RenderInfo for LazyInfo<F> {
    fn render(&mut self, info: &mut InfoWriter) {
        if let Some(make) = self.0.take() {
            Info::from(make()).render(info);
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
            Repr::Later { .. } => f.write_str("Info(..)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn json(mut info: Info) -> String {
        let mut writer = InfoWriter::new();
        info.render(&mut writer);
        writer.finish()
    }

    #[test]
    fn host_is_left_to_the_collector() {
        assert_eq!(json(Info::from(json!({"host": "x", "a": 1}))), r#"{"a":1}"#);
        assert_eq!(json(Info::lazy(|| json!({"host": "x", "a": 1}))), r#"{"a":1}"#);
    }

    #[test]
    fn what_is_no_object_is_kept_as_value() {
        assert_eq!(json(Info::from(())), "{}");
        assert_eq!(json(Info::from(json!(null))), "{}");
        assert_eq!(json(Info::from(json!([1]))), r#"{"value":[1]}"#);
        assert_eq!(json(Info::lazy(|| json!(7))), r#"{"value":7}"#);
    }

    #[test]
    fn weight_grows_with_the_text() {
        assert!(Info::from(json!({"a": "x".repeat(1000)})).weight() > 1000);
    }
}
