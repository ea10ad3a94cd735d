//! [`Root`]: a request's scope and root point, and [`InRoot`]: what lives in them, first the future, then the body.

use std::any::type_name;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;

use http::{HeaderValue, Method, Request, StatusCode};
use pin_project::{pin_project, pinned_drop};
use serde_json::{Map, Value, json};

use crate::context::{self, Scope};
use crate::profiler::{Point, panic};
use crate::{Id, Profiler};

/// OSProfiler's name for the root point of a web request.
const NAME: &str = "wsgi";

/// A traced request that is under way. Dropped before its point is stopped, it stops it as cancelled.
pub(super) struct Root {
    base_id: Id,
    pub(super) is_head: bool,
    /// Of the response, once there is one.
    pub(super) status: Option<StatusCode>,
    scope: Option<Box<Scope>>,
    /// `None` once it is stopped, and where nobody takes messages: then the trace is only handed on.
    point: Option<Point>,
}

impl Root {
    pub(super) fn begin<B>(profiler: &Profiler, request: &Request<B>) -> Box<Self> {
        let point = Point::under(profiler, NAME).map(|mut point| {
            point.start(request_info(request));
            point
        });
        Box::new(Self {
            base_id: profiler.base_id().clone(),
            is_head: request.method() == Method::HEAD,
            status: None,
            scope: Some(Scope::of(&point.as_ref().map_or_else(|| profiler.clone(), Point::profiler))),
            point,
        })
    }

    /// The value of the response's header `X-Trace-Id`; an id that is no text for a header has none.
    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.base_id.to_string()).ok()
    }

    /// Runs `f` in the trace. A panic passes through, after it has stopped the point.
    pub(super) fn inside<T>(&mut self, f: impl FnOnce() -> T) -> T {
        match catch_unwind(AssertUnwindSafe(|| context::install(&mut self.scope, f))) {
            Ok(result) => result,
            Err(payload) => {
                self.stop_with(error_info(panic::ETYPE, panic::message_of(payload.as_ref())));
                resume_unwind(payload)
            }
        }
    }

    /// Stops the point; what is still open within it stays open.
    pub(super) fn stop(&mut self) {
        self.stop_with(Map::new());
    }

    /// Ends the trace: stops the point, after those that were left open within it.
    pub(super) fn finish(&mut self) {
        drop(self.scope.take());
        self.stop();
    }

    pub(super) fn fail<E: Display>(&mut self, error: &E) {
        if self.point.is_some() {
            self.stop_with(error_info(type_name::<E>(), error.to_string()));
        }
    }

    fn stop_with(&mut self, mut info: Map<String, Value>) {
        if let Some(point) = self.point.take() {
            if let Some(status) = self.status {
                info.insert("response".to_owned(), json!({"status_code": status.as_u16()}));
            }
            point.stop(info);
        }
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // Points that were left open lie within the root point and stop before it.
        drop(self.scope.take());
        self.stop_with(Map::from_iter([("cancelled".to_owned(), Value::Bool(true))]));
    }
}

fn error_info(etype: &str, message: String) -> Map<String, Value> {
    Map::from_iter([("etype".to_owned(), Value::from(etype)), ("message".to_owned(), Value::from(message))])
}

fn request_info<B>(request: &Request<B>) -> Value {
    let uri = request.uri();
    json!({"request": {
        "path": uri.path(),
        "query": uri.query().unwrap_or_default(),
        "method": request.method().as_str(),
        "scheme": uri.scheme_str().unwrap_or("http"),
    }})
}

/// A future or body that runs in a request's trace, or, without one, as it is.
#[pin_project(PinnedDrop)]
pub(super) struct InRoot<T> {
    /// `None` once it has ended: what it holds is freed, inside the trace, before the root point stops.
    #[pin]
    inner: Option<T>,
    root: Option<Box<Root>>,
}

impl<T> InRoot<T> {
    pub(super) fn new(inner: T, root: Option<Box<Root>>) -> Self {
        Self { inner: Some(inner), root }
    }

    pub(super) fn inner(&self) -> Option<&T> {
        self.inner.as_ref()
    }

    pub(super) fn root(self: Pin<&mut Self>) -> Option<&mut Root> {
        self.project().root.as_deref_mut()
    }

    /// Runs `f` on the inner value, in its trace; `None` once it has ended.
    pub(super) fn with<R>(self: Pin<&mut Self>, f: impl FnOnce(Pin<&mut T>) -> R) -> Option<R> {
        let this = self.project();
        let inner = this.inner.as_pin_mut()?;
        Some(match this.root {
            Some(root) => root.inside(|| f(inner)),
            None => f(inner),
        })
    }

    /// Drops the inner value, in its trace, and gives the trace back.
    pub(super) fn end(self: Pin<&mut Self>) -> Option<Box<Root>> {
        let mut this = self.project();
        match this.root {
            Some(root) => root.inside(|| this.inner.set(None)),
            None => this.inner.set(None),
        }
        this.root.take()
    }
}

#[pinned_drop]
impl<T> PinnedDrop for InRoot<T> {
    fn drop(self: Pin<&mut Self>) {
        drop(self.end());
    }
}
