//! Types that programs and extensions declare, which diesel knows by their names alone.
//!
//! sqlx learns what they are, and what it learned holds for the process: the names here are those of no other test.

use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql, WriteTuple};
use diesel::sql_types::{self as sql, Array, Nullable, SqlType};
use sqlx::postgres::types::{PgCiText, PgHstore};

use super::super::values::Random;
use super::raw::{Raw, Theirs, names};
use super::{Check, Kind};
use crate::server;

names!(Span = "both_span", Snapshot = "pg_snapshot");

/// What diesel knows of each type.
mod known {
    use super::SqlType;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "both_season"))]
    pub(super) struct Season;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "both_amount"))]
    pub(super) struct Amount;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "both_label"))]
    pub(super) struct Label;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "both_photo"))]
    pub(super) struct Photo;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "both_stay"))]
    pub(super) struct Stay;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "both_trip"))]
    pub(super) struct Trip;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "both_span"))]
    pub(super) struct Span;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "pg_snapshot"))]
    pub(super) struct Snapshot;

    #[derive(SqlType)]
    #[diesel(postgres_type(name = "hstore"))]
    pub(super) struct Hstore;
}

#[derive(Clone, Copy, Debug, sqlx::Type)]
#[sqlx(type_name = "both_season", rename_all = "snake_case")]
enum Season {
    Spring,
    #[sqlx(rename = "it's \"hot\", {so}")]
    Hot,
    #[sqlx(rename = "(ümlaut)")]
    Umlaut,
}

const SEASONS: [Season; 3] = [Season::Spring, Season::Hot, Season::Umlaut];

impl Season {
    fn label(self) -> &'static str {
        match self {
            Self::Spring => "spring",
            Self::Hot => "it's \"hot\", {so}",
            Self::Umlaut => "(ümlaut)",
        }
    }
}

#[derive(Clone, Debug, sqlx::Type)]
#[sqlx(type_name = "both_amount")]
struct Amount(i64);

#[derive(Clone, Debug, sqlx::Type)]
#[sqlx(type_name = "both_label")]
struct Label(String);

#[derive(Clone, Debug, sqlx::Type)]
#[sqlx(type_name = "both_photo")]
struct Photo(Vec<u8>);

#[derive(Clone, Debug, sqlx::Type)]
#[sqlx(type_name = "both_stay")]
struct Stay {
    season: Season,
    amount: Option<Amount>,
    label: Label,
    weight: f64,
    photo: Option<Vec<u8>>,
    is_paid: bool,
}

#[derive(Clone, Debug, sqlx::Type)]
#[sqlx(type_name = "both_trip")]
struct Trip {
    first: Option<Stay>,
    stays: Vec<Stay>,
    seasons: Vec<Season>,
    notes: Vec<Option<String>>,
}

/// As another type writes itself.
macro_rules! written_as {
    ($($rust:ty, $declared:ty, $value:ident => $written:expr);* $(;)?) => {
        $(
            impl ToSql<$declared, Pg> for $rust {
                fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                    let $value = self;
                    std::io::Write::write_all(out, $written.as_ref())?;
                    Ok(IsNull::No)
                }
            }
        )*
    };
}

written_as! {
    Season, known::Season, season => season.label();
    Amount, known::Amount, amount => amount.0.to_be_bytes();
    Label, known::Label, label => label.0;
    Photo, known::Photo, photo => photo.0;
}

impl ToSql<known::Stay, Pg> for Stay {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        type Fields =
            (known::Season, Nullable<known::Amount>, known::Label, sql::Double, Nullable<sql::Binary>, sql::Bool);
        let Self { season, amount, label, weight, photo, is_paid } = self.clone();
        WriteTuple::<Fields>::write_tuple(&(season, amount, label, weight, photo, is_paid), &mut out.reborrow())
    }
}

impl ToSql<known::Trip, Pg> for Trip {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        type Fields = (Nullable<known::Stay>, Array<known::Stay>, Array<known::Season>, Array<Nullable<sql::Text>>);
        let Self { first, stays, seasons, notes } = self.clone();
        WriteTuple::<Fields>::write_tuple(&(first, stays, seasons, notes), &mut out.reborrow())
    }
}

fn stay(random: &mut Random) -> Stay {
    Stay {
        season: random.of(&SEASONS),
        amount: random.option(|random| Amount(random.i64())),
        label: Label(random.text()),
        weight: random.any_f64(),
        photo: random.option(Random::bytes),
        is_paid: random.bool(),
    }
}

