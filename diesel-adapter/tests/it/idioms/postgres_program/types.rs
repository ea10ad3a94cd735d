//! Values of PostgreSQL: those that diesel knows, and a program's own enum and composite.

use std::io::Write as _;

use bigdecimal::BigDecimal;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use diesel::connection::SimpleConnection as _;
use diesel::data_types::{PgInterval, PgNumeric};
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::dsl::sql;
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql, WriteTuple};
use diesel::sql_types as st;
use ipnetwork::IpNetwork;
use std::ops::Bound;
use uuid::Uuid;

use super::{Conn, names};
use crate::account::{Account, idioms};

idioms!(numbers, texts_and_bytes, times, arrays, json, networks_and_uuids, ranges, enums, composites, a_table_of_them);

/// Sends a value as `$sql` and reads it as it comes back.
macro_rules! there_and_back {
    ($conn:ident, $saw:ident: $($sql:ty, $rust:ty = $value:expr;)*) => {$(
        let sent = AsExpression::<$sql>::as_expression($value);
        $saw.result(diesel::select(sent).get_result::<$rust>($conn));
    )*};
}

fn numbers(conn: &mut Conn, saw: &Account) {
    there_and_back! { conn, saw:
        st::SmallInt, i16 = i16::MIN;
        st::Integer, i32 = i32::MAX;
        st::BigInt, i64 = i64::MIN;
        st::Float, f32 = 0.1_f32;
        st::Double, f64 = f64::NEG_INFINITY;
        st::Double, f64 = 1e-300;
        st::Bool, bool = true;
        st::Oid, u32 = u32::MAX;
        st::Nullable<st::Integer>, Option<i32> = None::<i32>;
        st::Numeric, BigDecimal = "-12345678901234567890.000123400".parse::<BigDecimal>().expect("a number");
        st::Numeric, BigDecimal = BigDecimal::from(0);
    }
    saw.result(diesel::select(sql::<st::Numeric>("'NaN'::numeric")).get_result::<PgNumeric>(conn));
    saw.result(diesel::select(sql::<st::Numeric>("'NaN'::numeric")).get_result::<BigDecimal>(conn));
    saw.result(diesel::select(sql::<st::Money>("'12.34'::money")).get_result::<diesel::data_types::Cents>(conn));
}

fn texts_and_bytes(conn: &mut Conn, saw: &Account) {
    there_and_back! { conn, saw:
        st::Text, String = "it's \"ß日本\"\n\\";
        st::Text, String = String::new();
        st::Text, String = "with\0nul";
        st::Binary, Vec<u8> = vec![0_u8, 255, 39];
        st::Binary, Vec<u8> = &b""[..];
        st::Nullable<st::Text>, Option<String> = Some("some");
        st::CChar, u8 = b'x';
    }
    let large = "x".repeat(200_000);
    let sent = AsExpression::<st::Text>::as_expression(&large);
    saw.result(diesel::select(sent).get_result::<String>(conn).map(|text| text.len()));
}

fn times(conn: &mut Conn, saw: &Account) {
    let date = NaiveDate::from_ymd_opt(2026, 2, 28).expect("a date");
    let time = NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).expect("a time");
    let at = NaiveDateTime::new(date, time);
    let utc: DateTime<Utc> = at.and_utc();
    there_and_back! { conn, saw:
        st::Date, NaiveDate = date;
        st::Time, NaiveTime = time;
        st::Timestamp, NaiveDateTime = at;
        st::Timestamptz, DateTime<Utc> = utc;
        st::Date, time::Date = time::macros::date!(1969 - 12 - 31);
        st::Timestamp, time::PrimitiveDateTime = time::macros::datetime!(1999-12-31 23:59:59.000001);
        st::Timestamptz, time::OffsetDateTime = time::macros::datetime!(2026-01-02 03:04:05 +2);
        st::Timestamp, std::time::SystemTime = std::time::SystemTime::UNIX_EPOCH;
        st::Interval, PgInterval = PgInterval::new(1, 2, 3);
    }
    saw.result(diesel::select(sql::<st::Timestamp>("'infinity'::timestamp")).get_result::<NaiveDateTime>(conn));
}

