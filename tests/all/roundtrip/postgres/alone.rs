//! Declared types of which nobody but diesel ever hears: what they are is not known, and their values are still shown.

use diesel::pg::Pg;
use diesel::serialize::{self, Output, ToSql, WriteTuple};
use diesel::sql_types::{self as sql, Array, Nullable, SqlType};
use diesel_async::RunQueryDsl as _;
use osprofiler::TraceExt;
use serde_json::{Value, json};

use super::raw::Raw;
use super::{Check, params};
use crate::store::Store;

#[derive(SqlType)]
#[diesel(postgres_type(name = "alone_season"))]
struct Season;

#[derive(SqlType)]
#[diesel(postgres_type(name = "alone_label"))]
struct Label;

#[derive(SqlType)]
#[diesel(postgres_type(name = "alone_amount"))]
struct Amount;

#[derive(SqlType)]
#[diesel(postgres_type(name = "alone_stay"))]
struct Stay;

/// In a schema that is named.
#[derive(SqlType)]
#[diesel(postgres_type(name = "alone_mood", schema = "osprofiler_both_alone"))]
struct Elsewhere;

#[derive(Clone, Debug)]
struct StayValue {
    season: Raw,
    photo: &'static [u8],
    label: Raw,
    numbers: Vec<Option<i32>>,
}

impl ToSql<Stay, Pg> for StayValue {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        type Fields = (Season, sql::Binary, Label, Array<Nullable<sql::Integer>>);
        let Self { season, photo, label, numbers } = self.clone();
        WriteTuple::<Fields>::write_tuple(&(season, photo, label, numbers), &mut out.reborrow())
    }
}

fn text(text: &str) -> Raw {
    Raw(text.into())
}

impl Check {
    /// What is recorded of the values and their types, however diesel sends them.
    async fn recorded(&mut self, query: impl Fn() -> super::Boxed) -> (Value, Value) {
        let store = Store::new();
        let profiler = store.profiler();
        profiler.in_scope(|| diesel::RunQueryDsl::execute(query(), &mut self.diesel)).expect("the types are there");
        let asynchronous = async { query().execute(&mut self.diesel_async).await };
        asynchronous.in_trace(&profiler).await.expect("the types are there");
        let points = store.points();
        let recorded = |point| {
            let (params, types) = params(point);
            (json!(params), json!(types))
        };
        let points: Vec<_> =
            points.iter().filter(|point| point.statement().is_some_and(|sql| sql.starts_with("VALUES"))).collect();
        assert_eq!(points.len(), 2, "{points:#?}");
        assert_eq!(recorded(points[0]), recorded(points[1]));
        recorded(points[0])
    }
}

#[tokio::test]
async fn values_of_types_that_only_diesel_knows_by_name_are_shown_as_far_as_they_are_legible() {
    let Some(mut check) = Check::new("alone").await else { return };
    check.run(
        "CREATE TYPE alone_season AS ENUM ('spring', 'it''s \"hot\"');
         CREATE TYPE alone_mood AS ENUM ('well');
         CREATE DOMAIN alone_label AS text;
         CREATE DOMAIN alone_amount AS int8;
         CREATE TYPE alone_stay AS (season alone_season, photo bytea, label alone_label, numbers int4[])",
    );
    let stay =
        StayValue { season: text("spring"), photo: b"AB", label: text(""), numbers: vec![Some(7), None, Some(-1)] };
    let query = || {
        diesel::sql_query("VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
            .into_boxed()
            .bind::<sql::Integer, _>(7)
            .bind::<Season, _>(text("it's \"hot\""))
            .bind::<Array<Season>, _>(vec![text("spring"), text("spring")])
            .bind::<Label, _>(text("two\nlines\tü"))
            .bind::<Label, _>(text(""))
            .bind::<Amount, _>(Raw(42_i64.to_be_bytes().into()))
            .bind::<Stay, _>(stay.clone())
            .bind::<Elsewhere, _>(text("well"))
            .bind::<Nullable<Season>, _>(None::<Raw>)
    };
    let stay = json!(["spring", "\\x4142", "", [7, null, -1]]);
    let expected = json!([
        7,
        "it's \"hot\"",
        ["spring", "spring"],
        "two\nlines\tü",
        "",
        "\\x000000000000002a",
        stay,
        "well",
        null
    ]);
    let types = json!([
        "int4",
        "alone_season",
        "alone_season[]",
        "alone_label",
        "alone_label",
        "alone_amount",
        "alone_stay",
        "osprofiler_both_alone.alone_mood",
        "alone_season"
    ]);
    // The second time the connections know the types.
    for _ in 0..2 {
        assert_eq!(check.recorded(query).await, (expected.clone(), types.clone()));
    }
}
