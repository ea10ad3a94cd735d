//! Dates and times of the binary format: their length, then as many of their parts as are not zero.

use std::fmt::Write as _;

/// A DATE.
pub(super) fn date(value: &[u8]) -> Option<String> {
    moment(value, "")
}

/// A DATETIME or TIMESTAMP.
pub(super) fn datetime(value: &[u8]) -> Option<String> {
    moment(value, " 00:00:00")
}

/// A date, with a time where one was sent, and else `midnight`.
fn moment(value: &[u8], midnight: &str) -> Option<String> {
    let parts = parts(value)?;
    let mut out = String::with_capacity(26);
    let (date, time) = match parts.split_first_chunk::<4>() {
        Some((date, time)) => (*date, time),
        None if parts.is_empty() => ([0; 4], parts),
        None => return None,
    };
    let [low, high, month, day] = date;
    if month > 12 || day > 31 {
        return None;
    }
    let _ = write!(out, "{:04}-{month:02}-{day:02}", u16::from_le_bytes([low, high]));
    if time.is_empty() {
        out.push_str(midnight);
        return Some(out);
    }
    let (clock, fraction) = time.split_first_chunk::<3>()?;
    out.push(' ');
    push_clock(&mut out, clock[0].into(), clock, fraction)?;
    Some(out)
}

/// A TIME, which is a duration: negative, or more than a day.
pub(super) fn time(value: &[u8]) -> Option<String> {
    let parts = parts(value)?;
    if parts.is_empty() {
        return Some("00:00:00".to_owned());
    }
    let (negative, rest) = parts.split_first()?;
    let (days, rest) = rest.split_first_chunk::<4>()?;
    let (clock, fraction) = rest.split_first_chunk::<3>()?;
    let mut out = String::with_capacity(17);
    match negative {
        0 => {}
        1 => out.push('-'),
        _ => return None,
    }
    let hours = u64::from(u32::from_le_bytes(*days)) * 24 + u64::from(clock[0]);
    push_clock(&mut out, hours, clock, fraction)?;
    Some(out)
}

/// What is behind the length, where that is right.
fn parts(value: &[u8]) -> Option<&[u8]> {
    let (length, parts) = value.split_first()?;
    (usize::from(*length) == parts.len()).then_some(parts)
}

/// Hours, with the minutes and seconds of `clock`, and microseconds where they were sent and are not zero.
fn push_clock(out: &mut String, hours: u64, clock: &[u8; 3], fraction: &[u8]) -> Option<()> {
    let [hour, minute, second] = *clock;
    let microseconds = if fraction.is_empty() { 0 } else { u32::from_le_bytes(fraction.try_into().ok()?) };
    if hour > 23 || minute > 59 || second > 59 || microseconds > 999_999 {
        return None;
    }
    let _ = write!(out, "{hours:02}:{minute:02}:{second:02}");
    if microseconds != 0 {
        let _ = write!(out, ".{microseconds:06}");
    }
    Some(())
}
