//! Trace points: the active trace, and the four calls of OSProfiler's API.
//!
//! # Five ways to make a point
//!
//! They are those of OSProfiler's page on its API; `examples/src/trace_points` has them as programs.
//!
//! | Rust | Python |
//! | --- | --- |
//! | [`profiler::start("name", info)`](start), [`profiler::stop(info)`](stop) | `profiler.start("name", info)`, `profiler.stop(info)` |
//! | `#[osprofiler::trace("name", info = {"key": 1})]` | `@profiler.trace("name", info={"key": 1})` |
//! | `let _trace = Trace::new("name", info);` | `with profiler.Trace("name", info=info):` |
//! | `#[osprofiler::trace_cls("name")] impl Shelf { .. }` | `@profiler.trace_cls("name") class Shelf(object): ...` |
//! | `#[osprofiler::trace_trait("name")] trait Compute { .. }` | `class Compute(object, metaclass=profiler.TracedMeta): ...` |
//!
//! What else Rust needs: [`TraceExt::traced`](crate::TraceExt::traced) makes a point of a future or stream. The attributes belong
//! to the feature `macros`, which is on by default; they have the options of their Python forms, with the same names and
//! defaults.
//!
//! ```
//! use osprofiler::{Trace, profiler};
//! use serde_json::json;
//!
//! fn by_hand() {
//!     profiler::start("render", json!({"template": "index"}));
//!     // ...
//!     profiler::stop(json!({"bytes": 1024}));
//! }
//!
//! // With the arguments, and the error that it may return.
//! # #[cfg(feature = "macros")]
//! #[osprofiler::trace("parse")]
//! fn of_a_function(text: &str) -> Result<u32, std::num::ParseIntError> {
//!     text.parse()
//! }
//!
//! fn of_a_part() {
//!     {
//!         let _trace = Trace::new("first part", ());
//!         // ...
//!     }
//!     // ...
//! }
//! # by_hand();
//! # of_a_part();
//! ```
//!
//! Here: [`Profiler`] and the free functions. Below: [`Point`], for adapters, and [`Trace`], the guard. Where the active
//! trace of a thread or future is kept: [`context`].

mod database_time;
pub(crate) mod panic;
mod point;
mod switch;
mod trace;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use database_time::DatabaseTime;
pub use panic::install_panic_hook;
pub use point::Point;
use switch::Captured;
pub(crate) use switch::{CountedScope, was_recently_active};
#[doc(hidden)]
pub use switch::{SqlState, any_sql_active, sql_state};
pub use switch::{set_trace_sql, sql_active, trace_sql};
pub use trace::Trace;

pub use crate::context::{Carry, carry};

use crate::collector::Queue;
use crate::context::{self, Scope};
use crate::db::HandedOut;
use crate::{Id, Info, Notifier, Timestamp, notifier};

/// The handle of an active trace: which trace it is, and the point under which new points go.
///
/// Cheap to clone, and `Send`: this is what carries a trace to another task, thread or service.
#[derive(Clone)]
pub struct Profiler {
    pub(crate) trace: Arc<TraceShared>,
    id: Id,
    parent_id: Id,
}

/// What all points of one trace in this process share.
pub(crate) struct TraceShared {
    pub(crate) base_id: Id,
    pub(crate) hmac_key: String,
    pub(crate) clock: Clock,
    /// Where the messages go; `None` where nothing takes them.
    pub(crate) queue: Option<Arc<Queue>>,
    /// How many messages of this trace were dropped here.
    pub(crate) lost: AtomicU64,
    pub(crate) database_time: DatabaseTime,
    /// What the wrappers gave away in it.
    pub(crate) handed_out: HandedOut,
    /// Whether SQL is traced in it whatever the process's switch says: it is the trace of a test.
    pub(crate) captured: Option<Captured>,
}

/// The wall clock read once for each trace: within a trace, times come from the monotonic clock and never step back.
pub(crate) struct Clock {
    wall: Timestamp,
    at: Instant,
}

impl Clock {
    fn now() -> Self {
        Self { wall: Timestamp::now(), at: Instant::now() }
    }

    /// Nanoseconds from the trace's beginning here to `at`; 0 before it.
    pub(crate) fn since_ns(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.at).as_nanos()).unwrap_or(u64::MAX)
    }

    pub(crate) fn timestamp(&self, at: Instant) -> Timestamp {
        let micros = |later: Instant, earlier: Instant| {
            i64::try_from(later.duration_since(earlier).as_micros()).unwrap_or(i64::MAX)
        };
        let since = if at >= self.at { micros(at, self.at) } else { -micros(self.at, at) };
        Timestamp::from_micros(self.wall.as_micros().saturating_add(since))
    }
}

