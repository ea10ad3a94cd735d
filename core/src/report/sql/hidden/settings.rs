//! Words without quotes that are values: those of settings, as in `SET app.user = ada` and `PRAGMA key = secret`.
//!
//! PostgreSQL 17, "SET": a value may be a word without quotes. SQLite, "PRAGMA Statements": so may a pragma's.

use crate::report::sql::Dialect;
use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;

/// Values that say nothing of anybody.
const HARMLESS: &[&str] = &["ON", "OFF", "TRUE", "FALSE", "YES", "NO", "DEFAULT", "NULL", "LOCAL", "NONE"];

/// Where such words begin, in the order of the text.
pub(super) fn values(text: &str, dialect: Dialect) -> Vec<usize> {
    let mut found = Vec::new();
    let parts = Significant::of(text, dialect);
    // What the statement sets; after a mark stands a value.
    let (mut is_setting, mut is_pragma, mut fresh, mut is_value) = (false, false, true, false);
    for index in 0..parts.parts.len() {
        let word = parts.word(index);
        if word == ";" {
            (is_setting, is_pragma, fresh, is_value) = (false, false, true, false);
            continue;
        }
        if fresh {
            (is_setting, is_pragma, fresh) = (parts.is(index, &["SET"]), parts.is(index, &["PRAGMA"]), false);
            continue;
        }
        if !(is_setting || is_pragma) {
            continue;
        }
        if matches!(word, "=" | ":=") || is_setting && parts.is(index, &["TO"]) || is_pragma && word == "(" {
            is_value = true;
            continue;
        }
        let is_word = matches!(parts.kind(index), Some(TokenKind::Ident | TokenKind::QuotedIdent | TokenKind::Keyword));
        let is_whole = matches!(parts.word(index + 1), "" | "," | ";" | ")");
        if is_value && is_word && is_whole && !parts.is(index, HARMLESS) {
            found.push(parts.parts[index].token.start);
        }
        // After a comma stands another value, or the next setting, which has a mark behind it.
        is_value &= word == "," || parts.word(index + 1) == ",";
    }
    found
}
