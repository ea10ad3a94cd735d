//! Who runs the operations on diesel, and what is set up around them.
//!
//! A mode more is a variant of [`Mode`], its name and title, and an arm of [`contender`].

use std::error::Error;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cpu_time::ThreadTime;
use diesel::connection::{Connection, LoadConnection};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_tracing::sqlite::InstrumentedSqliteConnection;
use fastrace::collector::{Config, Reporter, SpanContext, SpanRecord};
use fastrace_diesel::FastraceInstrumentation;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use osprofiler::{Notifier, profiler};
use osprofiler_diesel::TracedSqliteConnection;
use tracing_subscriber::layer::SubscriberExt;

use crate::diesel_workload::{Workload, connect};

/// Operations before those that are timed: what ran in between had the processor's caches.
const WARM_UP: usize = 10;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    Again,
    Off,
    NoTrace,
    On,
    DieselTracing,
    StatementFields,
    Fastrace,
}

impl Mode {
    pub(crate) const ALL: [Self; 8] = [
        Self::Plain,
        Self::Again,
        Self::Off,
        Self::NoTrace,
        Self::On,
        Self::DieselTracing,
        Self::StatementFields,
        Self::Fastrace,
    ];

    /// What another build of this crate has too, whatever peers there are.
    pub(crate) const OURS: [Self; 4] = [Self::Plain, Self::Off, Self::NoTrace, Self::On];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Again => "again",
            Self::Off => "off",
            Self::NoTrace => "no-trace",
            Self::On => "on",
            Self::DieselTracing => "diesel-tracing",
            Self::StatementFields => "statement-fields",
            Self::Fastrace => "fastrace",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain SqliteConnection",
            Self::Again => "  the same, as a control",
            Self::Off => "traced, trace_sql off",
            Self::NoTrace => "traced, no active trace",
            Self::On => "traced into the file driver",
            Self::DieselTracing => "diesel-tracing 0.4, OTel SDK, batch",
            Self::StatementFields => "  the same, statement-fields",
            Self::Fastrace => "fastrace-diesel 0.1, no store",
        }
    }

    /// Whether this program has it: [`Mode::DieselTracing`] and [`Mode::StatementFields`] are of two builds.
    pub(crate) fn is_here(self) -> bool {
        match self {
            Self::DieselTracing => !cfg!(feature = "statement-fields"),
            Self::StatementFields => cfg!(feature = "statement-fields"),
            _ => true,
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let here = |mode: &Self| mode.name() == name && mode.is_here();
        Self::ALL.into_iter().find(here).ok_or_else(|| format!("no mode {name} in this program"))
    }
}

/// Does so many operations within a trace, and returns the processor time that they took of this thread.
pub(crate) type Contender = Box<dyn FnMut(usize) -> Result<Duration, Box<dyn Error>>>;

/// Sets a mode up. Others may be set up in the same process, but not run at the same time.
pub(crate) fn contender(workload: Workload, mode: Mode) -> Result<Contender, Box<dyn Error>> {
    Ok(match mode {
        Mode::Plain | Mode::Again => contend(workload, connect::<SqliteConnection>()?, || (), |(), _| Ok(())),
        Mode::Off | Mode::NoTrace => {
            let switch = move || profiler::set_trace_sql(mode == Mode::NoTrace);
            contend(workload, connect::<TracedSqliteConnection>()?, switch, |(), _| Ok(()))
        }
        Mode::On => {
            let connection = connect::<TracedSqliteConnection>()?;
            let directory = tempfile::tempdir()?;
            let driver = osprofiler::driver::connect(&format!("file:{}", directory.path().display()))?;
            let notifier = Notifier::builder().service("bench").build(driver);
            osprofiler::notifier::set(notifier.clone());
            let request = || {
                profiler::set_trace_sql(true);
                profiler::init("key", None, None);
            };
            contend(workload, connection, request, move |(), operations| {
                profiler::clean();
                notifier.flush(Duration::from_secs(60));
                let (stats, _folder) = (notifier.stats(), &directory);
                if stats.dropped + stats.failed > 0 {
                    return Err(format!("messages were lost, of {operations} operations: {stats:?}").into());
                }
                Ok(())
            })
        }
        Mode::DieselTracing | Mode::StatementFields => {
            let connection = connect::<InstrumentedSqliteConnection>()?;
            let spans = Spans::default();
            let provider = SdkTracerProvider::builder().with_batch_exporter(spans.clone()).build();
            let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("bench"));
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer))?;
            let request = || tracing::info_span!("request").entered();
            contend(workload, connection, request, move |request, count| {
                drop(request);
                provider.force_flush()?;
                spans.take(count)
            })
        }
        Mode::Fastrace => {
            let mut connection = connect::<SqliteConnection>()?;
            connection.set_instrumentation(FastraceInstrumentation::sqlite(":memory:"));
            let spans = Spans::default();
            fastrace::set_reporter(spans.clone(), Config::default());
            let request = || {
                let root = fastrace::Span::root("request", SpanContext::random());
                (root.set_local_parent(), root)
            };
            contend(workload, connection, request, move |(parent, root), count| {
                drop(parent);
                drop(root);
                fastrace::flush();
                spans.take(count)
            })
        }
    })
}

/// Does `count` operations once, for callgrind.
pub(crate) fn run(workload: Workload, mode: Mode, count: usize) -> Result<(), Box<dyn Error>> {
    // Where there is one thread alone, the allocator of glibc does with less. Programs have more, and so have most modes.
    std::thread::spawn(std::thread::park);
    contender(workload, mode)?(count)?;
    Ok(())
}

/// A contender whose operations run on `connection`, between `before` and `after`; `after` learns how many there were.
fn contend<C, S>(
    workload: Workload,
    mut connection: C,
    before: impl Fn() -> S + 'static,
    after: impl Fn(S, usize) -> Result<(), Box<dyn Error>> + 'static,
) -> Contender
where
    C: LoadConnection<Backend = Sqlite> + 'static,
{
    Box::new(move |count| {
        let trace = before();
        workload.run(&mut connection, WARM_UP)?;
        let begun = ThreadTime::try_now()?;
        workload.run(&mut connection, count)?;
        let time = begun.try_elapsed()?;
        after(trace, WARM_UP + count)?;
        Ok(time)
    })
}

/// Where the spans of others go: they are counted, and thrown away.
#[derive(Clone, Debug, Default)]
struct Spans(Arc<AtomicUsize>);

impl Spans {
    /// Fails where there were fewer spans than operations since the last time: queues that overflow are cheap.
    fn take(&self, operations: usize) -> Result<(), Box<dyn Error>> {
        let spans = self.0.swap(0, Ordering::Relaxed);
        if spans < operations {
            return Err(format!("{spans} spans of {operations} operations").into());
        }
        Ok(())
    }
}

impl SpanExporter for Spans {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.fetch_add(batch.len(), Ordering::Relaxed);
        Ok(())
    }
}

impl Reporter for Spans {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        self.0.fetch_add(spans.len(), Ordering::Relaxed);
    }
}
