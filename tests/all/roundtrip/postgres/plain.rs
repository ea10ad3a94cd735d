//! Values that hold no others.

use diesel::data_types::{PgDate, PgInterval, PgLsn, PgMoney, PgNumeric, PgTime, PgTimestamp};
use diesel::sql_types as sql;
use sqlx::postgres::types::{Oid, PgInterval as TheirInterval, PgMoney as TheirMoney};
use sqlx::types::chrono;
use sqlx::types::mac_address::MacAddress;

use super::super::values::Random;
use super::raw::{Raw, Theirs, names};
use super::{Check, Kind};

/// The first year is 4713 BC; `chrono` has no later ones than 262,142.
const YEARS: (i32, i32) = (-4712, 262_142);

/// The years that the crate `time` has.
const TIME_YEARS: (i32, i32) = (-4711, 9998);

names!(Numeric = "numeric", Date = "date", Time = "time", Timestamp = "timestamp");
names!(Timestamptz = "timestamptz", Timetz = "timetz", Cidr = "cidr", Macaddr8 = "macaddr8", Lsn = "pg_lsn");

/// Diesel has no type of this name.
#[derive(Clone, Copy, Debug, diesel::sql_types::SqlType)]
#[diesel(postgres_type(oid = 1266, array_oid = 1270))]
struct TimetzSql;

#[tokio::test]
async fn numbers_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("numbers").await else { return };
    check.check::<sql::Bool, _>(Kind::json("bool"), Random::bool).await;
    check.check::<sql::SmallInt, _>(Kind::json("int2"), |r| r.int(i16::MIN.into(), i16::MAX.into()) as i16).await;
    check.check::<sql::Integer, _>(Kind::json("int4"), |r| r.int(i32::MIN.into(), i32::MAX.into()) as i32).await;
    check.check::<sql::BigInt, _>(Kind::json("int8"), Random::i64).await;
    check.check::<sql::Float, _>(Kind::json("float4").single(), Random::any_f32).await;
    check.check::<sql::Double, _>(Kind::json("float8"), Random::any_f64).await;
    let oid = Kind::json("oid").made_by("to_json(v::int8)");
    check.check_both::<sql::Oid, _, _>(oid, |r| r.int(0, u32::MAX.into()) as u32, |oid| Oid(*oid)).await;
    check.check::<sql::Numeric, _>(Kind::text("numeric"), |r| r.decimal(40, 40)).await;
    check.check::<sql::Numeric, _>(Kind::text("numeric"), |r| r.decimal(300, 300)).await;
    check.check_both::<sql::Numeric, _, _>(Kind::text("numeric"), numeric, |n| Theirs::<Numeric>::new(&sent(n))).await;
    let money = Kind::text("money");
    check.check_both::<sql::Money, _, _>(money, |r| PgMoney(r.i64()), |money| TheirMoney(money.0)).await;
    let lsn = |random: &mut Random| PgLsn(random.u64());
    check.check_both::<sql::PgLsn, _, _>(Kind::text("pg_lsn"), lsn, |l| Theirs::<Lsn>::new(&l.0.to_be_bytes())).await;
    check.tally.finish(12);
}

/// Digits in groups of four, of which neither the first nor the last is zero, or none that is a number.
fn numeric(random: &mut Random) -> PgNumeric {
    if random.rarely(8) {
        return PgNumeric::NaN;
    }
    let mut digits = random.list(|random| random.between(0, 9999) as i16);
    digits.insert(0, random.between(1, 9999) as i16);
    digits.push(random.between(1, 9999) as i16);
    let weight = random.between(-20, 20) as i16;
    // As many decimal places as the groups take.
    let scale = (4 * (digits.len() as i16 - 1 - weight)).max(0) as u16;
    if random.bool() {
        PgNumeric::Positive { weight, scale, digits }
    } else {
        PgNumeric::Negative { weight, scale, digits }
    }
}

fn sent(numeric: &PgNumeric) -> Vec<u8> {
    let (sign, weight, scale, digits) = match numeric {
        PgNumeric::Positive { weight, scale, digits } => (0_u16, *weight, *scale, digits.as_slice()),
        PgNumeric::Negative { weight, scale, digits } => (0x4000, *weight, *scale, digits.as_slice()),
        PgNumeric::NaN => (0xc000, 0, 0, &[][..]),
    };
    let head = [(digits.len() as u16).to_be_bytes(), weight.to_be_bytes(), sign.to_be_bytes(), scale.to_be_bytes()];
    head.into_iter().chain(digits.iter().map(|digit| digit.to_be_bytes())).flatten().collect()
}

#[tokio::test]
async fn texts_and_bytes_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("texts").await else { return };
    check.check::<sql::Text, _>(Kind::json("text"), Random::text).await;
    check.check::<sql::VarChar, _>(Kind::json("varchar").named("text", "text"), Random::text).await;
    check.check::<sql::Binary, _>(Kind::json("bytea"), Random::bytes).await;
    // Others are no text: the type has one byte.
    let char = Kind::text("\"char\"").named("char", "char");
    check.check_both::<sql::CChar, _, _>(char, |r| r.between(0, 127) as u8, |byte| *byte as i8).await;
    check.tally.finish(4);
}

