//! `BEGIN`, `COMMIT`, `ROLLBACK`, savepoints and drops: which transaction, and what became of it.

use std::future::poll_fn;
use std::task::Poll;

use osprofiler::TraceExt as _;
use osprofiler_sqlx::{TracedMySqlPool, TracedPgPool, TracedPool, TracedSqlitePool};
use sqlx::{Error, Executor};

use crate::missing::prepare;
use crate::server;
use crate::store::{Store, records};

/// A table with a constraint that is checked at the commit.
async fn postgres(name: &str) -> Option<TracedPgPool> {
    let pool = server::postgres(&format!("transactions_{name}")).await?;
    pool.execute("CREATE TABLE n (id INT PRIMARY KEY, other INT REFERENCES n DEFERRABLE INITIALLY DEFERRED)")
        .await
        .expect("a new table");
    Some(TracedPool::from(pool))
}

async fn mysql(name: &str) -> Option<TracedMySqlPool> {
    let pool = server::mysql(&format!("transactions_{name}")).await?;
    pool.execute("CREATE TABLE n (id INT PRIMARY KEY, other INT)").await.expect("a new table");
    Some(TracedPool::from(pool))
}

async fn sqlite(name: &str) -> Option<TracedSqlitePool> {
    let pool = server::sqlite(&format!("transactions_{name}")).await?;
    pool.execute("CREATE TABLE n (id INT PRIMARY KEY, other INT REFERENCES n DEFERRABLE INITIALLY DEFERRED)")
        .await
        .expect("a new table");
    Some(TracedPool::from(pool))
}

/// Polls a future once, which the server is slow to answer, and drops it.
async fn dropped_half_way(future: impl Future) {
    let mut future = Box::pin(future);
    poll_fn(|cx| {
        assert!(future.as_mut().poll(cx).is_pending());
        Poll::Ready(())
    })
    .await;
}

