//! [`Expected`]: how many queries a test expects.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

use self::sealed::{Bounds, Number, Sealed};

/// How many queries are expected: an integer such as `3`, or a range of integers such as `..=3`.
pub trait Expected: Sealed {}

impl<T: Sealed> Expected for T {}

mod sealed {
    /// From so many on, and at most so many.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Bounds {
        pub(super) least: i128,
        pub(super) most: Option<i128>,
    }

    pub trait Sealed {
        fn bounds(self) -> Bounds;
    }

    pub trait Number {
        fn number(self) -> i128;
    }
}

impl Bounds {
    pub(super) fn contain(self, count: usize) -> bool {
        let count = count as i128;
        self.least <= count && self.most.is_none_or(|most| count <= most)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let queries = |count: i128| if count == 1 { "query" } else { "queries" };
        match (self.least, self.most) {
            (least, Some(most)) if most < least => f.write_str("a number of queries that is in an empty range"),
            (least, Some(most)) if most == least => write!(f, "{most} {}", queries(most)),
            (..=0, Some(most)) => write!(f, "at most {most} {}", queries(most)),
            (least, Some(most)) => write!(f, "{least} to {most} queries"),
            (least, None) => write!(f, "at least {least} {}", queries(least)),
        }
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Number for $number {
            fn number(self) -> i128 {
                self as i128
            }
        }

        impl Sealed for $number {
            fn bounds(self) -> Bounds {
                Bounds { least: self.number(), most: Some(self.number()) }
            }
        }
    )*};
}

numbers!(i32 i64 u8 u16 u32 u64 usize);

macro_rules! ranges {
    ($($range:ty: |$self:ident| $least:expr, $most:expr;)*) => {$(
        impl<N: Number> Sealed for $range {
            fn bounds($self) -> Bounds {
                Bounds { least: $least, most: $most }
            }
        }
    )*};
}

ranges! {
    Range<N>: |self| self.start.number(), Some(self.end.number() - 1);
    RangeFrom<N>: |self| self.start.number(), None;
    RangeTo<N>: |self| 0, Some(self.end.number() - 1);
    RangeToInclusive<N>: |self| 0, Some(self.end.number());
}

impl<N: Number + Copy> Sealed for RangeInclusive<N> {
    fn bounds(self) -> Bounds {
        Bounds { least: self.start().number(), most: Some(self.end().number()) }
    }
}

impl Sealed for RangeFull {
    fn bounds(self) -> Bounds {
        Bounds { least: 0, most: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_and_ranges_of_integers_are_expected() {
        fn shown(expected: impl Expected) -> String {
            expected.bounds().to_string()
        }
        assert_eq!(shown(1), "1 query");
        assert_eq!(shown(0_usize), "0 queries");
        assert_eq!(shown(..=1), "at most 1 query");
        assert_eq!(shown(..3_u64), "at most 2 queries");
        assert_eq!(shown(2..=4), "2 to 4 queries");
        assert_eq!(shown(2..5), "2 to 4 queries");
        assert_eq!(shown(2..), "at least 2 queries");
        assert_eq!(shown(..), "at least 0 queries");
        assert_eq!(shown(3..3), "a number of queries that is in an empty range");
    }

    #[test]
    fn an_empty_range_contains_no_number() {
        assert!(!(3..3).bounds().contain(3) && !(..0).bounds().contain(0));
        assert!((..).bounds().contain(7) && 7.bounds().contain(7) && !7.bounds().contain(8));
    }
}
