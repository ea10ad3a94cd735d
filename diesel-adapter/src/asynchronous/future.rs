//! The futures and streams of traced calls: around the connection's own, without a box of their own.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use diesel::QueryResult;
use futures_core::Stream;
use pin_project::{pin_project, pinned_drop};

use crate::backend::TracedBackend;
use crate::call::Call;
use crate::row::{TracedRow, Watch};

/// The future of an executed statement.
#[pin_project]
#[must_use = "futures do nothing unless they are polled"]
pub struct TracedExecute<F, DB: TracedBackend> {
    #[pin]
    inner: F,
    /// `None` where it is not traced, or has ended. Dropped before that it was cancelled.
    call: Option<Call<DB>>,
}

impl<F, DB: TracedBackend> TracedExecute<F, DB> {
    pub(super) fn new(inner: F, call: Option<Call<DB>>) -> Self {
        Self { inner, call }
    }
}

impl<F: Future<Output = QueryResult<usize>>, DB: TracedBackend> Future for TracedExecute<F, DB> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(call) = this.call {
            call.begin_once();
        }
        let result = ready!(this.inner.poll(context));
        if let Some(mut call) = this.call.take() {
            if let Ok(rows) = result {
                call.affected(rows);
            }
            call.end(&result);
        }
        Poll::Ready(result)
    }
}

/// The future of a query, with [`TracedStream`].
#[pin_project]
#[must_use = "futures do nothing unless they are polled"]
pub struct TracedLoad<F, I, DB: TracedBackend> {
    #[pin]
    inner: F,
    call: Option<Call<DB>>,
    /// Makes what says whether the program could read the rows.
    watch: fn() -> Watch,
    keep: fn(&mut Call<DB>, &I),
}

impl<F, I, DB: TracedBackend> TracedLoad<F, I, DB> {
    pub(super) fn new(inner: F, call: Option<Call<DB>>, watch: fn() -> Watch, keep: fn(&mut Call<DB>, &I)) -> Self {
        Self { inner, call, watch, keep }
    }
}

impl<F: Future<Output = QueryResult<S>>, S: Stream, DB: TracedBackend> Future for TracedLoad<F, S::Item, DB> {
    type Output = QueryResult<TracedStream<S, DB>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(call) = this.call {
            call.begin_once();
            call.is_polled();
        }
        let Poll::Ready(loaded) = this.inner.poll(context) else {
            if let Some(call) = this.call {
                call.waits();
            }
            return Poll::Pending;
        };
        let call = this.call.take();
        Poll::Ready(match loaded {
            Ok(stream) => {
                let watch = if call.is_some() { Some((this.watch)()) } else { None };
                Ok(TracedStream { inner: Some(stream), call, waits: false, watch, keep: *this.keep })
            }
            Err(error) => {
                if let Some(mut call) = call {
                    call.fail(&error);
                }
                Err(error)
            }
        })
    }
}

/// The rows of a query. Its point ends with the last row, with the first error, or when it is dropped.
#[pin_project(PinnedDrop)]
#[must_use = "streams do nothing unless they are polled"]
pub struct TracedStream<S: Stream, DB: TracedBackend> {
    /// `None` once it has ended.
    #[pin]
    inner: Option<S>,
    call: Option<Call<DB>>,
    /// Whether the program waits for a row.
    waits: bool,
    /// Whether it could read its rows.
    watch: Option<Watch>,
    keep: fn(&mut Call<DB>, &S::Item),
}

impl<S: Stream<Item = QueryResult<R>>, R, DB: TracedBackend> Stream for TracedStream<S, DB> {
    type Item = QueryResult<TracedRow<R>>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut this = self.project();
        let Some(inner) = this.inner.as_mut().as_pin_mut() else { return Poll::Ready(None) };
        let (Some(call), Some(watch)) = (&mut *this.call, *this.watch) else {
            return inner.poll_next(context).map(|item| item.map(|row| row.map(TracedRow::unwatched)));
        };
        watch.goes_on();
        if *this.waits {
            call.is_polled();
        }
        let Poll::Ready(item) = inner.poll_next(context) else {
            *this.waits = true;
            call.waits();
            return Poll::Pending;
        };
        *this.waits = false;
        match &item {
            Some(Ok(_)) => {
                call.row();
                if let (true, Some(item)) = (call.keeps_rows(), &item) {
                    (this.keep)(call, item);
                }
            }
            Some(Err(error)) => {
                call.fail(error);
                *this.call = None;
            }
            None => {
                end(call, watch, false);
                *this.call = None;
            }
        }
        Poll::Ready(item.map(|row| row.map(|row| watch.row(row))))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), Stream::size_hint)
    }
}

#[pinned_drop]
impl<S: Stream, DB: TracedBackend> PinnedDrop for TracedStream<S, DB> {
    fn drop(self: Pin<&mut Self>) {
        let mut this = self.project();
        let Some(mut call) = this.call.take() else { return };
        let incomplete = this.inner.as_ref().as_pin_ref().is_some_and(|inner| inner.size_hint().1 != Some(0));
        // What it costs to end a result is the database's time.
        this.inner.set(None);
        match *this.watch {
            Some(watch) if !*this.waits => end(&mut call, watch, incomplete),
            _ => {
                call.rows_end(incomplete);
                call.cancel();
            }
        }
    }
}

/// The program has all rows that it wants.
fn end<DB: TracedBackend>(call: &mut Call<DB>, watch: Watch, incomplete: bool) {
    call.rows_end(incomplete);
    match watch.error() {
        None => call.finish(),
        Some(error) => call.fail_to_deserialize(error),
    }
}
