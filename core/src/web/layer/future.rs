//! [`ResponseFuture`]: the inner service's future, in the request's trace.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::{CONTENT_LENGTH, HeaderName};
use http::{HeaderMap, Response, StatusCode};
use http_body::Body;
use pin_project::pin_project;

use super::TracedBody;
use super::root::{InRoot, Root};

static TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");

/// The future of a [`TraceService`](super::TraceService).
#[pin_project]
pub struct ResponseFuture<F>(#[pin] InRoot<F>);

impl<F> ResponseFuture<F> {
    pub(super) fn traced(future: F, root: Box<Root>) -> Self {
        Self(InRoot::new(future, Some(root)))
    }

    pub(super) fn untraced(future: F) -> Self {
        Self(InRoot::new(future, None))
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
        let mut future = self.project().0;
        let Some(poll) = future.as_mut().with(|future| future.poll(cx)) else {
            // As async blocks do.
            panic!("`ResponseFuture` polled after it was ready");
        };
        let result = ready!(poll);
        Poll::Ready(match (future.end(), result) {
            (None, result) => result.map(|response| response.map(|body| TracedBody::new(body, None, None))),
            (Some(root), Ok(response)) => Ok(traced_response(root, response)),
            (Some(mut root), Err(error)) => {
                root.fail(&error);
                Err(error)
            }
        })
    }
}

/// Hands the trace on to the body, or ends it where no body will be read.
fn traced_response<B: Body>(mut root: Box<Root>, response: Response<B>) -> Response<TracedBody<B>> {
    let (mut parts, body) = response.into_parts();
    if let Some(value) = root.header() {
        parts.headers.insert(&TRACE_ID, value);
    }
    root.status = Some(parts.status);
    // Servers drop a body once they have sent as many bytes as they announced, without asking for its end.
    let length = content_length(&parts.headers).or_else(|| body.size_hint().exact());
    let is_over = body.is_end_stream() || length == Some(0) || root.is_head || is_bodiless(parts.status);
    let body = if is_over {
        root.finish();
        TracedBody::new(body, None, None)
    } else {
        TracedBody::new(body, Some(root), length)
    };
    Response::from_parts(parts, body)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Responses that HTTP gives no body, whatever the service made (RFC 9110, section 6.4.1).
fn is_bodiless(status: StatusCode) -> bool {
    status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED
}

impl<F> std::fmt::Debug for ResponseFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
