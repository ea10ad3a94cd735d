//! [`Trace`]: the guard.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;

use super::{Point, panic};
use crate::{Info, context};

/// A trace point that lasts until it is dropped, and is the parent of what happens meanwhile.
///
/// Without an active trace it does nothing. On panic the point stops with `etype` and `message`, and so do those that
/// [`start`](super::start) began within it; see [`install_panic_hook`](super::install_panic_hook) for what the message says.
///
/// In async code prefer [`TraceExt::traced`](crate::TraceExt::traced): a guard held across an `await` is also the parent
/// of what other branches of a `join!` do in the meantime.
///
/// ```
/// use osprofiler::Trace;
/// use serde_json::json;
///
/// fn render() {
///     let _trace = Trace::new("render", json!({"template": "index"}));
///     // ...
/// }
/// # render();
/// ```
#[must_use = "the point stops when the guard is dropped"]
#[derive(Debug)]
pub struct Trace(Option<Open>);

#[derive(Debug)]
struct Open {
    point: Point,
    stop_info: Info,
    /// Tells the scope that the point is closed, also when the guard is dropped where that scope is not installed.
    closed: Arc<AtomicBool>,
    unwinding_before: bool,
}

impl Trace {
    /// Starts a point under the active trace.
    #[inline]
    pub fn new(name: impl Into<Cow<'static, str>>, info: impl Into<Info>) -> Self {
        // First of all: this is what a library's user pays who traces nothing.
        if context::is_active() { Self(Open::new(name.into(), info.into())) } else { Self(None) }
    }

    /// Starts a point that was made before.
    #[cfg(feature = "macros")]
    pub(crate) fn of(point: Point, info: Info) -> Self {
        Self(Some(Open::start(point, info)))
    }

    /// Sets the info of the stop message.
    pub fn set_stop_info(&mut self, info: impl Into<Info>) {
        if let Some(open) = &mut self.0 {
            open.stop_info = info.into();
        }
    }

    /// Marks the point as failed: its stop message carries the error's type as `etype` and its text as `message`.
    pub fn set_error<E: Error + ?Sized>(&mut self, error: &E) {
        if self.0.is_some() {
            self.set_stop_info(Info::error(std::any::type_name::<E>(), crate::error::text(error)));
        }
    }
}

impl Open {
    #[inline(never)]
    fn new(name: Cow<'static, str>, info: Info) -> Option<Self> {
        Point::new(name).map(|point| Self::start(point, info))
    }

    fn start(mut point: Point, info: Info) -> Self {
        point.start(info);
        if !thread::panicking() {
            panic::forget();
        }
        let closed = Arc::new(AtomicBool::new(false));
        context::push_guarded(point.id().clone(), Arc::clone(&closed));
        Self { point, stop_info: Info::default(), closed, unwinding_before: thread::panicking() }
    }

    fn stop(mut self) {
        self.closed.store(true, Relaxed);
        if thread::panicking() && !self.unwinding_before {
            for started in context::unwind(self.point.id()) {
                started.stop(Info::error(panic::ETYPE, panic::last_message()));
            }
            context::forget_closed();
            self.point.stop(Info::error(panic::ETYPE, panic::last_message()));
        } else {
            context::forget_closed();
            let info = std::mem::take(&mut self.stop_info);
            self.point.stop(info);
        }
    }
}

impl Drop for Trace {
    #[inline]
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.stop();
        }
    }
}
