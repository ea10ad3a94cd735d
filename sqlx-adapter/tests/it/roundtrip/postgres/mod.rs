//! PostgreSQL: how values of one type are checked. The modules below say which.

mod declared;
mod nested;
mod plain;

use osprofiler::report::Point;
use osprofiler_sqlx::{DbOptions, TracedPgPool};
use serde_json::Value;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Encode, PgPool, Postgres, Row, Type};

use super::values::Random;
use super::{Precision, Tally, only, params, rows, same};
use crate::server;
use crate::store::Store;

/// So many values of each Rust type are compared, a batch in each statement.
const BATCHES: usize = 16;
const BATCH: usize = 40;

/// What there is to know of a type.
#[derive(Clone, Copy)]
struct Kind<'k> {
    /// The name that is recorded.
    name: &'k str,
    /// The type of the column that takes the values.
    column: &'k str,
    /// What makes JSON of the column `v`.
    json: &'k str,
    /// As which type the server reads what was recorded of a parameter, where it has a form of its own for what was sent.
    read_as: Option<&'k str>,
    /// What makes the same of it in rows of statements that are passed as text.
    text: &'k str,
    precision: Precision,
}

impl<'k> Kind<'k> {
    /// Shown as the JSON that PostgreSQL makes of it.
    const fn json(name: &'k str) -> Self {
        let json = "to_json(v)";
        Self { name, column: name, json, read_as: None, text: json, precision: Precision::Double }
    }

    /// Shown as the text that PostgreSQL makes of it.
    const fn text(name: &'k str) -> Self {
        Self::json(name).made_by("to_json(v::text)")
    }

    /// A list of such texts.
    const fn texts(name: &'k str) -> Self {
        Self::json(name).made_by("to_json(v::text[])")
    }

    const fn single(self) -> Self {
        Self { precision: Precision::Single, ..self }
    }

    const fn column(self, column: &'k str) -> Self {
        Self { column, ..self }
    }

    const fn made_by(self, json: &'k str) -> Self {
        Self { json, text: json, ..self }
    }

    const fn read_as(self, read_as: &'k str) -> Self {
        Self { read_as: Some(read_as), ..self }
    }

    /// In rows of statements that are passed as text less is known: this makes what is shown there.
    const fn as_text(self, text: &'k str) -> Self {
        Self { text, ..self }
    }
}

impl Kind<'_> {
    /// The value, and what the server says of it.
    fn returning(&self) -> String {
        format!("i, v, ({})::text AS json, ({})::text AS text", self.json, self.text)
    }
}

struct Check {
    plain: PgPool,
    traced: TracedPgPool,
    tally: Tally,
    tables: usize,
}

impl Check {
    /// In a schema of its own.
    async fn new(name: &str) -> Option<Self> {
        let pool = server::postgres(&format!("roundtrip_{name}")).await?;
        let options = PgConnectOptions::clone(&pool.connect_options());
        pool.close().await;
        Some(Self::on(options).await)
    }

    /// On one connection, which knows the types of earlier statements.
    async fn on(options: PgConnectOptions) -> Self {
        let options = options.options([("synchronous_commit", "off"), ("lc_monetary", "C")]);
        let plain = PgPoolOptions::new().max_connections(1).connect_with(options).await.expect("a pool");
        let whole =
            DbOptions::default().hide_result(false).result_rows(1000).value_cap(64 << 10).statement_cap(16 << 20);
        let traced = TracedPgPool::builder().options(whole).build(plain.clone());
        Self { plain, traced, tally: Tally::new(), tables: 0 }
    }