fn arrays(conn: &mut Conn, saw: &Account) {
    there_and_back! { conn, saw:
        st::Array<st::Integer>, Vec<i32> = vec![1, 2, 3];
        st::Array<st::Text>, Vec<String> = vec!["a", "b,c", "\"{}"];
        st::Array<st::Nullable<st::Text>>, Vec<Option<String>> = vec![Some("x"), None];
        st::Array<st::Integer>, Vec<i32> = Vec::<i32>::new();
        st::Nullable<st::Array<st::BigInt>>, Option<Vec<i64>> = None::<Vec<i64>>;
    }
    let any = sql::<st::Array<st::Integer>>("ARRAY[1, NULL]");
    saw.result(diesel::select(any).get_result::<Vec<i32>>(conn));
    let numbers = AsExpression::<st::Array<st::Integer>>::as_expression(vec![1, 2, 3]);
    let some = AsExpression::<st::Array<st::Integer>>::as_expression(vec![2]);
    saw.result(diesel::select(numbers.contains(some)).get_result::<bool>(conn));
}

fn json(conn: &mut Conn, saw: &Account) {
    let value = serde_json::json!({ "a": [1, null, { "b": "it's" }], "c": 1.5 });
    there_and_back! { conn, saw:
        st::Json, serde_json::Value = value.clone();
        st::Jsonb, serde_json::Value = value.clone();
        st::Jsonb, serde_json::Value = serde_json::Value::Null;
    }
    let sent = AsExpression::<st::Jsonb>::as_expression(value);
    saw.result(diesel::select(sent.clone().retrieve_as_object("a")).get_result::<serde_json::Value>(conn));
    saw.result(diesel::select(sent.has_key("c")).get_result::<bool>(conn));
}

fn networks_and_uuids(conn: &mut Conn, saw: &Account) {
    there_and_back! { conn, saw:
        st::Uuid, Uuid = Uuid::from_u128(7);
        st::Inet, IpNetwork = "10.0.0.1/8".parse::<IpNetwork>().expect("a network");
        st::Inet, IpNetwork = "fe80::1/64".parse::<IpNetwork>().expect("a network");
        st::MacAddr, [u8; 6] = [1_u8, 2, 3, 4, 5, 255];
    }
}

fn ranges(conn: &mut Conn, saw: &Account) {
    there_and_back! { conn, saw:
        st::Range<st::Integer>, (Bound<i32>, Bound<i32>) = (Bound::Included(1), Bound::Excluded(5));
        st::Range<st::Integer>, (Bound<i32>, Bound<i32>) = (Bound::Unbounded, Bound::Excluded(5));
    }
}

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "mood"))]
pub struct MoodType;

#[derive(Clone, Copy, Debug, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = MoodType)]
enum Mood {
    Good,
    Bad,
}

impl ToSql<MoodType, Pg> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(if *self == Self::Good { b"good" } else { b"bad" })?;
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, Pg> for Mood {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            b"good" => Ok(Self::Good),
            b"bad" => Ok(Self::Bad),
            _ => Err("no mood of this program".into()),
        }
    }
}

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(postgres_type(name = "place"))]
pub struct PlaceType;

#[derive(Clone, Debug, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = PlaceType)]
struct Place {
    street: String,
    number: Option<i32>,
}

impl ToSql<PlaceType, Pg> for Place {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        WriteTuple::<(st::Text, st::Nullable<st::Integer>)>::write_tuple(
            &(&*self.street, self.number),
            &mut out.reborrow(),
        )
    }
}

impl FromSql<PlaceType, Pg> for Place {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let (street, number) = FromSql::<st::Record<(st::Text, st::Nullable<st::Integer>)>, Pg>::from_sql(value)?;
        Ok(Self { street, number })
    }
}

const OWN_TYPES: &str =
    "CREATE TYPE mood AS ENUM ('good', 'bad', 'ugly'); CREATE TYPE place AS (street TEXT, number INT)";

