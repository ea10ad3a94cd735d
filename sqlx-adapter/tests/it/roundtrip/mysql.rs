//! MySQL and MariaDB. What they say of a bound value is their cast of it; rows come from a column.
//!
//! They differ: MariaDB's JSON is a text with a check, and UUID and INET6 are types of its own.

use osprofiler_sqlx::{DbOptions, TracedMySqlPool};
use serde_json::{Value, json};
use sqlx::mysql::types::{MySqlTime, MySqlTimeSign};
use sqlx::types::{BigDecimal, Json, Text, uuid};
use sqlx::{AssertSqlSafe, Encode, MySql, MySqlPool, Row, Type};

use super::values::Random;
use super::{Precision, Tally, at_least, only, params, rows};
use crate::server;
use crate::store::Store;

const BATCHES: usize = 16;
const BATCH: usize = 40;

/// What the database says of a value `v`, and how that is read.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Form {
    Integer,
    Bool,
    Double,
    Single,
    /// As text, FLOAT has six digits, in casts and in the protocol.
    SixDigits,
    /// The same number, however it is written.
    Decimal,
    /// A fraction of seconds may end with zeros: the binary format does not say how many digits it has.
    Time,
    Text,
    Bytes,
    Json,
    /// So many digits.
    Bits(usize),
}

impl Form {
    /// What makes a text of it. Texts come in hexadecimal digits, since a cast would take another character set.
    fn expression(self, v: &str) -> String {
        match self {
            Self::Text | Self::Json => format!("HEX(CONVERT({v} USING utf8mb4))"),
            Self::Bytes => format!("HEX({v})"),
            Self::Single => format!("CAST(CAST({v} AS DOUBLE) AS CHAR)"),
            Self::Bits(size) => format!("LPAD(BIN({v}), {size}, '0')"),
            _ => format!("CAST({v} AS CHAR)"),
        }
    }

