//! MySQL and MariaDB. What they say of a bound value is their cast of it.

mod times;

use std::fmt::Debug;

use diesel::mysql::Mysql;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{self as sql, HasSqlType, Nullable, SqlType, Unsigned, is_nullable};
use diesel::{QueryableByName, RunQueryDsl};
use diesel_async::AsyncMysqlConnection;
use osprofiler::TraceExt;
use osprofiler_diesel::{TracedAsyncConnection, TracedMysqlConnection};
use osprofiler_sqlx::TracedMySqlPool;
use serde_json::{Value, json};
use sqlx::mysql::MySqlPoolOptions;
use sqlx::types::{BigDecimal, Json};
use sqlx::{AssertSqlSafe, Encode, Row, Type};

use super::values::Random;
use super::{BATCH, BATCHES, Precision, Tally, params, whole};
use crate::server;
use crate::store::Store;

/// What the database says of a value, and how that is read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Integer,
    Bool,
    Double,
    Single,
    /// The same number, however it is written.
    Decimal,
    /// diesel-async sends it as a DATETIME.
    Date,
    /// A fraction of seconds may end with zeros.
    Time,
    Text,
    Bytes,
    Json,
}

impl Form {
    /// What makes a text without commas of a value. Texts come in hexadecimal digits, since a cast would take another
    /// character set.
    fn expression(self) -> &'static str {
        match self {
            Self::Text | Self::Json => "HEX(CONVERT(? USING utf8mb4))",
            Self::Bytes => "HEX(?)",
            Self::Date => "CAST(CAST(? AS DATE) AS CHAR)",
            Self::Single => "CAST(CAST(? AS DOUBLE) AS CHAR)",
            _ => "CAST(? AS CHAR)",
        }
    }

    /// The recorded form of what the database says.
    fn said(self, text: &str) -> Value {
        match self {
            _ if text == "NULL" => Value::Null,
            Self::Integer => {
                text.parse::<i64>().map_or_else(|_| json!(text.parse::<u64>().expect("a number")), Value::from)
            }
            Self::Bool => json!(text != "0"),
            Self::Double | Self::Single => json!(text.parse::<f64>().expect("a number")),
            Self::Text => json!(String::from_utf8(unhex(text)).expect("UTF-8")),
            Self::Json => serde_json::from_slice(&unhex(text)).expect("JSON"),
            Self::Bytes => json!(format!("\\x{}", text.to_lowercase())),
            Self::Decimal | Self::Date | Self::Time => self.normal(&json!(text)),
        }
    }

    /// A recorded value in the form in which it is compared.
    fn normal(self, value: &Value) -> Value {
        match (self, value.as_str()) {
            (Self::Decimal, Some(text)) => {
                json!(text.parse::<BigDecimal>().expect("a number").normalized().to_plain_string())
            }
            (Self::Time, Some(text)) if text.contains('.') => json!(text.trim_end_matches('0').trim_end_matches('.')),
            _ => value.clone(),
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("digits"));
    pairs.map(|pair| u8::from_str_radix(pair, 16).expect("digits")).collect()
}

#[derive(Debug, PartialEq, QueryableByName)]
struct Said {
    #[diesel(sql_type = sql::Text)]
    said: String,
}

type Boxed = BoxedSqlQuery<'static, Mysql, SqlQuery>;

struct Check {
    diesel: TracedMysqlConnection,
    diesel_async: TracedAsyncConnection<AsyncMysqlConnection>,
    sqlx: TracedMySqlPool,
    tally: Tally,
}

impl Check {
    async fn new(name: &str) -> Option<Self> {
        let url = server::mysql(&format!("both_{name}"))?;
        let diesel = TracedMysqlConnection::builder().options(whole()).establish(&url).expect("a connection");
        let diesel_async = TracedAsyncConnection::builder().options(whole()).establish(&url).await;
        let pool = MySqlPoolOptions::new().max_connections(1).connect(&url).await.expect("a pool");
        let sqlx = TracedMySqlPool::builder().options(whole()).build(pool);
        Some(Self { diesel, diesel_async: diesel_async.expect("a connection"), sqlx, tally: Tally::new() })
    }

