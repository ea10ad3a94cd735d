//! [`ProfilerLayer`]: spans of `tracing` as points, and the trace of a span wherever it is entered.
//!
//! Here: the layer. Below: what is kept of a span (`open`), of fields (`fields`), and how it is written (`info`). How a span
//! that is entered becomes the parent of what follows: `context::span`.

mod fields;
mod info;
mod open;

use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Instant;

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use self::fields::Fields;
use self::info::{SpanEvent, SpanStart};
use self::open::OpenSpan;
use crate::profiler::{self, Point, Profiler};
use crate::{Info, collector, context};

/// How many spans with a point are there in the process: where there is none, nobody looks for one.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// How many layers were made.
static LAYERS: AtomicUsize = AtomicUsize::new(0);

/// Makes points of the spans of `tracing` that begin while a trace is active.
///
/// A point has the span's name, starts when the span is made and stops when it is closed. Its start info is
/// `{"span": {"target": "blog::posts", "level": "INFO", "fields": {"id": 7}}}`; its stop info has under the same key the
/// `fields` that were recorded later, and the `events` that happened in the span:
/// `{"level", "target", "message", "at_us", "fields"}`, with the microseconds since the span was made. At most 32 events are
/// kept, see [`with_max_events`](Self::with_max_events); of those that are not, `events_dropped` says how many. Fields are
/// numbers, booleans and texts; whatever else is text as `Debug` has it, and errors as `Display` has them, with their causes. Of
/// a text 1 KiB is kept.
///
/// Which spans and events are seen is said by a filter of `tracing_subscriber`:
///
/// ```
/// use osprofiler::ProfilerLayer;
/// use tracing_subscriber::Layer;
/// use tracing_subscriber::filter::{LevelFilter, Targets};
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let wanted = Targets::new().with_target("blog", LevelFilter::DEBUG).with_default(LevelFilter::WARN);
/// let subscriber = tracing_subscriber::registry().with(ProfilerLayer::new().with_filter(wanted));
/// # let _guard = tracing::subscriber::set_default(subscriber);
/// ```
///
/// # Nesting
///
/// A span that is entered is the parent of what follows, be it a span, a guard, a query or a traced future; and a span made
/// in any of these lies under it. `parent: &span` puts a span under another, and `parent: None` at the top of its trace.
/// What was opened in a span and is still open when that is left, such as a guard that is held across an `await` in an
/// instrumented future, waits until the span is entered again or closed.
///
/// A span brings its trace with it: entered where no trace is active, or another, it is active until the span is left. So
/// what runs in a closure of `spawn_blocking`, or on a thread, is found where the span is entered there, as deadpool's
/// feature `tracing` does.
///
/// # What it costs
///
/// Where no trace is active, a span that is made costs one read of a thread local; and one that is entered, left or closed, as
/// an event, a read of an atomic while no span in the whole process has a point. While one has, it is looked for.
///
/// The crate's own events and spans are not recorded, and neither are sqlx's events of statements, `sqlx::query`: statements
/// are the adapters' to record.
#[derive(Debug)]
pub struct ProfilerLayer {
    max_events: usize,
    /// Tells this layer from others: each has the spans that it was first to see.
    id: usize,
}

impl ProfilerLayer {
    /// A layer that keeps up to 32 events of a span.
    #[must_use]
    pub fn new() -> Self {
        Self { max_events: 32, id: LAYERS.fetch_add(1, Relaxed) }
    }

    /// How many events of a span are kept; those after them are counted.
    #[must_use]
    pub fn with_max_events(mut self, max_events: usize) -> Self {
        self.max_events = max_events;
        self
    }
}

impl Clone for ProfilerLayer {
    /// Another layer, with the same settings.
    fn clone(&self) -> Self {
        Self::new().with_max_events(self.max_events)
    }
}