macro_rules! transactions {
    ($database:ident) => {
        mod $database {
            use super::*;

            #[tokio::test]
            async fn all_points_of_a_transaction_have_its_id() {
                let Some(pool) = $database("ids").await else { return };
                let request = async {
                    let mut transaction = pool.begin().await?;
                    transaction.execute("INSERT INTO n (id) VALUES (1)").await?;
                    let mut nested = transaction.begin().await?;
                    nested.execute("INSERT INTO n (id) VALUES (2)").await?;
                    nested.commit().await?;
                    let nested = transaction.begin().await?;
                    nested.rollback().await?;
                    transaction.execute("INSERT INTO n (id) VALUES (3)").await?;
                    transaction.commit().await?;
                    pool.begin().await?.rollback().await?;
                    pool.fetch_all("SELECT id FROM n").await
                };
                let (rows, points) = Store::new().record(request).await;
                assert_eq!(rows.expect("the statements are right").len(), 3);
                assert_eq!(
                    records(&points),
                    [
                        "t1 begin BEGIN → done",
                        "t1 execute INSERT INTO n (id) VALUES (1) → affected 1",
                        "t2 in t1 begin SAVEPOINT _sqlx_savepoint_1 → done",
                        "t2 in t1 execute INSERT INTO n (id) VALUES (2) → affected 1",
                        "t2 in t1 commit RELEASE SAVEPOINT _sqlx_savepoint_1 → committed",
                        "t3 in t1 begin SAVEPOINT _sqlx_savepoint_1 → done",
                        "t3 in t1 rollback ROLLBACK TO SAVEPOINT _sqlx_savepoint_1 → rolled back",
                        "t1 execute INSERT INTO n (id) VALUES (3) → affected 1",
                        "t1 commit COMMIT → committed",
                        "t4 begin BEGIN → done",
                        "t4 rollback ROLLBACK → rolled back",
                        "fetch_all SELECT id FROM n → rows 3",
                    ]
                );
                // A transaction is called by the point that began it.
                let begun = points[0].trace_id.to_string();
                assert_eq!(points[1].start_info["db"]["transaction"], *begun);
                assert_eq!(points[2].start_info["db"]["savepoint_of"], *begun);
                let connections: Vec<_> =
                    points[..9].iter().map(|point| &point.start_info["db"]["connection"]).collect();
                assert!(connections.iter().all(|connection| *connection == connections[0] && connection.is_u64()));
            }

            #[tokio::test]
            async fn a_rollback_by_drop_says_so_the_innermost_first() {
                let Some(pool) = $database("drop").await else { return };
                let request = async {
                    let mut transaction = pool.begin().await?;
                    transaction.execute("INSERT INTO n (id) VALUES (1)").await?;
                    let mut nested = transaction.begin().await?;
                    nested.execute("INSERT INTO n (id) VALUES (2)").await?;
                    drop(nested);
                    drop(transaction);
                    pool.fetch_all("SELECT id FROM n").await
                };
                let (rows, points) = Store::new().record(request).await;
                assert_eq!(rows.expect("the statements are right").len(), 0);
                assert_eq!(
                    records(&points)[4..],
                    [
                        "t2 in t1 drop ROLLBACK TO SAVEPOINT _sqlx_savepoint_1 → rolled back by drop",
                        "t1 drop ROLLBACK → rolled back by drop",
                        "fetch_all SELECT id FROM n → rows 0",
                    ]
                );
            }

            #[tokio::test]
            async fn a_transaction_dropped_outside_of_its_trace_is_rolled_back_in_it() {
                let Some(pool) = $database("elsewhere").await else { return };
                let store = Store::new();
                let begun = async { pool.begin().await };
                let begun = begun.traced("request", ()).in_trace(&store.profiler()).await;
                let mut transaction = begun.expect("it begins");
                let task = tokio::spawn(async move {
                    // No trace is active here: the transaction brings its own.
                    transaction.execute("INSERT INTO n (id) VALUES (1)").await.expect("inserted");
                });
                task.await.expect("no panic");
                let points = store.points();
                let expected = [
                    "t1 begin BEGIN → done",
                    "t1 execute INSERT INTO n (id) VALUES (1) → affected 1",
                    "t1 drop ROLLBACK → rolled back by drop",
                ];
                assert_eq!(records(&points[1..]), expected);
                assert!(points[1..].iter().all(|point| point.parent_id == points[0].trace_id));
                store.assert_whole();
            }

            #[tokio::test]
            async fn a_begin_that_fails_is_recorded() {
                let Some(pool) = $database("no_begin").await else { return };
                let request = async {
                    let none = pool.begin_with("SELECT 1").await.map(drop).expect_err("no transaction");
                    assert!(matches!(none, Error::BeginFailed), "{none:?}");
                    let wrong = pool.begin_with("BEGI").await.map(drop).expect_err("no SQL");
                    assert!(matches!(wrong, Error::Database(_)), "{wrong:?}");
                    let mut transaction = pool.begin().await.expect("begin");
                    let nested = transaction.begin_with("BEGIN").await.map(drop).expect_err("not in a transaction");
                    assert!(matches!(nested, Error::InvalidSavePointStatement), "{nested:?}");
                    transaction.commit().await.expect("committed");
                };
                let ((), points) = Store::new().record(request).await;
                assert_eq!(
                    records(&points),
                    [
                        "t1 begin SELECT 1 → error BeginFailed",
                        "t2 begin BEGI → error Database",
                        "t3 begin BEGIN → done",
                        "t4 in t3 begin BEGIN → error InvalidSavePointStatement",
                        "t3 commit COMMIT → committed",
                    ]
                );
            }
        }
    };
}

transactions!(postgres);
transactions!(mysql);
transactions!(sqlite);

#[tokio::test]
async fn a_commit_dropped_half_way_is_cancelled() {
    let Some(pool) = postgres("commit").await else { return };
    pool.execute(
        "CREATE FUNCTION is_slow() RETURNS TRIGGER LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER is_slow AFTER INSERT ON n DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION is_slow()",
    )
    .await
    .expect("a commit that takes its time");
    let request = async {
        let mut transaction = pool.begin().await.expect("begin");
        transaction.execute("INSERT INTO n (id) VALUES (1)").await.expect("inserted");
        dropped_half_way(transaction.commit()).await;
        let transaction = pool.begin().await.expect("begin");
        drop(transaction.commit());
        pool.fetch_all("SELECT 7").await.expect("the pool still works");
    };
    let store = Store::new();
    let ((), points) = store.record(request).await;
    assert_eq!(
        records(&points)[2..],
        [
            "t1 commit COMMIT → cancelled",
            "t2 begin BEGIN → done",
            "t2 drop ROLLBACK → rolled back by drop",
            "fetch_all SELECT 7 → rows 1",
        ]
    );
    store.assert_whole();
}

