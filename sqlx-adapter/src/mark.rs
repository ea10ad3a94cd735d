//! [`Marked`]: what the traced types run themselves, so that the [net](crate::SqlxEventLayer) does not record it again.
//!
//! sqlx tells of every statement by an event, in the thread that polls or drops its future; SQLite's in a thread of its
//! own, which enters the span that was current when the statement was sent.

#[cfg(feature = "net")]
use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project::{pin_project, pinned_drop};

#[cfg(feature = "net")]
thread_local! {
    static MARKED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread runs something that is marked.
#[cfg(feature = "net")]
pub(crate) fn is_marked() -> bool {
    MARKED.get()
}

/// Unmarks the thread when it ends, also by a panic. Without the net there is nobody to ask.
struct Mark {
    #[cfg(feature = "net")]
    before: bool,
}

impl Mark {
    #[inline]
    fn set() -> Self {
        Self {
            #[cfg(feature = "net")]
            before: MARKED.replace(true),
        }
    }
}

impl Drop for Mark {
    #[inline]
    fn drop(&mut self) {
        #[cfg(feature = "net")]
        MARKED.set(self.before);
    }
}

/// A future or stream of sqlx, marked while it is polled or dropped.
#[pin_project(PinnedDrop)]
pub(crate) struct Marked<I> {
    #[pin]
    inner: Option<I>,
    #[cfg(feature = "net")]
    span: Option<tracing::Span>,
}

impl<I> Marked<I> {
    /// `elsewhere` says that the events come from a thread of the driver's own.
    #[inline]
    pub(crate) fn new(inner: I, elsewhere: bool) -> Self {
        #[cfg(not(feature = "net"))]
        let _ = elsewhere;
        Self {
            inner: Some(inner),
            #[cfg(feature = "net")]
            span: (elsewhere && crate::net::is_installed()).then(crate::net::mark_span),
        }
    }

    #[inline]
    fn poll_inner<R>(self: Pin<&mut Self>, poll: impl FnOnce(Pin<&mut I>) -> Poll<R>) -> Poll<R> {
        let this = self.project();
        let _mark = Mark::set();
        #[cfg(feature = "net")]
        let _span = this.span.as_ref().map(tracing::Span::enter);
        // It is there until it is dropped.
        this.inner.as_pin_mut().map_or(Poll::Pending, poll)
    }
}

#[pinned_drop]
impl<I> PinnedDrop for Marked<I> {
    #[inline]
    fn drop(self: Pin<&mut Self>) {
        let _mark = Mark::set();
        self.project().inner.set(None);
    }
}

impl<F: Future> Future for Marked<F> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_inner(|inner| inner.poll(cx))
    }
}

impl<S: Stream> Stream for Marked<S> {
    type Item = S::Item;

    #[inline]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.poll_inner(|inner| inner.poll_next(cx))
    }
}
