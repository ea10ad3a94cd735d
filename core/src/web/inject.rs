//! [`inject`]: signed headers in an [`http::HeaderMap`].

use http::{HeaderMap, HeaderName, HeaderValue};

use super::{headers, traceparent};
use crate::profiler::{self, Profiler};

/// Puts the headers of [`headers`](super::headers) into those of a request to another service, in the place of such that are
/// there. Without a trace, or without a key to sign with, nothing changes; a missing key is logged, once a minute at most.
///
/// ```
/// use http::HeaderMap;
/// use osprofiler::{Profiler, web};
///
/// let mut headers = HeaderMap::new();
/// web::inject(&mut headers);
/// assert!(headers.is_empty());
/// Profiler::new("SECRET_KEY", None, None).in_scope(|| web::inject(&mut headers));
/// assert!(headers.contains_key(web::X_TRACE_INFO) && headers.contains_key(web::X_TRACE_HMAC));
/// ```
pub fn inject(headers: &mut HeaderMap) {
    if let Some(profiler) = profiler::get() {
        inject_of(&profiler, headers, false);
    }
}

/// As [`inject`], for that trace, and with a `traceparent` where it is wanted.
pub(super) fn inject_of(profiler: &Profiler, headers: &mut HeaderMap, traceparent: bool) {
    let signed = headers::of(profiler);
    let other = traceparent.then(|| traceparent::of(profiler)).flatten();
    if signed.is_empty() && other.is_none() {
        headers::log_unsigned();
    }
    let all = signed.into_iter().chain(other.map(|value| (traceparent::TRACEPARENT, value)));
    for (name, value) in all {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::{X_TRACE_HMAC, X_TRACE_INFO};

    #[test]
    fn headers_replace_those_that_are_there() {
        let mut headers = HeaderMap::new();
        for name in [X_TRACE_INFO, X_TRACE_INFO, X_TRACE_HMAC] {
            headers.append(name, HeaderValue::from_static("of the caller"));
        }
        let profiler = Profiler::new("k", None, None);
        profiler.in_scope(|| inject(&mut headers));
        assert_eq!(headers.len(), 2);
        let value = |name| headers[name].to_str().expect("text");
        assert!(crate::web::trace_info(value(X_TRACE_INFO), value(X_TRACE_HMAC), &["k"]).is_some());
    }

    #[test]
    fn traceparent_is_there_only_where_it_is_wanted_and_needs_no_key() {
        for (wanted, count) in [(true, 1), (false, 0)] {
            let mut headers = HeaderMap::new();
            inject_of(&Profiler::new("", None, None), &mut headers, wanted);
            assert_eq!(headers.len(), count);
        }
    }
}
