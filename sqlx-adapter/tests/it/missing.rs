//! Every statement that reaches the database is recorded, or it is said that statements are missing. The judge is each
//! database's own log of statements.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use futures::FutureExt as _;
use osprofiler::TraceExt as _;
use osprofiler::report::Trace;
use osprofiler::report::analysis::{Analysis, AnalysisOptions};
use osprofiler_sqlx::{SqlxEventLayer, TracedDatabase, TracedMySqlPool, TracedPgPool, TracedPool, TracedSqlitePool};
use sqlx::{Acquire, AssertSqlSafe, Database, Executor, IntoArguments, Pool, Transaction};
use tracing_subscriber::layer::SubscriberExt as _;

use crate::server;
use crate::store::Store;

/// The numbers of the statements in a text: each has its own, in a comment.
fn numbers(text: &str) -> impl Iterator<Item = u32> + '_ {
    text.split("/* no. ").skip(1).filter_map(|rest| rest.split_once(' ')?.0.parse().ok())
}

fn statement(number: u32) -> AssertSqlSafe<String> {
    AssertSqlSafe(format!("UPDATE account SET balance = balance + 1 WHERE id = 1 /* no. {number} */"))
}

/// A program of the shapes that people write, with what each database names differently.
macro_rules! program {
    ($database:ident: $db:ty, $connection:ty, $pool:ty) => {
        mod $database {
            use super::*;

            type Own = <$db as Database>::Connection;

            async fn takes_the_connection(connection: &mut Own, number: u32) -> sqlx::Result<()> {
                sqlx::raw_sql(statement(number)).execute(&mut *connection).await.map(drop)
            }

            async fn takes_the_traced_connection(connection: &mut $connection, number: u32) -> sqlx::Result<()> {
                sqlx::raw_sql(statement(number)).execute(&mut *connection).await.map(drop)
            }

            async fn takes_the_pool(pool: &Pool<$db>, number: u32) -> sqlx::Result<()> {
                sqlx::raw_sql(statement(number)).execute(pool).await.map(drop)
            }

            async fn takes_the_transaction(transaction: &mut Transaction<'_, $db>, number: u32) -> sqlx::Result<()> {
                sqlx::raw_sql(statement(number)).execute(&mut **transaction).await.map(drop)
            }

            async fn takes_what_can_be_acquired<'a>(
                from: impl Acquire<'a, Database = $db>,
                number: u32,
            ) -> sqlx::Result<()> {
                let mut connection = from.acquire().await?;
                sqlx::raw_sql(statement(number)).execute(&mut *connection).await.map(drop)
            }

            /// Statements with numbers below 100 are recorded; the others run on what was handed out, below 200, or outside of
            /// the trace.
            pub(super) async fn run(pool: &$pool) -> sqlx::Result<()> {
                // On the pool itself.
                sqlx::raw_sql(statement(1)).execute(pool).await?;

                let mut transaction = pool.begin().await?;
                sqlx::raw_sql(statement(2)).execute(&mut *transaction).await?;
                sqlx::raw_sql(statement(3)).execute(transaction.as_mut()).await?;
                sqlx::raw_sql(statement(4)).execute(transaction.acquire().await?).await?;
                takes_the_traced_connection(&mut transaction, 5).await?;
                takes_the_connection(&mut transaction, 100).await?;
                takes_the_transaction(transaction.inner_mut()?, 101).await?;
                takes_what_can_be_acquired(&mut transaction, 102).await?;
                transaction.commit().await?;

                let mut connection = pool.acquire().await?;
                sqlx::raw_sql(statement(6)).execute(connection.as_mut()).await?;
                sqlx::raw_sql(statement(7)).execute(connection.acquire().await?).await?;
                connection
                    .transaction(|transaction| {
                        async move { sqlx::raw_sql(statement(8)).execute(&mut **transaction).await }.boxed()
                    })
                    .await?;
                takes_the_connection(&mut connection, 103).await?;
                // It is in the trace wherever it goes.
                let task = tokio::spawn(async move { takes_the_traced_connection(&mut connection, 9).await });
                task.await.expect("no panic")?;

                takes_the_pool(pool, 104).await?;
                takes_what_can_be_acquired(pool, 105).await?;
                let mine = pool.clone();
                let task = tokio::spawn(async move { sqlx::raw_sql(statement(200)).execute(&mine).await });
                task.await.expect("no panic")?;
                let mine = pool.clone();
                let carried = async move { sqlx::raw_sql(statement(10)).execute(&mine).await };
                tokio::spawn(carried.in_current_trace()).await.expect("no panic").map(drop)
            }
        }
    };
}

