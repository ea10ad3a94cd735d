//! How durations are shown to people.

use std::fmt;

/// Microseconds as a person reads them: `0.087 ms`, `12.4 ms`, `1.20 s`.
pub(super) struct Shown(pub(super) u64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Rounded as integers, so that 999.96 ms is 1.00 s and never 1000.0 ms.
        let text = match self.0 {
            us @ 0..10_000 => format!("{}.{:03} ms", us / 1000, us % 1000),
            us @ 10_000..999_950 => {
                let tenths = (us + 50) / 100;
                format!("{}.{} ms", tenths / 10, tenths % 10)
            }
            us => {
                let hundredths = us / 10_000 + u64::from(us % 10_000 >= 5_000);
                format!("{}.{:02} s", hundredths / 100, hundredths % 100)
            }
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_follow_the_size() {
        for (us, shown) in [
            (0, "0.000 ms"),
            (87, "0.087 ms"),
            (9_999, "9.999 ms"),
            (12_449, "12.4 ms"),
            (999_949, "999.9 ms"),
            (999_950, "1.00 s"),
            (1_204_999, "1.20 s"),
            (75_300_000, "75.30 s"),
        ] {
            assert_eq!(Shown(us).to_string(), shown);
        }
        assert_eq!(format!("{:>10}", Shown(87)), "  0.087 ms");
        let _ = Shown(u64::MAX).to_string();
    }
}
