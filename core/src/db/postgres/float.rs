//! Floating-point numbers as text, as `float8out` and `float4out` print them since PostgreSQL 12: its `d2s.c`, `f2s.c`.
//!
//! The digits are the fewest that are nearer to the number than to all others. Rust's own may lie in the middle between
//! two numbers, and differ where two decimals are equally near; both read back equal.

use std::fmt::{LowerExp, Write as _};
use std::str::FromStr;

pub(super) fn float8(value: f64) -> String {
    special(value).map_or_else(|| print(value, value.is_sign_negative(), 15), str::to_owned)
}

pub(super) fn float4(value: f32) -> String {
    special(value.into()).map_or_else(|| print(value, value.is_sign_negative(), 6), str::to_owned)
}

fn special(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        0.0 => Some(if value.is_sign_negative() { "-0" } else { "0" }),
        _ => None,
    }
}

/// With an exponent where that is below -4 or `large` at least.
fn print(value: impl Binary, negative: bool, large: i32) -> String {
    let (digits, exponent) = shortest(value.abs());
    let digits = digits.to_string();
    let exponent = exponent + i32::try_from(digits.len()).unwrap_or(0) - 1;
    let mut out = String::from(if negative { "-" } else { "" });
    if exponent < -4 || exponent >= large {
        let (first, more) = digits.split_at(1);
        let point = if more.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{first}{point}{more}e{sign}{:02}", exponent.unsigned_abs());
    } else if exponent < 0 {
        let zeros = usize::try_from(-1 - exponent).unwrap_or(0);
        let _ = write!(out, "0.{:0<zeros$}{digits}", "");
    } else {
        let integer = usize::try_from(exponent).unwrap_or(0) + 1;
        let (before, after) = digits.split_at(integer.min(digits.len()));
        let point = if after.is_empty() { "" } else { "." };
        let _ = write!(out, "{before:0<integer$}{point}{after}");
    }
    out
}

/// Digits, the last of which is not zero, and the power of ten that they are multiplied with.
fn shortest(value: impl Binary) -> (u64, i32) {
    let fewest = decimal(&format!("{value:e}"));
    let length = usize::try_from(fewest.0.checked_ilog10().unwrap_or(0)).unwrap_or(0);
    for precision in length..17 {
        let (digits, exponent) = decimal(&format!("{value:.precision$e}"));
        // Below a power of two numbers are closer together: what is nearest may be too far down.
        for digits in [digits, digits + 1] {
            if is_nearest(value, digits, exponent) {
                return without_zeros(digits, exponent);
            }
        }
    }
    without_zeros(fewest.0, fewest.1)
}

fn without_zeros(mut digits: u64, mut exponent: i32) -> (u64, i32) {
    while digits != 0 && digits.is_multiple_of(10) {
        digits /= 10;
        exponent += 1;
    }
    (digits, exponent)
}

/// The digits and the power of ten of a text such as `1.25e-7`.
fn decimal(scientific: &str) -> (u64, i32) {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{integer}{fraction}").parse().unwrap_or(0);
    (digits, exponent.parse().unwrap_or(0) - i32::try_from(fraction.len()).unwrap_or(0))
}

/// Whether the decimal reads as the number and is not in the middle between it and the next.
fn is_nearest(value: impl Binary, digits: u64, exponent: i32) -> bool {
    if !format!("{digits}e{exponent}").parse().is_ok_and(|read| value == read) {
        return false;
    }
    let (mantissa, power, smallest) = value.parts();
    let above = (2 * mantissa + 1, power - 1);
    let below = if smallest { (4 * mantissa - 1, power - 2) } else { (2 * mantissa - 1, power - 1) };
    ![above, below].into_iter().any(|(mantissa, power)| is_equal(digits, exponent, mantissa, power))
}

/// Whether `digits * 10^exponent` is `mantissa * 2^power`, by the powers of two in both, and what is left of both.
fn is_equal(digits: u64, exponent: i32, mantissa: u64, power: i32) -> bool {
    let twos = |number: u64| i32::try_from(number.trailing_zeros()).unwrap_or(0);
    if twos(digits) + exponent != twos(mantissa) + power {
        return false;
    }
    let odd = |number: u64| u128::from(number >> number.trailing_zeros().min(63));
    // What overflows is larger than any mantissa, and so than any digits.
    let Some(fives) = 5_u128.checked_pow(exponent.unsigned_abs()) else { return false };
    let (with_fives, other) = if exponent >= 0 { (odd(digits), odd(mantissa)) } else { (odd(mantissa), odd(digits)) };
    with_fives.checked_mul(fives) == Some(other)
}

/// `f32` and `f64`, by their bits.
trait Binary: Copy + LowerExp + FromStr + PartialEq {
    fn abs(self) -> Self;

    /// Of a positive number: mantissa, power of two, and whether the numbers below are closer together.
    fn parts(self) -> (u64, i32, bool);
}

impl Binary for f64 {
    fn abs(self) -> Self {
        self.abs()
    }

    fn parts(self) -> (u64, i32, bool) {
        parts(self.to_bits(), 52, 1075)
    }
}

impl Binary for f32 {
    fn abs(self) -> Self {
        self.abs()
    }

    fn parts(self) -> (u64, i32, bool) {
        parts(self.to_bits().into(), 23, 150)
    }
}

fn parts(bits: u64, mantissa_bits: u32, bias: i32) -> (u64, i32, bool) {
    let hidden = 1 << mantissa_bits;
    let (mantissa, exponent) = (bits & (hidden - 1), i32::try_from(bits >> mantissa_bits).unwrap_or(0));
    match exponent {
        0 => (mantissa, 1 - bias, false),
        _ => (mantissa | hidden, exponent - bias, mantissa == 0 && exponent > 1),
    }
}
