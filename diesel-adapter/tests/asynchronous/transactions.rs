//! Transactions and savepoints as points.

use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::{AsyncConnection, RunQueryDsl, SimpleAsyncConnection};
use osprofiler::TraceExt as _;

use crate::schema::person;
use crate::server::{self, TracedMysql, TracedPg, TracedSqlite, people};
use crate::store::{Store, record, records, start};

/// A transaction with a savepoint that is rolled back, and one that is not.
macro_rules! nested {
    ($conn:expr) => {
        async {
            $conn
                .transaction(async |conn| {
                    diesel::delete(person::table.filter(person::id.eq(1))).execute(conn).await?;
                    let inner: QueryResult<()> = conn
                        .transaction(async |conn| {
                            conn.batch_execute("DELETE FROM person").await?;
                            Err(Error::RollbackTransaction)
                        })
                        .await;
                    assert_eq!(inner, Err(Error::RollbackTransaction));
                    conn.transaction(async |conn| conn.batch_execute("SELECT 1").await).await
                })
                .await?;
            $conn.batch_execute("SELECT 2").await
        }
    };
}

const NESTED: [&str; 10] = [
    "t1 begin BEGIN → done",
    "t1 execute DELETE FROM person WHERE (person.id = ?) [1] → affected 1",
    "t2 in t1 begin SAVEPOINT diesel_savepoint_1 → done",
    "t2 in t1 batch_execute DELETE FROM person → done",
    "t2 in t1 rollback ROLLBACK TO SAVEPOINT diesel_savepoint_1 → rolled back",
    "t3 in t1 begin SAVEPOINT diesel_savepoint_1 → done",
    "t3 in t1 batch_execute SELECT 1 → done",
    "t3 in t1 commit RELEASE SAVEPOINT diesel_savepoint_1 → committed",
    "t1 commit COMMIT → committed",
    "batch_execute SELECT 2 → done",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn savepoints_lie_within_their_transaction() {
    let mut sqlite = people().await;
    let ((), points) = record(nested!(sqlite)).await;
    assert_eq!(records(&points), NESTED);
    if let Some(url) = server::mysql("transactions").await {
        let mut mysql = TracedMysql::establish(&url).await.expect("it was there just now");
        assert_eq!(records(&record(nested!(mysql)).await.1), NESTED);
    }
    let Some(url) = server::postgres("transactions").await else { return };
    let mut postgres = TracedPg::establish(&url).await.expect("it was there just now");
    assert_eq!(records(&record(nested!(postgres)).await.1), NESTED.map(|line| line.replace('?', "$1")));
}

#[tokio::test]
async fn a_commit_after_a_failure_rolls_back() {
    let Some(url) = server::postgres("transactions_failed").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        conn.transaction(async |conn| {
            let _ = conn.batch_execute("NO SQL").await;
            QueryResult::Ok(())
        })
        .await
    };
    let ((), points) = record(request).await;
    assert_eq!(
        records(&points),
        ["t1 begin BEGIN → done", "t1 batch_execute NO SQL → error DatabaseError", "t1 commit COMMIT → rolled back",]
    );
}

#[tokio::test]
async fn a_savepoint_of_an_aborted_transaction_is_over_when_diesel_says_so() {
    let Some(url) = server::postgres("transactions_aborted").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        let _: QueryResult<()> = conn
            .transaction(async |conn| {
                let inner: QueryResult<()> = conn
                    .transaction(async |conn| {
                        let _ = conn.batch_execute("NO SQL").await;
                        Ok(())
                    })
                    .await;
                inner
            })
            .await;
        conn.batch_execute("SELECT 2").await
    };
    let ((), points) = record(request).await;
    assert_eq!(
        records(&points),
        [
            "t1 begin BEGIN → done",
            "t2 in t1 begin SAVEPOINT diesel_savepoint_1 → done",
            "t2 in t1 batch_execute NO SQL → error DatabaseError",
            "t2 in t1 commit RELEASE SAVEPOINT diesel_savepoint_1 → error DatabaseError",
            "t1 rollback ROLLBACK → rolled back",
            "batch_execute SELECT 2 → done",
        ]
    );
}

