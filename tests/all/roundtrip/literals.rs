//! Recorded values as literals: a statement with its values in their places reads them back as they were bound.
//!
//! A traced pool of sqlx binds a random value; the statement that `runnable` makes of what was recorded runs without
//! values, and has to return the same. sqlx needs no client library, so this runs without features.

use std::fmt::Debug;

use osprofiler::TraceExt;
use osprofiler::report::sql::{Dialect, runnable::runnable};
use osprofiler_sqlx::{TracedMySqlPool, TracedPgPool, TracedSqlitePool};
use serde_json::{Value, json};
use sqlx::types::{BigDecimal, Json, Uuid, chrono, ipnetwork::IpNetwork};
use sqlx::{AssertSqlSafe, Decode, Encode, MySqlPool, PgPool, SqlitePool, Type};

use super::values::Random;
use super::{Precision, Tally, means_same, whole};
use crate::reached;
use crate::store::Store;

/// So many values of each type.
const VALUES: usize = 60;

macro_rules! check {
    ($check:ident, $database:ty, $plain:ty, $traced:ty, $dialect:expr) => {
        struct $check {
            plain: $plain,
            traced: $traced,
            tally: Tally,
        }

        impl $check {
            fn new(plain: $plain) -> Self {
                let traced = <$traced>::builder().options(whole()).build(plain.clone());
                Self { plain, traced, tally: Tally::new() }
            }

            /// Random values in the one place of a statement that returns what is there.
            async fn check<T>(&mut self, sql: &str, mut make: impl FnMut(&mut Random) -> T, same: fn(&T, &T) -> bool)
            where
                T: Type<$database> + for<'q> Encode<'q, $database> + for<'r> Decode<'r, $database>,
                T: Clone + Debug + Send + Sync + Unpin + 'static,
            {
                // A statement of its own: PostgreSQL keeps the type that a place had when it was prepared.
                let sql = &format!("{sql} /* {} */", std::any::type_name::<T>());
                for _ in 0..VALUES {
                    let value = make(&mut self.tally.random);
                    let store = Store::new();
                    let query = sqlx::query(AssertSqlSafe(sql.to_owned())).bind(value.clone());
                    let bound = async { query.fetch_all(&self.traced).await };
                    bound.in_trace(&store.profiler()).await.unwrap_or_else(|error| panic!("{error}: {value:?}"));
                    let points = store.points();
                    let point = points.iter().find(|point| point.statement() == Some(sql)).expect("a point");
                    let text = runnable(sql, $dialect, &point.parameters())
                        .unwrap_or_else(|error| panic!("{error}: {value:?} {:?}", point.parameters()));
                    let read: T = sqlx::query_scalar(AssertSqlSafe(text.clone()))
                        .fetch_one(&self.plain)
                        .await
                        .unwrap_or_else(|error| panic!("{error}: {text}"));
                    let seed = self.tally.seed;
                    assert!(same(&value, &read), "{value:?} is {read:?} (OSPROFILER_TEST_SEED={seed}): {text}");
                }
            }
        }
    };
}

check!(Postgres, sqlx::Postgres, PgPool, TracedPgPool, Dialect::Postgres);
check!(Mysql, sqlx::MySql, MySqlPool, TracedMySqlPool, Dialect::Mysql);
check!(Sqlite, sqlx::Sqlite, SqlitePool, TracedSqlitePool, Dialect::Sqlite);

/// Equal, with the sign of zero, and what is no number equal to itself.
fn same<T: Debug>(a: &T, b: &T) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

fn same_json(a: &Json<Value>, b: &Json<Value>) -> bool {
    means_same(&a.0, &b.0, Precision::Double)
}

/// What is NULL in SQL and what is in JSON look alike in a trace.
fn json_value(random: &mut Random) -> Json<Value> {
    match random.json(3) {
        Value::Null => Json(json!({"null": null})),
        value => Json(value),
    }
}

#[tokio::test]
async fn literals_are_what_postgresql_reads() {
    let Some(pool) = reached::postgres(PgPool::connect).await else { return };
    let mut check = Postgres::new(pool);
    let sql = "SELECT $1";
    check.check(sql, Random::bool, same).await;
    check.check(sql, |random| random.option(Random::bool), same).await;
    check.check(sql, |random| random.i64() as i16, same).await;
    check.check(sql, |random| random.i64() as i32, same).await;
    check.check(sql, Random::i64, same).await;
    check.check(sql, Random::any_f32, same).await;
    check.check(sql, Random::any_f64, same).await;
    check.check(sql, Random::text, same).await;
    check.check(sql, Random::bytes, same).await;
    check.check(sql, Random::uuid, same).await;
    check.check(sql, |random| random.decimal(30, 12), |a: &BigDecimal, b| a == b).await;
    check.check(sql, |random| random.date(-4000, 9999), same::<chrono::NaiveDate>).await;
    check.check(sql, Random::time, same).await;
    check.check(sql, |random| random.moment(-4000, 9999), same).await;
    check.check(sql, |random| random.zoned(1, 9999).to_utc(), same).await;
    check.check(sql, Random::network, same::<IpNetwork>).await;
    check.check(sql, json_value, same_json).await;
    check.check(sql, |random| random.list(|random| random.option(Random::text)), same).await;
    check.check(sql, |random| random.list(|random| random.option(Random::i64)), same).await;
    check.check(sql, |random| random.list(Random::any_f64), same).await;
    check.check(sql, |random| random.list(Random::bytes), same).await;
    check.check(sql, |random| random.list(Random::bool), same).await;
    check.check(sql, |random| random.list(Random::uuid), same::<Vec<Uuid>>).await;
    check.check("SELECT 1-$1 /* $2 */", |random| random.i64() >> 2, |a: &i64, b| 1 - a == *b).await;
}

