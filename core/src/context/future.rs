//! Futures and streams in a trace.

use std::borrow::Cow;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_core::Stream;
use pin_project::{pin_project, pinned_drop};

use super::{Scope, install};
use crate::Info;
use crate::profiler::{self, Point, Profiler, panic};

/// Puts futures and streams into a trace.
///
/// ```
/// use osprofiler::{Profiler, TraceExt};
/// use serde_json::json;
///
/// async fn handler() {
///     // A point under whatever is active here; other points go under it while it is polled.
///     load().traced("load", json!({"what": "posts"})).await;
/// }
///
/// async fn load() {}
///
/// # async fn spawn(_: impl Future<Output = ()>) {}
/// # async fn example() {
/// // A request's own trace:
/// handler().in_trace(&Profiler::new("SECRET_KEY", None, None)).await;
///
/// // A task has no trace unless it is carried there:
/// spawn(load().in_current_trace()).await;
/// # }
/// ```
pub trait TraceExt: Sized {
    /// Makes a point of this future or stream, under the point that is active now or, where no trace is active yet, under
    /// the one that is at the first poll. It starts with the first poll, is the parent of what happens inside, and stops
    /// when the future is ready, or the stream at its end; dropped before that, it stops as cancelled, and on panic with
    /// `etype` and `message`. Without a trace nothing happens.
    fn traced(self, name: impl Into<Cow<'static, str>>, info: impl Into<Info>) -> InTrace<Self> {
        let mut traced = InTrace::new(self, None);
        traced.info = Mutex::new(info.into());
        traced.name = Some(name.into());
        enter(&mut traced.name, &mut traced.point, &mut traced.scope);
        traced
    }

    /// Makes `profiler` the active trace of this future or stream.
    fn in_trace(self, profiler: &Profiler) -> InTrace<Self> {
        InTrace::new(self, Some(Scope::of(profiler)))
    }

    /// Makes the trace that is active now also that of this future or stream, wherever it is polled.
    fn in_current_trace(self) -> InTrace<Self> {
        InTrace::new(self, profiler::get().as_ref().map(Scope::of))
    }
}

impl<T> TraceExt for T {}

/// A future or stream in a trace; made by [`TraceExt`].
///
/// The trace is installed while the inner future is polled, and while it is dropped.
#[pin_project(PinnedDrop)]
pub struct InTrace<T> {
    /// `None` once it has ended: what it holds is freed, inside the trace, as soon as it is ready.
    #[pin]
    inner: Option<T>,
    scope: Option<Box<Scope>>,
    /// The name of a point that found no trace when it was asked for; the first poll tries again.
    name: Option<Cow<'static, str>>,
    point: Option<Point>,
    /// Of the start message. The lock is never taken: with it a future that threads may share stays one.
    info: Mutex<Info>,
}

impl<T> InTrace<T> {
    fn new(inner: T, scope: Option<Box<Scope>>) -> Self {
        Self { inner: Some(inner), scope, name: None, point: None, info: Mutex::default() }
    }

    /// A future or stream within `point`, which starts with the first poll and says `info` then.
    #[cfg(feature = "macros")]
    pub(crate) fn within(inner: T, point: Point, info: Info) -> Self {
        let scope = Some(Scope::of(&point.profiler()));
        Self { inner: Some(inner), scope, name: None, point: Some(point), info: Mutex::new(info) }
    }

    /// A future or stream within a point that is made with the first poll, if there is a trace then.
    #[cfg(feature = "macros")]
    pub(crate) fn later(inner: T, name: &'static str, info: Info) -> Self {
        Self { inner: Some(inner), scope: None, name: Some(Cow::Borrowed(name)), point: None, info: Mutex::new(info) }
    }

    /// A future or stream as it is.
    #[cfg(feature = "macros")]
    pub(crate) fn nowhere(inner: T) -> Self {
        Self::new(inner, None)
    }

