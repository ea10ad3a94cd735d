//! The header `traceparent` of the W3C's Trace Context (level 1), which tracing systems of other makes know.
//!
//! Such systems have ids of 128 bits for traces and of 64 bits for points. A trace's id is the base id as it is; a point's is
//! the low half of its UUID, as OSProfiler's OTLP driver has it.

#[cfg(any(feature = "tower", feature = "actix-web", test))]
use uuid::Uuid;

use crate::profiler::{self, Profiler};

/// The header by which tracing systems of other makes hand a trace on.
pub const TRACEPARENT: &str = "traceparent";

/// The value of the header [`TRACEPARENT`] for a request to another service: the active trace, and the point that is open
/// here as the parent.
///
/// `None` where no trace is active, or where its base id is no UUID. It is not signed, and its receiver has no reason to
/// trust it: osprofiler's own services go by [`headers`](super::headers).
///
/// ```
/// use osprofiler::{Id, Profiler, web};
///
/// let profiler = Profiler::new("", Some(Id::from("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab")), None);
/// assert_eq!(
///     profiler.in_scope(web::traceparent).as_deref(),
///     Some("00-7a4b3b7e0a7e4f0e9a530123456789ab-9a530123456789ab-01")
/// );
/// ```
#[must_use]
pub fn traceparent() -> Option<String> {
    of(&profiler::get()?)
}

pub(super) fn of(profiler: &Profiler) -> Option<String> {
    let trace = profiler.base_id().as_uuid()?;
    let (_, point) = profiler.id().as_uuid()?.as_u64_pair();
    // Zeros mean "none" there.
    (!trace.is_nil() && point != 0).then(|| format!("00-{}-{point:016x}-01", trace.simple()))
}

/// The ids of the trace and of the point in a header's value; `None` where it is malformed. Flags say whether the caller
/// records, and nothing here depends on that.
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub(super) fn parse(value: &str) -> Option<(Uuid, Uuid)> {
    let mut parts = value.splitn(5, '-');
    let version = hex(parts.next()?, 2)?;
    let trace = hex(parts.next()?, 32).filter(|id| *id != 0)?;
    let parent = hex(parts.next()?, 16).filter(|id| *id != 0)?;
    hex(parts.next()?, 2)?;
    let more = parts.next();
    // Versions to come may add to the end; this one has none, and 255 is none.
    let is_known = version != 0xff && (version != 0 || more.is_none());
    is_known.then(|| (Uuid::from_u128(trace), Uuid::from_u128(parent)))
}

/// A number of so many digits, which are in lower case.
#[cfg(any(feature = "tower", feature = "actix-web"))]
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex { u128::from_str_radix(text, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Id, Notifier};

    #[cfg(any(feature = "tower", feature = "actix-web"))]
    #[test]
    fn values_are_read_as_the_specification_says() {
        const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
        const PARENT: &str = "00f067aa0ba902b7";
        let good = format!("00-{TRACE}-{PARENT}-01");
        let (trace, parent) = parse(&good).expect("the specification's own example");
        assert_eq!(trace.to_string(), "4bf92f35-77b3-4da6-a3ce-929d0e0e4736");
        assert_eq!(parent.to_string(), "00000000-0000-0000-00f0-67aa0ba902b7");
        for (value, is_read) in [
            (format!("00-{TRACE}-{PARENT}-00"), true),
            (format!("00-{TRACE}-{PARENT}-ff"), true),
            (format!("cc-{TRACE}-{PARENT}-01"), true),
            (format!("cc-{TRACE}-{PARENT}-01-what-else"), true),
            (format!("cc-{TRACE}-{PARENT}-01."), false),
            (format!("00-{TRACE}-{PARENT}-01-what-else"), false),
            (format!("00-{TRACE}-{PARENT}-01-"), false),
            (format!("ff-{TRACE}-{PARENT}-01"), false),
            (format!("00-{TRACE}-{PARENT}"), false),
            (format!("00-{TRACE}-{PARENT}-1"), false),
            (format!("0-{TRACE}-{PARENT}-01"), false),
            (format!("00-{}-{PARENT}-01", TRACE.to_uppercase()), false),
            (format!("00-{TRACE}-{}-01", PARENT.to_uppercase()), false),
            (format!("00-{}-{PARENT}-01", "0".repeat(32)), false),
            (format!("00-{TRACE}-{}-01", "0".repeat(16)), false),
            (format!("00-{}-{PARENT}-01", &TRACE[1..]), false),
            (format!("00-+{}-{PARENT}-01", &TRACE[1..]), false),
            (format!("00-{TRACE}{PARENT}-01"), false),
            (format!(" {good}"), false),
            (format!("{good} "), false),
            (String::new(), false),
            ("é".repeat(20), false),
        ] {
            assert_eq!(parse(&value).is_some(), is_read, "{value}");
        }
    }

    #[test]
    fn ids_that_others_cannot_have_are_not_handed_on() {
        let nil = Uuid::nil().to_string();
        for (base_id, parent_id) in
            [("nightly", None), (nil.as_str(), None), ("7a4b3b7e-0a7e-4f0e-9a53-0123456789ab", Some("x"))]
        {
            let (base_id, parent_id) = (Some(Id::from(base_id)), parent_id.map(Id::from));
            let profiler = Profiler::with_notifier(&Notifier::default(), "k", base_id, parent_id);
            assert_eq!(profiler.in_scope(traceparent), None);
        }
        assert_eq!(traceparent(), None);
    }
}
