//! [`ActixTracedBody`]: a response's body, whose streaming is part of the request's trace.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use bytes::Bytes;
use pin_project::pin_project;

use crate::web::work::{Within, Work};

/// The body of an actix-web response that went through a [`TraceLayer`](crate::web::TraceLayer).
///
/// What it does while it is polled is in the trace, and the root point stops just before its last bytes are handed out.
#[pin_project]
pub struct ActixTracedBody<B> {
    #[pin]
    body: Within<B>,
    /// How many bytes are still to come, where that is known.
    remaining: Option<u64>,
}

impl<B> ActixTracedBody<B> {
    pub(super) fn new(body: B, work: Option<Box<Work>>, length: Option<u64>) -> Self {
        Self { body: Within::new(body, work), remaining: length }
    }
}

impl<B: MessageBody> MessageBody for ActixTracedBody<B> {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.inner().map_or(BodySize::None, MessageBody::size)
    }

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Box<dyn Error>>>> {
        let mut this = self.project();
        let Some(poll) = this.body.as_mut().with(|body| body.poll_next(cx)) else { return Poll::Ready(None) };
        let chunk = ready!(poll).map(|chunk| chunk.map_err(Into::into));
        if let Some(work) = this.body.as_mut().work() {
            match &chunk {
                Some(Ok(bytes)) => {
                    if let Some(remaining) = this.remaining {
                        *remaining = remaining.saturating_sub(bytes.len() as u64);
                    }
                }
                Some(Err(error)) => work.fail_with(error),
                None => {}
            }
            // Unlike those of tower, these bodies have nothing behind their last bytes.
            if (chunk.is_none() || *this.remaining == Some(0))
                && let Some(mut work) = this.body.end()
            {
                work.finish();
            }
        }
        Poll::Ready(chunk)
    }
}

impl<B> std::fmt::Debug for ActixTracedBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ActixTracedBody").finish_non_exhaustive()
    }
}
