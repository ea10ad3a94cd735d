//! [`SqlxEventLayer`]: statements that run around the traced types, from sqlx's own events.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use osprofiler::Profiler;
use osprofiler::db::{BoundValues, DbOptions, DbSource, DbStart, DbStop, ParamsWriter, changes_rows};
use osprofiler::notice::Notice;
use osprofiler::profiler::{self, Point};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Span, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

use crate::mark::{self, Kind};

/// The target of sqlx's events.
const TARGET: &str = "sqlx::query";

/// The names of the spans in which the traced types run what another thread tells of: what they record themselves, and what a
/// pool does for them.
const MARK: &str = "osprofiler";
const MARK_INTERNAL: &str = "osprofiler internal";

/// Where sqlx keeps account of migrations, unless the program says otherwise.
const MIGRATIONS_TABLE: &str = "_sqlx_migrations";

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether a layer was ever installed.
#[inline]
pub(crate) fn is_installed() -> bool {
    INSTALLED.load(Relaxed)
}

/// A span that says to the layer, in whatever thread, that a statement is known. Its level is the highest, so that whoever
/// sees sqlx's events sees it too.
pub(crate) fn mark_span(kind: Kind) -> Span {
    match kind {
        Kind::Internal => tracing::span!(target: TARGET, Level::ERROR, MARK_INTERNAL),
        _ => tracing::span!(target: TARGET, Level::ERROR, MARK),
    }
}

/// Whether one of sqlx's events has ever come as far as a layer or its filter.
static REACHED: AtomicBool = AtomicBool::new(false);

/// Whether a layer would hear now of what runs on sqlx's own connection.
#[inline]
pub(crate) fn listens(events_elsewhere: bool) -> bool {
    // What a thread of the driver's own tells is found by the span in which the statement was sent.
    is_here() && REACHED.load(Relaxed) && (!events_elsewhere || !Span::current().is_none())
}

/// Whether this thread's subscriber has a layer: threads may have subscribers of their own.
fn is_here() -> bool {
    is_installed() && tracing::dispatcher::get_default(|subscriber| subscriber.is::<SqlxEventLayer>())
}

/// Warns where a layer is installed and none of sqlx's events has reached it, although statements have run: those on a
/// connection that was just given away would be missing without a word. It asks no subscriber whether it would hear of an event:
/// filters of layers keep the answer for the next one.
#[cold]
pub(crate) fn warn_if_starved() {
    static STARVED: Notice = Notice::new();
    if !REACHED.load(Relaxed) && is_here() {
        STARVED.log(|| {
            tracing::warn!(
                "SqlxEventLayer is installed, but none of sqlx's events has reached it, and statements on sqlx's own \
                 connections are not recorded; let the filter pass `sqlx::query=debug`, or give each layer a filter of its \
                 own and use `SqlxEventLayer::filtered()`; the connect options must not switch off the logging of statements"
            );
        });
    }
}

/// Records what a traced request runs around the traced types: in libraries that take `&sqlx::Pool`, by `migrate!`, in code
/// generic over `Acquire`, in functions that take `&mut PgConnection`.
///
/// sqlx tells of every statement by a `tracing` event. Of a statement that the traced types ran this layer records nothing;
/// of others a point with the statement, rows and time, and `bypassed`. There are no bound values, and a statement that
/// failed or was cancelled looks like one without rows: sqlx says no more. `COPY` is no event, nor are PostgreSQL's `BEGIN` and
/// `SAVEPOINT`, and nothing of SQLite's transactions is.
///
/// A layer of `tracing` sees what none of the filters before it hides; [`filtered`](Self::filtered) has its own filter, so
/// that it sees sqlx's events and makes no others:
///
/// ```
/// use osprofiler_sqlx::SqlxEventLayer;
/// use tracing_subscriber::Layer;
/// use tracing_subscriber::filter::LevelFilter;
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(tracing_subscriber::fmt::layer().with_filter(LevelFilter::INFO))
///     .with(SqlxEventLayer::filtered());
/// # let _guard = tracing::subscriber::set_default(subscriber);
/// ```
///
/// PostgreSQL's and MySQL's events come in the task that runs the statement. SQLite's come from a thread of sqlx's, which must
/// have the name that sqlx gives it, in the `tracing` span that was current when the statement was sent: there only what
/// runs within a span (of level `INFO` or above, where the layer is filtered) that was entered in the trace is found. To be
/// told apart there, what a traced SQLite pool runs has a span called `osprofiler` with the target `sqlx::query`, which other
/// layers see too, unless they filter it.
#[derive(Clone)]
pub struct SqlxEventLayer {
    source: Arc<DbSource>,
}

