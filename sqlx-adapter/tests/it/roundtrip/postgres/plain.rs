//! Values that hold no others.

use std::time::Duration;

use sqlx::postgres::types::{
    Oid, PgBox, PgCircle, PgInterval, PgLSeg, PgLine, PgMoney, PgPath, PgPoint, PgPolygon, PgTimeTz,
};
use sqlx::types::ipnet::{IpNet, Ipv4Net, Ipv6Net};
use sqlx::types::ipnetwork::{IpNetwork, Ipv4Network, Ipv6Network};
use sqlx::types::mac_address::MacAddress;
use sqlx::types::{BitVec, chrono, time};

use super::super::at_least;
use super::super::values::Random;
use super::{Check, Kind};

/// The first year is 4713 BC; `chrono` has no later ones than 262,142.
const YEARS: (i32, i32) = (-4712, 262_142);

/// The years that the crate `time` has.
const TIME_YEARS: (i32, i32) = (-4712, 9999);

#[tokio::test]
async fn numbers_are_what_postgresql_says() {
    let Some(mut check) = Check::new("numbers").await else { return };
    check.check(Kind::json("bool"), Random::bool).await;
    check.check(Kind::json("int2"), |random| random.int(i16::MIN.into(), i16::MAX.into()) as i16).await;
    check.check(Kind::json("int4"), |random| random.int(i32::MIN.into(), i32::MAX.into()) as i32).await;
    check.check(Kind::json("int8"), Random::i64).await;
    check.check(Kind::json("float4").single(), |random| random.f32(true)).await;
    check.check(Kind::json("float8"), |random| random.f64(true)).await;
    check.check(Kind::text("numeric"), Random::decimal).await;
    check.check(Kind::text("numeric"), |random| random.big_decimal(60, 80)).await;
    let oid = Kind::json("oid").made_by("to_json(v::int8)");
    check.check(oid, |random| Oid(random.int(0, u32::MAX.into()) as u32)).await;
    let money = Kind::text("money");
    check.check(money, |random| PgMoney(random.i64())).await;
    let special = |random: &mut Random| match random.below(4) {
        0 => random.of(&["NaN", "Infinity", "-Infinity"]).to_owned(),
        _ => format!("{}e{}", random.i64(), random.between(-300, 300)),
    };
    check.returned(Kind::text("numeric"), special).await;
    check.returned(Kind::json("xid8").made_by("to_json(v::text::numeric)"), |random| random.u64().to_string()).await;
    check.tally.finish(at_least::POSTGRES_NUMBERS);
}

#[tokio::test]
async fn texts_and_bytes_are_what_postgresql_says() {
    let Some(mut check) = Check::new("texts").await else { return };
    check.check(Kind::json("text"), Random::text).await;
    check.check(Kind::json("text").column("varchar"), |random| random.text().into_boxed_str()).await;
    check.check(Kind::json("bytea"), Random::bytes).await;
    // Others are no text: the type has one byte.
    check.check(Kind::text("char").column("\"char\""), |random| random.between(0, 127) as i8).await;
    // Blanks at the end are cut off by the cast to text and not by the protocol.
    let padded = Kind::text("bpchar").column("char(300)").made_by("to_json(rpad(v::text, 300))");
    check.returned(padded, |random| random.text().chars().take(300).collect()).await;
    check.returned(Kind::text("name"), |random| random.text().chars().take(15).collect()).await;
    check.returned(Kind::text("xml"), |random| format!("<a b='{}'/>", random.i64())).await;
    check.tally.finish(at_least::POSTGRES_TEXTS);
}

#[tokio::test]
async fn dates_and_times_are_what_postgresql_says() {
    let Some(mut check) = Check::new("times").await else { return };
    check.check(Kind::text("date"), |random| random.chrono_date(YEARS.0, YEARS.1)).await;
    check.check(Kind::text("date"), |random| random.time_date(TIME_YEARS.0, TIME_YEARS.1)).await;
    check.check(Kind::text("time"), Random::chrono_time).await;
    check.check(Kind::text("time"), Random::time_time).await;
    check.check(Kind::text("timestamp"), |random| random.chrono(YEARS.0, YEARS.1)).await;
    check.check(Kind::text("timestamp"), |random| random.time(TIME_YEARS.0 + 1, TIME_YEARS.1 - 1)).await;
    let zoned = |random: &mut Random| random.chrono_zoned(YEARS.0 + 1, YEARS.1 - 1);
    check.check(Kind::text("timestamptz"), zoned).await;
    check.check(Kind::text("timestamptz"), move |random| zoned(random).to_utc()).await;
    check.check(Kind::text("timestamptz"), |random| random.time_zoned(TIME_YEARS.0 + 1, TIME_YEARS.1 - 1)).await;
    let offset = |random: &mut Random| chrono::FixedOffset::east_opt(random.offset()).expect("an offset");
    check
        .check(Kind::text("timetz"), move |random| PgTimeTz { time: random.chrono_time(), offset: offset(random) })
        .await;
    let offset = |random: &mut Random| time::UtcOffset::from_whole_seconds(random.offset()).expect("an offset");
    check
        .check(Kind::text("timetz"), move |random| PgTimeTz { time: random.time_time(), offset: offset(random) })
        .await;
    check.check(Kind::text("interval"), interval).await;
    check.check(Kind::text("interval"), |random| Duration::from_micros(random.u64() >> 2)).await;
    check
        .check(Kind::text("interval"), |random| {
            let moment =
                |random: &mut Random| chrono::DateTime::from_timestamp_micros(random.i64() >> 12).expect("it is near");
            moment(random) - moment(random)
        })
        .await;
    check
        .check(Kind::text("interval"), |random| {
            let nanoseconds = i128::from(random.i64() >> 8) * 1000;
            let moment = time::OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).expect("it is near");
            moment - time::OffsetDateTime::UNIX_EPOCH
        })
        .await;
    let infinite =
        |random: &mut Random| random.of(&["infinity", "-infinity", "5874897-12-31", "0001-01-01 BC"]).to_owned();
    check.returned(Kind::text("date"), infinite).await;
    let infinite =
        |random: &mut Random| random.of(&["infinity", "-infinity", "294276-12-31 23:59:59.999999"]).to_owned();
    check.returned(Kind::text("timestamp"), infinite).await;
    check.returned(Kind::text("timestamptz"), infinite).await;
    check.returned(Kind::text("time"), |random| random.of(&["24:00", "23:59:59.9999999", "0:0"]).to_owned()).await;
    check.tally.finish(at_least::POSTGRES_TIMES);
}

