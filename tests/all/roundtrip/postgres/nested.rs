//! Values that hold others: JSON, ranges, arrays.

use std::fmt::Debug;
use std::ops::Bound;

use diesel::pg::Pg;
use diesel::serialize::ToSql;
use diesel::sql_types::{self as sql, Array, HasSqlType, Multirange, Nullable, Range};
use serde_json::Value;
use sqlx::postgres::types::{Oid, PgRange};
use sqlx::types::Json;
use sqlx::types::mac_address::MacAddress;

use super::super::values::Random;
use super::raw::{Raw, Theirs, names};
use super::{Check, Kind};

names!(Int4array = "_int4", Lsnarray = "_pg_lsn");

/// JSON that is kept as it is written; sqlx takes a value for that which the server takes apart.
#[derive(sqlx::Type)]
#[sqlx(type_name = "json")]
struct Written(Json<Value>);

type Bounds<T> = (Bound<T>, Bound<T>);

#[tokio::test]
async fn json_and_ranges_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("json_and_ranges").await else { return };
    check.check::<sql::Jsonb, _>(Kind::json("jsonb"), |r| r.json(4)).await;
    let written = |value: &Value| Written(Json(value.clone()));
    check.check_both::<sql::Json, _, _>(Kind::json("json"), |r| r.json(4), written).await;
    check.ranges::<sql::Int4, _>("int4range", |r| r.between(i32::MIN.into(), i64::from(i32::MAX) - 1) as i32).await;
    check.ranges::<sql::Int8, _>("int8range", |r| r.i64().min(i64::MAX - 1)).await;
    check.ranges::<sql::Numeric, _>("numrange", |r| r.decimal(30, 30)).await;
    check.ranges::<sql::Date, _>("daterange", |r| r.date(-4712, 9999)).await;
    check.ranges::<sql::Timestamp, _>("tsrange", |r| r.moment(-4711, 9999)).await;
    check.ranges::<sql::Timestamptz, _>("tstzrange", |r| r.zoned(-4711, 9999).to_utc()).await;
    check.tally.finish(8);
}

#[tokio::test]
async fn multiranges_are_what_postgresql_says() {
    let Some(mut check) = Check::new("multiranges").await else { return };
    let int = |random: &mut Random| random.between(-1000, 1000);
    check.multiranges::<sql::Int4, _>("int4multirange", |r| int(r) as i32).await;
    check.multiranges::<sql::Int8, _>("int8multirange", int).await;
    check.multiranges::<sql::Numeric, _>("nummultirange", |r| r.decimal(9, 9)).await;
    check.multiranges::<sql::Date, _>("datemultirange", |r| r.date(-4712, 9999)).await;
    check.multiranges::<sql::Timestamp, _>("tsmultirange", |r| r.moment(-4711, 9999)).await;
    check.multiranges::<sql::Timestamptz, _>("tstzmultirange", |r| r.moment(-4711, 9999).and_utc()).await;
    check.tally.finish(6);
}

impl Check {
    /// The server brings bounds of whole numbers and days into one form, and calls ranges without anything in them empty.
    async fn ranges<ST, T>(&mut self, ty: &str, make: impl Fn(&mut Random) -> T)
    where
        Pg: HasSqlType<Range<ST>>,
        ST: Send + 'static,
        T: ToSql<ST, Pg> + Clone + Debug + PartialOrd + Send + Sync + 'static,
        PgRange<T>: for<'q> sqlx::Encode<'q, sqlx::Postgres> + sqlx::Type<sqlx::Postgres>,
    {
        let theirs = |range: &Bounds<T>| PgRange { start: range.0.clone(), end: range.1.clone() };
        self.check_both::<Range<ST>, _, _>(Kind::text(ty).read_as(ty), |random| range(random, &make), theirs).await;
    }

    /// sqlx 0.9 fails with an error where one is bound.
    async fn multiranges<ST, T>(&mut self, ty: &str, make: impl Fn(&mut Random) -> T)
    where
        Pg: HasSqlType<Multirange<ST>>,
        ST: Send + 'static,
        T: ToSql<ST, Pg> + Clone + Debug + PartialOrd + Send + 'static,
    {
        let many = |random: &mut Random| random.list(|random| range(random, &make));
        let kind = Kind::text(ty).read_as(ty).not_by_sqlx();
        self.check_both::<Multirange<ST>, Vec<Bounds<T>>, i32>(kind, many, |_| 0).await;
    }
}

/// The smaller bound comes first, or both are one.
fn range<T: Clone + PartialOrd>(random: &mut Random, make: impl Fn(&mut Random) -> T) -> Bounds<T> {
    let (a, b) = (make(random), make(random));
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    let high = if random.rarely(8) { low.clone() } else { high };
    let bound = |random: &mut Random, value| match random.between(0, 4) {
        0 => Bound::Unbounded,
        1 | 2 => Bound::Included(value),
        _ => Bound::Excluded(value),
    };
    (bound(random, low), bound(random, high))
}

/// Elements that may be NULL.
fn options<T>(make: impl Fn(&mut Random) -> T + Copy) -> impl FnMut(&mut Random) -> Vec<Option<T>> {
    move |random| random.list(|random| random.option(make))
}

/// Each element as something else.
fn each<T, S>(of: impl Fn(&T) -> S) -> impl Fn(&Vec<Option<T>>) -> Vec<Option<S>> {
    move |list| list.iter().map(|element| element.as_ref().map(&of)).collect()
}