    /// The recorded form of what the database says.
    fn said(self, text: Option<&str>) -> Value {
        let Some(text) = text else { return Value::Null };
        match self {
            Self::Integer => {
                text.parse::<u64>().map_or_else(|_| json!(text.parse::<i64>().expect("a number")), Value::from)
            }
            Self::Bool => json!(text != "0"),
            Self::Double | Self::Single | Self::SixDigits => json!(text.parse::<f64>().expect("a number")),
            Self::Text => json!(String::from_utf8(unhex(text)).expect("UTF-8")),
            Self::Json => serde_json::from_slice(&unhex(text)).expect("JSON"),
            Self::Bytes => json!(format!("\\x{}", text.to_lowercase())),
            Self::Decimal | Self::Time | Self::Bits(_) => self.normal(&json!(text)),
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

    fn precision(self) -> Precision {
        if matches!(self, Self::Single | Self::SixDigits) { Precision::Single } else { Precision::Double }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |digit: u8| u8::try_from(char::from(digit).to_digit(16).expect("a digit")).expect("it is small");
    text.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect()
}

struct Check {
    plain: MySqlPool,
    traced: TracedMySqlPool,
    tally: Tally,
    tables: usize,
    is_mariadb: bool,
}

impl Check {
    async fn new(name: &str) -> Option<Self> {
        let plain = server::mysql(name).await?;
        let whole =
            DbOptions::default().hide_result(false).result_rows(1000).value_cap(64 << 10).statement_cap(16 << 20);
        let traced = TracedMySqlPool::builder().options(whole).build(plain.clone());
        let version: String = sqlx::query_scalar("SELECT VERSION()").fetch_one(&plain).await.expect("it has a version");
        Some(Self { plain, traced, tally: Tally::new(), tables: 0, is_mariadb: version.contains("MariaDB") })
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.plain).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Random values of a Rust type, as parameters of the type `name` and in rows of a column.
    async fn check<T>(&mut self, name: &str, form: Form, column: (&str, Form), mut make: impl FnMut(&mut Random) -> T)
    where
        T: for<'q> Encode<'q, MySql> + Type<MySql> + Clone + Send + Sync + 'static,
    {
        self.tables += 1;
        let table = format!("t{}", self.tables);
        let (column, returned) = column;
        // This engine waits for no disk.
        self.run(&format!("CREATE TABLE {table} (i INT, v {column}) ENGINE = MyISAM DEFAULT CHARSET utf8mb4")).await;
        for _ in 0..BATCHES {
            let values = self.tally.take(BATCH, &mut make);
            self.bound(name, form, values.clone()).await;
            self.stored(&table, values).await;
            self.returned(&table, returned).await;
            self.tally.add(BATCH);
            self.run(&format!("TRUNCATE TABLE {table}")).await;
        }
    }

    /// Compares values as parameters.
    async fn bound<T>(&self, name: &str, form: Form, values: Vec<Option<T>>)
    where
        T: for<'q> Encode<'q, MySql> + Type<MySql> + Send + Sync + 'static,
    {
        let count = values.len();
        let sql = format!("SELECT {}", vec![form.expression("?"); count].join(", "));
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in values {
            query = query.bind(value);
        }
        let (row, points) = Store::new().record(async { query.fetch_one(&self.traced).await }).await;
        let row = row.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (params, types) = params(only(&points), count);
        assert!(types.iter().all(|ty| ty == name), "{name} is {types:?}");
        for (index, recorded) in params.iter().enumerate() {
            let text: Option<&str> = row.get(index);
            let what = format!("parameter {name} {text:?}");
            self.tally.compare(&what, &form.normal(recorded), &form.said(text), form.precision());
        }
    }

    async fn stored<T>(&self, table: &str, values: Vec<Option<T>>)
    where
        T: for<'q> Encode<'q, MySql> + Type<MySql> + Send + Sync + 'static,
    {
        let places: Vec<_> = (0..values.len()).map(|i| format!("({i}, ?)")).collect();
        let mut query = sqlx::query(AssertSqlSafe(format!("INSERT INTO {table} VALUES {}", places.join(", "))));
        for value in values {
            query = query.bind(value);
        }
        query.execute(&self.plain).await.unwrap_or_else(|error| panic!("{table}: {error}"));
    }

    /// Compares values in rows, of a prepared statement and of one that is passed as text.
    async fn returned(&self, table: &str, form: Form) {
        for as_text in [false, true] {
            let form = match form {
                Form::SixDigits if !as_text => Form::Single,
                form => form,
            };
            let sql = format!("SELECT v, {} AS text FROM {table} ORDER BY i", form.expression("v"));
            let sql = AssertSqlSafe(sql);
            let request = async {
                match as_text {
                    false => sqlx::query(sql).fetch_all(&self.traced).await,
                    true => sqlx::raw_sql(sql).fetch_all(&self.traced).await,
                }
            };
            let (returned, points) = Store::new().record(request).await;
            let returned = returned.unwrap_or_else(|error| panic!("{table}: {error}"));
            for (row, recorded) in returned.iter().zip(rows(only(&points), returned.len())) {
                let said: Option<&str> = row.get("text");
                let what = format!("row {form:?} {said:?} as text: {as_text}");
                self.tally.compare(&what, &form.normal(&recorded["v"]), &form.said(said), form.precision());
            }
        }
    }
}

#[tokio::test]
async fn values_are_what_mysql_says() {
    use Form::{Bits, Bool, Bytes, Decimal, Double, Integer, Single, SixDigits, Time};

    let Some(mut check) = Check::new("roundtrip").await else { return };
    check.check("BOOLEAN", Bool, ("TINYINT(1)", Bool), Random::bool).await;
    check.check("TINYINT", Integer, ("TINYINT", Integer), |random| random.i64() as i8).await;
    check.check("SMALLINT", Integer, ("SMALLINT", Integer), |random| random.i64() as i16).await;
    check.check("INT", Integer, ("INT", Integer), |random| random.i64() as i32).await;
    check.check("INT", Integer, ("MEDIUMINT", Integer), |random| random.int(-(1 << 23), (1 << 23) - 1) as i32).await;
    check.check("BIGINT", Integer, ("BIGINT", Integer), Random::i64).await;
    check.check("TINYINT UNSIGNED", Integer, ("TINYINT UNSIGNED", Integer), |random| random.i64() as u8).await;
    check.check("SMALLINT UNSIGNED", Integer, ("SMALLINT UNSIGNED", Integer), |random| random.i64() as u16).await;
    check.check("INT UNSIGNED", Integer, ("INT UNSIGNED ZEROFILL", Integer), |random| random.i64() as u32).await;
    check.check("BIGINT UNSIGNED", Integer, ("BIGINT UNSIGNED", Integer), Random::u64).await;
    check.check("SMALLINT UNSIGNED", Integer, ("YEAR", Integer), |random| random.between(1901, 2155) as u16).await;
    check.check("BIGINT UNSIGNED", Integer, ("BIT(64)", Bits(64)), Random::u64).await;
    check.check("BIGINT UNSIGNED", Integer, ("BIT(11)", Bits(11)), |random| random.below(1 << 11) as u64).await;
    // The casts lose the sign of zero.
    check.check("FLOAT", Single, ("DOUBLE", Single), |random| random.f32(false) + 0.0).await;
    check.check("FLOAT", Single, ("FLOAT", SixDigits), |random| random.f32(false) + 0.0).await;
    check.check("DOUBLE", Double, ("DOUBLE", Double), |random| random.f64(false) + 0.0).await;
    check.check("DECIMAL", Decimal, ("DECIMAL(65, 30)", Decimal), Random::decimal).await;
    check.check("DECIMAL", Decimal, ("DECIMAL(65, 30)", Decimal), |random| random.big_decimal(34, 30)).await;
    check.check("DATE", Time, ("DATE", Time), |random| random.chrono_date(1, 9999)).await;
    check.check("DATE", Time, ("DATE", Time), |random| random.time_date(1, 9999)).await;
    check.check("TIME", Time, ("TIME(6)", Time), Random::chrono_time).await;
    check.check("TIME", Time, ("TIME(6)", Time), Random::time_time).await;
    check.check("TIME", Time, ("TIME(6)", Time), long_time).await;
    check.check("DATETIME", Time, ("DATETIME(6)", Time), |random| random.chrono(1, 9999)).await;
    check.check("DATETIME", Time, ("DATETIME(6)", Time), |random| random.time(1, 9999)).await;
    check.check("TIMESTAMP", Time, ("TIMESTAMP(6) NULL", Time), |random| random.chrono(1971, 2037).and_utc()).await;
    check.check("TIMESTAMP", Time, ("TIMESTAMP(6) NULL", Time), |random| random.time_zoned(1971, 2037)).await;
    check.check("BLOB", Bytes, ("VARBINARY(300)", Bytes), Random::bytes).await;
    check.check("BLOB", Bytes, ("BLOB", Bytes), |random| random.bytes().into_boxed_slice()).await;
    check.check("BLOB", Bytes, ("BINARY(16)", Bytes), Random::uuid).await;
    check.texts().await;
    check.tally.finish(at_least::MYSQL);
}

#[tokio::test]
async fn numbers_that_mysql_has_not_are_shown_as_they_were_bound() {
    let Some(pool) = server::mysql("roundtrip_nan").await else { return };
    let pool = TracedMySqlPool::from(pool);
    let query =
        sqlx::query("SELECT ?, ?, ?, ?").bind(f64::NAN).bind(f32::NAN).bind(f64::INFINITY).bind(f32::NEG_INFINITY);
    let (_, points) = Store::new().record(async { query.execute(&pool).await }).await;
    assert_eq!(only(&points).start_info["db"]["params"], json!(["NaN", "NaN", "Infinity", "-Infinity"]));
}

impl Check {
    async fn texts(&mut self) {
        use Form::{Json as AsJson, Text as AsText};

        self.check("VARCHAR", AsText, ("VARCHAR(2000)", AsText), Random::text_with_nul).await;
        self.check("VARCHAR", AsText, ("TEXT COLLATE utf8mb4_bin", AsText), Random::text_with_nul).await;
        self.check("VARCHAR", AsText, ("LONGTEXT", AsText), |random| random.text().into_boxed_str()).await;
        self.check("VARCHAR", AsText, ("CHAR(36)", AsText), |random| random.uuid().hyphenated()).await;
        self.check("VARCHAR", AsText, ("VARCHAR(50)", AsText), |random| Text(random.ip())).await;
        const LABELS: [&str; 4] = ["a", "it's", "NULL", "é\\\""];
        self.check("VARCHAR", AsText, ("ENUM('a', 'it''s', 'NULL', 'é\\\\\"')", AsText), |random| random.of(&LABELS))
            .await;
        self.check("VARCHAR", AsText, ("SET('a', 'it''s', 'NULL', 'é\\\\\"')", AsText), |random| {
            LABELS.into_iter().filter(|_| random.bool()).collect::<Vec<_>>().join(",")
        })
        .await;
        let column = if self.is_mariadb { AsText } else { AsJson };
        self.check("JSON", AsJson, ("JSON", column), |random| Json(random.json(4, false))).await;
        if self.is_mariadb {
            // It takes no others than those with a version.
            let uuid = |random: &mut Random| uuid::Builder::from_random_bytes(random.array()).into_uuid().hyphenated();
            self.check("VARCHAR", AsText, ("UUID", AsText), uuid).await;
            self.check("VARCHAR", AsText, ("INET6", AsText), |random| Text(random.ipv6())).await;
        }
    }
}

/// Up to 838:59:59 on both sides of zero.
fn long_time(random: &mut Random) -> MySqlTime {
    let seconds = random.between(0, 838 * 3600 + 59 * 60 + 59);
    let sign = if random.bool() && seconds > 0 { MySqlTimeSign::Negative } else { MySqlTimeSign::Positive };
    let (hours, minutes) = ((seconds / 3600) as u32, (seconds / 60 % 60) as u8);
    let microseconds = if hours < 838 && random.bool() { random.below(1_000_000) as u32 } else { 0 };
    MySqlTime::new(sign, hours, minutes, (seconds % 60) as u8, microseconds).expect("it is in the range")
}
