//! [`Observed`]: the future or stream of a call, watched until it ends or is dropped.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_core::stream::BoxStream;
use osprofiler::db::DbStop;
use sqlx_core::error::Error;

use crate::call::Call;
use crate::database::TracedDatabase;

/// Counts what a call returned.
pub(crate) type Count<T> = fn(&mut DbStop, &T);

/// A boxed future or stream of sqlx, and what it returned so far.
pub(crate) struct Observed<DB: TracedDatabase, I, T> {
    /// `None` once it has ended.
    inner: Option<I>,
    call: Arc<Call<DB>>,
    polled: bool,
    counted: DbStop,
    count: Count<T>,
}

pub(crate) fn future<'e, DB: TracedDatabase, T: 'e>(
    inner: BoxFuture<'e, Result<T, Error>>,
    call: Arc<Call<DB>>,
    count: Count<T>,
) -> BoxFuture<'e, Result<T, Error>> {
    Box::pin(Observed::new(inner, call, count))
}

pub(crate) fn stream<'e, DB: TracedDatabase, T: 'e>(
    inner: BoxStream<'e, Result<T, Error>>,
    call: Arc<Call<DB>>,
    count: Count<T>,
) -> BoxStream<'e, Result<T, Error>> {
    Box::pin(Observed::new(inner, call, count))
}

impl<DB: TracedDatabase, I, T> Observed<DB, I, T> {
    fn new(inner: I, call: Arc<Call<DB>>, count: Count<T>) -> Self {
        Self { inner: Some(inner), call, polled: false, counted: DbStop::default(), count }
    }

    fn before_poll(&mut self) {
        if !std::mem::replace(&mut self.polled, true) {
            self.call.begin();
        }
    }

    /// The inner value goes first: with it, a query that was never sent tells the call what it was.
    fn end(&mut self, error: Option<&Error>) {
        if self.inner.take().is_some() {
            self.call.stop(self.counted, error);
        }
    }
}

impl<DB: TracedDatabase, T> Future for Observed<DB, BoxFuture<'_, Result<T, Error>>, T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        this.before_poll();
        let Some(inner) = &mut this.inner else {
            // As async blocks do.
            panic!("a query's future was polled after it was ready");
        };
        let poll = inner.as_mut().poll(cx);
        match &poll {
            Poll::Pending => {}
            Poll::Ready(Ok(value)) => {
                (this.count)(&mut this.counted, value);
                this.end(None);
            }
            Poll::Ready(Err(error)) => this.end(Some(error)),
        }
        poll
    }
}

impl<DB: TracedDatabase, T> Stream for Observed<DB, BoxStream<'_, Result<T, Error>>, T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        this.before_poll();
        let Some(inner) = &mut this.inner else { return Poll::Ready(None) };
        let poll = inner.as_mut().poll_next(cx);
        match &poll {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(value))) => (this.count)(&mut this.counted, value),
            Poll::Ready(Some(Err(error))) => this.end(Some(error)),
            Poll::Ready(None) => this.end(None),
        }
        poll
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

impl<DB: TracedDatabase, I, T> Drop for Observed<DB, I, T> {
    fn drop(&mut self) {
        self.counted.cancelled = true;
        self.end(None);
    }
}
