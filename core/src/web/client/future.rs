//! [`ClientFuture`]: the client's own future, within the request's point.

use std::fmt::Display;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project::pin_project;

use crate::web::work::{Within, Work};

/// A response whose status is recorded.
pub trait ClientResponse: Sealed {}

/// Keeps [`ClientResponse`] to the responses that are known here.
pub trait Sealed {
    fn status(&self) -> u16;
}

impl<R: Sealed> ClientResponse for R {}

#[cfg(feature = "tower")]
impl<B> Sealed for http::Response<B> {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }
}

#[cfg(feature = "reqwest-middleware")]
impl Sealed for reqwest::Response {
    fn status(&self) -> u16 {
        self.status().as_u16()
    }
}

/// The future of a [`TraceClient`](super::TraceClient).
///
/// Dropped before it is ready, it stops its point as cancelled.
#[pin_project]
pub struct ClientFuture<F>(#[pin] Within<F>);

impl<F> ClientFuture<F> {
    /// Without `work` it is the future as it is.
    pub(super) fn new(future: F, work: Option<Box<Work>>) -> Self {
        Self(Within::new(future, work))
    }
}

impl<F, R, E> Future for ClientFuture<F>
where
    F: Future<Output = Result<R, E>>,
    R: ClientResponse,
    E: Display,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let mut future = self.project().0;
        let Some(poll) = future.as_mut().with(|future| future.poll(cx)) else {
            // As async blocks do.
            panic!("`ClientFuture` polled after it was ready");
        };
        let result = ready!(poll);
        if let Some(mut work) = future.end() {
            match &result {
                Ok(response) => {
                    work.status = Some(response.status());
                    work.finish();
                }
                Err(error) => work.finish_with(error),
            }
        }
        Poll::Ready(result)
    }
}

impl<F> std::fmt::Debug for ClientFuture<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientFuture").finish_non_exhaustive()
    }
}
