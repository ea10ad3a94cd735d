//! Requests with spans, and what their answers mean for the batch.

use std::collections::BTreeMap;

use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans};
use prost::Message as _;
use ureq::http::Method;

use super::span::{PointMessages, Service, text};
use crate::driver::DriverError;
use crate::driver::http::{Client, HttpError};

/// Why not all spans were taken.
pub(super) struct Cause {
    pub(super) error: DriverError,
    /// How many spans the collector threw away; `None` where it took none.
    rejected: Option<u64>,
}

impl Cause {
    /// Whether the same may be taken later.
    pub(super) fn is_retryable(&self) -> bool {
        self.rejected.is_none() && self.error.is_retryable()
    }

    /// How many of so many messages are lost, of which a span has `each` at most.
    pub(super) fn lost(&self, messages: usize, each: usize) -> usize {
        match self.rejected {
            None => messages,
            Some(spans) => usize::try_from(spans).unwrap_or(usize::MAX).saturating_mul(each).min(messages),
        }
    }
}

/// What is said in the end of spans that were refused before.
pub(super) fn refused_before(client: &Client) -> DriverError {
    client.failed("write to", HttpError::Answer { reason: "the collector has refused spans".to_owned() })
}

/// Sends the points, a group of spans for each service; nothing where there are none.
pub(super) fn send<'a>(
    client: &Client,
    path: &str,
    points: impl Iterator<Item = PointMessages<'a>>,
) -> Result<(), Cause> {
    let mut services: BTreeMap<Service, Vec<_>> = BTreeMap::new();
    for (service, span) in points.filter_map(|point| point.span()) {
        services.entry(service).or_default().push(span);
    }
    if services.is_empty() {
        return Ok(());
    }
    let scope = InstrumentationScope {
        name: "osprofiler".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    };
    let resource_spans = services.into_iter().map(|(service, spans)| {
        let mut attributes = vec![text("service.name", service.name)];
        attributes.extend(service.host.map(|host| text("host.name", host)));
        ResourceSpans {
            resource: Some(Resource { attributes, ..Resource::default() }),
            scope_spans: vec![ScopeSpans { scope: Some(scope.clone()), spans, ..ScopeSpans::default() }],
            ..ResourceSpans::default()
        }
    });
    let body = ExportTraceServiceRequest { resource_spans: resource_spans.collect() }.encode_to_vec();
    let failed = |error| Cause { error: client.failed("write to", error), rejected: None };
    let answer = client
        .send(&Method::POST, path, "application/x-protobuf", &body)
        .and_then(super::super::http::Answer::ok)
        .map_err(failed)?;
    // Collectors that say nothing, or something in JSON, have taken everything.
    let partial = ExportTraceServiceResponse::decode(answer.body.as_slice()).ok().and_then(|said| said.partial_success);
    match partial.map(|partial| (u64::try_from(partial.rejected_spans).unwrap_or(0), partial.error_message)) {
        None | Some((0, _)) => Ok(()),
        Some((rejected, said)) => {
            let reason = format!("the collector rejected {rejected} spans: {said}");
            let error = client.failed("write to", HttpError::Answer { reason });
            Err(Cause { error, rejected: Some(rejected) })
        }
    }
}
