//! PostgreSQL: how values of one type are checked. The modules below say which.

mod alone;
mod declared;
mod limits;
mod nested;
mod plain;
mod queries;
mod raw;

use std::fmt::Debug;

use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Nullable, SqlType, Text, is_nullable};
use diesel::{QueryableByName, RunQueryDsl};
use diesel_async::AsyncPgConnection;
use osprofiler::TraceExt;
use osprofiler::report::Point;
use osprofiler_diesel::{TracedAsyncConnection, TracedPgConnection};
use osprofiler_sqlx::TracedPgPool;
use serde_json::Value;
use sqlx::postgres::{PgPoolOptions, PgRow};
use sqlx::{AssertSqlSafe, Encode, Postgres, Row, Type};

use super::values::Random;
use super::{BATCHES, Precision, Tally, params, whole};
use crate::server;
use crate::store::Store;

/// What there is to know of a type.
#[derive(Clone, Copy)]
struct Kind<'k> {
    /// The type to which values are cast.
    ty: &'k str,
    /// The names that diesel and sqlx record.
    names: (&'k str, &'k str),
    /// What makes JSON of the value `v`.
    json: &'k str,
    /// As which type the server reads what was recorded, where it has a form of its own for what was sent.
    read_as: Option<&'k str>,
    precision: Precision,
    /// Whether sqlx can bind it.
    by_sqlx: bool,
}

impl<'k> Kind<'k> {
    /// Shown as the JSON that PostgreSQL makes of it.
    const fn json(ty: &'k str) -> Self {
        Self { ty, names: (ty, ty), json: "to_json(v)", read_as: None, precision: Precision::Double, by_sqlx: true }
    }

    /// Shown as the text that PostgreSQL makes of it.
    const fn text(ty: &'k str) -> Self {
        Self::json(ty).made_by("to_json(v::text)")
    }

    /// A list of such texts.
    const fn texts(ty: &'k str) -> Self {
        Self::json(ty).made_by("to_json(v::text[])")
    }

    const fn single(self) -> Self {
        Self { precision: Precision::Single, ..self }
    }

    const fn made_by(self, json: &'k str) -> Self {
        Self { json, ..self }
    }

    const fn named(self, diesel: &'k str, sqlx: &'k str) -> Self {
        Self { names: (diesel, sqlx), ..self }
    }

    const fn not_by_sqlx(self) -> Self {
        Self { by_sqlx: false, ..self }
    }

    const fn read_as(self, read_as: &'k str) -> Self {
        Self { read_as: Some(read_as), ..self }
    }
}

/// What the server says of a value.
#[derive(Debug, PartialEq, QueryableByName)]
struct Said {
    #[diesel(sql_type = Nullable<Text>)]
    said: Option<String>,
}

type Boxed = BoxedSqlQuery<'static, Pg, SqlQuery>;

/// The three ways to the database.
struct Check {
    diesel: TracedPgConnection,
    diesel_async: TracedAsyncConnection<AsyncPgConnection>,
    sqlx: TracedPgPool,
    tally: Tally,
}

impl Check {
    async fn new(name: &str) -> Option<Self> {
        Some(Self::at(&server::postgres(&format!("both_{name}"))?).await)
    }

    async fn at(url: &str) -> Self {
        let options = PgPoolOptions::new().max_connections(1);
        let mut diesel = TracedPgConnection::builder().options(whole()).establish(url).expect("a connection");
        let diesel_async = TracedAsyncConnection::builder().options(whole()).establish(url).await;
        let mut diesel_async: TracedAsyncConnection<AsyncPgConnection> = diesel_async.expect("a connection");
        let plain = options.connect(url).await.expect("a pool");
        // Where the point of money goes is up to the locale.
        let locale = "SET lc_monetary TO 'C'";
        diesel.batch_execute(locale).expect("a setting");
        diesel_async::SimpleAsyncConnection::batch_execute(&mut diesel_async, locale).await.expect("a setting");
        sqlx::query(locale).execute(&plain).await.expect("a setting");
        let sqlx = TracedPgPool::builder().options(whole()).build(plain);
        Self { diesel, diesel_async, sqlx, tally: Tally::new() }
    }

