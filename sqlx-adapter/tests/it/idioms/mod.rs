//! The idioms of sqlx, each by name: the same source text, `program.rs`, compiles with sqlx's types and with the traced
//! ones, gives the same results, and leaves the records that stand here.
//!
//! The macros of the family of `query!` find what they need in `sqlx-adapter/.sqlx`. Where a statement of theirs changes,
//! make a table `person` as below in a database of each kind and compile, in `sqlx-adapter`, once for SQLite, then for MySQL,
//! then for PostgreSQL, with `SQLX_OFFLINE=false`, `DATABASE_URL` and `SQLX_OFFLINE_DIR=$PWD/.sqlx`. The errors are about the
//! statements of the other databases, and what one writes of another's the next puts right.

#![allow(
    clippy::duplicate_mod,
    clippy::explicit_auto_deref,
    clippy::useless_conversion,
    reason = "the program is there twice for each database, and what is too much with sqlx's types is an idiom too"
)]

/// The tests of a list of idioms, in a module that has the program twice.
macro_rules! test_idioms {
    ($program:ident; $($idiom:ident => [$($record:expr),* $(,)?];)*) => {
        $(
            #[tokio::test]
            async fn $idiom() {
                let Some(pool) = database(stringify!($idiom)).await else { return };
                let raw = raw::$program::$idiom(&pool).await.expect("the idiom is right");
                drop(pool);
                let pool = database(stringify!($idiom)).await.expect("it was there just now");
                let pool = osprofiler_sqlx::TracedPool::from(pool);
                let request = async { traced::$program::$idiom(&pool).await };
                let (traced, points) = crate::store::Store::new().record(request).await;
                assert_eq!(traced.expect("as with sqlx's own types"), raw);
                assert_eq!(super::compact(&points, OWN), &[$($record),*] as &[&str]);
            }
        )*
    };
}

