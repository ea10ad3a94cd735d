//! [`ResponseFuture`]: the inner service's future, in the request's trace.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_LENGTH, HeaderName};
use http::{HeaderMap, HeaderValue, Response};
use http_body::Body;
use pin_project::pin_project;

use super::TracedBody;
use crate::web::layer::root::Answer;
use crate::web::work::{Within, Work};

static TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
static TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The future of a [`TraceService`](super::TraceService).
#[pin_project]
pub struct ResponseFuture<F> {
    #[pin]
    future: Within<F>,
    /// There until the response is, where it is traced.
    answer: Option<Answer>,
}

impl<F> ResponseFuture<F> {
    pub(super) fn traced(future: F, work: Box<Work>, answer: Answer) -> Self {
        Self { future: Within::new(future, Some(work)), answer: Some(answer) }
    }

    pub(super) fn untraced(future: F) -> Self {
        Self { future: Within::new(future, None), answer: None }
    }
}

impl<F, B, E> Future for ResponseFuture<F>
where
    F: Future<Output = Result<Response<B>, E>>,
    E: Display,
    B: Body,
{
    type Output = Result<Response<TracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(poll) = this.future.as_mut().with(|future| future.poll(cx)) else {
            // As async blocks do.
            panic!("`ResponseFuture` polled after it was ready");
        };
        let result = ready!(poll);
        Poll::Ready(match (this.future.end().zip(this.answer.take()), result) {
            (None, result) => result.map(|response| response.map(|body| TracedBody::new(body, None, None))),
            (Some((work, answer)), Ok(response)) => Ok(traced_response(work, &answer, response)),
            (Some((mut work, _)), Err(error)) => {
                work.finish_with(&error);
                Err(error)
            }
        })
    }
}

/// Hands the trace on to the body, or ends it where no body will be read.
fn traced_response<B: Body>(mut work: Box<Work>, answer: &Answer, response: Response<B>) -> Response<TracedBody<B>> {
    let (mut parts, body) = response.into_parts();
    // An id that is no text for a header has none.
    if let Ok(value) = HeaderValue::from_str(&answer.trace_id()) {
        parts.headers.insert(&TRACE_ID, value);
    }
    if let Some(value) = answer.server_timing().and_then(|value| HeaderValue::try_from(value).ok()) {
        parts.headers.append(&TIMING, value);
    }
    let status = parts.status.as_u16();
    work.status = Some(status);
    // Servers drop a body once they have sent as many bytes as they announced, without asking for its end.
    let length = content_length(&parts.headers).or_else(|| body.size_hint().exact());
    let is_over = body.is_end_stream() || length == Some(0) || answer.is_bodiless(status);
    let body = if is_over {
        work.finish();
        TracedBody::new(body, None, None)
    } else {
        TracedBody::new(body, Some(work), length)
    };
    Response::from_parts(parts, body)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

impl<F> std::fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