impl Profiler {
    /// A trace whose messages go to the process-wide notifier as it is now.
    ///
    /// `hmac_key` signs the headers of requests to other services; it is never recorded. Without `base_id` a new trace
    /// begins; without `parent_id` the parent is the base id, as in OSProfiler.
    #[must_use]
    pub fn new(hmac_key: &str, base_id: Option<Id>, parent_id: Option<Id>) -> Self {
        Self::with_notifier(&notifier::get(), hmac_key, base_id, parent_id)
    }

    /// As [`new`](Self::new), with the messages going to `notifier`.
    #[must_use]
    pub fn with_notifier(notifier: &Notifier, hmac_key: &str, base_id: Option<Id>, parent_id: Option<Id>) -> Self {
        Self::begin(notifier, hmac_key, base_id, parent_id, None)
    }

    /// A trace of its own, in which SQL is traced whatever the process's switch says.
    #[cfg(feature = "testing")]
    pub(crate) fn capturing(notifier: &Notifier) -> Self {
        Self::begin(notifier, "", None, None, Some(Captured::begin()))
    }

    fn begin(
        notifier: &Notifier,
        hmac_key: &str,
        base_id: Option<Id>,
        parent_id: Option<Id>,
        captured: Option<Captured>,
    ) -> Self {
        let base_id = base_id.unwrap_or_else(Id::random);
        let id = parent_id.unwrap_or_else(|| base_id.clone());
        let parent_id = base_id.clone();
        let trace = TraceShared {
            base_id,
            hmac_key: hmac_key.to_owned(),
            clock: Clock::now(),
            queue: notifier.queue(),
            lost: AtomicU64::new(0),
            database_time: DatabaseTime::default(),
            handed_out: HandedOut::default(),
            captured,
        };
        Self { trace: Arc::new(trace), id, parent_id }
    }

    pub(crate) fn from_parts(trace: Arc<TraceShared>, id: Id, parent_id: Id) -> Self {
        Self { trace, id, parent_id }
    }

    /// The trace without any point around what follows.
    #[cfg(feature = "tracing-subscriber")]
    pub(crate) fn top(trace: &Arc<TraceShared>) -> Self {
        Self::from_parts(Arc::clone(trace), trace.base_id.clone(), trace.base_id.clone())
    }

    /// The id that all points of the trace have in common.
    #[must_use]
    pub fn base_id(&self) -> &Id {
        &self.trace.base_id
    }

    /// The point under which new points go; the base id, or the parent of another service, while there is none.
    #[must_use]
    pub fn id(&self) -> &Id {
        &self.id
    }

    /// The point around [`id`](Self::id).
    #[must_use]
    pub fn parent_id(&self) -> &Id {
        &self.parent_id
    }

    /// Runs `f` with this as the active trace of the thread, and restores what was active before, also on panic.
    ///
    /// For futures there is [`TraceExt::in_trace`](crate::TraceExt::in_trace).
    pub fn in_scope<T>(&self, f: impl FnOnce() -> T) -> T {
        context::install(&mut Some(Scope::of(self)), f)
    }
}

impl fmt::Debug for Profiler {
    /// Without the HMAC key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiler")
            .field("base_id", self.base_id())
            .field("id", &self.id)
            .field("parent_id", &self.parent_id)
            .finish_non_exhaustive()
    }
}

/// Makes a trace active in this thread, or in the future that is being polled, and returns it.
///
/// Where one is active already, that one stays and is returned, as in OSProfiler. The arguments are those of
/// [`Profiler::new`].
///
/// Meant for synchronous code, with [`clean`] at the end. In a task that is in no trace this is the trace of the worker
/// thread, which later tasks would see: a future gets a trace of its own by
/// [`TraceExt::in_trace`](crate::TraceExt::in_trace).
pub fn init(hmac_key: &str, base_id: Option<Id>, parent_id: Option<Id>) -> Profiler {
    get().unwrap_or_else(|| {
        let profiler = Profiler::new(hmac_key, base_id, parent_id);
        drop(context::replace(Some(Scope::of(&profiler))));
        profiler
    })
}

/// The active trace; `None` where there is none.
#[must_use]
pub fn get() -> Option<Profiler> {
    context::with_current(Scope::profiler)
}

/// Ends the active trace in this thread. Points that are still open stop as cancelled.
pub fn clean() {
    drop(context::replace(None));
}

/// Starts a point under the active trace; without one, does nothing.
///
/// The point is the parent of what follows until [`stop`].
///
/// ```
/// use osprofiler::profiler;
/// use serde_json::json;
///
/// profiler::start("render", json!({"template": "index"}));
/// // ...
/// profiler::stop(());
/// ```
pub fn start(name: impl Into<std::borrow::Cow<'static, str>>, info: impl Into<Info>) {
    if let Some(mut point) = Point::new(name) {
        point.start(info);
        context::push(point);
    }
}

/// Stops the point that [`start`] began last and that is still open; without one, does nothing.
pub fn stop(info: impl Into<Info>) {
    if let Some(point) = context::pop() {
        point.stop(info);
    }
}

#[cfg(test)]
mod tests;