/// The idioms of all databases, and what they record of it: transaction, method, statement, values, and what came of it.
macro_rules! every_idiom {
    ($test:ident) => {
        $test! {
            program;
            reference_to_a_pool => [
                "fetch_one SELECT name FROM person WHERE id = ? [2] → rows 1",
                "fetch_one SELECT name FROM person WHERE id = ? [3] → rows 1",
            ];
            query_as_and_query_scalar => [
                "fetch SELECT id, name FROM person ORDER BY id → rows 3",
                "fetch_optional SELECT id, name FROM person ORDER BY id DESC → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [9] → rows 0",
            ];
            mapped_rows => [
                "fetch_many SELECT name FROM person ORDER BY id → rows 3",
                "fetch_many SELECT name FROM person ORDER BY id → rows 3",
            ];
            query_builder => [
                "execute INSERT INTO person (id, name) VALUES (?, ?), (?, ?) [4,\"Dee\",5,\"Eve\"] → affected 2",
                "fetch SELECT id, name FROM person WHERE id IN (?, ?) ORDER BY id [1,4] → rows 2",
            ];
            raw_sql => [
                "execute DELETE FROM person WHERE id = 1; DELETE FROM person WHERE id = 2 → affected 2",
                "fetch_all SELECT name FROM person ORDER BY id → rows 1",
                "fetch_one SELECT count(*) FROM person → rows 1",
            ];
            query_macros => [
                "fetch_optional SELECT id, name FROM person WHERE id = ? [2] → rows 1",
                "fetch_optional SELECT id, name FROM person WHERE id = ? [3] → rows 1",
                "fetch_optional COUNT → rows 1",
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t1 commit COMMIT → committed",
                "fetch_many NAMES FROM A FILE → rows 4",
                "fetch_optional SELECT id, name FROM person WHERE id = ? [1] → rows 1",
            ];
            executor_methods_called_directly => [
                "execute DELETE FROM person WHERE id = 3 → affected 1",
                "fetch_one SELECT name FROM person WHERE id = ? [1] → rows 1",
                "fetch_optional SELECT 1 FROM person WHERE id = 9 → rows 0",
                "fetch_all SELECT name FROM person ORDER BY id → rows 2",
                "fetch SELECT name FROM person ORDER BY id → rows 2",
                "execute DELETE FROM person WHERE id = 2 → affected 1",
                "fetch_many SELECT name FROM person ORDER BY id → rows 1",
                "t1 begin BEGIN → done",
                "t1 fetch_one SELECT count(*) FROM person → rows 1",
                "t1 execute_many DELETE FROM person → affected 1",
                "t1 rollback ROLLBACK → rolled back",
            ];
            prepared_statements => [
                "prepare SELECT name FROM person WHERE id = ? → done",
                "fetch_one SELECT name FROM person WHERE id = ? [1] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "prepare_with SELECT name FROM person WHERE id = ? → done",
                "prepare SELECT name FROM person ORDER BY id → done",
                "describe SELECT name FROM person ORDER BY id → done",
            ];
            queries_that_do_not_stay_prepared => [
                "fetch_one SELECT name FROM person WHERE id = ? [1] → rows 1",
            ];
            an_acquired_connection => [
                "fetch_optional SELECT name FROM person WHERE id = ? [1] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [3] → rows 1",
            ];
            a_borrowed_connection => [
                "execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [5,\"Eve\"] → affected 1",
                "t1 commit COMMIT → committed",
                "fetch_optional SELECT name FROM person WHERE id = ? [5] → rows 1",
            ];
            two_statements_on_one_transaction => [
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [5,\"Eve\"] → affected 1",
                "t1 commit COMMIT → committed",
                "fetch SELECT name FROM person ORDER BY id → rows 5",
            ];
            a_borrowed_transaction => [
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"No. 4\"] → affected 1",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [5,\"No. 5\"] → affected 1",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [6,\"No. 6\"] → affected 1",
                "t1 commit COMMIT → committed",
                "fetch SELECT name FROM person ORDER BY id → rows 6",
            ];
            rollback => [
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t1 rollback ROLLBACK → rolled back",
                "fetch SELECT name FROM person ORDER BY id → rows 3",
            ];
            rollback_by_an_early_return => [
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → error Database",
                "t1 drop ROLLBACK → rolled back by drop",
                "fetch SELECT name FROM person ORDER BY id → rows 3",
            ];
            savepoints => [
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t2 in t1 begin SAVEPOINT _sqlx_savepoint_1 → done",
                "t2 in t1 execute INSERT INTO person (id, name) VALUES (?, ?) [5,\"Eve\"] → affected 1",
                "t3 in t2 begin SAVEPOINT _sqlx_savepoint_2 → done",
                "t3 in t2 execute INSERT INTO person (id, name) VALUES (?, ?) [6,\"Flo\"] → affected 1",
                "t3 in t2 commit RELEASE SAVEPOINT _sqlx_savepoint_2 → committed",
                "t2 in t1 rollback ROLLBACK TO SAVEPOINT _sqlx_savepoint_1 → rolled back",
                "t4 in t1 begin SAVEPOINT _sqlx_savepoint_1 → done",
                "t4 in t1 execute INSERT INTO person (id, name) VALUES (?, ?) [7,\"Gil\"] → affected 1",
                "t4 in t1 commit RELEASE SAVEPOINT _sqlx_savepoint_1 → committed",
                "t1 commit COMMIT → committed",
                "fetch SELECT name FROM person ORDER BY id → rows 5",
            ];
            begin_with_and_try_begin => [
                "t1 begin BEGIN WITH → done",
                "t1 fetch_optional SELECT name FROM person WHERE id = ? [1] → rows 1",
                "t1 commit COMMIT → committed",
                "t2 begin BEGIN → done",
                "t2 fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "t2 rollback ROLLBACK → rolled back",
                "t3 begin BEGIN WITH → done",
                "t3 rollback ROLLBACK → rolled back",
                "t4 begin BEGIN WITH → done",
                "t4 rollback ROLLBACK → rolled back",
            ];
            transactions_in_structs => [
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [5,\"Eve\"] → affected 1",
                "t1 commit COMMIT → committed",
                "fetch SELECT name FROM person ORDER BY id → rows 5",
            ];
            functions_generic_over_executors => [
                "execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "execute INSERT INTO person (id, name) VALUES (?, ?) [5,\"Eve\"] → affected 1",
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [6,\"Flo\"] → affected 1",
                "t1 commit COMMIT → committed",
                "execute INSERT INTO person (id, name) VALUES (?, ?) [7,\"Gil\"] → affected 1",
                "fetch SELECT name FROM person ORDER BY id → rows 7",
            ];
            functions_generic_over_acquire => [
                "t1 begin BEGIN → done",
                "t1 rollback ROLLBACK → rolled back",
            ];
            functions_typed_for_sqlx => [
                "t1 begin BEGIN → done",
                "t1 rollback ROLLBACK → rolled back",
            ];
            the_transaction_closure => [
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t1 commit COMMIT → committed",
                "t2 begin BEGIN → done",
                "t2 execute INSERT INTO person (id, name) VALUES (?, ?) [5,\"Eve\"] → affected 1",
                "t2 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → error Database",
                "t2 rollback ROLLBACK → rolled back",
                "fetch SELECT name FROM person ORDER BY id → rows 4",
            ];
            streams_in_spawned_tasks => [
                "fetch SELECT id, name FROM person ORDER BY id → rows 3",
                "fetch_optional SELECT name FROM person WHERE id = ? [1] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [3] → rows 1",
                "t1 begin BEGIN → done",
                "t1 fetch SELECT name FROM person ORDER BY id → rows 3",
                "t1 commit COMMIT → committed",
            ];
            queries_at_once => [
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [3] → rows 1",
            ];
            a_query_with_a_timeout => [
                "fetch_optional SELECT count(*) FROM person → rows 1",
                "fetch_optional SELECT count(*) FROM person → rows 1",
            ];
            repositories_as_trait_objects => [
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [3] → rows 1",
            ];
            repositories_that_borrow_a_connection => [
                "t1 begin BEGIN → done",
                "t1 rollback ROLLBACK → rolled back",
            ];
            axum_state => [
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [9] → rows 0",
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t2 in t1 begin SAVEPOINT _sqlx_savepoint_1 → done",
                "t2 in t1 fetch_optional SELECT count(*) FROM person → rows 1",
                "t2 in t1 commit RELEASE SAVEPOINT _sqlx_savepoint_1 → committed",
                "t1 commit COMMIT → committed",
                "t3 begin BEGIN → done",
                "t3 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → error Database",
                "t3 drop ROLLBACK → rolled back by drop",
            ];
            migrations => [
                "fetch_optional SELECT text FROM note → rows 1",
            ];
            a_connection_of_its_own => [
                "fetch_optional SELECT name FROM person WHERE id = ? [1] → rows 1",
                "t1 begin BEGIN → done",
                "t1 execute INSERT INTO person (id, name) VALUES (?, ?) [4,\"Dee\"] → affected 1",
                "t1 commit COMMIT → committed",
            ];
            connections_taken_from_the_pool => [
                "fetch_all SELECT name FROM person ORDER BY id → rows 3",
                "fetch_all SELECT name FROM person ORDER BY id → rows 3",
                "fetch_all SELECT name FROM person ORDER BY id → rows 3",
            ];
            questions_to_the_pool => [
                "fetch_optional SELECT count(*) FROM person → rows 1",
                "fetch_one SELECT count(*) FROM person → error PoolClosed",
                "begin BEGIN → error PoolClosed",
                "acquire → error PoolClosed",
            ];
            pools_that_connect_later => [
                "fetch_optional SELECT name FROM person WHERE id = ? [1] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [3] → rows 1",
            ];
            steps_of_a_stream => [
                "fetch_many DELETE FROM person WHERE id = 3; SELECT name FROM person ORDER BY id → rows 2",
            ];
            a_stream_that_is_not_read_to_its_end => [
                "fetch SELECT name FROM person ORDER BY id → rows 1",
                "fetch_optional SELECT name FROM person WHERE id = ? [2] → rows 1",
            ];
        }
    };
}

mod mysql;
mod postgres;
mod sqlite;
mod traced_only;

use osprofiler::report::Point;
use sqlx::{Executor, Pool};

use crate::store::records;

/// What was recorded, with each database's own texts replaced by those that stand in the lists.
fn compact(points: &[Point], own: &[(&str, &str)]) -> Vec<String> {
    let replace = |line: String| own.iter().fold(line, |line, (theirs, common)| line.replace(theirs, common));
    records(points).into_iter().map(replace).collect()
}

/// Makes the table that the idioms are about.
async fn with_people<DB: sqlx::Database>(pool: Pool<DB>) -> Pool<DB>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let statements = "CREATE TABLE person (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);
                      INSERT INTO person VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cem')";
    let mut connection = pool.acquire().await.expect("a connection");
    sqlx::raw_sql(statements).execute(&mut *connection).await.expect("a new table");
    // Dropped it would go back to the pool some time later.
    connection.close().await.expect("it closes");
    pool
}
