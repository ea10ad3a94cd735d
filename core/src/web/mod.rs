//! Traces across services: signed headers, and the layer that reads them.
//!
//! A request is traced when it carries the headers [`X_TRACE_INFO`] and [`X_TRACE_HMAC`], signed with a key that the
//! service knows, or when a trigger says so. Here: the names. Below: the headers' form (`signed`, `info`, `traceparent`),
//! the process-wide switch (`state`), the layer for requests that come in (`layer`), and the points and headers of those
//! that go out (`client`, `headers`, `inject`). Not here: where the keys come from ([`Config`](crate::Config)).
//!
//! The headers are byte for byte those of OSProfiler 4.4.0, so that a trace goes through services of both kinds.

mod base64;
#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
mod client;
#[cfg(test)]
mod fixtures;
mod headers;
mod info;
#[cfg(feature = "http")]
mod inject;
mod json;
mod key;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod layer;
mod server_timing;
mod signed;
mod state;
mod traceparent;
#[cfg(any(feature = "tower", feature = "actix-web", feature = "reqwest-middleware"))]
mod work;

#[cfg(any(feature = "tower", feature = "reqwest-middleware"))]
pub use client::ClientFuture;
#[cfg(feature = "reqwest-middleware")]
pub use client::TraceMiddleware;
#[cfg(feature = "tower")]
pub use client::{TraceClient, TraceClientLayer};
pub use headers::headers;
pub use info::{MAX_ID_BYTES, TraceInfo, trace_info};
#[cfg(feature = "http")]
pub use inject::inject;
pub use key::HmacKey;
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub use layer::TraceLayer;
#[cfg(feature = "actix-web")]
pub use layer::{ActixResponseFuture, ActixTraceService, ActixTracedBody};
#[cfg(feature = "tower")]
pub use layer::{ResponseFuture, TraceService, TracedBody};
pub use server_timing::{SERVER_TIMING, server_timing};
pub use signed::{MAX_INFO_BYTES, signed_pack, signed_unpack};
pub(crate) use state::{Switches, enable_with, reset};
pub use state::{disable, enable, hmac_keys};
pub use traceparent::{TRACEPARENT, traceparent};

/// The header that says which trace a request belongs to.
pub const X_TRACE_INFO: &str = "X-Trace-Info";

/// The header that proves that [`X_TRACE_INFO`] comes from someone who knows a key.
pub const X_TRACE_HMAC: &str = "X-Trace-HMAC";

/// The header of a traced request's response: the trace's `base_id`, by which the trace is found.
pub const X_TRACE_ID: &str = "X-Trace-Id";
