//! [`Work`]: a point with its scope, which a request is in from its first to its last byte; and [`Within`]: what lives in
//! them, such as a future and then a body.
//!
//! Requests that come in and requests that go out are alike here. What they say of themselves is in `layer` and `client`.

use std::any::type_name;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;

use pin_project::{pin_project, pinned_drop};
use serde_json::{Map, Value, json};

use crate::Profiler;
use crate::context::{self, Scope};
use crate::profiler::{Point, panic};

/// A request that is under way. Dropped before its point is stopped, it stops it as cancelled.
pub(super) struct Work {
    scope: Option<Box<Scope>>,
    /// `None` once it is stopped, and where nobody takes messages: then the trace is only handed on.
    point: Option<Point>,
    /// Under which key the stop message has the status.
    status_key: &'static str,
    /// Of the response, once there is one.
    pub(super) status: Option<u16>,
}

impl Work {
    /// Goes on under `point`, which was started, or, where there is none, under what `outer` is under.
    pub(super) fn new(point: Option<Point>, outer: &Profiler, status_key: &'static str) -> Box<Self> {
        let scope = Scope::of(&point.as_ref().map_or_else(|| outer.clone(), Point::profiler));
        Box::new(Self { scope: Some(scope), point, status_key, status: None })
    }

    /// Runs `f` in the trace. A panic passes through, after it has stopped the point.
    pub(super) fn inside<T>(&mut self, f: impl FnOnce() -> T) -> T {
        match catch_unwind(AssertUnwindSafe(|| context::install(&mut self.scope, f))) {
            Ok(result) => result,
            Err(payload) => {
                self.fail(panic::ETYPE, || panic::message_of(payload.as_ref()));
                resume_unwind(payload)
            }
        }
    }

    /// Stops the point; what is still open within it stays open.
    pub(super) fn stop(&mut self) {
        self.stop_with(Map::new());
    }

    /// Stops the point, after those that were left open within it.
    pub(super) fn finish(&mut self) {
        drop(self.scope.take());
        self.stop();
    }

    /// As [`finish`](Self::finish), as failed.
    pub(super) fn finish_with<E: Display>(&mut self, error: &E) {
        drop(self.scope.take());
        self.fail_with(error);
    }

    /// Stops the point as failed; what is still open within it stays open.
    pub(super) fn fail_with<E: Display>(&mut self, error: &E) {
        self.fail(type_name::<E>(), || crate::error::text(error));
    }

    fn fail(&mut self, etype: &str, message: impl FnOnce() -> String) {
        if self.point.is_some() {
            self.stop_with(Map::from_iter([
                ("etype".to_owned(), Value::from(etype)),
                ("message".to_owned(), Value::from(message())),
            ]));
        }
    }

    fn stop_with(&mut self, mut info: Map<String, Value>) {
        if let Some(point) = self.point.take() {
            if let Some(status) = self.status {
                info.insert(self.status_key.to_owned(), json!({"status_code": status}));
            }
            point.stop(info);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        // Points that were left open lie within this one and stop before it.
        drop(self.scope.take());
        self.stop_with(Map::from_iter([("cancelled".to_owned(), Value::Bool(true))]));
    }
}

/// A future or body that is a part of some work, or, without any, as it is.
#[pin_project(PinnedDrop)]
pub(super) struct Within<T> {
    /// `None` once it has ended: what it holds is freed, inside the trace, before the point stops.
    #[pin]
    inner: Option<T>,
    work: Option<Box<Work>>,
}

impl<T> Within<T> {
    pub(super) fn new(inner: T, work: Option<Box<Work>>) -> Self {
        Self { inner: Some(inner), work }
    }

    #[cfg(any(feature = "tower", feature = "actix-web"))]
    pub(super) fn inner(&self) -> Option<&T> {
        self.inner.as_ref()
    }

    #[cfg(any(feature = "tower", feature = "actix-web"))]
    pub(super) fn work(self: Pin<&mut Self>) -> Option<&mut Work> {
        self.project().work.as_deref_mut()
    }

    /// Runs `f` on the inner value, in its trace; `None` once it has ended.
    pub(super) fn with<R>(self: Pin<&mut Self>, f: impl FnOnce(Pin<&mut T>) -> R) -> Option<R> {
        let this = self.project();
        let inner = this.inner.as_pin_mut()?;
        Some(match this.work {
            Some(work) => work.inside(|| f(inner)),
            None => f(inner),
        })
    }

    /// Drops the inner value, in its trace, and gives the work back.
    pub(super) fn end(self: Pin<&mut Self>) -> Option<Box<Work>> {
        let mut this = self.project();
        match this.work {
            Some(work) => work.inside(|| this.inner.set(None)),
            None => this.inner.set(None),
        }
        this.work.take()
    }
}

#[pinned_drop]
impl<T> PinnedDrop for Within<T> {
    fn drop(self: Pin<&mut Self>) {
        drop(self.end());
    }
}
