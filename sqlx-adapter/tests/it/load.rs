//! A thousand requests at once on two threads, and a store that is slow.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use osprofiler::driver::file::{FileConfig, FileDriver};
use osprofiler::driver::{Driver, WriteError};
use osprofiler::report::Trace;
use osprofiler::{CollectorConfig, Id, Message, Notifier, Profiler, TraceExt, profiler};
use osprofiler_sqlx::TracedSqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

const REQUESTS: usize = 1000;
const QUERIES: i64 = 20;

async fn pool() -> TracedSqlitePool {
    profiler::set_trace_sql(true);
    SqlitePoolOptions::new()
        .max_connections(4)
        .acquire_timeout(Duration::from_secs(300))
        .connect("sqlite::memory:")
        .await
        .expect("SQLite opens in memory")
        .into()
}

async fn request(pool: TracedSqlitePool) {
    for n in 0..QUERIES {
        let back: i64 = sqlx::query_scalar("SELECT ?").bind(n).fetch_one(&pool).await.expect("a row");
        assert_eq!(back, n);
    }
}

/// Runs all requests at once, each in a trace of its own, and returns the traces' ids.
async fn requests(notifier: &Notifier) -> Vec<Id> {
    let pool = pool().await;
    let mut tasks = Vec::new();
    for _ in 0..REQUESTS {
        let profiler = Profiler::with_notifier(notifier, "key", None, None);
        let work = request(pool.clone()).traced("request", ()).in_trace(&profiler);
        tasks.push((profiler.base_id().clone(), tokio::spawn(work)));
    }
    let mut ids = Vec::new();
    for (id, task) in tasks {
        task.await.expect("no panic");
        ids.push(id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_requests_at_once_leave_a_thousand_whole_traces() {
    let directory = tempfile::tempdir().expect("a directory");
    let driver = Arc::new(FileDriver::new(FileConfig::new(directory.path())));
    let notifier = Notifier::builder().build(driver.clone());
    let ids = requests(&notifier).await;
    assert!(notifier.flush(Duration::from_secs(60)));
    let messages = (REQUESTS * 2 * (QUERIES as usize + 1)) as u64;
    let stats = notifier.stats();
    assert_eq!((stats.recorded, stats.stored, stats.dropped, stats.failed), (messages, messages, 0, 0));
    for id in ids {
        let stored = driver.read(&id).expect("the trace is there");
        let mut times = HashMap::new();
        for message in &stored.messages {
            *times.entry((message.trace_id().clone(), message.name())).or_insert(0) += 1;
        }
        assert!(times.values().all(|times| *times == 1), "each start and each stop is there once");
        let trace = Trace::build(stored);
        assert_eq!(trace.points().len(), QUERIES as usize + 1);
        assert!(trace.points().iter().all(|point| !point.is_unfinished() && !point.orphan && point.start.is_some()));
        assert!(trace.points()[1..].iter().all(|point| point.parent == Some(0) && point.rows() == Some(1)));
        let params: Vec<_> =
            trace.points()[1..].iter().map(|point| point.start_info["db"]["params"][0].clone()).collect();
        assert_eq!(params, (0..QUERIES).map(serde_json::Value::from).collect::<Vec<_>>());
    }
}

/// Takes a while for each batch.
struct Slow;

impl Driver for Slow {
    fn write(&self, _: &[Message]) -> Result<(), WriteError> {
        thread::park_timeout(Duration::from_millis(300));
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_store_holds_a_bounded_number_of_messages_and_every_loss_is_counted() {
    let mut config = CollectorConfig::default();
    config.queue_messages = 2000;
    config.batch = 500;
    let notifier = Notifier::builder().collector(config).build(Arc::new(Slow));
    requests(&notifier).await;
    let stats = notifier.stats();
    let held = stats.recorded - stats.stored - stats.failed;
    assert!(held <= 2000, "{held} messages are held");
    assert_eq!(stats.recorded + stats.dropped, (REQUESTS * 2 * (QUERIES as usize + 1)) as u64);
    assert!(stats.dropped > 0);
    assert!(notifier.flush(Duration::from_secs(60)));
    assert_eq!(notifier.stats().stored, stats.recorded);
}