#[tokio::test]
async fn arrays_of_numbers_and_texts_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("arrays").await else { return };
    check.check::<Array<Nullable<sql::Bool>>, _>(Kind::json("bool[]"), options(Random::bool)).await;
    check.check::<Array<Nullable<sql::SmallInt>>, _>(Kind::json("int2[]"), options(|r| r.i64() as i16)).await;
    check.check::<Array<sql::Integer>, _>(Kind::json("int4[]"), |r| r.list(|r| r.i64() as i32)).await;
    check.check::<Array<Nullable<sql::BigInt>>, _>(Kind::json("int8[]"), options(Random::i64)).await;
    check.check::<Array<Nullable<sql::Float>>, _>(Kind::json("float4[]").single(), options(Random::any_f32)).await;
    check.check::<Array<Nullable<sql::Double>>, _>(Kind::json("float8[]"), options(Random::any_f64)).await;
    check.check::<Array<Nullable<sql::Numeric>>, _>(Kind::texts("numeric[]"), options(|r| r.decimal(30, 30))).await;
    check.check::<Array<Nullable<sql::Text>>, _>(Kind::json("text[]"), options(Random::text)).await;
    check.check::<Array<sql::Text>, _>(Kind::json("text[]"), |r| r.list(Random::text)).await;
    check.check::<Array<Nullable<sql::Binary>>, _>(Kind::json("bytea[]"), options(Random::bytes)).await;
    check.check::<Array<Nullable<sql::Jsonb>>, _>(Kind::json("jsonb[]"), options(|r| r.json(3))).await;
    let oids = Kind::json("oid[]").made_by("to_json(v::int8[])");
    let oid = options(|random| random.u64() as u32);
    check.check_both::<Array<Nullable<sql::Oid>>, _, _>(oids, oid, each(|oid| Oid(*oid))).await;
    check.tally.finish(12);
}

#[tokio::test]
async fn arrays_of_other_types_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("other_arrays").await else { return };
    check.check::<Array<Nullable<sql::Uuid>>, _>(Kind::texts("uuid[]"), options(Random::uuid)).await;
    check.check::<Array<Nullable<sql::Date>>, _>(Kind::texts("date[]"), options(|r| r.date(-4712, 9999))).await;
    check.check::<Array<Nullable<sql::Time>>, _>(Kind::texts("time[]"), options(Random::time_time)).await;
    check
        .check::<Array<Nullable<sql::Timestamp>>, _>(Kind::texts("timestamp[]"), options(|r| r.moment(-4711, 9999)))
        .await;
    let zoned = options(|random| random.zoned(-4710, 9998));
    check.check::<Array<Nullable<sql::Timestamptz>>, _>(Kind::texts("timestamptz[]"), zoned).await;
    check.check::<Array<Nullable<sql::Inet>>, _>(Kind::json("inet[]"), options(Random::network)).await;
    let mac = options(|random| random.array::<6>());
    let theirs = each(|mac: &[u8; 6]| MacAddress::new(*mac));
    check.check_both::<Array<Nullable<sql::MacAddr>>, _, _>(Kind::texts("macaddr[]"), mac, theirs).await;
    // None is empty, so that the server has no other form for them.
    let ranges = |random: &mut Random| {
        random.list(|random| {
            let low = random.between(-1000, 1000) as i32;
            (Bound::Included(low), Bound::Excluded(low + 1 + random.between(0, 1000) as i32))
        })
    };
    let theirs =
        |ranges: &Vec<Bounds<i32>>| ranges.iter().map(|r| PgRange { start: r.0, end: r.1 }).collect::<Vec<_>>();
    check.check_both::<Array<Range<sql::Int4>>, _, _>(Kind::texts("int4range[]"), ranges, theirs).await;
    // Neither library makes arrays with two dimensions, and both send them.
    let matrix = Kind::json("int4[]").named("int4[]", "_int4");
    check.check_both::<Array<sql::Integer>, _, _>(matrix, matrix_of_ints, Theirs::<Int4array>::of).await;
    check
        .check_both::<Array<sql::PgLsn>, _, _>(
            Kind::texts("pg_lsn[]").named("pg_lsn[]", "_pg_lsn"),
            lsns,
            Theirs::<Lsnarray>::of,
        )
        .await;
    check.tally.finish(10);
}

fn array_head(dimensions: &[usize], element: i32) -> Vec<u8> {
    let lengths = dimensions.iter().flat_map(|length| [*length as i32, 1]);
    [dimensions.len() as i32, 1, element].into_iter().chain(lengths).flat_map(i32::to_be_bytes).collect()
}

fn matrix_of_ints(random: &mut Random) -> Raw {
    let (height, width) = (random.between(1, 3) as usize, random.between(1, 3) as usize);
    let mut bytes = array_head(&[height, width], 23);
    for _ in 0..height * width {
        match random.option(|random| random.i64() as i32) {
            None => bytes.extend((-1_i32).to_be_bytes()),
            Some(value) => bytes.extend([4, value].into_iter().flat_map(i32::to_be_bytes)),
        }
    }
    Raw(bytes)
}

fn lsns(random: &mut Random) -> Raw {
    let count = random.between(1, 3) as usize;
    let mut bytes = array_head(&[count], 3220);
    for _ in 0..count {
        bytes.extend(8_i32.to_be_bytes());
        bytes.extend(random.u64().to_be_bytes());
    }
    Raw(bytes)
}
