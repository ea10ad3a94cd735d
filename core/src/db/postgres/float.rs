//! Floating-point numbers as text, as `float8out` and `float4out` print them since PostgreSQL 12.

use std::fmt::{LowerExp, Write as _};

pub(super) fn float8(value: f64) -> String {
    special(value).map_or_else(|| shortest(&value, 15), str::to_owned)
}

pub(super) fn float4(value: f32) -> String {
    special(value.into()).map_or_else(|| shortest(&value, 6), str::to_owned)
}

fn special(value: f64) -> Option<&'static str> {
    match value {
        value if value.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// The fewest digits that read back equal; with an exponent where that is below -4 or `large` at least.
fn shortest(value: &impl LowerExp, large: i32) -> String {
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |mantissa| ("-", mantissa));
    let digits = mantissa.replace('.', "");
    let mut out = String::from(sign);
    if exponent < -4 || exponent >= large {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{mantissa}e{sign}{:02}", exponent.unsigned_abs());
    } else if exponent < 0 {
        let zeros = usize::try_from(-1 - exponent).unwrap_or(0);
        let _ = write!(out, "0.{:0<zeros$}{digits}", "");
    } else {
        let integer = usize::try_from(exponent).unwrap_or(0) + 1;
        let (before, after) = digits.split_at(integer.min(digits.len()));
        let _ = write!(out, "{before:0<integer$}");
        if !after.is_empty() {
            let _ = write!(out, ".{after}");
        }
    }
    out
}