#[tokio::test]
async fn dates_and_times_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("times").await else { return };
    check.check::<sql::Date, _>(Kind::text("date"), |r| r.date(YEARS.0, YEARS.1)).await;
    check.check::<sql::Date, _>(Kind::text("date"), |r| r.time_date(TIME_YEARS.0, TIME_YEARS.1)).await;
    let date = |random: &mut Random| PgDate(random.of(&[i32::MAX, i32::MIN, 2_145_031_948, -2_451_545, 0]));
    check.check_both::<sql::Date, _, _>(Kind::text("date"), date, |d| Theirs::<Date>::new(&d.0.to_be_bytes())).await;
    check.check::<sql::Time, _>(Kind::text("time"), Random::time).await;
    check.check::<sql::Time, _>(Kind::text("time"), Random::time_time).await;
    let time = |random: &mut Random| PgTime(random.between(0, 86_400_000_000));
    check.check_both::<sql::Time, _, _>(Kind::text("time"), time, |t| Theirs::<Time>::new(&t.0.to_be_bytes())).await;
    let timetz = |random: &mut Random| {
        let (micros, west) = (random.between(0, 86_400_000_000), random.between(-57_599, 57_599) as i32);
        Raw([&micros.to_be_bytes()[..], &west.to_be_bytes()].concat())
    };
    check.check_both::<TimetzSql, _, _>(Kind::text("timetz"), timetz, Theirs::<Timetz>::of).await;
    check.tally.finish(7);
}

#[tokio::test]
async fn timestamps_and_intervals_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("timestamps").await else { return };
    check.check::<sql::Timestamp, _>(Kind::text("timestamp"), |r| r.moment(YEARS.0, YEARS.1)).await;
    check.check::<sql::Timestamp, _>(Kind::text("timestamp"), |r| r.time_moment(TIME_YEARS.0, TIME_YEARS.1)).await;
    let zoned = |random: &mut Random| random.zoned(YEARS.0 + 1, YEARS.1 - 1);
    check.check::<sql::Timestamptz, _>(Kind::text("timestamptz"), zoned).await;
    check.check::<sql::Timestamptz, _>(Kind::text("timestamptz"), move |r| zoned(r).to_utc()).await;
    check.check::<sql::Timestamptz, _>(Kind::text("timestamptz"), |r| r.time_zoned(TIME_YEARS.0, TIME_YEARS.1)).await;
    let moment = |random: &mut Random| {
        PgTimestamp(random.of(&[i64::MAX, i64::MIN, 9_223_371_331_199_999_999, -211_813_488_000_000_000, 0, -1]))
    };
    let bytes = |moment: &PgTimestamp| moment.0.to_be_bytes();
    check
        .check_both::<sql::Timestamp, _, _>(Kind::text("timestamp"), moment, |m| Theirs::<Timestamp>::new(&bytes(m)))
        .await;
    let kind = Kind::text("timestamptz");
    check.check_both::<sql::Timestamptz, _, _>(kind, moment, |m| Theirs::<Timestamptz>::new(&bytes(m))).await;
    check
        .check_both::<sql::Interval, _, _>(Kind::text("interval"), interval, |i| TheirInterval {
            months: i.months,
            days: i.days,
            microseconds: i.microseconds,
        })
        .await;
    // Diesel makes days of more hours, and sqlx does not.
    let since =
        |micros| chrono::DateTime::from_timestamp_micros(micros).expect("it is near") - chrono::DateTime::UNIX_EPOCH;
    let duration = move |random: &mut Random| since(random.between(-86_399_999_999, 86_399_999_999));
    check.check::<sql::Interval, _>(Kind::text("interval"), duration).await;
    check.tally.finish(9);
}

fn interval(random: &mut Random) -> PgInterval {
    let any = |random: &mut Random| random.int((i32::MIN + 1).into(), (i32::MAX - 1).into()) as i32;
    if random.bool() {
        PgInterval::new(random.i64(), random.between(-40, 40) as i32, random.between(-30, 30) as i32)
    } else {
        PgInterval::new(random.i64(), any(random), any(random))
    }
}

#[tokio::test]
async fn uuids_and_addresses_through_both_are_what_postgresql_says() {
    let Some(mut check) = Check::new("others").await else { return };
    check.check::<sql::Uuid, _>(Kind::text("uuid"), Random::uuid).await;
    // The cast to text always has the bits of the network, and the text that the server sends has not.
    check.check::<sql::Inet, _>(Kind::json("inet"), Random::network).await;
    let cidr = |network: &sqlx::types::ipnetwork::IpNetwork| {
        let (family, address) = match network.ip() {
            std::net::IpAddr::V4(ip) => (2, ip.octets().to_vec()),
            std::net::IpAddr::V6(ip) => (3, ip.octets().to_vec()),
        };
        Theirs::<Cidr>::new(&[&[family, network.prefix(), 1, address.len() as u8], &*address].concat())
    };
    // It takes no address in a network.
    let network = |random: &mut Random| {
        let network = random.network();
        sqlx::types::ipnetwork::IpNetwork::new(network.network(), network.prefix()).expect("a network")
    };
    check.check_both::<sql::Cidr, _, _>(Kind::text("cidr"), network, cidr).await;
    check
        .check_both::<sql::MacAddr, _, _>(Kind::text("macaddr"), |r| r.array::<6>(), |mac| MacAddress::new(*mac))
        .await;
    let mac = |random: &mut Random| random.array::<8>();
    check.check_both::<sql::MacAddr8, _, _>(Kind::text("macaddr8"), mac, |mac| Theirs::<Macaddr8>::new(mac)).await;
    check.tally.finish(5);
}
