//! Values that hold others: JSON, ranges, arrays.

use std::fmt::Debug;
use std::ops::Bound;

use sqlx::postgres::types::{Oid, PgInterval, PgRange};
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo};
use sqlx::types::mac_address::MacAddress;
use sqlx::types::{BigDecimal, BitVec, Json};
use sqlx::{Encode, Postgres, Type};

use super::super::at_least;
use super::super::values::Random;
use super::{Check, Kind};

/// JSON that is kept as it is written; `Json` is that which the server takes apart.
#[derive(sqlx::Type)]
#[sqlx(type_name = "json")]
struct Written(Json<serde_json::Value>);

#[tokio::test]
async fn json_and_ranges_are_what_postgresql_says() {
    let Some(mut check) = Check::new("json_and_ranges").await else { return };
    check.check(Kind::json("jsonb"), |random| Json(random.json(4, false))).await;
    check.check(Kind::json("jsonb"), |random| random.json(2, false)).await;
    check.check(Kind::json("json"), |random| Written(Json(random.json(4, false)))).await;
    // The server brings bounds of whole numbers and days into one form, and calls ranges without anything in them empty.
    check
        .check(Kind::text("int4range").read_as("int4range"), |random| {
            range(random, |random| random.between(i32::MIN.into(), i64::from(i32::MAX) - 1) as i32)
        })
        .await;
    check
        .check(Kind::text("int8range").read_as("int8range"), |random| {
            range(random, |random| random.i64().min(i64::MAX - 1))
        })
        .await;
    check.check(Kind::text("numrange").read_as("numrange"), |random| range(random, Random::decimal)).await;
    check
        .check(Kind::text("numrange").read_as("numrange"), |random| range(random, |random| random.big_decimal(30, 30)))
        .await;
    check
        .check(Kind::text("daterange").read_as("daterange"), |random| {
            range(random, |random| random.chrono_date(-4712, 9999))
        })
        .await;
    check
        .check(Kind::text("daterange").read_as("daterange"), |random| {
            range(random, |random| random.time_date(-4712, 9999))
        })
        .await;
    check
        .check(Kind::text("tsrange").read_as("tsrange"), |random| range(random, |random| random.chrono(-4711, 9999)))
        .await;
    check
        .check(Kind::text("tsrange").read_as("tsrange"), |random| range(random, |random| random.time(-4711, 9999)))
        .await;
    check
        .check(Kind::text("tstzrange").read_as("tstzrange"), |random| {
            range(random, |random| random.chrono_zoned(-4711, 9999))
        })
        .await;
    check
        .check(Kind::text("tstzrange").read_as("tstzrange"), |random| {
            range(random, |random| random.time_zoned(-4711, 9998))
        })
        .await;
    check.tally.finish(at_least::POSTGRES_JSON_AND_RANGES);
}

/// The smaller bound comes first; `Excluded` and `Unbounded` come, too.
fn range<T: Clone + Debug + PartialOrd>(random: &mut Random, mut make: impl FnMut(&mut Random) -> T) -> PgRange<T> {
    let (a, b) = (make(random), make(random));
    let (low, high) = if a <= b { (a, b) } else { (b, a) };
    let high = if random.below(8) == 0 { low.clone() } else { high };
    let bound = |random: &mut Random, value| match random.below(5) {
        0 => Bound::Unbounded,
        1 | 2 => Bound::Included(value),
        _ => Bound::Excluded(value),
    };
    PgRange { start: bound(random, low), end: bound(random, high) }
}

/// Bytes of an array with more dimensions than sqlx makes.
struct Matrix(Vec<Vec<Option<i32>>>);

impl Type<Postgres> for Matrix {
    fn type_info() -> PgTypeInfo {
        <Vec<i32> as Type<Postgres>>::type_info()
    }
}

