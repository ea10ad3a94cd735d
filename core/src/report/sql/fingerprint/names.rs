//! Names that mean nothing beyond their session: those of savepoints, cursors and prepared statements.

use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;

/// Words of `FETCH` and `MOVE` that are no cursor's name.
const DIRECTIONS: &[&str] =
    &["NEXT", "PRIOR", "FIRST", "LAST", "ABSOLUTE", "RELATIVE", "FORWARD", "BACKWARD", "ALL", "FROM", "IN", "INTO"];

/// Whether the word names a savepoint, cursor or prepared statement. Looks at the few words before it.
pub(super) fn is_private(parts: &Significant<'_>, index: usize) -> bool {
    // The statement's first word is at most four words before.
    let first = (0..=4)
        .map_while(|back| index.checked_sub(back))
        .find(|at| *at == 0 || parts.word(at - 1) == ";")
        .unwrap_or(index);
    let after = |words: &[&str]| parts.is(index - 1, words);
    if index == first || parts.kind(first) != Some(TokenKind::Keyword) {
        return false;
    }
    let name = parts.is_name(index);
    match parts.word(first).to_ascii_uppercase().as_str() {
        "SAVEPOINT" => name && index == first + 1,
        "RELEASE" => name && (index == first + 1 || index == first + 2 && after(&["SAVEPOINT"])),
        "ROLLBACK" => name && (after(&["TO"]) || after(&["SAVEPOINT"]) && parts.is(index - 2, &["TO"])),
        "DECLARE" | "CLOSE" => name && index == first + 1,
        "EXECUTE" => name && index == first + 1 && !parts.is(index, &["IMMEDIATE"]),
        "PREPARE" => name && index == first + 1 && !parts.is(index, &["TRANSACTION"]),
        "DEALLOCATE" => name && (index == first + 1 || index == first + 2 && after(&["PREPARE"])),
        "FETCH" | "MOVE" => {
            name && !parts.is(index, DIRECTIONS)
                && (after(DIRECTIONS) || index == first + 1 || parts.kind(index - 1) == Some(TokenKind::Number))
        }
        _ => false,
    }
}
