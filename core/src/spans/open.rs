//! [`OpenSpan`]: what is kept of a span from its begin to its end, in `tracing_subscriber`'s registry.
//!
//! No user code runs while the registry's extensions are locked: not a field's `Debug`, and no drop of a point.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread::{self, ThreadId};
use std::time::Instant;

use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::OPEN;
use super::info::SpanStop;
use crate::Info;
use crate::context::{Entry, SpanState};
use crate::profiler::{self, Point, Profiler};

/// A span that is a point.
pub(super) struct OpenSpan {
    /// Of the layer that keeps it.
    layer: usize,
    point: Option<Point>,
    /// The trace, within the point.
    pub(super) profiler: Profiler,
    pub(super) started: Instant,
    pub(super) state: Arc<SpanState>,
    /// Where it is entered, and not yet left.
    pub(super) entries: Vec<(ThreadId, Entry)>,
    pub(super) stop: SpanStop,
    unwinding_before: bool,
}

impl OpenSpan {
    /// Keeps the point of a span.
    pub(super) fn keep<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, layer: usize, point: Point, started: Instant) {
        let open = Self {
            layer,
            profiler: point.profiler(),
            point: Some(point),
            started,
            state: Arc::default(),
            entries: Vec::new(),
            stop: SpanStop::default(),
            unwinding_before: thread::panicking(),
        };
        OPEN.fetch_add(1, Relaxed);
        span.extensions_mut().insert(open);
    }

    pub(super) fn is_kept<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> bool {
        span.extensions().get::<Self>().is_some()
    }

    /// The trace within the span's point, whichever layer keeps it.
    pub(super) fn profiler<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>) -> Option<Profiler> {
        span.extensions().get::<Self>().map(|open| open.profiler.clone())
    }

    /// Hands what the layer with this id keeps to `f`, which must not call user code.
    pub(super) fn with<'a, S: LookupSpan<'a>, T>(
        span: &SpanRef<'a, S>,
        layer: usize,
        f: impl FnOnce(&mut Self) -> T,
    ) -> Option<T> {
        span.extensions_mut().get_mut::<Self>().filter(|open| open.layer == layer).map(f)
    }

    pub(super) fn take<'a, S: LookupSpan<'a>>(span: &SpanRef<'a, S>, layer: usize) -> Option<Self> {
        let mut extensions = span.extensions_mut();
        let is_of_layer = extensions.get_mut::<Self>().is_some_and(|open| open.layer == layer);
        if is_of_layer { extensions.remove::<Self>() } else { None }
    }

    /// Whether there is no room for another event, which is counted then.
    pub(super) fn is_full(&mut self, max_events: usize) -> bool {
        let full = self.stop.events.len() >= max_events;
        self.stop.events_dropped += u64::from(full);
        full
    }

    /// The entry that is left: the last of this thread or, where a guard was sent elsewhere, of any.
    pub(super) fn last_entry(&mut self) -> Option<Entry> {
        let here = thread::current().id();
        let place = self.entries.iter().rposition(|(thread, _)| *thread == here);
        let place = place.or_else(|| self.entries.len().checked_sub(1))?;
        Some(self.entries.remove(place).1)
    }

    /// The span has ended.
    pub(super) fn close(mut self) {
        self.state.close();
        if thread::panicking() && !self.unwinding_before {
            self.stop.panic = Some(profiler::panic::last_message());
        }
        let stop = std::mem::take(&mut self.stop);
        let info = if stop.panic.is_none() && stop.is_empty() { Info::default() } else { Info::rendered_later(stop) };
        if let Some(point) = self.point.take() {
            point.stop(info);
        }
    }
}

impl Drop for OpenSpan {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Relaxed);
        self.state.close();
    }
}
