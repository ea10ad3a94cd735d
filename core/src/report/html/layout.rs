//! Texts of statements as numbers for the page: tokens, line breaks and places for values, counted in UTF-16 code units as
//! its script counts.

use crate::report::sql::Dialect;
use crate::report::sql::lexer::{self, TokenKind};

/// Length and kind of each token, one after the other.
pub(super) fn tokens(sql: &str, dialect: Dialect) -> impl Iterator<Item = i64> {
    lexer::tokens(sql, dialect).flat_map(move |token| [units(token.of(sql)), number(token.kind)])
}

/// What the page's script calls the kinds.
fn number(kind: TokenKind) -> i64 {
    match kind {
        TokenKind::Space => 0,
        TokenKind::Keyword => 1,
        TokenKind::Ident => 2,
        TokenKind::QuotedIdent => 3,
        TokenKind::String => 4,
        TokenKind::Number => 5,
        TokenKind::Placeholder => 6,
        TokenKind::Operator => 7,
        TokenKind::Punct => 8,
        TokenKind::Comment => 9,
    }
}

/// Where line breaks go, and how far the line behind is indented.
pub(super) fn breaks(_sql: &str, _dialect: Dialect) -> Vec<i64> {
    Vec::new()
}

/// Where values go, and which.
#[derive(Default)]
pub(super) struct Places<'a> {
    /// Offset, length, and the place of the value in a point's list, or -1.
    pub(super) numbers: Vec<i64>,
    /// How many values a text asks for by their places.
    pub(super) count: usize,
    /// The names of the values in a point's list.
    pub(super) names: Vec<&'a str>,
    /// Whether it asks for a value that the list does not have.
    pub(super) unknown: bool,
}

impl<'a> Places<'a> {
    /// The places of a text whose values have these names, or none.
    pub(super) fn of(_sql: &str, _dialect: Dialect, names: Vec<&'a str>) -> Self {
        Self { names, ..Self::default() }
    }
}

/// Whether the adapter that recorded the text kept only its beginning: `…(+12 B)`.
pub(super) fn was_cut(sql: &str) -> bool {
    let mark = sql.strip_suffix(" B)").and_then(|head| Some(head.rsplit_once("…(+")?.1));
    mark.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn units(text: &str) -> i64 {
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    i64::try_from(units).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_counted_in_utf_16() {
        let numbers: Vec<i64> = tokens("SELECT '😀é', ?", Dialect::Sqlite).collect();
        assert_eq!(numbers, [6, 1, 1, 0, 5, 4, 1, 8, 1, 0, 1, 6]);
    }

    #[test]
    fn texts_that_were_cut_are_known_by_their_mark() {
        assert!(was_cut("SELECT …(+12 B)") && !was_cut("SELECT (+12 B)") && !was_cut("…(+ B)"));
    }
}
