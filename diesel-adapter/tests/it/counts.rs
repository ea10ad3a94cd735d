//! How many rows a statement changed, where SQLite still has the count of an earlier one.

use diesel::prelude::*;

use crate::points::people;
use crate::store::{Store, stop};

#[test]
fn only_what_changes_rows_says_how_many() {
    let (store, mut connection) = (Store::new(), people());
    let statements = [
        ("UPDATE person SET photo = NULL", Some(3)),
        ("SELECT 1", None),
        ("CREATE TABLE other (id INTEGER)", None),
        ("PRAGMA user_version = 3", None),
        ("EXPLAIN DELETE FROM person", None),
        ("WITH one AS (SELECT 1 AS id) SELECT id FROM one", None),
        ("/* why */ WITH one AS (SELECT 1 AS id) DELETE FROM person WHERE id IN (SELECT id FROM one)", Some(1)),
        ("REPLACE INTO person VALUES (2, 'Bob', NULL)", Some(1)),
        ("DELETE FROM person WHERE id = 9", Some(0)),
        ("ALTER TABLE other ADD COLUMN name TEXT", None),
        ("-- all\nINSERT INTO other VALUES (1, 'a'), (2, 'b')", Some(2)),
        ("DROP TABLE other", None),
    ];
    store.record(|| {
        for (statement, _) in statements {
            diesel::sql_query(statement).execute(&mut connection).expect(statement);
        }
    });
    let points = store.points();
    let said: Vec<_> = points.iter().map(|point| stop(point).get("rows_affected").cloned()).collect();
    let expected: Vec<_> = statements.iter().map(|(_, rows)| rows.map(serde_json::Value::from)).collect();
    assert_eq!(said, expected);
}
