//! [`headers`]: how a trace is handed to the next service.

use serde_json::{Map, Value};

use super::{X_TRACE_HMAC, X_TRACE_INFO, signed_pack};
use crate::notice::Notice;
use crate::profiler::{self, Profiler};

static NO_KEY: Notice = Notice::new();

/// The headers to send with a request to another service, so that its points become part of the active trace, under the
/// point that is open here.
///
/// Empty where no trace is active, or where the trace has no key to sign with. The latter is logged, once a minute at most.
///
/// ```
/// use osprofiler::{Profiler, web};
///
/// assert!(web::headers().is_empty());
/// let headers = Profiler::new("SECRET_KEY", None, None).in_scope(web::headers);
/// assert_eq!(headers[0].0, "X-Trace-Info");
/// assert_eq!(headers[1].0, "X-Trace-HMAC");
/// ```
#[must_use]
pub fn headers() -> Vec<(&'static str, String)> {
    let Some(profiler) = profiler::get() else { return Vec::new() };
    let headers = of(&profiler);
    if headers.is_empty() {
        log_unsigned();
    }
    headers
}

/// Logs that a request of an active trace goes out without headers.
#[cold]
pub(super) fn log_unsigned() {
    NO_KEY.log(|| {
        tracing::warn!(
            "a request to another service is not signed, because the active trace has no HMAC key, and that service will not go \
             on with the trace: set hmac_keys (OSPROFILER_HMAC_KEYS), or give the Profiler a key"
        );
    });
}

/// As [`headers`], for that trace.
pub(super) fn of(profiler: &Profiler) -> Vec<(&'static str, String)> {
    let data = Map::from_iter([
        ("base_id".to_owned(), Value::from(profiler.base_id().to_string())),
        ("parent_id".to_owned(), Value::from(profiler.id().to_string())),
    ]);
    match signed_pack(&data, profiler.trace.hmac_key.as_str()) {
        (info, Some(hmac)) => vec![(X_TRACE_INFO, info), (X_TRACE_HMAC, hmac)],
        (_, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::fixtures;
    use crate::{Id, Notifier, Trace, web};

    const BASE: &str = "7a4b3b7e-0a7e-4f0e-9a53-0123456789ab";
    const PARENT: &str = "5bf0a1c2-1111-4222-8333-00000000a001";

    fn headers_of(key: &str, parent: Option<&str>) -> Vec<(&'static str, String)> {
        let parent = parent.map(Id::from);
        Profiler::with_notifier(&Notifier::default(), key, Some(Id::from(BASE)), parent).in_scope(headers)
    }

    #[test]
    fn headers_are_those_of_python() {
        let fixtures = fixtures::vectors();
        for (vector, parent) in [(&fixtures.headers, Some(PARENT)), (&fixtures.headers_without_parent, None)] {
            let made = headers_of("SECRET_KEY", parent);
            assert_eq!(made, [(X_TRACE_INFO, vector.info.clone()), (X_TRACE_HMAC, vector.hmac.clone())]);
        }
    }

    #[test]
    fn nothing_is_sent_without_trace_or_key() {
        assert!(headers().is_empty());
        assert!(headers_of("", None).is_empty());
    }

    #[test]
    fn parent_of_the_next_service_is_the_open_point() {
        let notifier = Notifier::from(|_: &crate::Message| {});
        Profiler::with_notifier(&notifier, "k", None, None).in_scope(|| {
            let _trace = Trace::new("call", ());
            let open = profiler::get().expect("a trace is active");
            assert_ne!(open.id(), open.base_id());
            let made = headers();
            let info = web::trace_info(made[0].1.as_str(), made[1].1.as_str(), &["k"]).expect("signed");
            assert_eq!(info.parent_id(), Some(open.id()));
        });
    }
}
