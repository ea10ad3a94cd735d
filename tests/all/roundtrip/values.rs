//! Random values of types that both libraries bind, those at the edges of a type more often than chance has them.

use std::net::IpAddr;

use serde_json::{Map, Value};
use sqlx::types::ipnetwork::IpNetwork;
use sqlx::types::{BigDecimal, Uuid, chrono, time};

/// What has a meaning in some language on the way.
const PIECES: [&str; 28] = [
    "a",
    "Z",
    "0",
    " ",
    "'",
    "\"",
    "\\",
    "\\x41",
    "{",
    "}",
    "[1]",
    "(",
    ")",
    ",",
    ", ",
    "NULL",
    "true",
    "Some(1)",
    "\n",
    "\r\n",
    "\t",
    "\u{1}",
    "\u{7f}",
    "ü",
    "漢",
    "🦀",
    "-- binds: [",
    "$1?",
];

pub(super) struct Random(fastrand::Rng);

#[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "PostgreSQL has the most types"))]
impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// One in so many times.
    pub(super) fn rarely(&mut self, count: usize) -> bool {
        self.0.usize(..count) == 0
    }

    pub(super) fn bool(&mut self) -> bool {
        self.0.bool()
    }

    pub(super) fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.0.usize(..values.len())].clone()
    }

    /// From `start` to `end`, with both.
    pub(super) fn between(&mut self, start: i64, end: i64) -> i64 {
        if self.rarely(8) { self.of(&[start, end]) } else { self.0.i64(start..=end) }
    }

    /// Of any length up to 64 bits.
    pub(super) fn i64(&mut self) -> i64 {
        if self.rarely(8) { self.of(&[i64::MIN, -1, 0, i64::MAX]) } else { self.0.i64(..) >> self.0.u32(..64) }
    }

    pub(super) fn u64(&mut self) -> u64 {
        self.i64() as u64
    }

    /// Near ones, and all others of a type that ends so.
    pub(super) fn int(&mut self, min: i64, max: i64) -> i64 {
        if self.bool() { self.i64().clamp(min, max) } else { self.between(min, max) }
    }

    /// Any that is a number.
    pub(super) fn f64(&mut self) -> f64 {
        let number = match self.0.u8(..4) {
            0 => self.of(&[0.0, 1.0, -1.0, 1e15, 1e16, f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, 0.1]),
            1 => self.between(-1_000_000, 1_000_000) as f64 / 1000.0,
            2 => self.i64() as f64,
            _ => f64::from_bits(self.0.u64(..)),
        };
        if number.is_finite() { number } else { 1.5 }
    }

    pub(super) fn f32(&mut self) -> f32 {
        let number = match self.0.u8(..4) {
            0 => self.of(&[0.0, 1.0, -1.0, 1e6, 1e7, f32::MAX, f32::MIN, f32::MIN_POSITIVE, 1e-45, 0.1]),
            1 => self.between(-100_000, 100_000) as f32 / 1000.0,
            2 => self.i64() as f32,
            _ => f32::from_bits(self.0.u32(..)),
        };
        if number.is_finite() { number } else { 1.5 }
    }

    /// Now and then none that is a number, or zero with a sign.
    pub(super) fn any_f64(&mut self) -> f64 {
        if self.rarely(6) { self.of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0]) } else { self.f64() }
    }

    /// As [`any_f64`](Self::any_f64).
    pub(super) fn any_f32(&mut self) -> f32 {
        if self.rarely(6) { self.of(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -0.0]) } else { self.f32() }
    }

    /// Without NUL, which PostgreSQL does not take.
    pub(super) fn text(&mut self) -> String {
        let most = if self.rarely(16) { 80 } else { 7 };
        let length = self.0.usize(..most);
        let mut text = String::new();
        for _ in 0..length {
            if self.rarely(4) {
                text.push(self.0.char('\u{1}'..))
            } else {
                text.push_str(self.0.choice(PIECES).unwrap_or_default())
            }
        }
        text
    }

    pub(super) fn text_with_nul(&mut self) -> String {
        let text = self.text();
        if self.rarely(4) { format!("{text}\0{}", self.text()) } else { text }
    }

    pub(super) fn bytes(&mut self) -> Vec<u8> {
        let most = if self.rarely(16) { 300 } else { 12 };
        let length = self.0.usize(..most);
        // What is a text, too, must not be taken for one.
        if self.rarely(4) { vec![b'A'; length] } else { (0..length).map(|_| self.0.u8(..)).collect() }
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| if self.rarely(4) { 0 } else { self.0.u8(..) })
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        Uuid::from_bytes(self.array())
    }

    /// None to four of them.
    pub(super) fn list<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.0.usize(..5)).map(|_| make(self)).collect()
    }

    pub(super) fn option<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (!self.rarely(4)).then(|| make(self))
    }

    /// Of so many digits and decimal places at most. Of zero sqlx sends no decimal places, and diesel all: there is none.
    pub(super) fn decimal(&mut self, digits: usize, scale: usize) -> BigDecimal {
        let mut text = String::from(if self.bool() { "-1" } else { "7" });
        for _ in 0..self.0.usize(..digits) {
            text.push(if self.bool() { '0' } else { self.0.digit(10) });
        }
        format!("{text}e-{}", self.0.usize(..=scale)).parse().expect("a number")
    }

    pub(super) fn json(&mut self, depth: usize) -> Value {
        match self.0.usize(..if depth == 0 { 6 } else { 9 }) {
            0 => Value::Null,
            1 => self.bool().into(),
            2 => self.i64().into(),
            3 => self.u64().into(),
            4 => self.f64().into(),
            5 | 6 => self.text().into(),
            7 => Value::Array(self.list(|random| random.json(depth - 1))),
            _ => Value::Object(Map::from_iter(self.list(|random| (random.text(), random.json(depth - 1))))),
        }
    }

    pub(super) fn network(&mut self) -> IpNetwork {
        let (address, bits): (IpAddr, _) =
            if self.bool() { (self.array::<4>().into(), 32) } else { (self.array::<16>().into(), 128) };
        IpNetwork::new(address, self.between(0, bits) as u8).expect("a network")
    }

    /// Mostly a near year, and a day in it.
    fn day(&mut self, from: i32, to: i32) -> (i32, u16) {
        let (from, to) = if self.rarely(3) { (from, to) } else { (from.max(1890), to.min(2110)) };
        (self.between(from.into(), to.into()) as i32, self.between(1, 365) as u16)
    }

    pub(super) fn date(&mut self, from: i32, to: i32) -> chrono::NaiveDate {
        let (year, day) = self.day(from, to);
        chrono::NaiveDate::from_yo_opt(year, day.into()).expect("a date")
    }

    /// To the microsecond, which is what databases keep.
    fn micros(&mut self) -> u32 {
        if self.bool() { self.between(0, 999_999) as u32 } else { self.between(0, 999) as u32 * 1000 }
    }

    pub(super) fn time(&mut self) -> chrono::NaiveTime {
        let (seconds, nanos) = (self.between(0, 86_399) as u32, self.micros() * 1000);
        chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds, nanos).expect("a time")
    }

    pub(super) fn moment(&mut self, from: i32, to: i32) -> chrono::NaiveDateTime {
        self.date(from, to).and_time(self.time())
    }

    pub(super) fn zoned(&mut self, from: i32, to: i32) -> chrono::DateTime<chrono::FixedOffset> {
        let offset = self.between(-56, 56) as i32 * 900;
        self.moment(from, to).and_utc().with_timezone(&chrono::FixedOffset::east_opt(offset).expect("an offset"))
    }

    /// The same with the other library.
    pub(super) fn time_date(&mut self, from: i32, to: i32) -> time::Date {
        let (year, day) = self.day(from, to);
        time::Date::from_ordinal_date(year, day).expect("a date")
    }

    pub(super) fn time_time(&mut self) -> time::Time {
        let seconds = self.between(0, 86_399);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        time::Time::from_hms_micro(hour as u8, minute as u8, second as u8, self.micros()).expect("a time")
    }

    pub(super) fn time_moment(&mut self, from: i32, to: i32) -> time::PrimitiveDateTime {
        time::PrimitiveDateTime::new(self.time_date(from, to), self.time_time())
    }

    pub(super) fn time_zoned(&mut self, from: i32, to: i32) -> time::OffsetDateTime {
        let offset = self.between(-56, 56) as i32 * 900;
        self.time_moment(from, to).assume_offset(time::UtcOffset::from_whole_seconds(offset).expect("an offset"))
    }
}
