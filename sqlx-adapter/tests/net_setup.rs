//! What the net makes of connections that are set up, and of spans that outlive a trace. The subscriber is the process's:
//! SQLite tells of its statements in a thread of its own.
#![cfg(all(feature = "net", feature = "sqlite"))]

use std::sync::{Arc, Mutex, Once};
use std::time::Duration;

use osprofiler::{Message, Notifier, Profiler, TraceExt, profiler};
use osprofiler_sqlx::{SqlxEventLayer, TracedConnection, TracedSqlitePool};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, SqliteConnection};
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        profiler::set_trace_sql(true);
        let subscriber = tracing_subscriber::registry().with(SqlxEventLayer::filtered());
        tracing::subscriber::set_global_default(subscriber).expect("there is no other");
    });
}

/// The program's statements that were recorded while `request` ran in a trace of its own.
async fn recorded(request: impl Future<Output = Result<(), sqlx::Error>>) -> Vec<String> {
    let all = recorded_with_internal(request).await;
    all.into_iter().filter(|(_, internal)| !internal).map(|(statement, _)| statement).collect()
}

/// All statements that were recorded, each with whether it is internal.
async fn recorded_with_internal(request: impl Future<Output = Result<(), sqlx::Error>>) -> Vec<(String, bool)> {
    install();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let theirs = Arc::clone(&seen);
    let notifier = Notifier::from(move |message: &Message| {
        if let Some(statement) = message.info()["db"]["statement"].as_str() {
            let internal = message.info()["db"]["internal"].as_bool() == Some(true);
            theirs.lock().expect("no panic").push((statement.to_owned(), internal));
        }
    });
    request.in_trace(&Profiler::with_notifier(&notifier, "key", None, None)).await.expect("it runs");
    assert!(notifier.flush(Duration::from_secs(10)));
    let seen = seen.lock().expect("no panic");
    seen.clone()
}

fn options() -> SqliteConnectOptions {
    SqliteConnectOptions::new().in_memory(true)
}

#[tokio::test]
async fn what_sets_up_a_connection_is_no_statement_around_the_pool() {
    install();
    let traced = async {
        let pool = TracedSqlitePool::connect_lazy_with(options());
        sqlx::query("SELECT 1").execute(&pool).await?;
        let pool = TracedSqlitePool::connect_with(options()).await?;
        sqlx::query("SELECT 2").execute(&pool).await?;
        let mut connection = TracedConnection::<sqlx::Sqlite>::connect_with(&options()).await?;
        sqlx::query("SELECT 3").execute(&mut connection).await?;
        Ok(())
    };
    let statements = recorded(traced.instrument(info_span!("request"))).await;
    assert_eq!(statements, ["SELECT 1", "SELECT 2", "SELECT 3"]);
    let switched_off = async {
        let off = || TracedSqlitePool::builder().trace_sql(false);
        off().connect_lazy_with(options()).begin().await?.commit().await?;
        off().connect_lazy_with(options()).acquire().await?.close().await?;
        Ok(())
    };
    assert_eq!(recorded(switched_off.instrument(info_span!("request"))).await, [""; 0]);
}

#[tokio::test]
async fn what_a_pools_hooks_run_is_internal() {
    use sqlx::Executor as _;

    install();
    let hooks = sqlx::sqlite::SqlitePoolOptions::new()
        .max_connections(1)
        .after_connect(|connection, _| Box::pin(async { connection.execute("SELECT 'opened'").await.map(drop) }))
        .before_acquire(|connection, _| Box::pin(async { connection.execute("SELECT 'taken'").await.map(|_| true) }));
    let pool = TracedSqlitePool::builder().pool_options(hooks).connect_lazy_with(options());
    let request = async {
        sqlx::query("SELECT 1").execute(&pool).await?;
        sqlx::query("SELECT 2").execute(&pool).await?;
        pool.begin().await?.commit().await
    };
    let all = recorded_with_internal(request.instrument(info_span!("request"))).await;
    let of = |internal: bool| all.iter().filter(move |one| one.1 == internal).map(|one| one.0.as_str());
    assert_eq!(of(false).collect::<Vec<_>>(), ["SELECT 1", "SELECT 2", "BEGIN", "COMMIT"], "{all:?}");
    assert_eq!(of(true).filter(|sql| *sql == "SELECT 'opened'").count(), 1, "{all:?}");
    assert_eq!(of(true).filter(|sql| *sql == "SELECT 'taken'").count(), 2, "{all:?}");
}

#[tokio::test]
async fn a_span_that_is_entered_in_another_trace_belongs_to_that_one() -> Result<(), sqlx::Error> {
    install();
    let mut connection = SqliteConnection::connect_with(&options()).await?;
    let span = info_span!("worker");
    let mut run = async |statement: &'static str| {
        sqlx::query(statement).execute(&mut connection).await?;
        // Once it answers, it has told of the statement.
        connection.ping().await
    };
    assert_eq!(recorded(run("SELECT 1").instrument(span.clone())).await, ["SELECT 1"]);
    assert_eq!(recorded(run("SELECT 2").instrument(span.clone())).await, ["SELECT 2"]);
    Ok(())
}