#[tokio::test]
async fn a_transaction_that_may_not_begin_here_is_no_point_and_ends_none() {
    let Some(url) = server::postgres("transactions_within").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        conn.transaction(async |conn| {
            let inner: QueryResult<()> = conn.build_transaction().read_only().run(async |_| Ok(())).await;
            assert_eq!(inner, Err(Error::AlreadyInTransaction));
            conn.batch_execute("SELECT 1").await
        })
        .await
    };
    let ((), points) = record(request).await;
    assert_eq!(
        records(&points),
        ["t1 begin BEGIN → done", "t1 batch_execute SELECT 1 → done", "t1 commit COMMIT → committed"]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kinds_of_transactions_are_in_their_statements() {
    let mut conn = people().await;
    let request = async {
        conn.immediate_transaction(async |conn| conn.batch_execute("SELECT 1").await).await?;
        let refused = conn.exclusive_transaction(async |_| QueryResult::<()>::Err(Error::RollbackTransaction)).await;
        assert_eq!(refused, Err(Error::RollbackTransaction));
        conn.transaction(async |conn| {
            let inner: QueryResult<()> = conn.immediate_transaction(async |_| Ok(())).await;
            assert_eq!(inner, Err(Error::AlreadyInTransaction));
            QueryResult::Ok(())
        })
        .await
    };
    let ((), points) = record(request).await;
    assert_eq!(
        records(&points),
        [
            "t1 begin BEGIN IMMEDIATE → done",
            "t1 batch_execute SELECT 1 → done",
            "t1 commit COMMIT → committed",
            "t2 begin BEGIN EXCLUSIVE → done",
            "t2 rollback ROLLBACK → rolled back",
            "t3 begin BEGIN → done",
            "t3 commit COMMIT → committed",
        ]
    );
}

#[tokio::test]
async fn a_builders_transaction_says_how_it_begins() {
    let Some(url) = server::postgres("transactions_builder").await else { return };
    let mut conn = TracedPg::establish(&url).await.expect("it was there just now");
    let request = async {
        let mut builder = conn.build_transaction().deferrable().read_only().serializable();
        builder.run(async |conn| conn.batch_execute("SELECT 1").await).await
    };
    let ((), points) = record(request).await;
    assert_eq!(
        records(&points),
        [
            "t1 begin BEGIN TRANSACTION ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE → done",
            "t1 batch_execute SELECT 1 → done",
            "t1 commit COMMIT → committed",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn test_transactions_are_never_committed() {
    let mut conn = people().await;
    let request = async {
        conn.test_transaction(async |conn| diesel::delete(person::table).execute(conn).await).await;
        conn.begin_test_transaction().await.expect("it begins");
        drop(conn);
    };
    let ((), points) = Store::new().record(request).await;
    assert_eq!(
        records(&points),
        [
            "t1 begin BEGIN → done",
            "t1 execute DELETE FROM person → affected 3",
            "t1 rollback ROLLBACK → rolled back",
            "t2 begin BEGIN → done",
            "t2 drop ROLLBACK → rolled back by drop",
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_diesel_takes_as_the_end_is_one_in_the_record() {
    let mut conn = people().await;
    conn.batch_execute("PRAGMA foreign_keys = ON").await.expect("a pragma");
    let pet = "CREATE TABLE pet (owner INTEGER REFERENCES person (id) DEFERRABLE INITIALLY DEFERRED)";
    conn.batch_execute(pet).await.expect("it is new");
    let request = async {
        let failed = conn.transaction(async |conn| conn.batch_execute("INSERT INTO pet VALUES (99)").await).await;
        failed.expect_err("nobody has that pet");
        conn.batch_execute("SELECT 1").await
    };
    let ((), points) = record(request).await;
    let records = records(&points);
    assert_eq!(records[2], "t1 commit COMMIT → error DatabaseError foreign_key_violation");
    assert_eq!(records.last().expect("a statement"), "batch_execute SELECT 1 → done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_may_go_on_outside_of_the_trace() {
    let mut conn = people().await;
    let store = Store::new();
    let begin = async { conn.batch_execute("BEGIN").await }.in_trace(&store.profiler());
    begin.await.expect("it begins");
    conn.batch_execute("COMMIT").await.expect("it ends");
    let after = async { conn.batch_execute("SELECT 1").await }.in_trace(&store.profiler());
    after.await.expect("a statement");
    assert_eq!(records(&store.points()), ["t1 begin BEGIN → done", "batch_execute SELECT 1 → done"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transaction_is_named_by_the_point_that_began_it() {
    let mut conn = TracedSqlite::establish(":memory:").await.expect("SQLite opens in memory");
    let request = async { conn.transaction(async |conn| conn.batch_execute("SELECT 1").await).await };
    let ((), points) = record(request).await;
    let id = points[0].trace_id.to_string();
    assert!(points.iter().all(|point| start(point, "transaction") == id.as_str()));
}
