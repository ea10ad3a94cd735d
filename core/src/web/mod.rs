//! Traces across services: signed headers, and the layer that reads them.
//!
//! A request is traced when it carries the headers [`X_TRACE_INFO`] and [`X_TRACE_HMAC`], signed with a key that the
//! service knows. Here: the process-wide switch and the names. Below: the headers' form (`signed`, `info`) and, with the
//! feature `tower`, the layer for services such as axum's. Not here: where the keys come from
//! ([`Config`](crate::Config)).
//!
//! The headers are byte for byte those of OSProfiler 4.4.0, so that a trace goes through services of both kinds.

mod base64;
#[cfg(test)]
mod fixtures;
mod headers;
mod info;
mod json;
mod key;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod layer;
mod signed;
mod state;
#[cfg(any(feature = "tower", feature = "actix-web", feature = "reqwest-middleware"))]
mod work;

pub use headers::headers;
pub use info::{MAX_ID_BYTES, TraceInfo, trace_info};
pub use key::HmacKey;
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub use layer::TraceLayer;
#[cfg(feature = "tower")]
pub use layer::{ResponseFuture, TraceService, TracedBody};
pub use signed::{MAX_INFO_BYTES, signed_pack, signed_unpack};
pub(crate) use state::reset;
pub use state::{disable, enable, hmac_keys};

/// The header that says which trace a request belongs to.
pub const X_TRACE_INFO: &str = "X-Trace-Info";

/// The header that proves that [`X_TRACE_INFO`] comes from someone who knows a key.
pub const X_TRACE_HMAC: &str = "X-Trace-HMAC";

/// The header of a traced request's response: the trace's `base_id`, by which the trace is found.
pub const X_TRACE_ID: &str = "X-Trace-Id";
