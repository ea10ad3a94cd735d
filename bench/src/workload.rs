//! The measured program on sqlx: queries, one after the other, on one connection.

use std::error::Error;
use std::str::FromStr;
use std::time::Duration;

use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SdkTracerProvider, SpanData, SpanExporter};
use osprofiler::{Notifier, Profiler, TraceExt, profiler};
use osprofiler_sqlx::TracedPool;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;

/// Queries in each trace of [`Mode::OnShort`]; other modes have one trace for all.
const SHORT_TRACE: usize = 20;

/// What is asked of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Workload {
    SqliteRow,
    SqliteRows,
    PostgresRow,
    PostgresRows,
}

impl Workload {
    pub(crate) const ALL: [Self; 4] = [Self::SqliteRow, Self::SqliteRows, Self::PostgresRow, Self::PostgresRows];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SqliteRow => "sqlite-row",
            Self::SqliteRows => "sqlite-rows",
            Self::PostgresRow => "postgres-row",
            Self::PostgresRows => "postgres-rows",
        }
    }

    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::SqliteRow => "In-memory SQLite, one row: SELECT name FROM t WHERE id = ?, fetch_optional",
            Self::SqliteRows => "In-memory SQLite, 100 rows: SELECT id, name FROM t WHERE id <= ?, fetch_all",
            Self::PostgresRow => "PostgreSQL on loopback, one row: SELECT name FROM t WHERE id = $1, fetch_optional",
            Self::PostgresRows => "PostgreSQL on loopback, 100 rows: SELECT id, name FROM t WHERE id <= $1, fetch_all",
        }
    }

    /// The numbers of queries between which instructions are counted, and that are timed.
    pub(crate) fn counts(self) -> (i64, i64, i64) {
        match self {
            Self::SqliteRow => (1000, 3000, 60_000),
            Self::PostgresRow => (1000, 3000, 20_000),
            Self::SqliteRows | Self::PostgresRows => (100, 400, 4000),
        }
    }

    pub(crate) fn is_postgres(self) -> bool {
        matches!(self, Self::PostgresRow | Self::PostgresRows)
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|workload| workload.name() == name).ok_or_else(|| format!("no workload {name}"))
    }
}

/// The URL of the PostgreSQL that is measured.
pub(crate) fn postgres_url() -> String {
    let url = std::env::var("OSPROFILER_TEST_POSTGRES");
    url.unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/postgres".to_owned())
}

/// Whether it is there.
pub(crate) fn postgres_answers() -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.is_ok_and(|runtime| runtime.block_on(postgres()).is_ok())
}

/// Some queries. Macros, because functions generic over the pool's type would need bounds that no two of these pools meet
/// alike.
macro_rules! one_row {
    ($statement:literal, $pool:expr, $count:expr) => {
        async {
            for id in 0..$count {
                let query = sqlx::query_as($statement).bind(id as i64);
                let row: Option<(String,)> = query.fetch_optional($pool).await?;
                std::hint::black_box(row);
            }
            Ok::<(), sqlx::Error>(())
        }
    };
}

macro_rules! many_rows {
    ($statement:literal, $pool:expr, $count:expr) => {
        async {
            for _ in 0..$count {
                let rows: Vec<(i64, String)> = sqlx::query_as($statement).bind(100_i64).fetch_all($pool).await?;
                assert_eq!(std::hint::black_box(rows).len(), 100);
            }
            Ok::<(), sqlx::Error>(())
        }
    };
}

/// Runs queries in a mode on a pool of sqlx. The time before the end is `$before`, taken when all is set up.
macro_rules! run_mode {
    ($queries:ident, $statement:literal, $pool:expr, $mode:expr, $count:expr, $notifier:expr) => {{
        let pool = $pool;
        let traced = TracedPool::from(pool.clone());
        let otel = sqlx_otel::PoolBuilder::from(pool.clone()).build();
        let before = crate::measure::process_cpu_seconds()?;
        match $mode {
            Mode::Plain => $queries!($statement, &pool, $count).await?,
            Mode::Off | Mode::NoTrace => $queries!($statement, &traced, $count).await?,
            Mode::On => {
                let profiler = Profiler::with_notifier($notifier, "key", None, None);
                $queries!($statement, &traced, $count).in_trace(&profiler).await?;
            }
            Mode::OnThread => {
                // The runtime polls this future on one thread alone, whose scope this replaces until the end.
                osprofiler::notifier::set($notifier.clone());
                profiler::init("key", None, None);
                $queries!($statement, &traced, $count).await?;
                profiler::clean();
            }
            Mode::OnShort => {
                for _ in 0..$count / SHORT_TRACE {
                    let profiler = Profiler::with_notifier($notifier, "key", None, None);
                    $queries!($statement, &traced, SHORT_TRACE).in_trace(&profiler).await?;
                }
            }
            Mode::OtelIdle | Mode::OtelBatch => $queries!($statement, &otel, $count).await?,
        }
        before
    }};
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

/// Runs `count` queries and prints the processor time they took, in seconds.
pub(crate) fn run(workload: Workload, mode: Mode, count: usize) -> Result<(), Box<dyn Error>> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(queries(workload, mode, count))
}

async fn queries(workload: Workload, mode: Mode, count: usize) -> Result<(), Box<dyn Error>> {
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

    let before = match workload {
        Workload::SqliteRow => {
            run_mode!(one_row, "SELECT name FROM t WHERE id = ?", sqlite().await?, mode, count, &notifier)
        }
        Workload::SqliteRows => {
            run_mode!(many_rows, "SELECT id, name FROM t WHERE id <= ?", sqlite().await?, mode, count, &notifier)
        }
        Workload::PostgresRow => {
            run_mode!(one_row, "SELECT name FROM t WHERE id = $1", postgres().await?, mode, count, &notifier)
        }
        Workload::PostgresRows => {
            run_mode!(many_rows, "SELECT id, name FROM t WHERE id <= $1", postgres().await?, mode, count, &notifier)
        }
    };
    notifier.flush(Duration::from_secs(60));
    provider.force_flush()?;
    println!("{}", crate::measure::process_cpu_seconds()? - before);
    let stats = notifier.stats();
    if stats.dropped + stats.failed > 0 {
        return Err(format!("messages were lost: {stats:?}").into());
    }
    Ok(())
}

async fn sqlite() -> Result<sqlx::SqlitePool, sqlx::Error> {
    let options = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
    let pool = options.connect("sqlite::memory:").await?;
    sqlx::raw_sql(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
         INSERT INTO t SELECT i, 'name ' || i FROM n",
    )
    .execute(&pool)
    .await?;
    Ok(pool)
}

async fn postgres() -> Result<sqlx::PgPool, sqlx::Error> {
    let options = PgPoolOptions::new().max_connections(1).test_before_acquire(false);
    let pool = options.connect(&postgres_url()).await?;
    sqlx::raw_sql(
        "CREATE TEMPORARY TABLE t (id BIGINT PRIMARY KEY, name TEXT);
         INSERT INTO t SELECT i, 'name ' || i FROM generate_series(1, 100) i",
    )
    .execute(&pool)
    .await?;
    Ok(pool)
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
