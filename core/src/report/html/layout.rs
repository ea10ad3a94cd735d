//! Texts of statements as numbers for the page: tokens, line breaks and places for values, counted in UTF-16 code units as
//! its script counts.

use crate::report::sql::Dialect;

/// Length and kind of each token.
pub(super) fn tokens(sql: &str, _dialect: Dialect) -> Vec<i64> {
    vec![sql.encode_utf16().count() as i64, 2]
}

/// Where line breaks go, and how far the line behind is indented.
pub(super) fn breaks(_sql: &str, _dialect: Dialect) -> Vec<i64> {
    Vec::new()
}

/// Where values go: offset, length, and the place of the value in the point's list.
pub(super) fn places(
    _sql: &str,
    _dialect: Dialect,
    _names: &mut Vec<&str>,
    _count: &mut usize,
    _unknown: &mut bool,
) -> Vec<i64> {
    Vec::new()
}

/// Whether the adapter that recorded the text kept only its beginning.
pub(super) fn was_cut(sql: &str) -> bool {
    sql.ends_with(" B)")
        && sql.rfind("…(+").is_some_and(|at| sql[at + "…(+".len()..sql.len() - 3].bytes().all(|b| b.is_ascii_digit()))
}
