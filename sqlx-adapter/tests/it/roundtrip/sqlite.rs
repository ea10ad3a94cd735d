//! SQLite: its five storage classes, bound as the Rust types that sqlx has for them.

use osprofiler_sqlx::{DbOptions, TracedSqlitePool};
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::types::{Json, Text};
use sqlx::{AssertSqlSafe, Encode, Row, Sqlite, SqlitePool, Type};

use super::values::Random;
use super::{Precision, Tally, at_least, only, params, rows};
use crate::store::Store;

const BATCHES: usize = 16;
const BATCH: usize = 40;

struct Check {
    traced: TracedSqlitePool,
    tally: Tally,
}

impl Check {
    async fn new() -> Self {
        let pool: SqlitePool = SqlitePoolOptions::new()
            .max_connections(1)
            .connect("sqlite::memory:")
            .await
            .expect("SQLite opens in memory");
        // A column without a type takes values as they are.
        sqlx::raw_sql("CREATE TABLE t (i INTEGER, v)").execute(&pool).await.expect("the table is new");
        let whole =
            DbOptions::default().hide_result(false).result_rows(1000).value_cap(64 << 10).statement_cap(16 << 20);
        Self { traced: TracedSqlitePool::builder().options(whole).build(pool), tally: Tally::new() }
    }

    /// Random values of a Rust type, which is bound as the storage class.
    async fn check<T>(&mut self, class: &str, mut make: impl FnMut(&mut Random) -> T)
    where
        T: for<'q> Encode<'q, Sqlite> + Type<Sqlite> + Send + Sync + 'static,
    {
        let places: Vec<_> = (1..=BATCH).map(|i| format!("({i}, ?{i})")).collect();
        let insert = format!(
            "INSERT INTO t VALUES {} RETURNING i, v, typeof(v) AS class, quote(v) AS quoted, hex(CAST(v AS BLOB)) AS hex",
            places.join(", ")
        );
        for _ in 0..BATCHES {
            let values = self.tally.take(BATCH, &mut make);
            let mut query = sqlx::query(AssertSqlSafe(insert.clone()));
            for value in values {
                query = query.bind(value);
            }
            let (returned, points) = Store::new().record(async { query.fetch_all(&self.traced).await }).await;
            let returned = returned.expect("the table takes any value");
            let said: Vec<Value> = returned
                .iter()
                .map(|row| match said(row.get("class"), row.get("quoted"), row.get("hex")) {
                    // The text may be off by the last digit, and the number that comes with it may not.
                    Value::Number(text) if text.is_f64() => {
                        let (text, number): (f64, f64) = (text.as_f64().expect("a number"), row.get("v"));
                        assert!((text - number).abs() <= number.abs() * 1e-14, "{text} {number}");
                        json!(number)
                    }
                    said => said,
                })
                .collect();
            let point = only(&points);
            let (params, types) = params(point, BATCH);
            for (index, said) in said.iter().enumerate() {
                let stored: String = returned[index].get("class");
                // NaN is stored as NULL, and shown as what was bound.
                let (is_nan, recorded) = (params[index] == "NaN" && class == "REAL", &rows(point, BATCH)[index]["v"]);
                let bound = if is_nan { &json!("NaN") } else { said };
                assert_eq!(types[index], if is_nan { "REAL".to_owned() } else { stored.to_uppercase() });
                assert!(is_nan || stored == "null" || types[index] == class, "{} is no {class}", types[index]);
                self.tally.compare(&format!("parameter {class}"), &params[index], bound, Precision::Double);
                self.tally.compare(&format!("row {class}"), recorded, said, Precision::Double);
            }
            let query = sqlx::raw_sql("DELETE FROM t RETURNING i, v");
            let (deleted, points) = Store::new().record(async { query.fetch_all(&self.traced).await }).await;
            assert_eq!(deleted.expect("the table is there").len(), BATCH);
            for (recorded, said) in rows(only(&points), BATCH).iter().zip(&said) {
                self.tally.compare(&format!("row as text {class}"), &recorded["v"], said, Precision::Double);
            }
            self.tally.add(BATCH);
        }
    }
}

/// What SQLite says of a value.
fn said(class: &str, quoted: &str, hex: &str) -> Value {
    match class {
        "null" => Value::Null,
        "integer" => json!(quoted.parse::<i64>().expect("a number")),
        "real" => match quoted {
            // SQLite writes infinities as numbers that are too large.
            "9.0e+999" => json!("Infinity"),
            "-9.0e+999" => json!("-Infinity"),
            number => json!(number.parse::<f64>().expect("a number")),
        },
        "text" => {
            let digit =
                |digit: u8| u8::try_from(char::from(digit).to_digit(16).expect("a digit")).expect("it is small");
            let bytes = hex.as_bytes().chunks(2).map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
            json!(String::from_utf8(bytes).expect("UTF-8"))
        }
        _ => json!(format!("\\x{}", hex.to_lowercase())),
    }
}

#[tokio::test]
async fn values_are_what_sqlite_says() {
    let mut check = Check::new().await;
    check.check("INTEGER", Random::bool).await;
    check.check("INTEGER", |random| random.i64() as i8).await;
    check.check("INTEGER", |random| random.i64() as i16).await;
    check.check("INTEGER", |random| random.i64() as i32).await;
    check.check("INTEGER", Random::i64).await;
    check.check("INTEGER", |random| random.i64() as u8).await;
    check.check("INTEGER", |random| random.i64() as u16).await;
    check.check("INTEGER", |random| random.i64() as u32).await;
    // SQLite keeps no sign of zero.
    check.check("REAL", |random| random.f32(true) + 0.0).await;
    check.check("REAL", |random| random.f64(true) + 0.0).await;
    check.check("TEXT", Random::text_with_nul).await;
    check.check("TEXT", |random| random.text().into_boxed_str()).await;
    check.check("TEXT", |random| Text(random.uuid().hyphenated())).await;
    check.check("TEXT", |random| Json(random.json(3, false))).await;
    check.check("TEXT", |random| random.chrono_date(-4712, 262_142)).await;
    check.check("TEXT", Random::chrono_time).await;
    check.check("TEXT", |random| random.chrono(-4712, 262_142)).await;
    check.check("TEXT", |random| random.chrono_zoned(-4711, 262_141)).await;
    check.check("TEXT", |random| random.time_date(0, 9999)).await;
    check.check("TEXT", Random::time_time).await;
    check.check("TEXT", |random| random.time(0, 9999)).await;
    check.check("BLOB", Random::bytes).await;
    check.check("BLOB", Random::uuid).await;
    check.check("BLOB", |random| random.bytes().into_boxed_slice()).await;
    check.tally.finish(at_least::SQLITE);
}
