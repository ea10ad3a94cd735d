//! Types that programs and extensions declare. What is learned of a name stays: these have names that no other test uses.

use std::ops::Bound;

use sqlx::postgres::types::{PgCiText, PgCube, PgHstore, PgInterval, PgLTree, PgRange};
use sqlx::types::{Decimal, Json, Uuid, chrono};

use super::super::at_least;
use super::super::values::Random;
use super::{Check, Kind};
use crate::server;

#[derive(Clone, Copy, Debug, sqlx::Type)]
#[sqlx(type_name = "rt_season", rename_all = "snake_case")]
enum Season {
    Spring,
    #[sqlx(rename = "it's \"hot\", {so}")]
    Hot,
    #[sqlx(rename = "(ümlaut)")]
    Umlaut,
}

const SEASONS: [Season; 3] = [Season::Spring, Season::Hot, Season::Umlaut];

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "rt_amount")]
struct Amount(i64);

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "rt_label")]
struct Label(String);

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "rt_stay")]
struct Stay {
    season: Season,
    amount: Option<Amount>,
    label: Label,
    weight: f64,
    photo: Option<Vec<u8>>,
    is_paid: bool,
}

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "rt_trip")]
struct Trip {
    first: Option<Stay>,
    stays: Vec<Stay>,
    seasons: Vec<Option<Season>>,
    notes: Vec<Option<String>>,
}

/// Values whose JSON by PostgreSQL is not what it prints for them.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "rt_visit")]
struct Visit {
    at: Option<chrono::DateTime<chrono::Utc>>,
    day: chrono::NaiveDate,
    cost: Option<Decimal>,
    took: PgInterval,
    extra: Json<serde_json::Value>,
    id: Option<Uuid>,
}

#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "rt_scores")]
struct Scores(Vec<Option<f64>>);

/// A range that the server has not.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "rt_span", no_pg_array)]
struct Span(PgRange<f64>);

#[derive(Clone, Copy, Debug, sqlx::Type)]
#[sqlx(type_name = "\"Rt Odd\"", rename_all = "UPPERCASE")]
enum Odd {
    One,
    Two,
}

/// Bytes of a type that is not known here.
#[derive(Debug, sqlx::Type)]
#[sqlx(type_name = "pg_snapshot")]
struct Snapshot(Vec<u8>);

fn stay(random: &mut Random) -> Stay {
    Stay {
        season: random.of(&SEASONS),
        amount: random.option(|random| Amount(random.i64())),
        label: Label(random.text()),
        weight: random.f64(true),
        photo: random.option(Random::bytes),
        is_paid: random.bool(),
    }
}

fn visit(random: &mut Random) -> Visit {
    Visit {
        at: random.option(|random| random.chrono(-4711, 9999).and_utc()),
        day: random.chrono_date(-4712, 9999),
        cost: random.option(Random::decimal),
        took: PgInterval { months: random.between(-99, 99) as i32, days: 7, microseconds: random.i64() },
        extra: Json(random.json(3, false)),
        id: random.option(Random::uuid),
    }
}

fn trip(random: &mut Random) -> Trip {
    Trip {
        first: random.option(stay),
        stays: random.list(stay),
        seasons: random.list(|random| random.option(|random| random.of(&SEASONS))),
        notes: random.list(|random| random.option(Random::text)),
    }
}

#[tokio::test]
async fn declared_types_are_what_postgresql_says() {
    let Some(mut check) = Check::new("declared").await else { return };
    check
        .run(
            "CREATE TYPE rt_season AS ENUM ('spring', 'it''s \"hot\", {so}', '(ümlaut)');
             CREATE DOMAIN rt_amount AS int8;
             CREATE DOMAIN rt_label AS text;
             CREATE TYPE rt_stay AS
                (season rt_season, amount rt_amount, label rt_label, weight float8, photo bytea, is_paid bool);
             CREATE TYPE rt_trip AS (first rt_stay, stays rt_stay[], seasons rt_season[], notes text[])",
        )
        .await;
    check.show("rt_season", Season::Spring).await;
    check.show("rt_amount", Amount(0)).await;
    check.show("rt_label", Label(String::new())).await;
    check.show("rt_stay", None::<Stay>).await;
    check.show("rt_trip", None::<Trip>).await;
    check.check(Kind::json("rt_season"), |random| random.of(&SEASONS)).await;
    check
        .check(Kind::json("rt_season[]"), |random| random.list(|random| random.option(|random| random.of(&SEASONS))))
        .await;
    check.check(Kind::json("rt_amount"), |random| Amount(random.i64())).await;
    check.check(Kind::json("rt_label"), |random| Label(random.text())).await;
    check.check(Kind::json("rt_stay").as_text("to_json(v::text)"), stay).await;
    check.check(Kind::json("rt_stay[]").as_text("to_json(v::text[])"), |random| random.list(stay)).await;
    check.check(Kind::json("rt_trip").as_text("to_json(v::text)"), trip).await;
    more_declared(&mut check).await;
    check.tally.finish(at_least::POSTGRES_DECLARED);
}

