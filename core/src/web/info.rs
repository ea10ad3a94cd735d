//! [`TraceInfo`]: what a request's headers say about its trace.

use std::fmt;

use serde_json::{Map, Value};

use super::signed::unpack;
use crate::{Id, Notifier, Profiler};

/// Ids in headers that are longer than this make no trace. OSProfiler's have 36 bytes.
pub const MAX_ID_BYTES: usize = 80;

/// The trace that a validly signed request belongs to; made by [`trace_info`].
#[derive(Clone)]
pub struct TraceInfo {
    base_id: Id,
    parent_id: Option<Id>,
    hmac_key: String,
}

/// Reads the values of [`X_TRACE_INFO`](super::X_TRACE_INFO) and [`X_TRACE_HMAC`](super::X_TRACE_HMAC), for web
/// frameworks that the `TraceLayer` of the feature `tower` does not fit.
///
/// `None`, and the request is not traced, unless the info is signed with one of `hmac_keys` and says `base_id`, possibly
/// `parent_id`, and nothing else. Ids are texts of 1 to [`MAX_ID_BYTES`] bytes.
///
/// ```
/// use osprofiler::{Profiler, web};
///
/// // A client traces a request ...
/// let client = Profiler::new("SECRET_KEY", None, None);
/// let headers = client.in_scope(web::headers);
///
/// // ... and the service goes on with its trace.
/// let info = web::trace_info(headers[0].1.as_str(), headers[1].1.as_str(), &["SECRET_KEY"]).expect("signed");
/// assert_eq!(info.profiler().base_id(), client.base_id());
/// ```
#[must_use]
pub fn trace_info<'a>(
    info_header: impl Into<Option<&'a str>>,
    hmac_header: impl Into<Option<&'a str>>,
    hmac_keys: &[impl AsRef<str>],
) -> Option<TraceInfo> {
    let (mut contents, hmac_key) = unpack(info_header.into()?, hmac_header.into()?, hmac_keys)?;
    let base_id = take_id(&mut contents, "base_id")??;
    let parent_id = take_id(&mut contents, "parent_id")?;
    // OSProfiler overwrites this key with the one that matched before it looks at the rest.
    contents.remove("hmac_key");
    contents.is_empty().then(|| TraceInfo { base_id, parent_id, hmac_key: hmac_key.to_owned() })
}

/// The id under `key`, if there is any; `None` where something else is there.
fn take_id(contents: &mut Map<String, Value>, key: &str) -> Option<Option<Id>> {
    match contents.remove(key) {
        None => Some(None),
        Some(Value::String(text)) if (1..=MAX_ID_BYTES).contains(&text.len()) => Some(Some(Id::from(text.as_str()))),
        Some(_) => None,
    }
}

impl TraceInfo {
    /// The id that all points of the trace have in common.
    #[must_use]
    pub fn base_id(&self) -> &Id {
        &self.base_id
    }

    /// The point of the calling service under which this one's points go; without it they go under the base id.
    #[must_use]
    pub fn parent_id(&self) -> Option<&Id> {
        self.parent_id.as_ref()
    }

    /// Goes on with the trace here; messages go to the process-wide notifier. Requests to further services are signed
    /// with the key that this one was signed with.
    #[must_use]
    pub fn profiler(&self) -> Profiler {
        Profiler::new(&self.hmac_key, Some(self.base_id.clone()), self.parent_id.clone())
    }

    /// As [`profiler`](Self::profiler), with the messages going to `notifier`.
    #[must_use]
    pub fn profiler_with(&self, notifier: &Notifier) -> Profiler {
        Profiler::with_notifier(notifier, &self.hmac_key, Some(self.base_id.clone()), self.parent_id.clone())
    }
}

impl fmt::Debug for TraceInfo {
    /// Without the HMAC key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceInfo")
            .field("base_id", &self.base_id)
            .field("parent_id", &self.parent_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::web::signed_pack;

    fn read(contents: &Value) -> Option<TraceInfo> {
        let (info, hmac) = signed_pack(contents.as_object()?, "k");
        trace_info(info.as_str(), hmac.as_deref(), &["k"])
    }

    #[test]
    fn base_id_is_required_and_only_parent_id_may_follow() {
        for (contents, traced) in [
            (json!({}), false),
            (json!({"base_id": "1"}), true),
            (json!({"base_id": "1", "hmac_key": "k"}), true),
            (json!({"base_id": "1", "hmac_key": "other", "parent_id": "2"}), true),
            (json!({"base_id": "1", "parent_id": "2", "x": 1}), false),
            (json!({"parent_id": "2"}), false),
            (json!({"base_id": 1}), false),
            (json!({"base_id": null}), false),
            (json!({"base_id": ""}), false),
            (json!({"base_id": "1", "parent_id": null}), false),
            (json!({"base_id": "x".repeat(MAX_ID_BYTES)}), true),
            (json!({"base_id": "x".repeat(MAX_ID_BYTES + 1)}), false),
        ] {
            assert_eq!(read(&contents).is_some(), traced, "{contents}");
        }
    }

    #[test]
    fn profiler_has_the_ids_and_the_key_of_the_headers() {
        let info = read(&json!({"base_id": "b", "parent_id": "p"})).expect("signed");
        let profiler = info.profiler();
        assert_eq!((profiler.base_id(), profiler.id()), (&Id::from("b"), &Id::from("p")));
        assert_eq!(profiler.trace.hmac_key, "k");
        assert!(!format!("{info:?}").contains("\"k\""));
    }

    #[test]
    fn parent_defaults_to_the_base_id() {
        let profiler = read(&json!({"base_id": "b"})).expect("signed").profiler();
        assert_eq!(profiler.id(), &Id::from("b"));
    }
}
