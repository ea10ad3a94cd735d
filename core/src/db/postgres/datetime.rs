//! Dates and times, as PostgreSQL's `datetime.c` prints them in its ISO style.

use std::fmt::Write as _;

use super::reader::Reader;

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// The first day that is a date, 4714-11-24 BC, and the first that is none, counted from 2000-01-01.
const DATES: std::ops::Range<i64> = -2_451_545..2_147_483_494 - 2_451_545;
/// The same for timestamps, in microseconds: PostgreSQL's `MIN_TIMESTAMP` and `END_TIMESTAMP`.
const TIMESTAMPS: std::ops::Range<i64> = -211_813_488_000_000_000..9_223_371_331_200_000_000;
/// Zones are less than so many seconds away from UTC: `TZDISP_LIMIT`.
const ZONE_LIMIT: u32 = 16 * 3600;

/// Days since 2000-01-01.
pub(super) fn date(reader: &mut Reader<'_>) -> Option<String> {
    match reader.i32()? {
        i32::MAX => Some("infinity".to_owned()),
        i32::MIN => Some("-infinity".to_owned()),
        days if DATES.contains(&i64::from(days)) => {
            let mut out = String::with_capacity(16);
            let bc = push_date(&mut out, days.into());
            out.push_str(bc);
            Some(out)
        }
        _ => None,
    }
}

/// Microseconds since midnight.
pub(super) fn time(reader: &mut Reader<'_>) -> Option<String> {
    let mut out = String::with_capacity(24);
    let time = reader.i64().filter(|time| (0..=DAY).contains(time))?;
    push_time(&mut out, time);
    Some(out)
}

/// A time, and how many seconds its zone is west of UTC.
pub(super) fn timetz(reader: &mut Reader<'_>) -> Option<String> {
    let mut out = time(reader)?;
    let zone = reader.i32().filter(|zone| zone.unsigned_abs() < ZONE_LIMIT)?;
    let east = zone.unsigned_abs();
    let (hours, minutes, seconds) = (east / 3600, east / 60 % 60, east % 60);
    let _ = write!(out, "{}{hours:02}", if zone <= 0 { '+' } else { '-' });
    if minutes != 0 || seconds != 0 {
        let _ = write!(out, ":{minutes:02}");
    }
    if seconds != 0 {
        let _ = write!(out, ":{seconds:02}");
    }
    Some(out)
}

/// Microseconds since 2000-01-01, with what is written for the zone.
pub(super) fn timestamp(reader: &mut Reader<'_>, zone: &str) -> Option<String> {
    match reader.i64()? {
        i64::MAX => Some("infinity".to_owned()),
        i64::MIN => Some("-infinity".to_owned()),
        time if TIMESTAMPS.contains(&time) => {
            let mut out = String::with_capacity(32);
            let bc = push_date(&mut out, time.div_euclid(DAY));
            out.push(' ');
            push_time(&mut out, time.rem_euclid(DAY));
            out.push_str(zone);
            out.push_str(bc);
            Some(out)
        }
        _ => None,
    }
}

/// Appends a date without the mark of years before the first, which comes at the end and is returned.
fn push_date(out: &mut String, days: i64) -> &'static str {
    let (year, month, day) = civil(days);
    let (year, bc) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    let _ = write!(out, "{year:04}-{month:02}-{day:02}");
    bc
}

/// Appends a time of day.
fn push_time(out: &mut String, time: i64) {
    let seconds = time / SECOND;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    push_fraction(out, time % SECOND);
}

/// Appends a fraction of so many microseconds, without the zeros at its end.
pub(super) fn push_fraction(out: &mut String, microseconds: i64) {
    if microseconds != 0 {
        let _ = write!(out, ".{microseconds:06}");
        out.truncate(out.trim_end_matches('0').len());
    }
}

/// Year, month and day of the Gregorian calendar, from days since 2000-01-01. Years before the first are 0, -1, ...
fn civil(days: i64) -> (i64, i64, i64) {
    // A year that begins in March has its leap day at the end, and 400 years have 146,097 days.
    let days = days + 730_425;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}