macro_rules! begin_dropped_half_way {
    ($test:ident, $database:ident, $slow:literal) => {
        #[tokio::test]
        async fn $test() {
            let Some(pool) = $database("begin").await else { return };
            let request = async {
                let mut connection = pool.acquire().await.expect("a connection");
                dropped_half_way(connection.begin_with($slow)).await;
                connection.fetch_all("SELECT 7").await.expect("the connection still works");
            };
            let ((), points) = Store::new().record(request).await;
            assert_eq!(records(&points), [concat!("t1 begin ", $slow, " → cancelled"), "fetch_all SELECT 7 → rows 1"]);
        }
    };
}

begin_dropped_half_way!(postgres_begin_dropped_half_way_is_cancelled, postgres, "BEGIN; SELECT pg_sleep(0.3)");
begin_dropped_half_way!(mysql_begin_dropped_half_way_is_cancelled, mysql, "BEGIN; SELECT sleep(0.3)");

macro_rules! deferred {
    ($test:ident, $database:ident) => {
        #[tokio::test]
        async fn $test() {
            let Some(pool) = $database("deferred").await else { return };
            let request = async {
                let mut transaction = pool.begin().await.expect("begin");
                transaction.execute("PRAGMA foreign_keys = ON").await.ok();
                transaction.rollback().await.expect("rolled back");
                let mut transaction = pool.begin().await.expect("begin");
                transaction.execute("INSERT INTO n VALUES (1, 9)").await.expect("not checked yet");
                transaction.commit().await.expect_err("checked now")
            };
            let (error, points) = Store::new().record(request).await;
            assert!(matches!(error, Error::Database(_)), "{error:?}");
            let commit = points.last().expect("the commit");
            assert_eq!(records(std::slice::from_ref(commit)), ["t1 commit COMMIT → error Database"]);
            assert_eq!(commit.stop_info["db"]["kind"], "foreign_key_violation");
            assert!(commit.stop_info["db"].get("outcome").is_none());
        }
    };
}

deferred!(postgres_commit_that_fails_has_no_outcome, postgres);
deferred!(sqlite_commit_that_fails_has_no_outcome, sqlite);

#[tokio::test]
async fn postgres_commit_of_what_has_failed_is_a_rollback() {
    let Some(pool) = postgres("aborted").await else { return };
    let request = async {
        let mut transaction = pool.begin().await?;
        transaction.execute("INSERT INTO n VALUES (1)").await?;
        transaction.execute("INSERT INTO n VALUES (1)").await.expect_err("it is there");
        // sqlx says nothing of it.
        transaction.commit().await?;

        let mut transaction = pool.begin().await?;
        transaction.execute("INSERT INTO n VALUES (2)").await?;
        let mut nested = transaction.begin().await?;
        nested.execute("INSERT INTO n VALUES (2)").await.expect_err("it is there");
        drop(nested);
        transaction.execute("SAVEPOINT own").await?;
        transaction.execute("INSERT INTO n VALUES (2)").await.expect_err("it is there");
        transaction.execute("ROLLBACK TO own").await?;
        transaction.commit().await?;
        pool.fetch_all("SELECT id FROM n").await
    };
    let (rows, points) = Store::new().record(request).await;
    assert_eq!(rows.expect("the statements are right").len(), 1);
    let ends: Vec<_> = records(&points).into_iter().filter(|record| record.contains(" commit ")).collect();
    assert_eq!(ends, ["t1 commit COMMIT → rolled back", "t2 commit COMMIT → committed"]);
}

