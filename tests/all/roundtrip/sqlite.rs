//! SQLite: its storage classes, bound as the Rust types that both libraries have for them.

use std::fmt::Debug;

use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::serialize::ToSql;
use diesel::sql_types::{self as sql, HasSqlType, Nullable, SqlType, is_nullable};
use diesel::sqlite::Sqlite;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use osprofiler::TraceExt;
use osprofiler_diesel::{TracedAsyncConnection, TracedSqliteConnection};
use osprofiler_sqlx::TracedSqlitePool;
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{AssertSqlSafe, Encode, Type};

use super::values::Random;
use super::{BATCH, BATCHES, Precision, Tally, params, whole};
use crate::store::Store;

/// What SQLite says of a value.
#[derive(Debug, PartialEq, QueryableByName)]
struct Said {
    #[diesel(sql_type = sql::Text)]
    class: String,
    #[diesel(sql_type = sql::Text)]
    quoted: String,
    #[diesel(sql_type = sql::Text)]
    hex: String,
    /// The number itself: as a text it may be off by the last digit.
    #[diesel(sql_type = Nullable<sql::Double>)]
    number: Option<f64>,
}

impl Said {
    fn value(&self) -> Value {
        match &*self.class {
            "null" => Value::Null,
            "integer" => json!(self.quoted.parse::<i64>().expect("a number")),
            "real" => match self.number.expect("a number") {
                f64::INFINITY => json!("Infinity"),
                f64::NEG_INFINITY => json!("-Infinity"),
                number => json!(number),
            },
            "text" => json!(String::from_utf8(self.bytes()).expect("UTF-8")),
            _ => json!(format!("\\x{}", self.hex.to_lowercase())),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let digits = self.hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
        digits.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
    }
}

type Boxed = BoxedSqlQuery<'static, Sqlite, SqlQuery>;

struct Check {
    diesel: TracedSqliteConnection,
    diesel_async: TracedAsyncConnection<SyncConnectionWrapper<SqliteConnection>>,
    sqlx: TracedSqlitePool,
    tally: Tally,
}

impl Check {
    async fn new() -> Self {
        let memory = ":memory:";
        let diesel = TracedSqliteConnection::builder().options(whole()).establish(memory).expect("memory");
        let diesel_async = TracedAsyncConnection::builder().options(whole()).establish(memory).await.expect("memory");
        let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("memory");
        let sqlx = TracedSqlitePool::builder().options(whole()).build(pool);
        Self { diesel, diesel_async, sqlx, tally: Tally::new() }
    }

    /// Random values of a Rust type that both bind as the storage class.
    async fn check<ST, T>(&mut self, class: &str, make: impl FnMut(&mut Random) -> T)
    where
        Sqlite: HasSqlType<ST>,
        ST: SqlType<IsNull = is_nullable::NotNull> + Send + 'static,
        T: ToSql<ST, Sqlite> + Clone + Debug + Send + Sync + 'static,
        T: for<'q> Encode<'q, sqlx::Sqlite> + Type<sqlx::Sqlite>,
    {
        self.check_both::<ST, T, T>(class, make, T::clone).await;
    }

    /// Random values of a Rust type that diesel binds; `theirs` makes what is the same to sqlx.
    async fn check_both<ST, T, S>(
        &mut self,
        class: &str,
        mut make: impl FnMut(&mut Random) -> T,
        theirs: impl Fn(&T) -> S,
    ) where
        Sqlite: HasSqlType<ST>,
        ST: SqlType<IsNull = is_nullable::NotNull> + Send + 'static,
        T: ToSql<ST, Sqlite> + Clone + Debug + Send + 'static,
        S: for<'q> Encode<'q, sqlx::Sqlite> + Type<sqlx::Sqlite> + Send + Sync + 'static,
    {
        let places: Vec<_> = (0..BATCH).map(|i| format!("({i}, ?)")).collect();
        let sql = format!(
            "SELECT typeof(v) AS class, quote(v) AS quoted, hex(CAST(v AS BLOB)) AS hex,
                    CASE typeof(v) WHEN 'real' THEN v END AS number
             FROM (SELECT column1 AS i, column2 AS v FROM (VALUES {})) ORDER BY i",
            places.join(", ")
        );
        for _ in 0..BATCHES {
            let values = self.tally.take(&mut make);
            let query = || -> Boxed {
                let query = diesel::sql_query(sql.clone()).into_boxed();
                values.iter().cloned().fold(query, |query, value| query.bind::<Nullable<ST>, _>(value))
            };
            let mut their_query = sqlx::query(AssertSqlSafe(sql.clone()));
            for value in &values {
                their_query = their_query.bind(value.as_ref().map(&theirs));
            }
            let store = Store::new();
            let profiler = store.profiler();
            let said = profiler.in_scope(|| query().load::<Said>(&mut self.diesel)).expect("SQLite takes any value");
            let asynchronous = async { diesel_async::RunQueryDsl::load::<Said>(query(), &mut self.diesel_async).await };
            let asynchronous = asynchronous.in_trace(&profiler).await.expect("SQLite takes any value");
            assert_eq!(said, asynchronous);
            let theirs = async { their_query.fetch_all(&self.sqlx).await };
            theirs.in_trace(&profiler).await.expect("SQLite takes any value");
            self.compare(class, &store, &said);
        }
    }

