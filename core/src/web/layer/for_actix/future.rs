//! [`ActixResponseFuture`]: the inner service's future, in the request's trace.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use pin_project::pin_project;

use super::ActixTracedBody;
use crate::web::layer::root::Answer;
use crate::web::work::{Within, Work};

static TRACE_ID: HeaderName = HeaderName::from_static("x-trace-id");
static TIMING: HeaderName = HeaderName::from_static("server-timing");

/// The future of an [`ActixTraceService`](super::ActixTraceService).
#[pin_project]
pub struct ActixResponseFuture<F> {
    #[pin]
    future: Within<F>,
    /// There until the response is, where it is traced.
    answer: Option<Answer>,
}

impl<F> ActixResponseFuture<F> {
    pub(super) fn traced(future: F, work: Box<Work>, answer: Answer) -> Self {
        Self { future: Within::new(future, Some(work)), answer: Some(answer) }
    }

    pub(super) fn untraced(future: F) -> Self {
        Self { future: Within::new(future, None), answer: None }
    }
}

impl<F, B, E> Future for ActixResponseFuture<F>
where
    F: Future<Output = Result<ServiceResponse<B>, E>>,
    E: Display,
    B: MessageBody,
{
    type Output = Result<ServiceResponse<ActixTracedBody<B>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let Some(poll) = this.future.as_mut().with(|future| future.poll(cx)) else {
            // As async blocks do.
            panic!("`ActixResponseFuture` polled after it was ready");
        };
        let result = ready!(poll);
        Poll::Ready(match (this.future.end().zip(this.answer.take()), result) {
            (None, result) => {
                result.map(|response| response.map_body(|_, body| ActixTracedBody::new(body, None, None)))
            }
            (Some((work, answer)), Ok(response)) => Ok(traced_response(work, &answer, response)),
            (Some((mut work, _)), Err(error)) => {
                work.finish_with(&error);
                Err(error)
            }
        })
    }
}

/// Hands the trace on to the body, or ends it where no body will be read.
fn traced_response<B: MessageBody>(
    mut work: Box<Work>,
    answer: &Answer,
    mut response: ServiceResponse<B>,
) -> ServiceResponse<ActixTracedBody<B>> {
    // An id that is no text for a header has none.
    if let Ok(value) = HeaderValue::from_str(&answer.trace_id()) {
        response.headers_mut().insert(TRACE_ID.clone(), value);
    }
    if let Some(value) = answer.server_timing().and_then(|value| HeaderValue::try_from(value).ok()) {
        response.headers_mut().append(TIMING.clone(), value);
    }
    let status = response.status().as_u16();
    work.status = Some(status);
    response.map_body(|_, body| {
        let length = match body.size() {
            BodySize::None => Some(0),
            BodySize::Sized(length) => Some(length),
            BodySize::Stream => None,
        };
        if length == Some(0) || answer.is_bodiless(status) {
            work.finish();
            ActixTracedBody::new(body, None, None)
        } else {
            ActixTracedBody::new(body, Some(work), length)
        }
    })
}

impl<F> std::fmt::Debug for ActixResponseFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActixResponseFuture").finish_non_exhaustive()
    }
}
