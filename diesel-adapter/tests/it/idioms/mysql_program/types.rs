//! Values of MySQL: those that diesel knows, and a program's own enum.

use std::io::Write as _;

use bigdecimal::BigDecimal;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use diesel::connection::SimpleConnection as _;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::mysql::{Mysql, MysqlValue};
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types as st;

use super::{Conn, names};
use crate::account::{Account, idioms};

idioms!(values, a_table_of_them, wrong_values);

/// Sends a value as `$sql` and reads it as it comes back.
macro_rules! there_and_back {
    ($conn:ident, $saw:ident: $($sql:ty, $rust:ty = $value:expr;)*) => {$(
        let sent = AsExpression::<$sql>::as_expression($value);
        $saw.result(diesel::select(sent).get_result::<$rust>($conn));
    )*};
}

fn values(conn: &mut Conn, saw: &Account) {
    there_and_back! { conn, saw:
        st::TinyInt, i8 = i8::MIN;
        st::SmallInt, i16 = i16::MIN;
        st::Integer, i32 = i32::MAX;
        st::BigInt, i64 = i64::MIN;
        st::Unsigned<st::BigInt>, u64 = u64::MAX;
        st::Double, f64 = 1e-300;
        st::Bool, bool = true;
        st::Text, String = "it's \"ß日本\"\n\\";
        st::Text, String = "with\0nul";
        st::Binary, Vec<u8> = vec![0_u8, 255, 39];
        st::Nullable<st::Integer>, Option<i32> = None::<i32>;
    }
}

#[derive(diesel::sql_types::SqlType, diesel::query_builder::QueryId)]
#[diesel(mysql_type(name = "Enum"))]
pub struct MoodType;

#[derive(Clone, Copy, Debug, PartialEq, AsExpression, FromSqlRow)]
#[diesel(sql_type = MoodType)]
enum Mood {
    Good,
    Bad,
}

impl ToSql<MoodType, Mysql> for Mood {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Mysql>) -> serialize::Result {
        out.write_all(if *self == Self::Good { b"good" } else { b"bad" })?;
        Ok(IsNull::No)
    }
}

impl FromSql<MoodType, Mysql> for Mood {
    fn from_sql(value: MysqlValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes() {
            b"good" => Ok(Self::Good),
            b"bad" => Ok(Self::Bad),
            _ => Err("no mood of this program".into()),
        }
    }
}

diesel::table! {
    use super::MoodType;
    use diesel::sql_types::*;

    moods (id) {
        id -> Unsigned<BigInt>,
        mood -> MoodType,
        flag -> Bool,
        ratio -> Float,
        price -> Nullable<Numeric>,
        data -> Nullable<Json>,
        bytes -> Nullable<Blob>,
        day -> Date,
        hour -> Time,
        at -> Datetime,
        stamp -> Timestamp,
    }
}

const TABLE: &str = "CREATE TABLE moods (id BIGINT UNSIGNED PRIMARY KEY, mood ENUM ('good', 'bad', 'ugly') NOT NULL,
    flag BOOL NOT NULL, ratio FLOAT NOT NULL, price DECIMAL(20, 4), data JSON, bytes BLOB, day DATE NOT NULL,
    hour TIME NOT NULL, at DATETIME(6) NOT NULL, stamp TIMESTAMP(6) NOT NULL)";

#[derive(Clone, Debug, HasQuery, Insertable)]
#[diesel(table_name = moods, check_for_backend(Mysql))]
struct Row {
    id: u64,
    mood: Mood,
    flag: bool,
    ratio: f32,
    price: Option<BigDecimal>,
    data: Option<serde_json::Value>,
    bytes: Option<Vec<u8>>,
    day: NaiveDate,
    hour: NaiveTime,
    at: NaiveDateTime,
    stamp: NaiveDateTime,
}

fn row(id: u64, mood: Mood) -> Row {
    let at = chrono::DateTime::from_timestamp_micros(1_700_000_000_000_001).expect("a time").naive_utc();
    let some = mood == Mood::Good;
    Row {
        id,
        mood,
        flag: some,
        ratio: 0.1,
        price: some.then(|| "12345678901234.5600".parse().expect("a number")),
        data: some.then(|| serde_json::json!({ "a": [1, null, "it's"] })),
        bytes: some.then(|| vec![0, 255, 39]),
        day: at.date(),
        hour: NaiveTime::from_hms_opt(23, 59, 58).expect("a time"),
        at,
        stamp: at,
    }
}

fn a_table_of_them(conn: &mut Conn, saw: &Account) {
    saw.result(conn.batch_execute(TABLE));
    let rows = [row(1, Mood::Good), row(u64::MAX, Mood::Bad)];
    saw.result(diesel::insert_into(moods::table).values(&rows).execute(conn));
    saw.result(Row::query().order(moods::id).load(conn));
    saw.result(moods::table.filter(moods::mood.eq(Mood::Bad)).select(moods::id).load::<u64>(conn));
    saw.result(moods::table.filter(moods::at.eq(row(1, Mood::Good).at)).count().get_result::<i64>(conn));
    saw.result(diesel::update(moods::table.find(1)).set(moods::mood.eq(Mood::Bad)).execute(conn));
    let time = moods::table.select((moods::day, moods::at)).order(moods::id);
    saw.result(time.load::<(time::Date, time::PrimitiveDateTime)>(conn));
}

fn wrong_values(conn: &mut Conn, saw: &Account) {
    saw.result(conn.batch_execute(TABLE));
    saw.result(diesel::insert_into(moods::table).values(row(1, Mood::Good)).execute(conn));
    saw.result(conn.batch_execute("UPDATE moods SET mood = 'ugly'"));
    saw.result(Row::query().load(conn));
    saw.result(moods::table.select(moods::mood).load::<Mood>(conn));
    saw.result(diesel::sql_query("UPDATE moods SET mood = 'none'").execute(conn));
    saw.result(diesel::sql_query("UPDATE moods SET data = 'no json'").execute(conn));
    saw.result(diesel::sql_query("UPDATE moods SET day = '2026-02-30'").execute(conn));
    saw.result(names(conn));
}