    async fn run(&self, sql: &str) {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.plain).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Random values of a Rust type.
    async fn check<T>(&mut self, kind: Kind<'_>, mut make: impl FnMut(&mut Random) -> T)
    where
        T: for<'q> Encode<'q, Postgres> + Type<Postgres> + Send + Sync + 'static,
    {
        let table = self.table(kind).await;
        for _ in 0..BATCHES {
            let values = self.tally.take(BATCH, &mut make);
            let said = self.inserted(kind, &table, values).await;
            self.deleted(kind, &table, &said).await;
        }
    }

    async fn table(&mut self, kind: Kind<'_>) -> String {
        self.tables += 1;
        let table = format!("t{}", self.tables);
        self.run(&format!("CREATE UNLOGGED TABLE {table} (i int, v {})", kind.column)).await;
        table
    }

    /// Compares values as parameters and in rows of a prepared statement. Returns what the server says of each, in
    /// rows as text.
    async fn inserted<T>(&mut self, kind: Kind<'_>, table: &str, values: Vec<Option<T>>) -> Vec<Value>
    where
        T: for<'q> Encode<'q, Postgres> + Type<Postgres> + Send + Sync + 'static,
    {
        let count = values.len();
        let places: Vec<_> = (1..=count).map(|i| format!("({i}, ${i})")).collect();
        let sql = format!("INSERT INTO {table} VALUES {} RETURNING {}", places.join(", "), kind.returning());
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for value in values {
            query = query.bind(value);
        }
        let (returned, points) = Store::new().record(async { query.fetch_all(&self.traced).await }).await;
        let returned = returned.unwrap_or_else(|error| panic!("{}: {error}", kind.name));
        let point = only(&points);
        let (params, types) = params(point, count);
        assert!(types.iter().all(|name| name == kind.name), "{} is {types:?}", kind.name);
        let read = match kind.read_as {
            Some(ty) => self.read(ty, params).await,
            None => params.to_vec(),
        };
        for (row, read) in returned.iter().zip(&read) {
            self.tally.compare(&format!("parameter {}", kind.name), read, &said(row, "json"), kind.precision);
        }
        self.tally.add(count);
        self.prepared(kind, &returned, point)
    }

    /// Compares rows of a prepared statement. Returns what the server says of each, in rows as text.
    fn prepared(&self, kind: Kind<'_>, returned: &[PgRow], point: &Point) -> Vec<Value> {
        for (row, recorded) in returned.iter().zip(rows(point, returned.len())) {
            self.tally.compare(&format!("row {}", kind.column), &recorded["v"], &said(row, "json"), kind.precision);
        }
        returned.iter().map(|row| said(row, "text")).collect()
    }

    /// What the server makes of the recorded texts.
    async fn read(&self, ty: &str, recorded: &[Value]) -> Vec<Value> {
        let sql = format!("SELECT x::{ty}::text FROM unnest($1::text[]) WITH ORDINALITY AS u (x, n) ORDER BY n");
        let texts: Vec<Option<&str>> = recorded.iter().map(Value::as_str).collect();
        let read: Vec<Option<String>> = sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(texts)
            .fetch_all(&self.plain)
            .await
            .expect("the server reads it");
        read.into_iter().map(Value::from).collect()
    }

    /// Compares values in rows of a statement that is passed as text.
    async fn deleted(&mut self, kind: Kind<'_>, table: &str, said: &[Value]) {
        let sql = format!("DELETE FROM {table} RETURNING i, v");
        let query = sqlx::raw_sql(AssertSqlSafe(sql));
        let (deleted, points) = Store::new().record(async { query.fetch_all(&self.traced).await }).await;
        deleted.expect("the table is there");
        for row in rows(only(&points), said.len()) {
            let i = usize::try_from(row["i"].as_u64().expect("a number")).expect("it is small");
            self.tally.compare(&format!("row as text {}", kind.column), &row["v"], &said[i - 1], kind.precision);
        }
    }

    /// Values of a type that cannot be bound as such, from their texts.
    async fn returned(&mut self, kind: Kind<'_>, mut make: impl FnMut(&mut Random) -> String) {
        let table = self.table(kind).await;
        for _ in 0..BATCHES {
            let texts = self.tally.take(BATCH, &mut make);
            let (column, returning) = (kind.column, kind.returning());
            let sql = format!(
                "INSERT INTO {table} SELECT n, x::{column} FROM unnest($1::text[]) WITH ORDINALITY AS u (x, n)
                 RETURNING {returning}"
            );
            let query = sqlx::query(AssertSqlSafe(sql)).bind(texts);
            let (returned, points) = Store::new().record(async { query.fetch_all(&self.traced).await }).await;
            let returned = returned.unwrap_or_else(|error| panic!("{column}: {error}"));
            let said = self.prepared(kind, &returned, only(&points));
            self.tally.add(BATCH);
            self.deleted(kind, &table, &said).await;
        }
    }

    /// Lets the adapter see a type before its values are compared: what it is, is known when the first statement that has
    /// it has ended, and that statement may be written before.
    async fn show<T>(&self, name: &str, value: T)
    where
        T: for<'q> Encode<'q, Postgres> + Type<Postgres> + Send + Sync + 'static,
    {
        let query = sqlx::query(AssertSqlSafe(format!("SELECT $1::{name}"))).bind(value);
        let (shown, _) = Store::new().record(async { query.execute(&self.traced).await }).await;
        shown.expect("the type is there");
    }
}

/// What the server says, from a column with JSON.
fn said(row: &PgRow, column: &str) -> Value {
    let json: Option<&str> = row.get(column);
    json.map_or(Value::Null, |json| serde_json::from_str(json).expect("JSON"))
}

#[test]
fn what_differs_is_told_apart() {
    let json = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    for (a, b, precision, equal) in [
        ("1", "1.0", Precision::Double, true),
        ("0.0", "-0", Precision::Double, false),
        ("9007199254740993", "9007199254740992", Precision::Double, false),
        ("0.1", "0.10000000149", Precision::Double, false),
        ("0.1", "0.10000000149", Precision::Single, true),
        ("[1, {\"a\": null}]", "[1, {\"a\": null}]", Precision::Double, true),
        ("[1, 2]", "[1]", Precision::Double, false),
        ("{\"a\": 1}", "{\"b\": 1}", Precision::Double, false),
        ("\"1\"", "1", Precision::Double, false),
    ] {
        assert_eq!(same(&json(a), &json(b), precision), equal, "{a} {b}");
    }
}
