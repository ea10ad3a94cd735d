//! Whose time it is: the database's, or the program's between the rows of `load_iter`.

use std::thread::sleep;
use std::time::Duration;

use diesel::connection::DefaultLoadingMode;
#[cfg(feature = "postgres")]
use diesel::pg::PgRowByRowLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use osprofiler::report::Point;
#[cfg(feature = "postgres")]
use osprofiler_diesel::TracedPgConnection;
#[cfg(feature = "sqlite")]
use osprofiler_diesel::TracedSqliteConnection;

#[cfg(feature = "postgres")]
use crate::server;
use crate::store::Store;

/// How long the program works with each of four rows.
const WORK: Duration = Duration::from_millis(30);

#[derive(QueryableByName)]
struct One {
    #[diesel(sql_type = Integer)]
    n: i32,
}

/// The program's work is told apart, and hardly anything is left for the statement.
#[track_caller]
fn assert_the_programs(point: &Point) {
    let (worked_us, took_us) = (point.consumer_us(), point.statement_us().expect("it stopped"));
    assert!(worked_us >= 120_000 && took_us < 120_000, "{point:?}");
    assert_eq!(point.duration_us(), Some(worked_us + took_us));
}

/// Reads four rows one by one, and four at once.
macro_rules! reads {
    ($connection:expr, $mode:ty) => {{
        let mut connection = $connection;
        let store = Store::new();
        let query = || diesel::sql_query("SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4");
        let sum = store.record(|| {
            let rows = query().load_iter::<One, $mode>(&mut connection).expect("it loads");
            let sum: i32 = rows.map(|row| (sleep(WORK), row.expect("a row").n).1).sum();
            let all = query().load::<One>(&mut connection).expect("it loads");
            sleep(WORK * 4);
            sum + all.len() as i32
        });
        assert_eq!(sum, 14);
        let points = store.points();
        assert_the_programs(&points[0]);
        // What `load` does with its rows while it gathers them is to make values of them.
        assert!(points[1].consumer_us() < 120_000, "{:?}", points[1]);
    }};
}

#[test]
#[cfg(feature = "sqlite")]
fn rows_of_sqlite_are_worked_with_in_the_programs_time() {
    reads!(TracedSqliteConnection::establish(":memory:").expect("a database"), DefaultLoadingMode);
}

#[test]
#[cfg(feature = "postgres")]
fn rows_of_postgresql_are_worked_with_in_the_programs_time() {
    let Some(place) = server::postgres("spent", "CREATE TABLE unused (a INT)") else { return };
    let connect = || TracedPgConnection::establish(&place.url).expect("it was there just now");
    reads!(connect(), DefaultLoadingMode);
    reads!(connect(), PgRowByRowLoadingMode);
}

/// What SQLite works out while a row is asked for is its own time.
#[test]
#[cfg(feature = "sqlite")]
fn what_sqlite_works_between_rows_is_its_own_time() {
    let mut connection = TracedSqliteConnection::establish(":memory:").expect("a database");
    let slow = "SELECT 1 AS n UNION ALL SELECT max(i) FROM (WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c \
                LIMIT 300000) SELECT i FROM c)";
    let store = Store::new();
    store.record(|| {
        let rows = diesel::sql_query(slow).load_iter::<One, DefaultLoadingMode>(&mut connection).expect("it loads");
        assert_eq!(rows.map(|row| row.expect("a row").n).sum::<i32>(), 300_001);
    });
    let point = &store.points()[0];
    let first_us = point.stop_info["db"]["first_row_us"].as_u64().expect("a number");
    assert!(point.statement_us() > Some(first_us + point.consumer_us()), "{point:?}");
}
