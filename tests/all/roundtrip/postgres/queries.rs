//! What diesel's own queries bind, beside the same statement through sqlx.

use diesel::prelude::*;
use osprofiler::TraceExt;
use serde_json::Value;
use sqlx::types::{BigDecimal, Uuid, chrono};

use super::super::values::Random;
use super::{Check, params};
use crate::store::Store;

diesel::table! {
    visits (id) {
        id -> Int8,
        place -> Nullable<Text>,
        at -> Timestamptz,
        cost -> Numeric,
        extra -> Jsonb,
        token -> Uuid,
        marks -> Array<Nullable<Int4>>,
        is_paid -> Bool,
    }
}

#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = visits)]
struct Visit {
    id: i64,
    place: Option<String>,
    at: chrono::DateTime<chrono::Utc>,
    cost: BigDecimal,
    extra: Value,
    token: Uuid,
    marks: Vec<Option<i32>>,
    is_paid: bool,
}

fn visit(random: &mut Random, id: i64) -> Visit {
    Visit {
        id,
        // Diesel binds nothing for what is not there: it writes DEFAULT.
        place: Some(random.text()),
        at: random.moment(1, 9999).and_utc(),
        cost: random.decimal(20, 20),
        extra: random.json(2),
        token: random.uuid(),
        marks: random.list(|random| random.option(|random| random.i64() as i32)),
        is_paid: random.bool(),
    }
}

#[tokio::test]
async fn queries_of_diesel_bind_what_the_same_statement_of_sqlx_does() {
    let Some(mut check) = Check::new("queries").await else { return };
    check.run(
        "CREATE TABLE visits (id int8 PRIMARY KEY, place text, at timestamptz NOT NULL, cost numeric NOT NULL,
            extra jsonb NOT NULL, token uuid NOT NULL, marks int4[] NOT NULL, is_paid bool NOT NULL)",
    );
    for _ in 0..20 {
        let visits: Vec<Visit> = (0..20).map(|id| visit(&mut check.tally.random, id)).collect();
        let insert = || diesel::insert_into(visits::table).values(&visits);
        let store = Store::new();
        let profiler = store.profiler();
        profiler.in_scope(|| insert().execute(&mut check.diesel)).expect("the rows are new");
        check.run("DELETE FROM visits");
        let asynchronous = async { diesel_async::RunQueryDsl::execute(insert(), &mut check.diesel_async).await };
        asynchronous.in_trace(&profiler).await.expect("the rows are new");
        check.run("DELETE FROM visits");
        let statement = store.points()[0].statement().expect("a statement").to_owned();
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement.clone()));
        for Visit { id, place, at, cost, extra, token, marks, is_paid } in visits {
            query = query.bind(id).bind(place).bind(at).bind(cost).bind(extra).bind(token).bind(marks).bind(is_paid);
        }
        async { query.execute(&check.sqlx).await }.in_trace(&profiler).await.expect("the rows are new");
        check.run("DELETE FROM visits");
        let points = store.points();
        let [ours, asynchronous, theirs] = points.as_slice() else { panic!("{points:#?}") };
        for point in [asynchronous, theirs] {
            assert_eq!(point.statement(), Some(&*statement));
            assert_eq!(params(point), params(ours), "OSPROFILER_TEST_SEED={}", check.tally.seed);
        }
    }
}
