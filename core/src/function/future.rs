//! [`CallFuture`]: a call that is a future.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project::pin_project;

use super::{Name, Start};
use crate::Info;
use crate::context::InTrace;
use crate::profiler::Point;

/// A call that is done when its future is: its point starts with the first poll, and is the parent of what happens
/// inside. Dropped before its end it stops as cancelled.
#[pin_project]
pub struct CallFuture<F, S> {
    #[pin]
    inner: InTrace<F>,
    /// Makes the stop info of the result; `None` once it is there.
    stop_info: Option<S>,
}

impl<F: Future, S: FnOnce(&F::Output) -> Info> CallFuture<F, S> {
    /// The call of an async function, which is polled already.
    pub fn new(begun: Option<(Point, Info)>, future: F, stop_info: S) -> Self {
        let inner = match begun {
            Some((point, info)) => InTrace::within(future, point, info),
            None => InTrace::nowhere(future),
        };
        Self { inner, stop_info: Some(stop_info) }
    }

    /// The call of a function that returns a future. Where there was no trace when it was called, there may be one when it is
    /// polled; the arguments are gone by then.
    pub fn late(begun: Option<(Point, Info)>, call: (&'static str, Name), future: F, stop_info: S) -> Self {
        let inner = match begun {
            Some((point, info)) => InTrace::within(future, point, info),
            None => InTrace::later(future, call.0, Start::new(call.1).into()),
        };
        Self { inner, stop_info: Some(stop_info) }
    }
}

impl<F: Future, S: FnOnce(&F::Output) -> Info> Future for CallFuture<F, S> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let stop_info = this.stop_info;
        this.inner.poll_call(cx, |result| stop_info.take().map_or_else(Info::default, |make| make(result)))
    }
}
