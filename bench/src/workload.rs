//! The measured program: queries, one after the other, on one connection.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use osprofiler::{Notifier, Profiler, TraceExt, profiler};
use osprofiler_sqlx::TracedPool;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

/// Queries in each trace of [`Mode::OnShort`]; other modes have one trace for all.
const SHORT_TRACE: usize = 20;

/// Some queries. A macro, because a function generic over the pool's type would need bounds that no two of these
/// pools meet alike.
macro_rules! run_queries {
    ($pool:expr, $count:expr) => {
        async {
            for id in 0..$count {
                let query = sqlx::query_as("SELECT name FROM t WHERE id = ?").bind(id as i64);
                let row: Option<(String,)> = query.fetch_optional($pool).await?;
                std::hint::black_box(row);
            }
            Ok::<(), sqlx::Error>(())
        }
    };
}

/// Who runs the queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Plain,
    Off,
    NoTrace,
    OnThread,
    On,
    OnShort,
    OtelIdle,
    OtelBatch,
}

impl Mode {
    pub(crate) const ALL: [Self; 8] = [
        Self::Plain,
        Self::Off,
        Self::NoTrace,
        Self::OnThread,
        Self::On,
        Self::OnShort,
        Self::OtelIdle,
        Self::OtelBatch,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Off => "off",
            Self::NoTrace => "no-trace",
            Self::OnThread => "on-thread",
            Self::On => "on",
            Self::OnShort => "on-short",
            Self::OtelIdle => "otel-idle",
            Self::OtelBatch => "otel-batch",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Plain => "plain sqlx",
            Self::Off => "traced pool, trace_sql off",
            Self::NoTrace => "traced pool, no active trace",
            Self::OnThread => "traced in a thread's scope",
            Self::On => "traced in a future's scope",
            Self::OnShort => "  the same, a new trace every 20",
            Self::OtelIdle => "sqlx-otel 0.5, no provider",
            Self::OtelBatch => "sqlx-otel 0.5, SDK, batch, no store",
        }
    }
}

impl FromStr for Mode {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|mode| mode.name() == name).ok_or_else(|| format!("no mode {name}"))
    }
}

/// Runs `count` queries and prints the processor time they took, in seconds. `pad` bytes are allocated first: they move
/// everything on the heap.
pub(crate) fn run(mode: Mode, count: usize, pad: usize) -> Result<(), Box<dyn Error>> {
    std::mem::forget(std::hint::black_box(Vec::<u8>::with_capacity(pad)));
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(queries(mode, count))
}

async fn queries(mode: Mode, count: usize) -> Result<(), Box<dyn Error>> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .test_before_acquire(false)
        .connect_with(SqliteConnectOptions::from_str("sqlite::memory:")?)
        .await?;
    sqlx::raw_sql("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO t VALUES (1, 'Ann'), (2, 'Bob')")
        .execute(&pool)
        .await?;
    let directory = tempfile::tempdir()?;
    let notifier = match mode {
        Mode::OnThread | Mode::On | Mode::OnShort => {
            let driver = osprofiler::driver::connect(&format!("file:{}", directory.path().display()))?;
            Notifier::builder().service("bench").build(driver)
        }
        _ => Notifier::default(),
    };
    profiler::set_trace_sql(matches!(mode, Mode::OnThread | Mode::On | Mode::OnShort | Mode::NoTrace));
    let provider = SdkTracerProvider::builder().with_batch_exporter(Nowhere).build();
    if mode == Mode::OtelBatch {
        opentelemetry::global::set_tracer_provider(provider.clone());
    }

    let traced = TracedPool::from(pool.clone());
    let otel = sqlx_otel::PoolBuilder::from(pool.clone()).build();
    let before = crate::measure::process_cpu_seconds()?;
    match mode {
        Mode::Plain => run_queries!(&pool, count).await?,
        Mode::Off | Mode::NoTrace => run_queries!(&traced, count).await?,
        Mode::On => {
            let profiler = Profiler::with_notifier(&notifier, "key", None, None);
            run_queries!(&traced, count).in_trace(&profiler).await?;
        }
        Mode::OnThread => {
            // The runtime polls this future on one thread alone, whose scope this replaces until the end.
            osprofiler::notifier::set(notifier.clone());
            profiler::init("key", None, None);
            run_queries!(&traced, count).await?;
            profiler::clean();
        }
        Mode::OnShort => {
            for _ in 0..count / SHORT_TRACE {
                let profiler = Profiler::with_notifier(&notifier, "key", None, None);
                run_queries!(&traced, SHORT_TRACE).in_trace(&profiler).await?;
            }
        }
        Mode::OtelIdle | Mode::OtelBatch => run_queries!(&otel, count).await?,
    }
    notifier.flush(Duration::from_secs(60));
    provider.force_flush()?;
    println!("{}", crate::measure::process_cpu_seconds()? - before);
    let stats = notifier.stats();
    if stats.dropped + stats.failed > 0 {
        return Err(format!("messages were lost: {stats:?}").into());
    }
    Ok(())
}

/// An exporter that throws spans away.
#[derive(Debug)]
struct Nowhere;

impl SpanExporter for Nowhere {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        std::hint::black_box(batch);
        Ok(())
    }
}