#[tokio::test]
async fn uuids_addresses_bits_and_shapes_are_what_postgresql_says() {
    let Some(mut check) = Check::new("others").await else { return };
    check.check(Kind::text("uuid"), Random::uuid).await;
    // The cast to text always has the bits of the network, and the text that the server sends has not.
    check.check(Kind::json("inet"), network).await;
    check.check(Kind::json("inet"), net).await;
    check.check(Kind::json("inet"), Random::ip).await;
    check.returned(Kind::text("cidr"), |random| network_address(net(random)).to_string()).await;
    check.check(Kind::text("macaddr"), |random| MacAddress::new(random.array())).await;
    check.returned(Kind::text("macaddr8"), |random| MacAddress::new(random.array()).to_string()).await;
    check
        .check(Kind::text("varbit"), |random| {
            random.list(Random::bytes).concat().iter().map(|b| b & 1 == 1).collect::<BitVec>()
        })
        .await;
    check.returned(Kind::text("bit").column("bit(13)"), |random| format!("{:013b}", random.below(1 << 13))).await;
    check.returned(Kind::text("pg_lsn"), |random| format!("{:X}/{:X}", random.u64() >> 32, random.u64() >> 32)).await;
    let number = |random: &mut Random| random.f64(true);
    check.check(Kind::text("point"), move |random| PgPoint { x: number(random), y: number(random) }).await;
    check
        .check(Kind::text("line"), |random| PgLine {
            a: 1.0 + random.below(9) as f64,
            b: random.f64(false),
            c: random.f64(true),
        })
        .await;
    let lseg = move |random: &mut Random| PgLSeg {
        start_x: number(random),
        start_y: number(random),
        end_x: number(random),
        end_y: number(random),
    };
    check.check(Kind::text("lseg"), lseg).await;
    let rectangle = move |random: &mut Random| PgBox {
        upper_right_x: number(random),
        upper_right_y: number(random),
        lower_left_x: number(random),
        lower_left_y: number(random),
    };
    check.check(Kind::text("box"), rectangle).await;
    let points = move |random: &mut Random| {
        (0..=random.below(4)).map(|_| PgPoint { x: number(random), y: number(random) }).collect::<Vec<_>>()
    };
    check.check(Kind::text("path"), move |random| PgPath { closed: random.bool(), points: points(random) }).await;
    check.check(Kind::text("polygon"), move |random| PgPolygon { points: points(random) }).await;
    let circle =
        move |random: &mut Random| PgCircle { x: number(random), y: number(random), radius: random.f64(false).abs() };
    check.check(Kind::text("circle"), circle).await;
    check.tally.finish(at_least::POSTGRES_OTHERS);
}

fn interval(random: &mut Random) -> PgInterval {
    let int = |random: &mut Random| random.int(i32::MIN.into(), i32::MAX.into()) as i32;
    let (months, days) = match random.below(4) {
        // The last values on both sides together are infinite, from PostgreSQL 17 on.
        0 => (0, random.of(&[0, 1, -1])),
        1 => (random.between(-30, 30) as i32, random.between(-40, 40) as i32),
        _ => (int(random), int(random).clamp(i32::MIN + 1, i32::MAX - 1)),
    };
    PgInterval { months, days, microseconds: random.i64() }
}

fn network(random: &mut Random) -> IpNetwork {
    if random.bool() {
        Ipv4Network::new(random.ipv4(), random.between(0, 32) as u8).expect("a network").into()
    } else {
        Ipv6Network::new(random.ipv6(), random.between(0, 128) as u8).expect("a network").into()
    }
}

fn net(random: &mut Random) -> IpNet {
    if random.bool() {
        Ipv4Net::new(random.ipv4(), random.between(0, 32) as u8).expect("a network").into()
    } else {
        Ipv6Net::new(random.ipv6(), random.between(0, 128) as u8).expect("a network").into()
    }
}

/// A network without an address in it, which is all that `cidr` takes.
fn network_address(net: IpNet) -> IpNet {
    net.trunc()
}
