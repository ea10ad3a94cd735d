//! Random values, with those at the edges of their types more often than chance has them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::{Value, json};
use sqlx::types::{BigDecimal, Decimal, Uuid, chrono, time};

/// Pieces of texts that have a meaning somewhere.
const PIECES: [&str; 40] = [
    "a", "B", "7", " ", "'", "''", "\"", "\\", "\\\\", "\\x41", "\\n", "{", "}", "[", "]", "(", ")", ",", ";", ":",
    "NULL", "null", "\n", "\r", "\t", "\u{1}", "\u{1b}", "\u{7f}", "\u{80}", "é", "ß", "漢", "🦀", "\u{2028}",
    "\u{feff}", "\u{301}", "%", "$1", "?", "--",
];

pub(super) struct Random(fastrand::Rng);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0.usize(..end)
    }

    pub(super) fn bool(&mut self) -> bool {
        self.0.bool()
    }

    /// One of them.
    pub(super) fn of<T: Clone>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())].clone()
    }

    /// From `start` to `end`, with both.
    pub(super) fn between(&mut self, start: i64, end: i64) -> i64 {
        match self.below(16) {
            0 => start,
            1 => end,
            _ => self.0.i64(start..=end),
        }
    }

    /// Of any length up to 64 bits.
    pub(super) fn i64(&mut self) -> i64 {
        match self.below(16) {
            0 => i64::MIN,
            1 => i64::MAX,
            2 => 0,
            3 => -1,
            _ => self.0.i64(..) >> self.below(64),
        }
    }

    pub(super) fn u64(&mut self) -> u64 {
        match self.below(8) {
            0 => u64::MAX,
            1 => i64::MAX as u64 + 1,
            _ => self.0.u64(..) >> self.below(64),
        }
    }

    /// With the edges of the narrower type, which this is cut to.
    pub(super) fn int(&mut self, min: i64, max: i64) -> i64 {
        match self.below(4) {
            0 => self.between(min, max),
            _ => self.i64().clamp(min, max),
        }
    }

    /// Of any bits, and short decimals; NaN and infinities where they are allowed.
    pub(super) fn f64(&mut self, special: bool) -> f64 {
        let value = match self.below(12) {
            0 => self.of(&[0.0, -0.0, 1.0, -1.0, f64::MAX, f64::MIN, f64::MIN_POSITIVE, f64::EPSILON]),
            1 => self.of(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY]),
            2 => f64::from_bits(self.below(1 << 20) as u64),
            3..6 => self.between(-1_000_000, 1_000_000) as f64 / self.of(&[1.0, 10.0, 1000.0]),
            6 => self.i64() as f64,
            _ => f64::from_bits(self.0.u64(..)),
        };
        if special || value.is_finite() { value } else { 0.5 }
    }

    pub(super) fn f32(&mut self, special: bool) -> f32 {
        let value = match self.below(12) {
            0 => self.of(&[0.0, -0.0, 1.0, -1.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE, f32::EPSILON]),
            1 => self.of(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
            2 => f32::from_bits(self.0.u32(..1 << 20)),
            3..6 => self.between(-100_000, 100_000) as f32 / self.of(&[1.0, 10.0, 1000.0]),
            6 => self.i64() as f32,
            _ => f32::from_bits(self.0.u32(..)),
        };
        if special || value.is_finite() { value } else { 0.5 }
    }

    /// Without NUL, which PostgreSQL does not take.
    pub(super) fn text(&mut self) -> String {
        let length = if self.below(16) == 0 { self.below(100) } else { self.below(9) };
        (0..length).map(|_| self.piece()).collect()
    }

    fn piece(&mut self) -> String {
        if self.below(4) == 0 { self.char().to_string() } else { self.of(&PIECES).to_owned() }
    }

    /// Any character but NUL.
    fn char(&mut self) -> char {
        self.0.char('\u{1}'..)
    }

    pub(super) fn text_with_nul(&mut self) -> String {
        let mut text = self.text();
        for _ in 0..self.below(3) {
            text.push('\0');
            text.push_str(&self.piece());
        }
        text
    }

    pub(super) fn bytes(&mut self) -> Vec<u8> {
        let length = if self.below(16) == 0 { self.below(300) } else { self.below(20) };
        (0..length).map(|_| self.0.u8(..)).collect()
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| if self.below(4) == 0 { 0 } else { self.0.u8(..) })
    }

    /// None to four of them; an empty list has no dimension.
    pub(super) fn list<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(5)).map(|_| make(self)).collect()
    }

    pub(super) fn option<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(4) != 0).then(|| make(self))
    }

    pub(super) fn uuid(&mut self) -> Uuid {
        Uuid::from_bytes(self.array())
    }

    pub(super) fn decimal(&mut self) -> Decimal {
        let digits = self.0.i128(..) >> (32 + self.below(96));
        let scale = self.below(29) as u32;
        Decimal::try_from_i128_with_scale(digits, scale).unwrap_or(Decimal::MAX)
    }

    /// Of so many digits and decimal places at most.
    pub(super) fn big_decimal(&mut self, digits: usize, scale: usize) -> BigDecimal {
        let mut text = String::from(if self.bool() { "-" } else { "" });
        for _ in 0..=self.below(digits) {
            // Groups of zeros are left out of what is sent.
            text.push(if self.below(3) == 0 { self.of(&['1', '5', '9']) } else { '0' });
        }
        let exponent = -(self.below(scale + 1) as i64);
        format!("{text}e{exponent}").parse().expect("a number")
    }

    /// JSON with nested lists and objects. `exact` leaves floating-point numbers out.
    pub(super) fn json(&mut self, depth: usize, exact: bool) -> Value {
        match self.below(if depth == 0 { 7 } else { 10 }) {
            0 => Value::Null,
            1 => self.bool().into(),
            2 => self.i64().into(),
            3 => self.u64().into(),
            4 if exact => 7.into(),
            // PostgreSQL and MySQL do not keep the sign of zero.
            4 => (self.f64(false) + 0.0).into(),
            5 | 6 => self.text().into(),
            7 | 8 => Value::Array(self.list(|random| random.json(depth - 1, exact))),
            _ => {
                let members = self.list(|random| (random.text(), random.json(depth - 1, exact)));
                json!(members.into_iter().collect::<std::collections::BTreeMap<_, _>>())
            }
        }
    }

    pub(super) fn ipv4(&mut self) -> Ipv4Addr {
        self.array::<4>().into()
    }

    pub(super) fn ipv6(&mut self) -> Ipv6Addr {
        let words: [u16; 8] = std::array::from_fn(|_| match self.below(4) {
            0 | 1 => 0,
            2 => self.of(&[1, 0xffff, 0x64]),
            _ => self.0.u16(..),
        });
        words.into()
    }

    pub(super) fn ip(&mut self) -> IpAddr {
        if self.bool() { self.ipv4().into() } else { self.ipv6().into() }
    }

    /// A year, mostly a near one, and a day in it.
    fn day(&mut self, from: i32, to: i32) -> (i32, u16) {
        let (from, to) = if self.below(4) == 0 { (from, to) } else { (from.max(1890), to.min(2110)) };
        (self.between(from.into(), to.into()) as i32, self.between(1, 365) as u16)
    }

    pub(super) fn chrono_date(&mut self, from: i32, to: i32) -> chrono::NaiveDate {
        let (year, day) = self.day(from, to);
        chrono::NaiveDate::from_yo_opt(year, day.into()).expect("a date")
    }

    /// To the nanosecond.
    pub(super) fn chrono_time(&mut self) -> chrono::NaiveTime {
        let (seconds, nanoseconds) = (self.between(0, 86_399), self.nanoseconds());
        chrono::NaiveTime::from_num_seconds_from_midnight_opt(seconds as u32, nanoseconds).expect("a time")
    }

    fn nanoseconds(&mut self) -> u32 {
        match self.below(4) {
            0 => 0,
            1 => self.between(0, 999) as u32 * 1_000_000,
            2 => self.between(0, 999_999) as u32 * 1_000,
            _ => self.between(0, 999_999_999) as u32,
        }
    }

    pub(super) fn chrono(&mut self, from: i32, to: i32) -> chrono::NaiveDateTime {
        self.chrono_date(from, to).and_time(self.chrono_time())
    }

    pub(super) fn chrono_zoned(&mut self, from: i32, to: i32) -> chrono::DateTime<chrono::FixedOffset> {
        let offset = chrono::FixedOffset::east_opt(self.offset()).expect("an offset");
        self.chrono(from, to).and_utc().with_timezone(&offset)
    }

    /// Seconds east of UTC, mostly whole hours or quarters.
    pub(super) fn offset(&mut self) -> i32 {
        let (count, seconds) = self.of(&[(14, 3600), (55, 900), (57_000, 1)]);
        self.between(-count, count) as i32 * seconds
    }

    pub(super) fn time_date(&mut self, from: i32, to: i32) -> time::Date {
        let (year, day) = self.day(from, to);
        time::Date::from_ordinal_date(year, day).expect("a date")
    }

    pub(super) fn time_time(&mut self) -> time::Time {
        let seconds = self.between(0, 86_399);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        time::Time::from_hms_nano(hour as u8, minute as u8, second as u8, self.nanoseconds()).expect("a time")
    }

    pub(super) fn time(&mut self, from: i32, to: i32) -> time::PrimitiveDateTime {
        time::PrimitiveDateTime::new(self.time_date(from, to), self.time_time())
    }

    pub(super) fn time_zoned(&mut self, from: i32, to: i32) -> time::OffsetDateTime {
        let offset = time::UtcOffset::from_whole_seconds(self.offset()).expect("an offset");
        self.time(from, to).assume_offset(offset)
    }
}