async fn more_declared(check: &mut Check) {
    check
        .run(
            "CREATE TYPE rt_visit AS (at timestamptz, day date, cost numeric, took interval, extra jsonb, id uuid);
             CREATE DOMAIN rt_scores AS float8[];
             CREATE TYPE rt_span AS RANGE (subtype = float8);
             CREATE TYPE \"Rt Odd\" AS ENUM ('ONE', 'TWO')",
        )
        .await;
    check.show("rt_visit", None::<Visit>).await;
    check.show("rt_scores", None::<Scores>).await;
    check.show("rt_span", None::<Span>).await;
    check.show("\"Rt Odd\"", None::<Odd>).await;
    let parts = "CASE WHEN v IS DISTINCT FROM NULL THEN json_build_object('at', (v).at::text, 'day', (v).day::text,
                 'cost', (v).cost::text, 'took', (v).took::text, 'extra', (v).extra, 'id', (v).id::text) END";
    check.check(Kind::json("rt_visit").made_by(parts).as_text("to_json(v::text)"), visit).await;
    check.check(Kind::json("rt_amount[]"), |random| random.list(|random| Amount(random.i64()))).await;
    check
        .check(Kind::json("rt_scores"), |random| Scores(random.list(|random| random.option(|random| random.f64(true)))))
        .await;
    check
        .check(Kind::text("rt_span"), |random| {
            let (a, b) = (random.f64(false), random.f64(false));
            Span(PgRange { start: Bound::Included(a.min(b)), end: Bound::Included(a.max(b)) })
        })
        .await;
    // A name is recorded as the program writes it.
    check.check(Kind::json("\"Rt Odd\""), |random| random.of(&[Odd::One, Odd::Two])).await;
    let snapshot = Kind::json("pg_snapshot").made_by("to_json('\\x' || encode(pg_snapshot_send(v), 'hex'))");
    check
        .check(snapshot.as_text("to_json(v::text)"), |random| {
            let first = random.between(1, 1000);
            let last = first + random.between(0, 1000);
            Snapshot([&0_i32.to_be_bytes()[..], &first.to_be_bytes(), &last.to_be_bytes()].concat())
        })
        .await;
    let words = Kind::json("tsvector").made_by("to_json('\\x' || encode(tsvectorsend(v), 'hex'))");
    check.returned(words.as_text("to_json(v::text)"), |random| format!("a:{} b", 1 + random.below(99))).await;
}

#[tokio::test]
async fn types_of_extensions_are_what_postgresql_says() {
    // Extensions belong to a database.
    let Some(options) = server::postgres_database("roundtrip_extensions").await else { return };
    let mut check = Check::on(options).await;
    for extension in ["citext", "cube", "hstore", "ltree"] {
        let sql = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = $1)";
        let is_available: bool =
            sqlx::query_scalar(sql).bind(extension).fetch_one(&check.plain).await.expect("the catalogue is there");
        if !is_available {
            continue;
        }
        check.run(&format!("CREATE EXTENSION {extension}")).await;
        match extension {
            "citext" => check.check(Kind::text("citext"), |random| PgCiText(random.text())).await,
            "cube" => {
                check
                    .check(Kind::text("cube"), |random| {
                        let mut numbers = || (0..3).map(|_| random.f64(false)).collect::<Vec<_>>();
                        PgCube::MultiDimension(vec![numbers(), numbers()])
                    })
                    .await;
            }
            "hstore" => {
                let kind = Kind::json("hstore").made_by("hstore_to_json(v)").as_text("to_json(v::text)");
                check
                    .check(kind, |random| {
                        PgHstore(
                            random.list(|random| (random.text(), random.option(Random::text))).into_iter().collect(),
                        )
                    })
                    .await;
            }
            _ => {
                check
                    .check(Kind::text("ltree"), |random| {
                        PgLTree::try_from_iter(random.list(|random| format!("a_{}", random.below(99)))).expect("labels")
                    })
                    .await;
            }
        }
    }
}