    fn compare(&mut self, class: &str, store: &Store, said: &[Said]) {
        let points = store.points();
        assert_eq!(points.len(), 3, "{points:#?}");
        let (recorded, types) = params(&points[0]);
        // SQLite makes NULL of NaN, and what is shown is what was bound.
        let bound = |(recorded, said): (&Value, &Said)| match (class, recorded.as_str()) {
            ("REAL", Some("NaN")) => json!("NaN"),
            _ => said.value(),
        };
        let bound: Vec<Value> = recorded.iter().zip(said).map(bound).collect();
        self.tally.compare(class, recorded, &bound, Precision::Double);
        for (name, bound) in types.iter().zip(&bound) {
            assert_eq!(name, if bound.is_null() { "NULL" } else { class });
        }
        for point in &points[1..] {
            assert_eq!(params(point), (recorded, types), "OSPROFILER_TEST_SEED={}", self.tally.seed);
        }
    }
}

#[tokio::test]
async fn values_through_both_are_what_sqlite_says() {
    let mut check = Check::new().await;
    check.check::<sql::Bool, _>("INTEGER", Random::bool).await;
    check.check::<sql::SmallInt, _>("INTEGER", |random| random.i64() as i16).await;
    check.check::<sql::Integer, _>("INTEGER", |random| random.i64() as i32).await;
    check.check::<sql::BigInt, _>("INTEGER", Random::i64).await;
    // SQLite keeps no sign of zero.
    check.check::<sql::Float, _>("REAL", |random| random.any_f32() + 0.0).await;
    check.check::<sql::Double, _>("REAL", |random| random.any_f64() + 0.0).await;
    check.check::<sql::Text, _>("TEXT", Random::text_with_nul).await;
    check.check::<sql::Binary, _>("BLOB", Random::bytes).await;
    let json = |value: &Value| sqlx::types::Json(value.clone());
    check.check_both::<sql::Json, _, _>("TEXT", |random| random.json(3), json).await;
    // Each library writes dates and times in a form of its own: sqlx gets the text of diesel's.
    check.check_both::<sql::Date, _, _>("TEXT", |r| r.date(0, 9999), |date| date.format("%F").to_string()).await;
    check.check_both::<sql::Time, _, _>("TEXT", Random::time, |time| time.format("%T%.f").to_string()).await;
    let moment = |random: &mut Random| random.moment(0, 9999);
    check.check_both::<sql::Timestamp, _, _>("TEXT", moment, |at| at.format("%F %T%.f").to_string()).await;
    check.check_both::<sql::Date, _, _>("TEXT", |r| r.time_date(0, 9999), ToString::to_string).await;
    check.tally.finish(13);
}

#[tokio::test]
async fn thousands_of_values_and_long_ones_are_recorded_alike_through_both() {
    let mut diesel = TracedSqliteConnection::establish(":memory:").expect("memory");
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.expect("memory");
    let pool = TracedSqlitePool::from(pool);
    let sql = format!("VALUES {}", vec!["(?)"; 3000].join(", "));
    let (text, bytes) = ("é".repeat(3000), vec![7_u8; 5000]);
    let store = Store::new();
    let profiler = store.profiler();
    let query: Boxed = diesel::sql_query(sql.clone()).into_boxed();
    let query = query.bind::<sql::Text, _>(text.clone()).bind::<sql::Binary, _>(bytes.clone());
    let query = (2..3000).fold(query, |query, i| query.bind::<sql::Integer, _>(i));
    profiler.in_scope(|| query.execute(&mut diesel)).expect("it runs");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(text).bind(bytes);
    let query = (2..3000).fold(query, |query, i: i32| query.bind(i));
    async { query.execute(&pool).await }.in_trace(&profiler).await.expect("it runs");
    let points = store.points();
    assert_eq!(params(&points[0]), params(&points[1]));
    let (recorded, _) = params(&points[0]);
    assert_eq!(recorded[0], format!("{}…(+4976 B)", "é".repeat(512)));
    assert_eq!((recorded.len(), &recorded[2999]), (3000, &json!(2999)));
}
