//! Numbers with units, as connection strings and commands have them.

use std::time::Duration;

/// A number with one of `units`, or `none`.
pub(crate) fn parse(text: &str, units: &[(&str, u64)]) -> Result<Option<u64>, ()> {
    if text == "none" {
        return Ok(None);
    }
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let (_, factor) = units.iter().find(|(name, _)| *name == unit).ok_or(())?;
    number.parse::<u64>().map_err(drop)?.checked_mul(*factor).map(Some).ok_or(())
}

/// A duration: a number and `ms`, `s`, `m`, `h`, `d` or `w`, such as `30d`; `None` where the text is none.
///
/// ```
/// use osprofiler::driver::parse_duration;
/// use std::time::Duration;
///
/// assert_eq!(parse_duration("12h"), Some(Duration::from_secs(12 * 3600)));
/// assert_eq!(parse_duration("12"), None);
/// ```
#[must_use]
pub fn parse_duration(text: &str) -> Option<Duration> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000), ("w", 604_800_000)];
    parse(text, &units).ok().flatten().map(Duration::from_millis)
}