    /// Random values of a Rust type that both libraries bind as the type `name`.
    async fn check<ST, T>(&mut self, name: &str, form: Form, make: impl FnMut(&mut Random) -> T)
    where
        Mysql: HasSqlType<ST>,
        ST: SqlType<IsNull = is_nullable::NotNull> + Send + 'static,
        T: ToSql<ST, Mysql> + Clone + Debug + Send + Sync + 'static,
        T: for<'q> Encode<'q, sqlx::MySql> + Type<sqlx::MySql>,
    {
        self.check_both::<ST, T, T>((name, name), form, make, T::clone).await;
    }

    /// Random values of a Rust type that diesel binds; `theirs` makes what is the same to sqlx. The second name is that
    /// of NULL: diesel does not say of all types what a NULL is.
    async fn check_both<ST, T, S>(
        &mut self,
        names: (&str, &str),
        form: Form,
        mut make: impl FnMut(&mut Random) -> T,
        theirs: impl Fn(&T) -> S,
    ) where
        Mysql: HasSqlType<ST>,
        ST: SqlType<IsNull = is_nullable::NotNull> + Send + 'static,
        T: ToSql<ST, Mysql> + Clone + Debug + Send + 'static,
        S: for<'q> Encode<'q, sqlx::MySql> + Type<sqlx::MySql> + Send + Sync + 'static,
    {
        let said = vec![format!("IFNULL({}, 'NULL')", form.expression()); BATCH].join(", ");
        let sql = format!("SELECT CONCAT_WS(',', {said}) AS said");
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
            let said: Said = profiler.in_scope(|| query().get_result(&mut self.diesel)).expect("a row");
            let asynchronous =
                async { diesel_async::RunQueryDsl::get_result::<Said>(query(), &mut self.diesel_async).await };
            let asynchronous = asynchronous.in_trace(&profiler).await.expect("a row");
            let row = async { their_query.fetch_one(&self.sqlx).await }.in_trace(&profiler).await.expect("a row");
            let same = |said: &str| said.split(',').map(|said| form.said(said)).collect::<Vec<_>>();
            let said = same(&said.said);
            assert_eq!(same(&asynchronous.said), said, "{names:?}: the same was bound");
            assert_eq!(same(row.get("said")), said, "{names:?}: the same was bound");
            self.compare(names, form, &store, &said);
        }
    }

    fn compare(&mut self, names: (&str, &str), form: Form, store: &Store, said: &[Value]) {
        let points = store.points();
        let [ours, asynchronous, theirs] = points.as_slice() else { panic!("{points:#?}") };
        let (recorded, types) = params(ours);
        let normal: Vec<Value> = recorded.iter().map(|value| form.normal(value)).collect();
        let precision = if form == Form::Single { Precision::Single } else { Precision::Double };
        self.tally.compare(names.0, &normal, said, precision);
        for (name, value) in types.iter().zip(recorded) {
            // JSON has a null of its own.
            let known = name == names.0 && (!value.is_null() || form == Form::Json);
            assert!(known || name == if value.is_null() { names.1 } else { names.0 }, "{value} is {name}");
        }
        assert_eq!(params(asynchronous), (recorded, types), "{names:?}, OSPROFILER_TEST_SEED={}", self.tally.seed);
        let (params, types) = params(theirs);
        assert_eq!(params, recorded, "{names:?}, OSPROFILER_TEST_SEED={}", self.tally.seed);
        assert!(types.iter().all(|name| name == names.0), "{} is {types:?}", names.0);
    }
}

#[derive(SqlType)]
#[diesel(mysql_type(name = "Enum"))]
struct MoodSql;

#[derive(Clone, Copy, Debug, sqlx::Type)]
#[sqlx(rename_all = "snake_case")]
enum Mood {
    Happy,
    #[sqlx(rename = "it's so, so")]
    Middling,
}

impl ToSql<MoodSql, Mysql> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
        let label = match self {
            Self::Happy => "happy",
            Self::Middling => "it's so, so",
        };
        std::io::Write::write_all(out, label.as_bytes())?;
        Ok(IsNull::No)
    }
}