impl SqlxEventLayer {
    /// A layer without a filter. On its own it makes `tracing` hand out every event of the program.
    #[must_use]
    pub fn new() -> Self {
        Self::with_options(DbOptions::default())
    }

    /// As [`new`](Self::new), with another name or cap; there are no values that other options could be about.
    #[must_use]
    pub fn with_options(options: DbOptions) -> Self {
        Self { source: DbSource::bypassed("not seen: the statement ran around the traced types", options) }
    }

    /// A layer with a filter of its own, which lets pass what the layer needs. Per-layer filters need
    /// [`tracing_subscriber::Registry`] at the bottom.
    #[must_use]
    pub fn filtered<S: Subscriber>() -> Filtered<Self, SqlxEventFilter, S>
    where
        Self: Layer<S>,
    {
        Self::new().with_filter(SqlxEventFilter::default())
    }

    fn record(&self, event: &Event<'_>, internal: bool) {
        let Some(mut point) = Point::new(self.source.name()) else { return };
        let mut statement = Statement::default();
        event.record(&mut statement);
        let now = Instant::now();
        let sql = statement.sql();
        let changes_rows = changes_rows(&sql);
        let start = DbStart::<String, NoValues> {
            source: Arc::clone(&self.source),
            method: "",
            // sqlx's own bookkeeping of migrations is no statement of the program's.
            internal: internal || sql.contains(MIGRATIONS_TABLE),
            acquire: None,
            lease: None,
            prepared: None,
            caller: None,
            statement: sql,
            values: None,
        };
        point.start_statement(now.checked_sub(statement.elapsed).unwrap_or(now), start);
        let mut stop = DbStop::default();
        match statement.rows_returned {
            // SQLite's number is an earlier statement's where this one changes none.
            0 if changes_rows || !is_sqlites_thread() || statement.rows_affected == 0 => {
                stop.add_affected(statement.rows_affected)
            }
            0 => {}
            rows => stop.add_rows(rows),
        }
        point.stop(stop);
    }
}

impl Default for SqlxEventLayer {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for SqlxEventLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlxEventLayer").finish_non_exhaustive()
    }
}

/// The trace in which a span was entered.
struct TraceOfSpan(Profiler);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SqlxEventLayer {
    fn on_layer(&mut self, _: &mut S) {
        INSTALLED.store(true, Relaxed);
    }

    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        keep_trace(id, &context);
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        keep_trace(id, &context);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let kind = mark::kind();
        if event.metadata().target() == TARGET && !REACHED.load(Relaxed) {
            REACHED.store(true, Relaxed);
        }
        if event.metadata().target() != TARGET || kind == Kind::Recorded || !profiler::any_sql_active() {
            return;
        }
        if profiler::sql_active() {
            return self.record(event, kind == Kind::Internal);
        }
        // Another thread tells: the trace is that of the innermost span that has one, unless the statement is known.
        let Some(scope) = context.event_scope(event) else { return };
        let mut internal = false;
        for span in scope {
            match mark_of(span.metadata()) {
                Some(Kind::Internal) => internal = true,
                Some(_) => return,
                None => {}
            }
            let trace = span.extensions().get::<TraceOfSpan>().map(|trace| trace.0.clone());
            if let Some(profiler) = trace {
                return profiler.in_scope(|| {
                    if profiler::sql_active() {
                        self.record(event, internal);
                    }
                });
            }
        }
    }
}

/// Lets a span know in which trace it is, for events from other threads. Only SQLite's are. A span that is entered again
/// without a trace, but by SQLite's thread, is in none.
fn keep_trace<S: Subscriber + for<'a> LookupSpan<'a>>(id: &Id, context: &Context<'_, S>) {
    if !cfg!(feature = "sqlite") {
        return;
    }
    let Some(span) = context.span(id) else { return };
    if !profiler::sql_active() {
        let stale = span.extensions().get::<TraceOfSpan>().is_some() && !is_sqlites_thread();
        if stale {
            drop(span.extensions_mut().remove::<TraceOfSpan>());
        }
        return;
    }
    if let Some(profiler) = profiler::get() {
        // A span may live longer than a trace, and be entered in another, or in two threads at once.
        let known = span
            .extensions()
            .get::<TraceOfSpan>()
            .is_some_and(|trace| trace.0.base_id() == profiler.base_id() && trace.0.id() == profiler.id());
        if !known {
            span.extensions_mut().replace(TraceOfSpan(profiler));
        }
    }
}

