//! Texts of statements as numbers for the page: tokens, line breaks and places for values, counted in UTF-16 code units as
//! its script counts.

use crate::report::Parameter;
use crate::report::sql::fingerprint::without_mark;
use crate::report::sql::lexer::{self, TokenKind};
use crate::report::sql::placeholder::{Placeholder, placeholders};
use crate::report::sql::{Dialect, layout, runnable};

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
        TokenKind::Text => 4,
        TokenKind::Number => 5,
        TokenKind::Placeholder => 6,
        TokenKind::Operator => 7,
        TokenKind::Punct => 8,
        TokenKind::Comment => 9,
    }
}

/// Where line breaks go, and how far the line behind is indented, one after the other.
pub(super) fn breaks(sql: &str, dialect: Dialect) -> impl Iterator<Item = i64> {
    let mut offsets = Offsets::new(sql);
    layout::breaks(sql, dialect).into_iter().flat_map(move |at| [offsets.at(at.offset), whole(at.indent)])
}

/// Where values go, and which.
#[derive(Default)]
pub(super) struct Places {
    /// Offset, length, and the place of the value in a point's list, or -1 where that is not known.
    pub(super) numbers: Vec<i64>,
    /// Why values cannot be put there.
    pub(super) reason: Option<String>,
}

impl Places {
    /// The places of a text that runs with such values.
    pub(super) fn of(sql: &str, dialect: Dialect, parameters: &[Parameter<'_>]) -> Self {
        let places = placeholders(sql, dialect);
        let (chosen, mut reason) = match runnable::choose(sql, dialect, &places, parameters) {
            Ok(chosen) => (chosen, None),
            Err(reason) => (Vec::new(), Some(reason.to_string())),
        };
        // What is more than to put a value in its place is left to those who have the statement as it was sent.
        if reason.is_none() && !stand_apart(sql, dialect, &places) {
            reason = Some("a place for a value stands too close to other text".to_owned());
        }
        let mut offsets = Offsets::new(sql);
        let mut numbers = Vec::with_capacity(3 * places.len());
        for (index, place) in places.iter().enumerate() {
            let start = offsets.at(place.start);
            let which = chosen.get(index).map_or(-1, |which| whole(*which));
            numbers.extend([start, offsets.at(place.end) - start, which]);
        }
        Self { numbers, reason }
    }
}

/// Whether literals in these places do not run into what stands around them.
fn stand_apart(sql: &str, dialect: Dialect, places: &[Placeholder<'_>]) -> bool {
    let bytes = sql.as_bytes();
    let apart = places.iter().all(|place| {
        let before = place.start.checked_sub(1).map_or(b' ', |at| bytes[at]);
        let behind = bytes.get(place.end).copied().unwrap_or(b' ');
        (before.is_ascii_whitespace() || b"(,[=<>".contains(&before))
            && (behind.is_ascii_whitespace() || b"),];:<>=+*/".contains(&behind))
    });
    // Python's libraries write `%` as `%%` where values are put in by `%s`.
    let format = places.iter().any(|place| bytes[place.start] == b'%') && sql.contains("%%");
    apart && !format && !texts_side_by_side(sql, dialect)
}

/// Whether a place stands beside a text or another place: MySQL joins texts that follow each other.
fn texts_side_by_side(sql: &str, dialect: Dialect) -> bool {
    let mut before = TokenKind::Space;
    for token in lexer::tokens(sql, dialect) {
        match (before, token.kind) {
            (_, TokenKind::Space | TokenKind::Comment) => continue,
            (TokenKind::Placeholder, TokenKind::Placeholder | TokenKind::Text)
            | (TokenKind::Text, TokenKind::Placeholder) => return true,
            (_, kind) => before = kind,
        }
    }
    false
}

/// Whether the adapter that recorded the text kept only its beginning.
pub(super) fn was_cut(sql: &str) -> bool {
    without_mark(sql).is_some()
}

/// Offsets in UTF-16 code units, for bytes that are asked for in their order.
struct Offsets<'a> {
    text: &'a str,
    byte: usize,
    units: i64,
}

impl<'a> Offsets<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, byte: 0, units: 0 }
    }

    fn at(&mut self, byte: usize) -> i64 {
        self.units += units(&self.text[self.byte..byte]);
        self.byte = byte;
        self.units
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(-1)
}

fn units(text: &str) -> i64 {
    let units = if text.is_ascii() { text.len() } else { text.encode_utf16().count() };
    i64::try_from(units).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn tokens_are_counted_in_utf_16() {
        let numbers: Vec<i64> = tokens("SELECT '😀é', ?", Dialect::Sqlite).collect();
        assert_eq!(numbers, [6, 1, 1, 0, 5, 4, 1, 8, 1, 0, 1, 6]);
    }

    fn numbers(sql: &str, dialect: Dialect, values: &[i64]) -> (Vec<i64>, Option<String>) {
        let values: Vec<Value> = values.iter().map(|value| Value::from(*value)).collect();
        let parameters = |(index, value)| Parameter { name: format!("{}", index + 1), value, type_name: None };
        let parameters: Vec<Parameter<'_>> = values.iter().enumerate().map(parameters).collect();
        let Places { numbers, reason } = Places::of(sql, dialect, &parameters);
        (numbers, reason)
    }

    #[test]
    fn places_are_counted_in_utf_16_and_say_which_value_goes_there() {
        let (found, reason) = numbers("SELECT 'é😀', $2, $1", Dialect::Postgres, &[1, 2]);
        assert_eq!((found, reason), (vec![14, 2, 1, 18, 2, 0], None));
        let (found, reason) = numbers("SELECT ?", Dialect::Sqlite, &[1, 2]);
        assert_eq!(found, [7, 1, -1]);
        assert!(reason.expect("a reason").contains("2 were recorded"));
    }

    #[test]
    fn places_that_touch_other_text_say_so() {
        for sql in ["SELECT a-?", "SELECT ?x", "SELECT ? 'x'", "SELECT ?.a"] {
            assert!(numbers(sql, Dialect::Mysql, &[1]).1.is_some(), "{sql}");
        }
        assert!(numbers("SELECT 1 %% %s", Dialect::Generic, &[1]).1.is_some());
        for sql in ["SELECT (?)", "SELECT a=?", "WHERE a IN (?)", "LIMIT ?;"] {
            assert_eq!(numbers(sql, Dialect::Mysql, &[1]).1, None, "{sql}");
        }
    }

    #[test]
    fn breaks_are_counted_in_utf_16() {
        let numbers: Vec<i64> = breaks("SELECT '😀' FROM t WHERE a = 1", Dialect::Sqlite).collect();
        assert_eq!(numbers.first().copied(), Some(12));
    }
}