impl Default for ProfilerLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ProfilerLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, layer: Context<'_, S>) {
        // Only a span that names its parent may be in a trace that is not active here.
        let named = attributes.parent().is_some() && any_open();
        if !(context::is_active() || named) || is_own(attributes.metadata()) || collector::is_worker() {
            return;
        }
        // Another layer of the kind may have been first.
        let Some(span) = layer.span(id).filter(|span| !OpenSpan::is_kept(span)) else { return };
        let Some(mut point) = point(attributes, &layer) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let started = Instant::now();
        let start = SpanStart { metadata: attributes.metadata(), fields };
        point.start_at(started, Info::rendered_later(start));
        if !thread::panicking() {
            profiler::panic::forget();
        }
        OpenSpan::keep(&span, self.id, point, started);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, layer: Context<'_, S>) {
        if !any_open() {
            return;
        }
        let Some(span) = layer.span(id).filter(OpenSpan::is_kept) else { return };
        // Fields format themselves while nothing is locked: they may well make events of their own.
        let mut fields = Fields::default();
        values.record(&mut fields);
        OpenSpan::with(&span, self.id, |open| open.stop.fields.extend(fields));
    }

    fn on_event(&self, event: &Event<'_>, layer: Context<'_, S>) {
        if !any_open() || is_own(event.metadata()) {
            return;
        }
        let Some(mut scope) = layer.event_scope(event) else { return };
        let Some(span) = scope.find(OpenSpan::is_kept) else { return };
        if OpenSpan::with(&span, self.id, |open| open.is_full(self.max_events)) != Some(false) {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields.take_message();
        let (metadata, now) = (event.metadata(), Instant::now());
        OpenSpan::with(&span, self.id, |open| {
            let at_us = u64::try_from(now.saturating_duration_since(open.started).as_micros()).unwrap_or(u64::MAX);
            open.stop.events.push(SpanEvent { metadata, at_us, message, fields });
        });
    }

    fn on_enter(&self, id: &Id, layer: Context<'_, S>) {
        if !any_open() || collector::is_worker() {
            return;
        }
        let Some(span) = layer.span(id) else { return };
        let Some((profiler, state)) =
            OpenSpan::with(&span, self.id, |open| (open.profiler.clone(), open.state.clone()))
        else {
            return;
        };
        let entry = context::enter_span(&profiler, &state);
        OpenSpan::with(&span, self.id, |open| open.entries.push((thread::current().id(), entry)));
    }

    fn on_exit(&self, id: &Id, layer: Context<'_, S>) {
        if !any_open() || collector::is_worker() {
            return;
        }
        let Some(span) = layer.span(id) else { return };
        // The scope is put right when nothing is locked any more.
        let entry = OpenSpan::with(&span, self.id, OpenSpan::last_entry);
        drop(entry);
    }

    fn on_close(&self, id: Id, layer: Context<'_, S>) {
        if any_open()
            && let Some(open) = layer.span(&id).and_then(|span| OpenSpan::take(&span, self.id))
        {
            open.close();
        }
    }
}

fn any_open() -> bool {
    OPEN.load(Relaxed) > 0
}

/// The point of a new span, under its parent.
fn point<S: Subscriber + for<'a> LookupSpan<'a>>(attributes: &Attributes<'_>, layer: &Context<'_, S>) -> Option<Point> {
    let name = attributes.metadata().name();
    if attributes.is_contextual() {
        return Point::new(name);
    }
    let parent = attributes.parent().and_then(|id| layer.span(id));
    let profiler = parent.and_then(|parent| parent.scope().find_map(|span| OpenSpan::profiler(&span)));
    // A span whose parents have no point is at the top.
    let profiler = profiler.or_else(|| context::with_current(|scope| Profiler::top(&scope.trace)))?;
    Point::under(&profiler, name)
}

/// Whether it is about the recording of points, or of statements.
fn is_own(metadata: &Metadata<'_>) -> bool {
    let target = metadata.target();
    target == "sqlx::query"
        || target.strip_prefix("osprofiler").is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests;