#[tokio::test]
async fn a_transaction_that_failed_unseen_has_no_known_outcome() {
    let Some(pool) = server::postgres("unseen").await else { return };
    let pool = TracedPgPool::from(pool);
    prepare(&pool).await;
    let outcomes = async |fails: bool, then_traced: bool| {
        let store = Store::new();
        let request = async {
            let mut transaction = pool.begin().await?;
            sqlx::query("UPDATE account SET balance = 7").execute(&mut *transaction).await?;
            {
                let own: &mut sqlx::PgConnection = &mut transaction;
                let sql = if fails { "SELECT 1 / 0" } else { "SELECT 1" };
                assert_eq!(sqlx::query(sql).execute(own).await.is_err(), fails);
            }
            if then_traced {
                let after = sqlx::query("SELECT 2").execute(&mut *transaction).await;
                assert_eq!(after.is_err(), fails);
            }
            transaction.commit().await
        };
        request.in_trace(&store.profiler()).await.expect("PostgreSQL takes a COMMIT either way");
        last_outcome(&store)
    };
    assert_eq!(outcomes(true, false).await.as_deref(), Some("unknown"));
    assert_eq!(outcomes(false, false).await.as_deref(), Some("unknown"));
    // What runs afterwards on the traced type tells.
    assert_eq!(outcomes(true, true).await.as_deref(), Some("rolled_back"));
    assert_eq!(outcomes(false, true).await.as_deref(), Some("committed"));
}

/// The outcome of the last point, which ends a transaction.
fn last_outcome(store: &Store) -> Option<String> {
    store.points().last().and_then(|point| point.outcome().map(|(outcome, _)| outcome.to_owned()))
}

#[tokio::test]
async fn a_transaction_that_failed_where_nothing_was_recorded_has_no_known_outcome() {
    let Some(own) = server::postgres("unrecorded").await else { return };
    let pool = TracedPgPool::from(own.clone());
    prepare(&pool).await;
    // It failed before the traced type was around it.
    let store = Store::new();
    let request = async {
        let mut transaction = own.begin().await.expect("begun");
        sqlx::query("SELECT 1 / 0").execute(&mut *transaction).await.expect_err("no number");
        osprofiler_sqlx::TracedPgTransaction::from(transaction).commit().await
    };
    request.in_trace(&store.profiler()).await.expect("PostgreSQL takes a COMMIT either way");
    assert_eq!(last_outcome(&store).as_deref(), Some("unknown"));
    // It failed outside of the trace.
    let store = Store::new();
    let mut transaction = pool.begin().await.expect("begun");
    sqlx::query("SELECT 1 / 0").execute(&mut *transaction).await.expect_err("no number");
    transaction.commit().in_trace(&store.profiler()).await.expect("taken");
    assert_eq!(last_outcome(&store).as_deref(), Some("unknown"));
    // It failed while the pool was switched off.
    let store = Store::new();
    let request = async {
        let mut transaction = pool.begin().await?;
        pool.set_trace_sql(false);
        sqlx::query("SELECT 1 / 0").execute(&mut *transaction).await.expect_err("no number");
        pool.set_trace_sql(true);
        transaction.commit().await
    };
    request.in_trace(&store.profiler()).await.expect("taken");
    assert_eq!(last_outcome(&store).as_deref(), Some("unknown"));
    // A COPY that is given up is a failed statement.
    let store = Store::new();
    let request = async {
        let mut transaction = pool.begin().await?;
        transaction.copy_in_raw("COPY account FROM STDIN").await?.abort("no").await?;
        transaction.commit().await
    };
    request.in_trace(&store.profiler()).await.expect("taken");
    assert_eq!(last_outcome(&store).as_deref(), Some("rolled_back"));
    // A savepoint that is released proves that nothing failed.
    let store = Store::new();
    let request = async {
        let mut transaction = pool.begin().await?;
        let mut savepoint = transaction.begin().await?;
        let connection: &mut sqlx::PgConnection = &mut savepoint;
        sqlx::query("SELECT 1").execute(connection).await?;
        savepoint.commit().await?;
        transaction.commit().await
    };
    request.in_trace(&store.profiler()).await.expect("committed");
    let outcomes: Vec<_> = store.points().iter().filter_map(|point| Some(point.outcome()?.0.to_owned())).collect();
    assert_eq!(outcomes, ["committed", "committed"]);
}
