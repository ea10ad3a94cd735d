//! The root point of a request, and what its response says of the trace.

use std::sync::Arc;

use serde_json::{Value, json};

use super::Settings;
use super::decision::Incoming;
use crate::profiler::{Point, TraceShared};
use crate::web::server_timing;
use crate::web::work::Work;

/// OSProfiler's name for the root point of a web request.
const NAME: &str = "wsgi";

/// What there is to say in the response to a traced request.
pub(super) struct Answer {
    trace: Arc<TraceShared>,
    is_head: bool,
    /// Whether the response tells its times: once, also where layers nest.
    times: bool,
}

impl Settings {
    /// Begins the root point of a request that is traced.
    pub(super) fn begin(&self, request: &impl Incoming) -> Option<(Box<Work>, Answer)> {
        let profiler = self.profiler(request)?;
        let is_outermost = crate::profiler::get().is_none_or(|outer| !Arc::ptr_eq(&outer.trace, &profiler.trace));
        let point = Point::under(&profiler, NAME).map(|mut point| {
            point.start(info(request));
            point
        });
        let answer = Answer {
            trace: Arc::clone(&profiler.trace),
            is_head: request.method() == "HEAD",
            times: is_outermost && !self.without_server_timing,
        };
        Some((Work::new(point, &profiler, "response"), answer))
    }
}

fn info(request: &impl Incoming) -> Value {
    json!({"request": {
        "path": request.path(),
        "query": request.query(),
        "method": request.method(),
        "scheme": request.scheme(),
    }})
}

impl Answer {
    /// The value of the header [`X_TRACE_ID`](crate::web::X_TRACE_ID).
    pub(super) fn trace_id(&self) -> String {
        self.trace.base_id.to_string()
    }

    /// The value of the header [`SERVER_TIMING`](crate::web::SERVER_TIMING), where there is to be one.
    pub(super) fn server_timing(&self) -> Option<String> {
        self.times.then(|| server_timing::of(&self.trace))
    }

    /// Whether no body follows a response of that status (RFC 9110, section 6.4.1), whatever the service made.
    pub(super) fn is_bodiless(&self, status: u16) -> bool {
        self.is_head || matches!(status, 100..=199 | 204 | 304)
    }
}
