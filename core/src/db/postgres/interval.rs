//! `interval`, in PostgreSQL's own style: `EncodeInterval` of its `datetime.c`.

use std::fmt::Write as _;

use super::datetime::push_fraction;
use super::reader::Reader;

pub(super) fn interval(reader: &mut Reader<'_>) -> Option<String> {
    let (time, days, months) = (reader.i64()?, reader.i32()?, reader.i32()?);
    // PostgreSQL 17 has infinite intervals, and takes the last values on both sides for them.
    match (time, days, months) {
        (i64::MAX, i32::MAX, i32::MAX) => return Some("infinity".to_owned()),
        (i64::MIN, i32::MIN, i32::MIN) => return Some("-infinity".to_owned()),
        _ => {}
    }
    let mut out = String::new();
    // What follows a negative part needs its sign.
    let mut negative = false;
    for (value, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        if value != 0 {
            let space = if out.is_empty() { "" } else { " " };
            let sign = if negative && value > 0 { "+" } else { "" };
            let plural = if value == 1 { "" } else { "s" };
            let _ = write!(out, "{space}{sign}{value} {unit}{plural}");
            negative = value < 0;
        }
    }
    if time != 0 || out.is_empty() {
        let space = if out.is_empty() { "" } else { " " };
        let sign = match time {
            ..0 => "-",
            _ if negative => "+",
            _ => "",
        };
        let microseconds = time.unsigned_abs();
        let seconds = microseconds / 1_000_000;
        let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let _ = write!(out, "{space}{sign}{hours:02}:{minutes:02}:{seconds:02}");
        push_fraction(&mut out, i64::try_from(microseconds % 1_000_000).unwrap_or(0));
    }
    Some(out)
}