#[tokio::test]
async fn numbers_texts_and_bytes_through_both_are_what_mysql_says() {
    use Form::{Bool, Bytes, Decimal, Double, Integer, Json as AsJson, Single, Text};

    let Some(mut check) = Check::new("plain").await else { return };
    check.check_both::<sql::Bool, _, _>(("BOOLEAN", "TINYINT"), Bool, Random::bool, bool::clone).await;
    check.check::<sql::TinyInt, _>("TINYINT", Integer, |random| random.i64() as i8).await;
    check.check::<sql::SmallInt, _>("SMALLINT", Integer, |random| random.i64() as i16).await;
    check.check::<sql::Integer, _>("INT", Integer, |random| random.i64() as i32).await;
    check.check::<sql::BigInt, _>("BIGINT", Integer, Random::i64).await;
    check.check::<Unsigned<sql::TinyInt>, _>("TINYINT UNSIGNED", Integer, |random| random.i64() as u8).await;
    check.check::<Unsigned<sql::SmallInt>, _>("SMALLINT UNSIGNED", Integer, |random| random.i64() as u16).await;
    check.check::<Unsigned<sql::Integer>, _>("INT UNSIGNED", Integer, |random| random.i64() as u32).await;
    check.check::<Unsigned<sql::BigInt>, _>("BIGINT UNSIGNED", Integer, Random::u64).await;
    // The casts lose the sign of zero.
    check.check::<sql::Float, _>("FLOAT", Single, |random| random.f32() + 0.0).await;
    check.check::<sql::Double, _>("DOUBLE", Double, |random| random.f64() + 0.0).await;
    check.check::<sql::Numeric, _>("DECIMAL", Decimal, |random| random.decimal(34, 30)).await;
    check.check::<sql::Text, _>("VARCHAR", Text, Random::text_with_nul).await;
    check.check::<sql::Binary, _>("BLOB", Bytes, Random::bytes).await;
    check.check::<MoodSql, _>("ENUM", Text, |random| random.of(&[Mood::Happy, Mood::Middling])).await;
    let json = |value: &Value| Json(value.clone());
    check.check_both::<sql::Json, _, _>(("JSON", "VARCHAR"), AsJson, |random| random.json(4), json).await;
    check.tally.finish(16);
}

#[tokio::test]
async fn numbers_that_mysql_has_not_are_shown_as_they_were_bound_through_both() {
    let Some(mut check) = Check::new("nan").await else { return };
    let query = diesel::sql_query("SELECT ?, ?, ?")
        .bind::<sql::Double, _>(f64::NAN)
        .bind::<sql::Float, _>(f32::INFINITY)
        .bind::<sql::Double, _>(f64::NEG_INFINITY);
    let store = Store::new();
    let profiler = store.profiler();
    // Whether the server takes them is its own affair.
    let _ = profiler.in_scope(|| query.execute(&mut check.diesel));
    let theirs = sqlx::query("SELECT ?, ?, ?").bind(f64::NAN).bind(f32::INFINITY).bind(f64::NEG_INFINITY);
    let _ = async { theirs.execute(&check.sqlx).await }.in_trace(&profiler).await;
    let points = store.points();
    assert_eq!(params(&points[0]), params(&points[1]));
    assert_eq!(params(&points[0]).0, [json!("NaN"), json!("Infinity"), json!("-Infinity")]);
}

#[tokio::test]
async fn thousands_of_values_and_long_ones_are_recorded_alike_through_both_on_mysql() {
    let Some(check) = Check::new("long").await else { return };
    let Check { mut diesel, sqlx, .. } = check;
    let sql = format!("SELECT ?, ? IN ({}), ?, ?", vec!["?"; 1099].join(", "));
    let (text, bytes) = ("é".repeat(20_000), vec![7_u8; 50_000]);
    let object = json!({"a": 1, "rest": "x".repeat(60_000)});
    let store = Store::new();
    let profiler = store.profiler();
    let query: Boxed = diesel::sql_query(sql.clone()).into_boxed();
    // That it is JSON is seen where diesel prints the values, which are printed up to a length only.
    let query = query.bind::<sql::Json, _>(object.clone());
    let query = (0..1100).fold(query, |query, i| query.bind::<sql::Integer, _>(i));
    let query = query.bind::<sql::Text, _>(text.clone()).bind::<sql::Binary, _>(bytes.clone());
    profiler.in_scope(|| query.execute(&mut diesel)).expect("it runs");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(Json(object));
    let query = (0..1100).fold(query, |query, i: i32| query.bind(i)).bind(text).bind(bytes);
    async { query.execute(&sqlx).await }.in_trace(&profiler).await.expect("it runs");
    let points = store.points();
    let (ours, theirs) = (params(&points[0]), params(&points[1]));
    for (index, param) in ours.0.iter().enumerate() {
        assert_eq!(Some(param), theirs.0.get(index), "{index}");
    }
    assert_eq!((ours.0.len(), ours.1), (1103, theirs.1));
}