    /// Polls the inner value in its trace and within its point, if there are any; `ended` says whether the result was
    /// the last, and `stop_info` what the point says then.
    fn poll_with<R>(
        self: Pin<&mut Self>,
        poll: impl FnOnce(Pin<&mut T>) -> Poll<R>,
        ended: impl FnOnce(&R) -> bool,
        stop_info: impl FnOnce(&R) -> Info,
    ) -> Poll<R> {
        let mut this = self.project();
        if this.name.is_some() {
            enter(this.name, this.point, this.scope);
            this.name.take();
        }
        let Some(point) = this.point.as_mut() else { return step(this.inner, this.scope, poll, ended) };
        if !point.is_open() {
            point.start(std::mem::take(this.info.get_mut().unwrap_or_else(PoisonError::into_inner)));
        }
        // A panic leaves this future to whoever catches it; the point ends here, where the message is known.
        match catch_unwind(AssertUnwindSafe(|| step(this.inner.as_mut(), this.scope, poll, ended))) {
            Ok(poll) => {
                if this.inner.is_none()
                    && let Poll::Ready(ready) = &poll
                    && let Some(point) = this.point.take()
                {
                    point.stop(stop_info(ready));
                }
                poll
            }
            Err(payload) => {
                if let Some(point) = this.point.take() {
                    point.stop(Info::error(panic::ETYPE, panic::message_of(payload.as_ref())));
                }
                resume_unwind(payload)
            }
        }
    }
}

/// Makes the point called `name`, if there is to be one, and the scope within it, where a trace is active.
fn enter(name: &mut Option<Cow<'static, str>>, point: &mut Option<Point>, scope: &mut Option<Box<Scope>>) {
    if let Some(wanted) = name
        && let Some(made) = Point::new(wanted.clone())
    {
        *name = None;
        *scope = Some(Scope::of(&made.profiler()));
        *point = Some(made);
    }
}

/// Polls with the scope installed. After the last result the inner value is dropped, still inside, and then the scope.
fn step<T, R>(
    mut inner: Pin<&mut Option<T>>,
    scope: &mut Option<Box<Scope>>,
    poll: impl FnOnce(Pin<&mut T>) -> Poll<R>,
    ended: impl FnOnce(&R) -> bool,
) -> Poll<R> {
    let Some(pinned) = inner.as_mut().as_pin_mut() else {
        // As async blocks do.
        panic!("`InTrace` polled after it was ready");
    };
    let poll = install_if_any(scope, || poll(pinned));
    if let Poll::Ready(ready) = &poll
        && ended(ready)
    {
        install_if_any(scope, || inner.set(None));
        drop(scope.take());
    }
    poll
}

/// A future without a trace of its own runs in whatever is active where it is polled.
fn install_if_any<T>(scope: &mut Option<Box<Scope>>, f: impl FnOnce() -> T) -> T {
    match scope {
        Some(_) => install(scope, f),
        None => f(),
    }
}

#[pinned_drop]
impl<T> PinnedDrop for InTrace<T> {
    fn drop(self: Pin<&mut Self>) {
        let mut this = self.project();
        install_if_any(this.scope, || this.inner.set(None));
        drop(this.scope.take());
        // The point, if it is open, stops as cancelled when it is dropped, after all that lies within it.
    }
}

impl<F: Future> Future for InTrace<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_with(|inner| inner.poll(cx), |_| true, |_| Info::default())
    }
}

impl<F: Future> InTrace<F> {
    /// Polls the future; its point, if it has one, says `stop_info` of the result.
    #[cfg(feature = "macros")]
    pub(crate) fn poll_call(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        stop_info: impl FnOnce(&F::Output) -> Info,
    ) -> Poll<F::Output> {
        self.poll_with(|inner| inner.poll(cx), |_| true, stop_info)
    }
}

impl<S: Stream> Stream for InTrace<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        if self.inner.is_none() {
            return Poll::Ready(None);
        }
        self.poll_with(|inner| inner.poll_next(cx), Option::is_none, |_| Info::default())
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.inner.as_ref().map_or((0, Some(0)), S::size_hint)
    }
}

impl<T> std::fmt::Debug for InTrace<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InTrace").field("point", &self.point).finish_non_exhaustive()
    }
}
