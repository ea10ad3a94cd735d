//! Values with their exact bytes, as PostgreSQL 15 sends them, and bytes that nobody sends.

mod hostile;
mod names;
mod nested;
mod scalars;
mod text;

use super::PgType;
use crate::db::DbValue;

/// The bytes that are written in hexadecimal digits.
fn bytes(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "{hex}");
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("digits")).collect()
}

fn named(name: &str) -> PgType {
    PgType::Named(name.into())
}

/// The value of a type with this name.
fn decoded(name: &str, hex: &str) -> String {
    written(&named(name).decode(&bytes(hex)))
}

/// The value as JSON.
fn written(value: &DbValue<'_>) -> String {
    let mut out = String::new();
    value.write(&mut out, usize::MAX);
    out
}
