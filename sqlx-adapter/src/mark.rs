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

/// Whose statements sqlx's events tell of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The program's, on sqlx's own connections.
    #[cfg(feature = "net")]
    Unmarked,
    /// The traced types', which record them themselves.
    Recorded,
    /// A pool's, which opens connections and calls the program's hooks while it is waited for.
    Internal,
}

#[cfg(feature = "net")]
thread_local! {
    static MARKED: Cell<Kind> = const { Cell::new(Kind::Unmarked) };
}

/// Whose statements this thread runs.
#[cfg(feature = "net")]
pub(crate) fn kind() -> Kind {
    MARKED.get()
}

/// Unmarks the thread when it ends, also by a panic. Without the net there is nothing to mark.
struct Mark {
    #[cfg(feature = "net")]
    before: Kind,
}

impl Mark {
    #[inline]
    fn set(kind: Kind) -> Self {
        #[cfg(not(feature = "net"))]
        let _ = kind;
        Self {
            #[cfg(feature = "net")]
            before: MARKED.replace(kind),
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
    kind: Kind,
    #[cfg(feature = "net")]
    span: Option<tracing::Span>,
}

impl<I> Marked<I> {
    /// `elsewhere` says that the events come from a thread of the driver's own.
    #[inline]
    pub(crate) fn new(inner: I, elsewhere: bool) -> Self {
        Self::of(inner, elsewhere, Kind::Recorded)
    }

    /// As [`new`](Self::new), for what a pool does when it gives a connection.
    #[inline]
    pub(crate) fn internal(inner: I, elsewhere: bool) -> Self {
        Self::of(inner, elsewhere, Kind::Internal)
    }

    #[inline]
    fn of(inner: I, elsewhere: bool, kind: Kind) -> Self {
        #[cfg(not(feature = "net"))]
        let _ = elsewhere;
        Self {
            inner: Some(inner),
            kind,
            #[cfg(feature = "net")]
            span: (elsewhere && crate::net::is_installed()).then(|| crate::net::mark_span(kind)),
        }
    }

    #[inline]
    fn poll_inner<R>(self: Pin<&mut Self>, poll: impl FnOnce(Pin<&mut I>) -> Poll<R>) -> Poll<R> {
        let this = self.project();
        let _mark = Mark::set(*this.kind);
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
        let mut this = self.project();
        let _mark = Mark::set(*this.kind);
        this.inner.set(None);
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
