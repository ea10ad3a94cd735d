//! What runs in a function that has `#[trace]`: the attribute's code calls this, and nobody else.
//!
//! Here: how a call begins and ends. Below: what it says of itself (`start`), how arguments and results become text
//! (`shown`), and the futures that calls are (`future`). Not here: how the function's code is changed, which the crate
//! `osprofiler-macros` knows.

mod future;
mod shown;
mod start;

pub use serde_json::json;

pub use future::CallFuture;
pub use shown::{FailsDebug, FailsDisplay, FailsSilently, Outcome, ShowDebug, ShowType, Shown, Succeeds};
pub use start::{Name, Start};

use serde_json::{Map, Value};

use crate::Info;
use crate::context;
use crate::profiler::{Point, Trace};
use shown::Text;

/// The point of a call that is about to start; `None` where no trace is active. Only then `start` is called: nothing is
/// formatted otherwise.
#[inline]
pub fn begin(name: &'static str, start: impl FnOnce() -> Start) -> Option<(Point, Info)> {
    if context::is_active() { begin_active(name, start) } else { None }
}

/// Apart from what runs without a trace.
#[inline(never)]
fn begin_active(name: &'static str, start: impl FnOnce() -> Start) -> Option<(Point, Info)> {
    let point = Point::new(name)?;
    Some((point, start().into()))
}

/// A call of a function that returns when it is done.
pub struct Call(Option<Trace>);

impl Call {
    /// Starts the point.
    #[inline]
    pub fn begin(name: &'static str, start: impl FnOnce() -> Start) -> Self {
        Self(begin(name, start).map(|(point, info)| Trace::of(point, info)))
    }

    /// Stops the point. Without this it says that it was a panic, if it was one.
    #[inline]
    pub fn end(self, stop_info: impl FnOnce() -> Info) {
        if let Some(mut trace) = self.0 {
            trace.set_stop_info(stop_info());
        }
    }
}

/// Calls a function's body. That the closure is called once is said here, so that it may return what it was given by
/// `&mut`.
#[inline(always)]
pub fn run<T>(body: impl FnOnce() -> T) -> T {
    body()
}

/// Nothing of type `T`: what could be returned says which type is returned.
#[inline(always)]
#[must_use]
pub fn never<T>() -> Option<T> {
    None
}

/// The stop info of a call whose result is hidden.
#[must_use]
pub fn no_info() -> Info {
    Info::default()
}

/// The stop info of a call whose result is shown: `{"function": {"result": "..."}}`.
pub fn result_info(show: impl FnOnce(&mut Text)) -> Info {
    let mut text = Text::default();
    show(&mut text);
    let result = Map::from_iter([("result".to_owned(), Value::from(text.finish()))]);
    Map::from_iter([("function".to_owned(), Value::Object(result))]).into()
}

/// What no wrapper of `#[trace_trait]` is: where tracing twice is not allowed, wrapping one again asks for it.
#[diagnostic::on_unimplemented(
    message = "the calls of `{Self}` are traced already, and `allow_multiple_trace` is false",
    label = "traced a second time"
)]
pub trait NotTracedYet {}

#[cfg(test)]
mod tests;