fn trip(random: &mut Random) -> Trip {
    Trip {
        first: random.option(stay),
        stays: random.list(stay),
        seasons: random.list(|random| random.of(&SEASONS)),
        notes: random.list(|random| random.option(Random::text)),
    }
}

#[tokio::test]
async fn declared_types_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("declared").await else { return };
    check.run(
        "CREATE TYPE both_season AS ENUM ('spring', 'it''s \"hot\", {so}', '(ümlaut)');
         CREATE DOMAIN both_amount AS int8;
         CREATE DOMAIN both_label AS text;
         CREATE DOMAIN both_photo AS bytea;
         CREATE TYPE both_stay AS
            (season both_season, amount both_amount, label both_label, weight float8, photo bytea, is_paid bool);
         CREATE TYPE both_trip AS (first both_stay, stays both_stay[], seasons both_season[], notes text[]);
         CREATE TYPE both_span AS RANGE (subtype = float8)",
    );
    let season = |random: &mut Random| random.of(&SEASONS);
    check.check::<known::Season, _>(Kind::json("both_season"), season).await;
    let seasons = |random: &mut Random| random.list(|random| random.option(season));
    check.check::<Array<Nullable<known::Season>>, _>(Kind::json("both_season[]"), seasons).await;
    check.check::<known::Amount, _>(Kind::json("both_amount"), |random| Amount(random.i64())).await;
    check.check::<known::Label, _>(Kind::json("both_label"), |random| Label(random.text())).await;
    check.check::<known::Photo, _>(Kind::json("both_photo"), |random| Photo(random.bytes())).await;
    let photos = |random: &mut Random| random.list(|random| Photo(random.bytes()));
    check.check::<Array<known::Photo>, _>(Kind::json("both_photo[]"), photos).await;
    check.check::<known::Stay, _>(Kind::json("both_stay"), stay).await;
    check.check::<Array<known::Stay>, _>(Kind::json("both_stay[]"), |random| random.list(stay)).await;
    check.check::<known::Trip, _>(Kind::json("both_trip"), trip).await;
    let snapshot = |random: &mut Random| {
        let first = random.between(1, 1000);
        let last = first + random.between(0, 1000);
        Raw([&0_i32.to_be_bytes()[..], &first.to_be_bytes(), &last.to_be_bytes()].concat())
    };
    let kind = Kind::json("pg_snapshot").made_by("to_json('\\x' || encode(pg_snapshot_send(v), 'hex'))");
    check.check_both::<known::Snapshot, _, _>(kind, snapshot, Theirs::<Snapshot>::of).await;
    let span = |random: &mut Random| {
        let (a, b) = (random.f64(), random.f64());
        let bound = |number: f64| [&8_i32.to_be_bytes()[..], &number.to_be_bytes()].concat();
        // Both bounds are included.
        Raw([&[6][..], &bound(a.min(b)), &bound(a.max(b))].concat())
    };
    check.check_both::<known::Span, _, _>(Kind::text("both_span"), span, Theirs::<Span>::of).await;
    check.tally.finish(11);
}

#[tokio::test]
async fn types_of_extensions_through_both_are_what_postgresql_says() {
    // Extensions belong to a database.
    let Some(url) = server::postgres_database("both_extensions") else { return };
    let mut check = Check::at(&url).await;
    check.run("CREATE EXTENSION citext; CREATE EXTENSION hstore");
    let theirs = |text: &String| PgCiText(text.clone());
    check.check_both::<sql::Citext, _, _>(Kind::text("citext"), Random::text, theirs).await;
    let pairs = |random: &mut Random| {
        PgHstore(random.list(|random| (random.text(), random.option(Random::text))).into_iter().collect())
    };
    let kind = Kind::json("hstore").made_by("hstore_to_json(v)");
    check.check_both::<known::Hstore, _, _>(kind, |random| Hstore(pairs(random)), |pairs| pairs.0.clone()).await;
    check.tally.finish(2);
}

/// Diesel has no such type; this writes it as the extension's `hstore_recv` reads it.
#[derive(Clone, Debug)]
struct Hstore(PgHstore);

impl ToSql<known::Hstore, Pg> for Hstore {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let text = |text: &str| [&(text.len() as i32).to_be_bytes()[..], text.as_bytes()].concat();
        let mut bytes = (self.0.len() as i32).to_be_bytes().to_vec();
        for (key, value) in &self.0.0 {
            bytes.extend(text(key));
            bytes.extend(value.as_ref().map_or((-1_i32).to_be_bytes().to_vec(), |value| text(value)));
        }
        std::io::Write::write_all(out, &bytes)?;
        Ok(IsNull::No)
    }
}