/// Whether this is a thread in which sqlx runs SQLite. It goes by the name that sqlx gives them.
fn is_sqlites_thread() -> bool {
    thread_local! {
        static IS_SQLITES: bool =
            std::thread::current().name().is_some_and(|name| name.starts_with("sqlx-sqlite-worker"));
    }
    IS_SQLITES.with(|is_sqlites| *is_sqlites)
}

/// Whose statements run in this span, where it is one of the traced types'.
fn mark_of(metadata: &Metadata<'_>) -> Option<Kind> {
    match metadata.name() {
        _ if !metadata.is_span() || metadata.target() != TARGET => None,
        MARK => Some(Kind::Recorded),
        MARK_INTERNAL => Some(Kind::Internal),
        _ => None,
    }
}

/// Lets pass what [`SqlxEventLayer`] needs: sqlx's events, and with SQLite the spans around them.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct SqlxEventFilter {}

impl SqlxEventFilter {
    fn needs(metadata: &Metadata<'_>) -> bool {
        let around = cfg!(feature = "sqlite") && metadata.is_span() && *metadata.level() <= Level::INFO;
        metadata.target() == TARGET || around
    }
}

impl<S> Filter<S> for SqlxEventFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        if metadata.target() == TARGET && !metadata.is_span() && !REACHED.load(Relaxed) {
            REACHED.store(true, Relaxed);
        }
        // sqlx makes no text of a statement for nobody.
        let unwanted = || {
            mark::kind() == Kind::Recorded
                || !profiler::any_sql_active()
                || !(profiler::sql_active() || (cfg!(feature = "sqlite") && is_sqlites_thread()))
        };
        Self::needs(metadata) && !(metadata.is_event() && unwanted())
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        match Self::needs(metadata) {
            true if metadata.is_span() => Interest::always(),
            true => Interest::sometimes(),
            false => Interest::never(),
        }
    }
}

/// What an event says.
#[derive(Default)]
struct Statement {
    summary: String,
    text: String,
    rows_affected: u64,
    rows_returned: u64,
    elapsed: Duration,
}

impl Statement {
    /// The whole text stands between line breaks; of a short statement there is only the summary.
    fn sql(&mut self) -> String {
        let text = self.text.strip_prefix("\n\n").and_then(|text| text.strip_suffix('\n')).unwrap_or(&self.text);
        if text.is_empty() { std::mem::take(&mut self.summary) } else { text.to_owned() }
    }
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.text),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "rows_affected" => self.rows_affected = value,
            "rows_returned" => self.rows_returned = value,
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Another version of sqlx may pass its texts so.
        match field.name() {
            "summary" => self.summary = format!("{value:?}"),
            "db.statement" => self.text = format!("{value:?}"),
            _ => {}
        }
    }
}

/// There are none.
#[derive(Debug)]
enum NoValues {}

impl BoundValues for NoValues {
    fn weight(&self) -> usize {
        match *self {}
    }

    fn decode(&mut self, _: &mut ParamsWriter<'_>) {
        match *self {}
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing_subscriber::filter::LevelFilter;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    struct Warnings(Arc<Mutex<Vec<String>>>);

    impl<S: Subscriber> Layer<S> for Warnings {
        fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
            event.record(&mut |_: &Field, value: &dyn fmt::Debug| {
                self.0.lock().expect("no panic").push(format!("{value:?}"));
            });
        }
    }

    #[test]
    fn a_filter_that_hides_the_events_is_told_once() {
        let warnings = Arc::new(Mutex::new(Vec::new()));
        let log = || Warnings(Arc::clone(&warnings));
        let subscriber = tracing_subscriber::registry().with(log()).with(LevelFilter::INFO).with(SqlxEventLayer::new());
        tracing::subscriber::with_default(subscriber, || {
            tracing::event!(target: TARGET, Level::DEBUG, "hidden");
            (0..3).for_each(|_| warn_if_starved());
            assert!(!listens(false));
        });
        // Now nothing is hidden.
        let subscriber = tracing_subscriber::registry().with(SqlxEventLayer::filtered());
        tracing::subscriber::with_default(subscriber, || {
            tracing::event!(target: TARGET, Level::DEBUG, "seen");
            assert!(listens(false) && !listens(true));
        });
        let warnings = warnings.lock().expect("no panic");
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert!(warnings[0].contains("let the filter pass `sqlx::query=debug`"), "{warnings:?}");
    }
}