program!(postgres: sqlx::Postgres, osprofiler_sqlx::TracedPgConnection<'_>, TracedPgPool);
program!(mysql: sqlx::MySql, osprofiler_sqlx::TracedMySqlConnection<'_>, TracedMySqlPool);
program!(sqlite: sqlx::Sqlite, osprofiler_sqlx::TracedSqliteConnection<'_>, TracedSqlitePool);

const RECORDED: std::ops::RangeInclusive<u32> = 1..=10;
const HANDED_OUT: std::ops::RangeInclusive<u32> = 100..=105;

/// A table with a row.
pub(crate) async fn prepare<DB: TracedDatabase>(pool: &TracedPool<DB>)
where
    for<'q> DB::Arguments: IntoArguments<DB>,
    for<'c> &'c TracedPool<DB>: Executor<'c, Database = DB>,
{
    for sql in ["CREATE TABLE account (id INT PRIMARY KEY, balance INT)", "INSERT INTO account VALUES (1, 0)"] {
        pool.execute(sql).await.expect("a new table");
    }
}

/// Holds what was recorded and what is said to be missing against what the database logged.
fn check(trace: &Trace, outside: u64, logged: &str) {
    let logged: BTreeSet<u32> = numbers(logged).collect();
    let expected: BTreeSet<u32> = RECORDED.chain(HANDED_OUT).chain([200]).collect();
    assert_eq!(logged, expected, "the database ran all of them");
    let recorded: BTreeSet<u32> =
        trace.points().iter().filter_map(|point| point.statement()).flat_map(numbers).collect();
    assert_eq!(recorded, RECORDED.collect(), "{:#?}", crate::store::statements(trace.points()));
    let handed_out: u64 = trace.handed_out().iter().map(|one| one.count).sum();
    assert_eq!(handed_out, HANDED_OUT.count() as u64, "{:?}", trace.handed_out());
    assert!(outside >= 1, "the statement in the spawned task is counted");
    let mine = |one: &osprofiler::report::HandedOut| {
        one.place.as_ref().is_some_and(|(file, _)| file.replace('\\', "/").ends_with("tests/it/missing.rs"))
    };
    assert!(trace.handed_out().iter().all(mine), "{:?}", trace.handed_out());
    // It is told in words, too, with what to do.
    let findings = Analysis::of(trace, AnalysisOptions::default()).findings;
    assert!(
        findings.iter().any(|found| found.text.contains("statements that ran on it are not in this trace")),
        "{findings:?}"
    );
}

/// Runs a program in a trace with a root point, and returns what was told, and how many statements were outside.
async fn record(program: impl Future<Output = sqlx::Result<()>>) -> (Trace, u64) {
    let store = Store::new();
    let before = store.notifier.stats().outside_traces;
    program.traced("request", ()).in_trace(&store.profiler()).await.expect("it runs");
    (store.trace(), store.notifier.stats().outside_traces - before)
}

/// Keeps what is logged with a target that begins so: a line for each event.
struct Log(&'static str, Arc<Mutex<Vec<String>>>);

impl<S: tracing::Subscriber> tracing_subscriber::Layer<S> for Log {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target().starts_with(self.0) {
            let mut line = String::new();
            event.record(&mut |field: &tracing::field::Field, value: &dyn std::fmt::Debug| {
                line.push_str(&format!("{field}={value:?} "));
            });
            self.1.lock().expect("no panic").push(line);
        }
    }
}

#[tokio::test]
async fn postgres_logs_what_is_recorded_or_said_to_be_missing() {
    let Some(pool) = server::postgres("missing").await else { return };
    // The server sends its log to the client, and sqlx passes it on.
    let options = (*pool.connect_options()).clone();
    let options = options.options([("client_min_messages", "log"), ("log_statement", "all")]);
    let pool = TracedPgPool::connect_with(options).await.expect("a pool");
    prepare(&pool).await;
    let log = Arc::new(Mutex::new(Vec::new()));
    let notices = Log("sqlx::postgres::notice", Arc::clone(&log));
    let _subscriber = crate::net::listen(tracing_subscriber::registry().with(notices));
    let (trace, outside) = record(postgres::run(&pool)).await;
    check(&trace, outside, &log.lock().expect("no panic").join("\n"));
}

#[tokio::test]
async fn mariadb_logs_what_is_recorded_or_said_to_be_missing() {
    let Some(pool) = server::mysql("missing").await else { return };
    let mut admin = pool.acquire().await.expect("a connection");
    let pool = TracedMySqlPool::from(pool);
    prepare(&pool).await;
    for sql in ["SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = 1"] {
        sqlx::raw_sql(sql).execute(&mut *admin).await.expect("a user who may log");
    }
    let (trace, outside) = record(mysql::run(&pool)).await;
    sqlx::raw_sql("SET GLOBAL general_log = 0").execute(&mut *admin).await.expect("as before");
    let logged: Vec<Vec<u8>> = sqlx::query_scalar(
        "SELECT argument FROM mysql.general_log WHERE user_host LIKE CONCAT(SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '%') AND \
         argument LIKE 'UPDATE account SET%' AND event_time > NOW() - INTERVAL 1 MINUTE",
    )
    .fetch_all(&mut *admin)
    .await
    .expect("the log");
    let logged = logged.iter().map(|sql| String::from_utf8_lossy(sql).into_owned()).collect::<Vec<_>>().join("\n");
    check(&trace, outside, &logged);
}

#[tokio::test]
async fn sqlite_logs_what_is_recorded_or_said_to_be_missing() {
    let Some(pool) = server::sqlite("missing").await else { return };
    let log: Arc<Mutex<String>> = Arc::default();
    let options = (*pool.connect_options()).clone();
    let theirs = Arc::clone(&log);
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(4).after_connect(move |connection, _| {
        let log = Arc::clone(&theirs);
        async move { trace_statements(connection, log).await }.boxed()
    });
    let pool: TracedSqlitePool = pool.connect_with(options).await.expect("a pool").into();
    prepare(&pool).await;
    let (trace, outside) = record(sqlite::run(&pool)).await;
    check(&trace, outside, &log.lock().expect("no panic"));
}

/// Has SQLite tell of each statement that begins to run.
#[expect(unsafe_code, reason = "SQLite's log of statements is a function of its C library")]
async fn trace_statements(connection: &mut sqlx::SqliteConnection, log: Arc<Mutex<String>>) -> sqlx::Result<()> {
    use std::ffi::{CStr, c_int, c_uint, c_void};

    use libsqlite3_sys as sqlite3;

    unsafe extern "C" fn tell(_: c_uint, log: *mut c_void, statement: *mut c_void, _: *mut c_void) -> c_int {
        // SAFETY: SQLite hands over what it was given below, which lives as long as the program, and a statement that runs.
        let (log, sql) = unsafe {
            let log = &*log.cast::<Mutex<String>>();
            (log, CStr::from_ptr(sqlite3::sqlite3_sql(statement.cast())).to_string_lossy().into_owned())
        };
        if let Ok(mut log) = log.lock() {
            log.push_str(&sql);
            log.push('\n');
        }
        0
    }

    let mut handle = connection.lock_handle().await?;
    // SAFETY: the connection is locked, and the log is never freed.
    let result = unsafe {
        sqlite3::sqlite3_trace_v2(
            handle.as_raw_handle().as_ptr(),
            sqlite3::SQLITE_TRACE_STMT as c_uint,
            Some(tell),
            Arc::into_raw(log).cast_mut().cast(),
        )
    };
    assert_eq!(result, sqlite3::SQLITE_OK);
    Ok(())
}

#[tokio::test]
async fn statements_outside_of_all_traces_are_counted_and_logged_once() {
    let Some(pool) = server::sqlite("outside").await else { return };
    let pool = TracedSqlitePool::from(pool);
    prepare(&pool).await;
    let log = Arc::new(Mutex::new(Vec::new()));
    let _subscriber = crate::net::listen(tracing_subscriber::registry().with(Log("osprofiler", Arc::clone(&log))));
    let store = Store::new();
    let before = store.notifier.stats().outside_traces;
    let request = async {
        let mine = pool.clone();
        let work = async move {
            for _ in 0..3 {
                sqlx::query("SELECT balance FROM account WHERE id = 1 AND 'outside' = 's3cret'")
                    .fetch_all(&mine)
                    .await?;
            }
            sqlx::query("DELETE FROM account WHERE id = $1 /* outside */").bind(7).execute(&mine).await
        };
        tokio::spawn(work).await.expect("no panic").expect("it runs");
    };
    let ((), points) = store.record(request).await;
    assert_eq!(points, []);
    // Other tests run beside this one.
    assert!(store.notifier.stats().outside_traces - before >= 4);
    let log = log.lock().expect("no panic");
    let told: Vec<&String> = log.iter().filter(|line| line.contains("balance") || line.contains("DELETE")).collect();
    assert_eq!(told.len(), 2, "{log:?}");
    assert!(told[0].contains("SELECT balance FROM account WHERE id = …") && !told[0].contains("s3cret"), "{told:?}");
    assert!(told[1].contains("profiler::carry") && told[1].contains(".in_current_trace()"), "{told:?}");
}

#[tokio::test]
async fn what_was_handed_out_where_nothing_listens_is_missing_also_beside_what_was_heard() {
    async fn takes_the_pool(pool: &sqlx::PgPool) {
        sqlx::query("SELECT 1").execute(pool).await.expect("a number");
    }

    async fn takes_the_connection(connection: &mut sqlx::PgConnection) {
        sqlx::query("SELECT 2").execute(connection).await.expect("a number");
    }

    let Some(pool) = server::postgres("heard").await else { return };
    let pool = TracedPgPool::from(pool);
    let _subscriber = crate::net::listen(tracing_subscriber::registry().with(SqlxEventLayer::filtered()));
    let store = Store::new();
    let request = async {
        sqlx::query("SELECT 0").execute(&pool).await.expect("a number");
        takes_the_pool(&pool).await;
        let mut connection = pool.acquire().await.expect("a connection");
        // The trace comes along, but the events are heard where it is active.
        let task = tokio::spawn(async move {
            for _ in 0..5 {
                takes_the_connection(&mut connection).await;
            }
        });
        task.await.expect("no panic");
    };
    request.traced("request", ()).in_trace(&store.profiler()).await;
    let trace = store.trace();
    let of =
        |seen: bool| -> u64 { trace.handed_out().iter().filter(|one| one.seen == seen).map(|one| one.count).sum() };
    assert_eq!((of(true), of(false)), (1, 5), "{:?}", trace.handed_out());
    let findings = Analysis::of(&trace, AnalysisOptions::default()).findings;
    assert!(findings.iter().any(|found| found.text.contains("handed out 5 times")), "{findings:?}");
}

#[tokio::test]
async fn what_is_switched_off_is_not_missing() {
    let Some(pool) = server::sqlite("switched_off").await else { return };
    let pool = TracedSqlitePool::from(pool);
    prepare(&pool).await;
    pool.set_trace_sql(false);
    let store = Store::new();
    let request = async {
        let own: &sqlx::SqlitePool = &pool;
        sqlx::query("SELECT 1").execute(own).await
    };
    request.traced("request", ()).in_trace(&store.profiler()).await.expect("a number");
    assert_eq!(store.trace().handed_out(), []);
}
