//! How many rows a statement of SQLite changed. SQLite says of a statement that changes none what an earlier one did
//! (`sqlite3_changes`, SQLite 3.50).

use osprofiler::report::Point;
use sqlx::Executor as _;

use crate::store::{Store, people};

async fn affected(sql: &'static str) -> Vec<Option<u64>> {
    let pool = people().await;
    pool.execute("UPDATE person SET name = name").await.expect("three rows");
    let (done, points) = Store::new().record(async { sqlx::raw_sql(sql).execute(&pool).await }).await;
    done.expect("done");
    points.iter().map(Point::rows_affected).collect()
}

#[tokio::test]
async fn only_what_changes_rows_says_how_many() {
    for (sql, expected) in [
        ("SELECT name FROM person", None),
        ("CREATE TABLE t (id INTEGER)", None),
        ("CREATE TABLE t AS SELECT * FROM person", None),
        ("PRAGMA user_version", None),
        ("EXPLAIN DELETE FROM person", None),
        ("WITH p AS (SELECT 1) SELECT * FROM p", None),
        ("DELETE FROM person WHERE id = 1", Some(1)),
        ("-- all of them\nUPDATE person SET photo = NULL", Some(3)),
        ("REPLACE INTO person (id, name) VALUES (1, 'Eve')", Some(1)),
        ("WITH p AS (SELECT 1 AS id) DELETE FROM person WHERE id IN (SELECT id FROM p)", Some(1)),
        (
            "INSERT INTO person (name) VALUES ('Eve'); SELECT 1; DELETE FROM person WHERE id < 3; PRAGMA user_version",
            Some(3),
        ),
        ("SELECT ';'; SELECT 2", None),
    ] {
        assert_eq!(affected(sql).await, [expected], "{sql}");
    }
}
