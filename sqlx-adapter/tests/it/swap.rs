//! The swap: code written for sqlx's pool compiles with the traced one and gives the same results.

use futures::TryStreamExt as _;
use osprofiler_sqlx::{TracedSqlitePool, TracedTransaction};
use sqlx::{Acquire, Executor, Sqlite, SqliteConnection, SqlitePool};

use crate::store::{Store, people, statements};

/// What a program asks of its pool; written once, for either.
macro_rules! program {
    ($pool:expr) => {{
        let pool = $pool;
        let mut seen: Vec<String> = Vec::new();
        let mut see = |name: &str, value: String| seen.push(format!("{name}: {value}"));

        let name: Option<String> =
            sqlx::query_scalar("SELECT name FROM person WHERE id = ?").bind(2).fetch_optional(pool).await.expect("row");
        see("query_scalar", format!("{name:?}"));
        let people: Vec<(i64, String, Option<Vec<u8>>)> =
            sqlx::query_as("SELECT id, name, photo FROM person ORDER BY id").fetch_all(pool).await.expect("rows");
        see("query_as", format!("{people:?}"));
        let mut builder = sqlx::QueryBuilder::<Sqlite>::new("SELECT count(*) FROM person WHERE id IN (");
        builder.separated(", ").push_bind(1).push_bind(3);
        let count: i64 = builder.push(")").build_query_scalar().fetch_one(pool).await.expect("count");
        see("QueryBuilder", count.to_string());
        let raw = sqlx::raw_sql("SELECT 1; SELECT 2").fetch_all(pool).await.expect("rows");
        see("raw_sql", raw.len().to_string());
        let inserted = pool.execute("INSERT INTO person (name) VALUES ('Dee')").await.expect("insert");
        see("execute", format!("{inserted:?}"));

        let mut transaction = pool.begin().await.expect("begin");
        for name in ["Eve", "Flo"] {
            let query = sqlx::query("INSERT INTO person (name) VALUES (?)").bind(name);
            query.execute(&mut *transaction).await.expect("insert");
        }
        transaction.rollback().await.expect("rollback");
        let names: Vec<String> =
            sqlx::query_scalar("SELECT name FROM person ORDER BY id").fetch(pool).try_collect().await.expect("names");
        see("after rollback", names.join(","));

        let twice = sqlx::query("INSERT INTO person (name) VALUES ('Ann')").execute(pool).await;
        see("error", format!("{twice:?}"));
        see("size", format!("{} {} {}", pool.size(), pool.num_idle(), pool.is_closed()));
        see("untraced function", typed_for_sqlx(pool).await.to_string());
        let mut connection = pool.acquire().await.expect("connection");
        see("connection function", typed_for_a_connection(&mut connection).await.to_string());
        seen
    }};
}

async fn typed_for_sqlx(pool: &SqlitePool) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM person").fetch_one(pool).await.expect("count")
}

async fn typed_for_a_connection(connection: &mut SqliteConnection) -> i64 {
    sqlx::query_scalar("SELECT max(id) FROM person").fetch_one(connection).await.expect("max")
}

async fn generic<'e, E: Executor<'e, Database = Sqlite>>(executor: E) -> i64 {
    sqlx::query_scalar("SELECT 42").fetch_one(executor).await.expect("42")
}

#[tokio::test]
async fn the_same_program_gives_the_same_results_raw_off_and_on() {
    let raw = program!(&*people().await);
    let off = program!(&people().await);
    let store = Store::new();
    let (on, points) = store.record(async { program!(&people().await) }).await;
    assert_eq!(raw, off);
    assert_eq!(raw, on);
    // One point for each statement that went through the traced types: five, the transaction with two inserts, names, and
    // the failing one.
    assert_eq!(points.len(), 11);
}

#[tokio::test]
async fn generic_functions_take_every_executor() {
    let (pool, store) = (people().await, Store::new());
    let request = async {
        let mut sum = generic(&pool).await;
        let mut connection = pool.acquire().await.expect("connection");
        sum += generic(&mut connection).await + generic(&mut *connection).await;
        drop(connection);
        let mut transaction = pool.begin().await.expect("begin");
        sum += generic(&mut transaction).await + generic(&mut *transaction).await;
        sum
    };
    let (sum, points) = store.record(request).await;
    assert_eq!(sum, 5 * 42);
    let select = "SELECT 42";
    assert_eq!(statements(&points), [select, select, select, "BEGIN", select, select, "ROLLBACK"]);
}

async fn acquires<'c, A: Acquire<'c, Database = Sqlite>>(from: A) -> i64 {
    let mut connection = from.acquire().await.expect("a connection");
    sqlx::query_scalar("SELECT 42").fetch_one(&mut *connection).await.expect("42")
}

#[tokio::test]
async fn code_generic_over_acquire_runs_and_is_not_traced() {
    let (pool, store) = (people().await, Store::new());
    let request = async {
        let mut sum = acquires(&pool).await;
        let mut connection = pool.acquire().await.expect("connection");
        sum += acquires(&mut connection).await + acquires(&mut *connection).await;
        drop(connection);
        let mut transaction = pool.begin().await.expect("begin");
        sum += acquires(&mut transaction).await + acquires(&mut *transaction).await;
        sum
    };
    let (sum, points) = store.record(request).await;
    assert_eq!((sum, statements(&points)), (5 * 42, vec!["BEGIN", "ROLLBACK"]));
}

/// A transaction that outlives the pool's borrow, as services keep it.
struct UnitOfWork {
    transaction: TracedTransaction<'static, Sqlite>,
}

#[tokio::test]
async fn transactions_can_be_kept_and_spawned() {
    let pool: TracedSqlitePool = people().await;
    let mut unit = UnitOfWork { transaction: pool.begin().await.expect("begin") };
    let count = tokio::spawn(async move {
        sqlx::query("DELETE FROM person").execute(&mut *unit.transaction).await.expect("delete");
        unit.transaction.commit().await.expect("commit");
        pool.clone().fetch_all("SELECT * FROM person").await.expect("rows").len()
    });
    assert_eq!(count.await.expect("no panic"), 0);
}