impl Encode<'_, Postgres> for Matrix {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        let length = |length: usize| i32::try_from(length).expect("it is small");
        let width = self.0.first().map_or(0, Vec::len);
        for head in [2, 1, 23, length(self.0.len()), 1, length(width), -5] {
            buffer.extend(head.to_be_bytes());
        }
        for value in self.0.iter().flatten() {
            buffer.extend(value.map_or(-1, |_| 4_i32).to_be_bytes());
            buffer.extend(value.iter().flat_map(|value| value.to_be_bytes()));
        }
        Ok(sqlx::encode::IsNull::No)
    }
}

#[tokio::test]
async fn arrays_are_what_postgresql_says() {
    let Some(mut check) = Check::new("arrays").await else { return };
    fn options<T>(make: impl Fn(&mut Random) -> T + Copy) -> impl FnMut(&mut Random) -> Vec<Option<T>> {
        move |random| random.list(|random| random.option(make))
    }
    check.check(Kind::json("bool[]"), options(Random::bool)).await;
    check.check(Kind::json("int2[]"), options(|random| random.i64() as i16)).await;
    check.check(Kind::json("int4[]"), |random| random.list(|random| random.i64() as i32)).await;
    check.check(Kind::json("int8[]"), options(Random::i64)).await;
    check.check(Kind::json("float4[]").single(), options(|random| random.f32(true))).await;
    check.check(Kind::json("float8[]"), options(|random| random.f64(true))).await;
    check.check(Kind::json("text[]"), options(Random::text)).await;
    check.check(Kind::json("text[]"), |random| random.list(Random::text)).await;
    check.check(Kind::json("bytea[]"), options(Random::bytes)).await;
    check.check(Kind::json("jsonb[]"), options(|random| Json(random.json(3, false)))).await;
    check.check(Kind::texts("uuid[]"), options(Random::uuid)).await;
    check.check(Kind::texts("numeric[]"), options(Random::decimal)).await;
    check.check(Kind::texts("numeric[]"), options(|random| random.big_decimal(30, 30))).await;
    check.check(Kind::texts("date[]"), options(|random| random.chrono_date(-4712, 9999))).await;
    check.check(Kind::texts("time[]"), options(Random::time_time)).await;
    check.check(Kind::texts("timestamp[]"), options(|random| random.time(-4711, 9999))).await;
    check.check(Kind::texts("timestamptz[]"), options(|random| random.chrono_zoned(-4711, 9999))).await;
    let interval = |random: &mut Random| PgInterval {
        months: random.i64() as i32,
        days: random.i64() as i32,
        microseconds: random.i64(),
    };
    check.check(Kind::texts("interval[]"), options(interval)).await;
    check.check(Kind::json("inet[]"), options(Random::ip)).await;
    check.check(Kind::texts("macaddr[]"), options(|random| MacAddress::new(random.array()))).await;
    check.check(Kind::texts("varbit[]"), options(|random| BitVec::from_bytes(&random.bytes()))).await;
    check.check(Kind::json("oid[]").made_by("to_json(v::int8[])"), options(|random| Oid(random.u64() as u32))).await;
    // None is empty, so that the server has no other form for them.
    let num = |random: &mut Random| {
        let low = random.between(-1000, 1000);
        let high = BigDecimal::from(low + 1 + random.between(0, 1000));
        PgRange { start: Bound::Included(low.into()), end: Bound::Excluded(high) }
    };
    check.check(Kind::texts("numrange[]"), options(num)).await;
    check
        .check(Kind::json("int4[]"), |random| {
            let width = 1 + random.below(3);
            Matrix(
                (0..=random.below(3))
                    .map(|_| (0..width).map(|_| random.option(|random| random.i64() as i32)).collect())
                    .collect(),
            )
        })
        .await;
    check.returned(Kind::json("int4[]"), |random| format!("[{0}:{0}][2:3]={{{{1,{0}}}}}", random.below(9))).await;
    check.returned(Kind::texts("box[]"), |random| format!("{{(1,{}),(0,0);NULL}}", random.below(9))).await;
    check.tally.finish(at_least::POSTGRES_ARRAYS);
}
