//! [`TracedBody`]: a response's body, whose streaming is part of the request's trace.

use std::fmt::Display;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project::pin_project;

use crate::web::work::{Within, Work};

/// The body of a response that went through a [`TraceService`](super::TraceService).
///
/// What it does while it is polled is in the trace, and the root point stops just before its last frame is handed out.
#[pin_project]
pub struct TracedBody<B> {
    #[pin]
    body: Within<B>,
    /// How many bytes of data are still to come, where that is known.
    remaining: Option<u64>,
}

impl<B> TracedBody<B> {
    pub(super) fn new(body: B, work: Option<Box<Work>>, length: Option<u64>) -> Self {
        Self { body: Within::new(body, work), remaining: length }
    }
}

impl<B> Body for TracedBody<B>
where
    B: Body,
    B::Error: Display,
{
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let Some(poll) = this.body.as_mut().with(|body| body.poll_frame(cx)) else { return Poll::Ready(None) };
        let frame = ready!(poll);
        if let Some(work) = this.body.as_mut().work() {
            match &frame {
                Some(Ok(frame)) => {
                    let bytes = frame.data_ref().map_or(0, |data| data.remaining() as u64);
                    if let Some(remaining) = this.remaining {
                        *remaining = remaining.saturating_sub(bytes);
                    }
                }
                Some(Err(error)) => work.fail_with(error),
                None => {}
            }
            // Nothing follows trailers (http-body 1.0), and servers do not poll again after them: hyper 1.x drops the body.
            let is_last = frame.as_ref().is_none_or(|frame| frame.as_ref().is_ok_and(Frame::is_trailers));
            let is_over = is_last || this.body.inner().is_none_or(Body::is_end_stream);
            if is_over {
                if let Some(mut work) = this.body.end() {
                    work.finish();
                }
            } else if *this.remaining == Some(0)
                && let Some(work) = this.body.work()
            {
                // Trailers may follow, so the body lives on.
                work.stop();
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.inner().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.inner().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl<B: Default> Default for TracedBody<B> {
    /// An untraced body.
    fn default() -> Self {
        Self::new(B::default(), None, None)
    }
}

impl<B> std::fmt::Debug for TracedBody<B> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TracedBody").finish_non_exhaustive()
    }
}