#[tokio::test]
async fn literals_are_what_mysql_reads() {
    let Some(pool) = reached::mysql(MySqlPool::connect).await else { return };
    let mut check = Mysql::new(pool);
    let sql = "SELECT ?";
    check.check(sql, Random::bool, same).await;
    check.check(sql, Random::i64, same).await;
    check.check("SELECT ? | 0", Random::u64, same).await;
    check.check(sql, Random::f64, same).await;
    check.check(sql, Random::text, same).await;
    check.check(sql, Random::bytes, same).await;
    check.check(sql, |random| random.decimal(30, 12), |a: &BigDecimal, b| a == b).await;
    check.check(sql, |random| random.date(1, 9999), same).await;
    check.check(sql, Random::time, same).await;
    check.check(sql, |random| random.moment(1, 9999), same).await;
    check.check(sql, json_value, same_json).await;
    // MySQL joins texts that follow each other: here the second is the column's name.
    check.check("SELECT ? 'x'", Random::text, same).await;
}

#[tokio::test]
async fn literals_are_what_sqlite_reads() {
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await;
    let mut check = Sqlite::new(pool.expect("memory"));
    for sql in ["SELECT ?", "SELECT ?1", "SELECT -- ?\n$1"] {
        check.check(sql, Random::bool, same).await;
        check.check(sql, Random::i64, same).await;
        // The last digit may be another: SQLite has no exact form.
        check.check(sql, Random::f64, |a, b| a == b || (a - b).abs() <= a.abs() * 1e-15).await;
        check.check(sql, Random::text, same).await;
        check.check(sql, Random::bytes, same).await;
    }
}

/// Numbers that Python's OSProfiler 4.4.0 records of a statement's parameters, which has no types: a `Value` would round them.
const LONG_NUMBERS: [&str; 5] = [
    "123456789012345678901234567890",
    "-9223372036854775809",
    "18446744073709551616",
    "9007199254740993",
    "99999999999999999999999999999999999999999999999999999999999999999",
];

/// The statement with each of the numbers in its place, as it is copied out of a report.
fn with_long_numbers(sql: &str, dialect: Dialect, type_name: Option<&str>) -> Vec<(&'static str, String)> {
    let copied = |digits: &'static str| {
        let types = type_name.map(|name| format!(r#", "param_types": ["{name}"]"#)).unwrap_or_default();
        let line = format!(
            r#"{{"name": "db-start", "base_id": "b", "trace_id": "t", "parent_id": "b", "timestamp": "2026-01-02T03:04:05.000000", "info": {{"db": {{"statement": "?", "params": [{digits}]{types}}}}}, "project": null, "service": null}}"#
        );
        let trace = osprofiler::report::read_json(&line).expect("a message");
        (digits, runnable(sql, dialect, &trace.points()[0].parameters()).expect("literals"))
    };
    LONG_NUMBERS.into_iter().map(copied).collect()
}

#[tokio::test]
async fn whole_numbers_of_any_length_are_what_postgresql_reads() {
    let Some(pool) = reached::postgres(PgPool::connect).await else { return };
    for type_name in [None, Some("NUMERIC")] {
        for (digits, sql) in with_long_numbers("SELECT CAST($1 AS text)", Dialect::Postgres, type_name) {
            let read: String = sqlx::query_scalar(AssertSqlSafe(sql.clone())).fetch_one(&pool).await.expect("a number");
            assert_eq!(read, digits, "{sql}");
        }
    }
}

#[tokio::test]
async fn whole_numbers_of_any_length_are_what_mysql_reads() {
    let Some(pool) = reached::mysql(MySqlPool::connect).await else { return };
    for (digits, sql) in with_long_numbers("SELECT CAST(? AS CHAR)", Dialect::Mysql, None) {
        let read: String = sqlx::query_scalar(AssertSqlSafe(sql.clone())).fetch_one(&pool).await.expect("a number");
        assert_eq!(read, digits, "{sql}");
    }
}
