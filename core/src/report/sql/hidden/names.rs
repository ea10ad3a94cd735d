//! Which words in double quotes are names, whatever else such words may be.
//!
//! SQLite, "Quirks, Caveats, and Gotchas In SQLite", section 8: where `"name"` is no column, it is a text; SQLite 3.46,
//! `lookupName` in `resolve.c`, does so only with a word that stands alone. To MySQL without `ANSI_QUOTES` it always is a
//! text, which cannot stand where these names do.

use crate::report::sql::Dialect;
use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;

/// After these words stands what is changed or read, and no value.
const BEFORE_TABLES: &[&str] = &["INTO", "UPDATE", "JOIN", "TABLE", "VIEW", "INDEX", "TRIGGER"];
/// They end the list of what an `UPDATE` sets.
const AFTER_SET: &[&str] = &["FROM", "WHERE", "RETURNING", "ORDER", "LIMIT"];

/// One level of parentheses.
#[derive(Clone, Copy, Default)]
struct Level {
    /// It reads, updates or deletes: what stands after `FROM` is a table.
    reads: bool,
    /// The list of what an `UPDATE` sets goes on.
    sets: bool,
    /// It is a list of columns, from where an `INSERT` says into what.
    columns: bool,
}

/// From where to where the names go, in the order of the text.
pub(super) fn sure(text: &str, dialect: Dialect) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    if !matches!(dialect, Dialect::Sqlite | Dialect::Generic) || !text.contains('"') {
        return found;
    }
    let parts = Significant::of(text, dialect);
    let (mut level, mut outer) = (Level::default(), Vec::new());
    for index in 0..parts.parts.len() {
        let is = |words: &[&str]| parts.is(index, words);
        match parts.word(index) {
            "(" => {
                outer.push(level);
                level = Level { columns: is_column_list(&parts, index), ..Level::default() };
            }
            ")" => level = outer.pop().unwrap_or(level),
            ";" => (level, outer) = (Level::default(), Vec::new()),
            _ if is(&["SELECT", "DELETE", "UPDATE"]) => level.reads = true,
            _ if is(&["SET"]) => level.sets = true,
            _ if is(AFTER_SET) => level.sets = false,
            word if word.starts_with('"') && is_sure(&parts, index, level, dialect) => {
                let token = parts.parts[index].token;
                found.push((token.start, token.end));
            }
            _ => {}
        }
    }
    found
}

fn is_sure(parts: &Significant<'_>, index: usize, level: Level, dialect: Dialect) -> bool {
    if parts.word(index + 1) == "." || level.columns {
        return true;
    }
    let Some(before) = index.checked_sub(1) else { return false };
    let is_set = level.sets && parts.word(index + 1) == "=";
    match parts.word(before) {
        "." => true,
        "," => is_set,
        _ if parts.is(before, BEFORE_TABLES) => true,
        _ if parts.is(before, &["FROM"]) => {
            level.reads && !before.checked_sub(1).is_some_and(|at| parts.is(at, &["DISTINCT"]))
        }
        _ if parts.is(before, &["SET"]) => is_set,
        // MySQL's `IDENTIFIED WITH plugin AS "hash"` is no name.
        _ if parts.is(before, &["AS"]) => dialect == Dialect::Sqlite,
        _ => false,
    }
}

/// Whether the parenthesis opens the list of columns after `INTO table`, which has nothing but names.
fn is_column_list(parts: &Significant<'_>, open: usize) -> bool {
    let mut at = open;
    // `schema.table`, the longest that may stand there.
    while at > 0 && (parts.is_name(at - 1) || parts.word(at - 1) == ".") && open - at < 5 {
        at -= 1;
    }
    if at == open || at == 0 || !parts.is(at - 1, &["INTO"]) {
        return false;
    }
    let mut inside = (open + 1..parts.parts.len()).take_while(|index| parts.word(*index) != ")");
    inside.all(|index| {
        parts.word(index) == "," || parts.kind(index) == Some(TokenKind::QuotedIdent) || is_word(parts, index)
    })
}

/// Whether it is a word without quotes that is no verb.
fn is_word(parts: &Significant<'_>, index: usize) -> bool {
    matches!(parts.kind(index), Some(TokenKind::Ident | TokenKind::Keyword))
        && !parts.is(index, &["SELECT", "VALUES", "WITH", "TABLE"])
}