fn enums(conn: &mut Conn, saw: &Account) {
    // A type that is not there yet, and then is.
    saw.result(diesel::select(AsExpression::<MoodType>::as_expression(Mood::Good)).get_result::<Mood>(conn));
    saw.result(conn.batch_execute(OWN_TYPES));
    there_and_back! { conn, saw:
        MoodType, Mood = Mood::Good;
        st::Nullable<MoodType>, Option<Mood> = None::<Mood>;
        st::Array<MoodType>, Vec<Mood> = vec![Mood::Bad, Mood::Good];
    }
    saw.result(diesel::select(sql::<MoodType>("'ugly'::mood")).get_result::<Mood>(conn));
    saw.result(diesel::sql_query("SELECT $1").bind::<MoodType, _>(Mood::Bad).execute(conn));
    saw.result(names(conn));
}

fn composites(conn: &mut Conn, saw: &Account) {
    saw.result(conn.batch_execute(OWN_TYPES));
    let place = Place { street: "a, \"b\"".to_owned(), number: None };
    there_and_back! { conn, saw:
        PlaceType, Place = &place;
        PlaceType, Place = Place { street: String::new(), number: Some(7) };
        st::Nullable<PlaceType>, Option<Place> = Some(&place);
    }
    saw.result(
        diesel::select(sql::<st::Record<(st::Text, st::Integer)>>("('x', 1)")).get_result::<(String, i32)>(conn),
    );
    saw.result(diesel::select(sql::<PlaceType>("NULL::place")).get_result::<Place>(conn));
}

diesel::table! {
    use super::{MoodType, PlaceType};
    use diesel::sql_types::*;

    moods (id) {
        id -> Uuid,
        mood -> MoodType,
        place -> Nullable<PlaceType>,
        tags -> Array<Text>,
        data -> Jsonb,
        price -> Numeric,
        at -> Timestamptz,
    }
}

#[derive(Clone, Debug, HasQuery, Insertable)]
#[diesel(table_name = moods, check_for_backend(Pg))]
struct Row {
    id: Uuid,
    mood: Mood,
    place: Option<Place>,
    tags: Vec<String>,
    data: serde_json::Value,
    price: BigDecimal,
    at: DateTime<Utc>,
}

fn a_table_of_them(conn: &mut Conn, saw: &Account) {
    let table = "CREATE TABLE moods (id UUID PRIMARY KEY, mood MOOD NOT NULL, place PLACE, tags TEXT[] NOT NULL,
                 data JSONB NOT NULL, price NUMERIC(10, 2) NOT NULL, at TIMESTAMPTZ NOT NULL)";
    saw.result(conn.batch_execute(&format!("{OWN_TYPES}; {table}")));
    let row = |id, mood| Row {
        id: Uuid::from_u128(id),
        mood,
        place: (mood == Mood::Good).then(|| Place { street: "Elm".to_owned(), number: Some(1) }),
        tags: vec!["a".to_owned(), "b c".to_owned()],
        data: serde_json::json!({ "id": id.to_string() }),
        price: "12.34".parse().expect("a number"),
        at: DateTime::from_timestamp_micros(1_700_000_000_000_001).expect("a time"),
    };
    let rows = [row(1, Mood::Good), row(2, Mood::Bad)];
    saw.result(diesel::insert_into(moods::table).values(&rows).execute(conn));
    saw.result(diesel::insert_into(moods::table).values(row(3, Mood::Good)).get_result::<Row>(conn));
    saw.result(Row::query().filter(moods::mood.eq(Mood::Good)).order(moods::id).load(conn));
    saw.result(moods::table.filter(moods::mood.eq_any([Mood::Bad])).select(moods::id).load::<Uuid>(conn));
    saw.result(moods::table.filter(moods::tags.contains(vec!["a"])).count().get_result::<i64>(conn));
    let changed = diesel::update(moods::table.find(Uuid::from_u128(2))).set(moods::mood.eq(Mood::Good));
    saw.result(changed.returning(moods::mood).get_result::<Mood>(conn));
}