    fn run(&mut self, sql: &str) {
        self.diesel.batch_execute(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// Random values of a Rust type that both libraries bind.
    async fn check<ST, T>(&mut self, kind: Kind<'_>, make: impl FnMut(&mut Random) -> T)
    where
        Pg: HasSqlType<ST>,
        ST: SqlType<IsNull = is_nullable::NotNull> + Send + 'static,
        T: ToSql<ST, Pg> + Clone + Debug + Send + Sync + 'static,
        T: for<'q> Encode<'q, Postgres> + Type<Postgres>,
    {
        self.check_both::<ST, T, T>(kind, make, T::clone).await;
    }

    /// Random values of a Rust type that diesel binds; `theirs` makes what is the same to sqlx.
    async fn check_both<ST, T, S>(
        &mut self,
        kind: Kind<'_>,
        mut make: impl FnMut(&mut Random) -> T,
        theirs: impl Fn(&T) -> S,
    ) where
        Pg: HasSqlType<ST>,
        ST: SqlType<IsNull = is_nullable::NotNull> + Send + 'static,
        T: ToSql<ST, Pg> + Clone + Debug + Send + 'static,
        S: for<'q> Encode<'q, Postgres> + Type<Postgres> + Send + Sync + 'static,
    {
        let places: Vec<_> = (0..super::BATCH).map(|i| format!("({i}, ${}::{})", i + 1, kind.ty)).collect();
        let sql =
            format!("SELECT ({})::text AS said FROM (VALUES {}) AS t (i, v) ORDER BY i", kind.json, places.join(", "));
        for batch in 0..=BATCHES {
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
            let fail = |error: &dyn Debug| -> ! { panic!("{}: {error:?}\n{values:?}", kind.ty) };
            let theirs = async { if kind.by_sqlx { their_query.fetch_all(&self.sqlx).await } else { Ok(Vec::new()) } };
            let theirs = theirs.in_trace(&profiler).await.unwrap_or_else(|error| fail(&error));
            let ours =
                profiler.in_scope(|| query().load::<Said>(&mut self.diesel)).unwrap_or_else(|error| fail(&error));
            let asynchronous = async { diesel_async::RunQueryDsl::load::<Said>(query(), &mut self.diesel_async).await };
            let asynchronous = asynchronous.in_trace(&profiler).await.unwrap_or_else(|error| fail(&error));
            // What a type is sqlx knows for certain when the first statement that has it has ended.
            if batch > 0 {
                assert_eq!(ours, asynchronous, "{}", kind.ty);
                self.compare(kind, &store, &ours, &theirs);
            }
        }
    }

    fn compare(&mut self, kind: Kind<'_>, store: &Store, ours: &[Said], theirs: &[PgRow]) {
        // Types are looked up between them.
        let mut points: Vec<_> = store
            .points()
            .into_iter()
            .filter(|point| point.statement().is_some_and(|sql| sql.contains("AS said")))
            .collect();
        assert_eq!(points.len(), if kind.by_sqlx { 3 } else { 2 }, "{points:#?}");
        if kind.by_sqlx {
            points.rotate_left(1);
        }
        let said: Vec<Value> = ours.iter().map(|row| json(row.said.as_deref())).collect();
        let (recorded, _) = params(&points[0]);
        match kind.read_as {
            Some(ty) => {
                let read = self.read(ty, recorded);
                self.tally.compare(kind.ty, &read, &said, kind.precision);
            }
            None => self.tally.compare(kind.ty, recorded, &said, kind.precision),
        }
        for (row, said) in theirs.iter().zip(&said) {
            assert_eq!(json(row.get("said")), *said, "{}: the same was bound", kind.ty);
        }
        self.same(&points, kind.names);
    }

    /// Checks that statements recorded the same values, and that their names of types differ as they are known to: the
    /// first has `types.0`, and the last `types.1`.
    #[track_caller]
    fn same(&self, points: &[Point], types: (&str, &str)) {
        let seed = self.tally.seed;
        let [first, rest @ ..] = points else { panic!("no statement") };
        let (expected, names) = params(first);
        assert!(names.iter().all(|name| name == types.0), "{} is {names:?}", types.0);
        for (index, point) in rest.iter().enumerate() {
            let (params, names) = params(point);
            for (expected, param) in expected.iter().zip(params) {
                assert_eq!(param, expected, "{} (OSPROFILER_TEST_SEED={seed}), statement {}", types.0, index + 2);
            }
            assert_eq!(params.len(), expected.len());
            let name = if index + 1 == rest.len() { types.1 } else { types.0 };
            assert!(names.iter().all(|known| known == name), "{name} is {names:?}");
        }
    }

    /// What the server makes of the recorded texts.
    fn read(&mut self, ty: &str, recorded: &[Value]) -> Vec<Value> {
        #[derive(QueryableByName)]
        struct Read {
            #[diesel(sql_type = Nullable<Text>)]
            read: Option<String>,
        }

        let sql = format!("SELECT x::{ty}::text AS read FROM unnest($1) WITH ORDINALITY AS u (x, n) ORDER BY n");
        let texts: Vec<Option<&str>> = recorded.iter().map(Value::as_str).collect();
        let read = diesel::sql_query(sql).bind::<diesel::sql_types::Array<Nullable<Text>>, _>(texts);
        let read: Vec<Read> = read.load(&mut *self.diesel).expect("the server reads it");
        read.into_iter().map(|row| row.read.into()).collect()
    }
}

fn json(text: Option<&str>) -> Value {
    text.map_or(Value::Null, |text| serde_json::from_str(text).expect("JSON"))
}
