//! [`Timestamp`]: a point in time as messages carry it, UTC with microseconds.

use std::fmt;
use std::str::FromStr;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::civil::DateTime;
use jiff::tz::Offset;

/// Microseconds since the Unix epoch, in UTC.
///
/// The text form is OSProfiler's, `%Y-%m-%dT%H:%M:%S.%6f` without a zone. Reading also takes fewer digits of the
/// second, or none: Python's `isoformat` leaves them out when they are zero. With an offset or `Z` at its end, the text is that
/// instant.
///
/// ```
/// use osprofiler::Timestamp;
///
/// let at: Timestamp = "2026-01-02T03:04:05.001234".parse()?;
/// assert_eq!(at.as_micros(), 1_767_323_045_001_234);
/// assert_eq!(at.to_string(), "2026-01-02T03:04:05.001234");
/// # Ok::<(), osprofiler::ParseTimestampError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// The second of 0000-01-01T00:00:00: the text form has four digits for the year and no sign.
const MIN_SECOND: i64 = -62_167_219_200;

/// The text is no timestamp of the form `2026-01-02T03:04:05.001234`.
#[derive(Debug, thiserror::Error)]
#[error("not a timestamp of the form 2026-01-02T03:04:05.001234")]
pub struct ParseTimestampError;

impl Timestamp {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The system clock's time.
    #[must_use]
    pub fn now() -> Self {
        Self::from(SystemTime::now())
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let micros = |duration: std::time::Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(since) => micros(since),
            Err(before) => -micros(before.duration()),
        })
    }
}

impl Timestamp {
    const SECOND: i64 = 1_000_000;

    /// The whole seconds since the Unix epoch, rounded down.
    pub(crate) fn second(self) -> i64 {
        self.0.div_euclid(Self::SECOND)
    }

    /// The text form up to the seconds.
    pub(crate) fn second_text(self) -> String {
        // A time that has no text form is shown as the nearest one that has.
        let shown = self.second().clamp(MIN_SECOND, jiff::Timestamp::MAX.as_second());
        let time = jiff::Timestamp::from_second(shown).unwrap_or_default();
        Offset::UTC.to_datetime(time).to_string()
    }

    /// Appends the rest of the text form: the point and six digits.
    pub(crate) fn write_fraction(self, out: &mut String) {
        // A one in front keeps the zeros; it gives its place to the point.
        let mut digits = itoa::Buffer::new();
        out.push('.');
        out.push_str(&digits.format(Self::SECOND + self.0.rem_euclid(Self::SECOND))[1..]);
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.second_text();
        self.write_fraction(&mut text);
        f.pad(&text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        // Behind the date, only an offset has a sign. Read as a date and a time alone, it would be ignored.
        let has_offset = text.bytes().skip("2026-01-02".len()).any(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-'));
        let time = if has_offset {
            text.parse().map_err(|_| ParseTimestampError)?
        } else {
            let datetime: DateTime = text.parse().map_err(|_| ParseTimestampError)?;
            Offset::UTC.to_timestamp(datetime).map_err(|_| ParseTimestampError)?
        };
        Ok(Self(time.as_microsecond()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_always() {
        assert_eq!(Timestamp::from_micros(0).to_string(), "1970-01-01T00:00:00.000000");
        assert_eq!(Timestamp::from_micros(1_767_323_045_050_000).to_string(), "2026-01-02T03:04:05.050000");
    }

    #[test]
    fn fraction_may_be_short_or_missing() -> Result<(), ParseTimestampError> {
        assert_eq!("2026-01-02T03:04:05".parse::<Timestamp>()?.as_micros(), 1_767_323_045_000_000);
        assert_eq!("2026-01-02T03:04:05.5".parse::<Timestamp>()?.as_micros(), 1_767_323_045_500_000);
        Ok(())
    }

    #[test]
    fn offset_is_taken_off() -> Result<(), ParseTimestampError> {
        let utc: Timestamp = "2026-01-02T03:04:05.001234".parse()?;
        for text in [
            "2026-01-02T03:04:05.001234Z",
            "2026-01-02T03:04:05.001234z",
            "2026-01-02 03:04:05.001234+00:00",
            "2026-01-02T05:34:05.001234+02:30",
            "2026-01-02T05:34:05.001234+0230",
            "2026-01-01T22:04:05.001234-05:00",
            "2026-01-01T22:04:05.001234-05",
        ] {
            assert_eq!(text.parse::<Timestamp>()?, utc, "{text}");
        }
        assert!("2026-01-02T03:04:05+99:00".parse::<Timestamp>().is_err());
        Ok(())
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "yesterday", "2026-13-02T03:04:05.0", "2026-01-02"] {
            // jiff reads a bare date as midnight, which is what the text means.
            assert_eq!(text.parse::<Timestamp>().is_ok(), text == "2026-01-02", "{text}");
        }
    }

    #[test]
    fn extreme_values_print() {
        assert_eq!(Timestamp::from_micros(i64::MIN).to_string(), "0000-01-01T00:00:00.224192");
        assert_eq!(Timestamp::from_micros(i64::MAX).to_string(), "9999-12-30T22:00:00.775807");
        assert_eq!(Timestamp::from_micros(-1).to_string(), "1969-12-31T23:59:59.999999");
    }
}
