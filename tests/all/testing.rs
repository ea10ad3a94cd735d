//! `osprofiler::testing` with the real adapters: handlers that ask one by one, and those that join.
//!
//! Other tests of this program switch the tracing of SQL on; that captures need no switch is tested where the captures are.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_async::AsyncConnection;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use osprofiler::{TraceExt, assert_no_n_plus_one, assert_queries, testing};
use osprofiler_diesel::{TracedAsyncConnection, TracedSqliteConnection};
use osprofiler_sqlx::TracedSqlitePool;
use sqlx::sqlite::SqlitePoolOptions;

const TABLES: &str = "CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    CREATE TABLE posts (id INTEGER PRIMARY KEY, author_id INTEGER NOT NULL, title TEXT NOT NULL);
    WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 25)
    INSERT INTO authors SELECT i, 'Author ' || i FROM n;
    INSERT INTO posts SELECT id, id, 'Post ' || id FROM authors";

diesel::table! {
    authors (id) {
        id -> Integer,
        name -> Text,
    }
}

diesel::table! {
    posts (id) {
        id -> Integer,
        author_id -> Integer,
        title -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(authors, posts);

async fn pool() -> TracedSqlitePool {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("a database");
    sqlx::raw_sql(TABLES).execute(&pool).await.expect("the tables are new");
    pool.into()
}

/// The titles of all posts, asked author by author.
async fn one_by_one(pool: &TracedSqlitePool) -> Vec<String> {
    let authors: Vec<(i64, String)> =
        sqlx::query_as("SELECT id, name FROM authors").fetch_all(pool).await.expect("a table");
    let mut titles = Vec::new();
    for (id, _) in authors {
        let query = sqlx::query_scalar("SELECT title FROM posts WHERE author_id = ?").bind(id);
        titles.extend(query.fetch_all(pool).await.expect("a table"));
    }
    titles
}

/// The same at once.
async fn joined(pool: &TracedSqlitePool) -> Vec<String> {
    let query = sqlx::query_scalar("SELECT title FROM authors JOIN posts ON author_id = authors.id ORDER BY posts.id");
    query.fetch_all(pool).await.expect("the tables are there")
}

fn diesel_one_by_one(connection: &mut TracedSqliteConnection) -> Vec<String> {
    let ids: Vec<i32> = authors::table.select(authors::id).load(connection).expect("a table");
    let titles = |id: i32| posts::table.filter(posts::author_id.eq(id)).select(posts::title).load(connection);
    ids.into_iter().map(titles).flat_map(|titles: QueryResult<Vec<String>>| titles.expect("a table")).collect()
}

fn failure(f: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(f)).expect_err("the assertion fails");
    payload.downcast_ref::<String>().expect("a text").clone()
}

#[tokio::test]
async fn a_handler_of_sqlx_that_joins_passes_and_one_that_asks_one_by_one_fails() {
    let pool = pool().await;
    let titles = assert_queries!(1, joined(&pool));
    assert_eq!(titles, assert_queries!(..=26, one_by_one(&pool)));
    assert_no_n_plus_one!(joined(&pool));

    let trace = testing::capture(one_by_one(&pool).traced("handler", ())).await;
    assert_eq!(
        failure(|| trace.assert_queries(..=3)),
        "expected at most 3 queries, and 26 ran:\n   \
         25 × SELECT title FROM posts WHERE author_id = ?   (1) (2) (3) …\n    \
         1 × SELECT id, name FROM authors\n"
    );
    assert_eq!(
        failure(|| trace.assert_no_n_plus_one()),
        "expected no N+1 queries, and found 1:\n   \
         25 × SELECT title FROM posts WHERE author_id = ?   (1) (2) (3) …\n       \
         after 25 rows of SELECT id, name FROM authors\n"
    );
    assert_eq!(trace.find("handler").map(|handler| handler.children.len()), Some(trace.points().len() - 1));
}

#[test]
fn diesel_is_captured_without_a_runtime() {
    let mut connection = TracedSqliteConnection::establish(":memory:").expect("a database");
    connection.batch_execute(TABLES).expect("the tables are new");
    let (titles, trace) = testing::capture_blocking(|| diesel_one_by_one(&mut connection));
    assert_eq!(titles.len(), 25);
    trace.assert_queries(26);
    assert_eq!(
        failure(|| trace.assert_no_n_plus_one()),
        "expected no N+1 queries, and found 1:\n   \
         25 × SELECT `posts`.`title` FROM `posts` WHERE (`posts`.`author_id` = ?)   (1) (2) (3) …\n       \
         after 25 rows of SELECT `authors`.`id` FROM `authors`\n"
    );
    let (_, joined) = testing::capture_blocking(|| {
        authors::table
            .inner_join(posts::table.on(posts::author_id.eq(authors::id)))
            .select(posts::title)
            .load::<String>(&mut connection)
    });
    joined.assert_queries(1);
    joined.assert_no_n_plus_one();
}

#[tokio::test]
async fn diesel_async_is_captured() {
    let mut connection = TracedAsyncConnection::<SyncConnectionWrapper<SqliteConnection>>::establish(":memory:")
        .await
        .expect("a database");
    diesel_async::SimpleAsyncConnection::batch_execute(&mut connection, TABLES).await.expect("the tables are new");
    let find = async |connection: &mut _, id: i32| {
        let query = posts::table.filter(posts::author_id.eq(id)).select(posts::title);
        diesel_async::RunQueryDsl::first::<String>(query, connection).await.expect("there is one")
    };
    let trace = testing::capture(async {
        for id in 1..=6 {
            find(&mut connection, id).await;
        }
    })
    .await;
    trace.assert_queries(6);
    assert!(failure(|| trace.assert_no_n_plus_one()).contains("   6 × SELECT `posts`.`title` FROM `posts`"));
    assert_queries!(1..=1, find(&mut connection, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_captures_at_once_see_their_own_queries_and_what_is_carried() {
    let tasks: Vec<_> = (0..24)
        .map(|count: usize| {
            tokio::spawn(async move {
                let pool = pool().await;
                let trace = testing::capture(async {
                    for _ in 0..count {
                        let pool = pool.clone();
                        let query = async move { joined(&pool).await }.in_current_trace();
                        tokio::spawn(query).await.expect("no panic");
                    }
                    // Not carried, so it belongs to nobody.
                    tokio::spawn(async move { joined(&pool).await }).await.expect("no panic");
                })
                .await;
                trace.assert_queries(count);
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("no panic");
    }
}

#[tokio::test]
async fn a_count_that_is_wrong_says_what_is_not_counted() {
    async fn takes_the_pool(pool: &sqlx::SqlitePool) {
        sqlx::query("SELECT 1").execute(pool).await.expect("a number");
    }

    let pool = pool().await;
    let trace = testing::capture(async {
        sqlx::query("SELECT 2").execute(&pool).await.expect("a number");
        takes_the_pool(&pool).await;
    })
    .await;
    trace.assert_queries(1);
    let said = catch_unwind(AssertUnwindSafe(|| trace.assert_queries(2))).expect_err("there is one");
    let said = said.downcast_ref::<String>().expect("a text");
    assert!(said.contains("sqlx's own pool was handed out 1 time (tests/all/testing.rs:"), "{said}");
    assert!(said.contains("what ran on it is not counted"), "{said}");
}
