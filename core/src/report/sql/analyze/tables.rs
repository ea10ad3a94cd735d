//! The tables of a statement: names where tables stand.

use std::collections::HashSet;

use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;

/// Words that may stand between `FROM` and a table.
const BETWEEN: &[&str] = &[
    "ONLY",
    "LATERAL",
    "IF",
    "NOT",
    "EXISTS",
    "TABLE",
    "IGNORE",
    "CONCURRENTLY",
    "INTO",
    "LOW_PRIORITY",
    "DELAYED",
    "HIGH_PRIORITY",
    "QUICK",
    "OR",
    "ROLLBACK",
    "ABORT",
    "REPLACE",
    "FAIL",
];

/// Words that end a list of tables.
const AFTER: &[&str] = &[
    "WHERE",
    "SET",
    "GROUP",
    "ORDER",
    "HAVING",
    "LIMIT",
    "OFFSET",
    "WINDOW",
    "UNION",
    "EXCEPT",
    "INTERSECT",
    "RETURNING",
    "VALUES",
    "SELECT",
    "FOR",
    "FETCH",
    "WHEN",
];

/// What holds between two parentheses.
#[derive(Clone, Copy, Default)]
struct Level {
    /// A table stands next.
    expects: bool,
    /// After a comma stands another one.
    list: bool,
    /// `FROM` is followed by tables: it is no part of `EXTRACT(YEAR FROM a)`.
    query: bool,
    /// What is between parentheses after a name may be columns, and does not make it a function.
    target: bool,
    /// Names of queries stand next: it is between `WITH` and the verb.
    names: bool,
    /// `USING` is followed by tables.
    using: bool,
}

/// The tables in the order of the text, each once, without quotes. Names of queries after `WITH`, and functions, are no
/// tables.
pub(super) fn of(parts: &Significant<'_>) -> Vec<String> {
    let (mut tables, mut queries) = (Vec::new(), HashSet::new());
    let (mut level, mut outer) = (Level::default(), Vec::new());
    let mut at = 0;
    while at < parts.parts.len() {
        let mut next = at + 1;
        match parts.kind(at) {
            Some(TokenKind::Punct) => match parts.word(at) {
                "(" => {
                    outer.push(Level { expects: false, ..level });
                    level =
                        Level { expects: level.expects, list: level.expects, query: level.expects, ..Level::default() };
                }
                ")" => level = outer.pop().unwrap_or_default(),
                "," => level.expects = level.list || level.expects,
                ";" => {
                    outer.clear();
                    level = Level::default();
                }
                _ => {}
            },
            Some(TokenKind::Keyword) => keyword(parts, at, &mut level),
            Some(TokenKind::Ident | TokenKind::QuotedIdent) if level.names && is_query(parts, at) => {
                queries.insert(part_of_name(parts, at));
            }
            Some(TokenKind::Ident | TokenKind::QuotedIdent) if level.expects => {
                let (name, end) = name(parts, at);
                next = end;
                if parts.is(at, BETWEEN) && parts.is_name(end) {
                    at = next;
                    continue;
                }
                level.expects = false;
                let is_function = parts.word(end) == "(" && !level.target;
                if !is_function && !name.starts_with('@') {
                    tables.push(name);
                }
            }
            Some(TokenKind::Operator | TokenKind::Comment) => {}
            _ => level.expects = false,
        }
        at = next;
    }
    let mut seen = HashSet::new();
    tables.retain(|table| !queries.contains(table) && seen.insert(table.clone()));
    tables
}

fn keyword(parts: &Significant<'_>, at: usize, level: &mut Level) {
    let before = |words: &[&str]| at > 0 && parts.is(at - 1, words);
    let first = at == 0 || before(&["(", ";"]) || parts.kind(at - 1) == Some(TokenKind::Comment);
    let tables = |list, target| Level { expects: true, list, target, ..*level };
    *level = match parts.word(at).to_ascii_uppercase().as_str() {
        "WITH" if at + 1 < parts.parts.len() && (parts.is(at + 1, &["RECURSIVE"]) || is_query(parts, at + 1)) => {
            Level { names: true, ..*level }
        }
        "FROM" if level.query && !(before(&["DISTINCT"]) && at > 1 && parts.is(at - 2, &["IS", "NOT"])) => {
            tables(true, false)
        }
        "JOIN" | "STRAIGHT_JOIN" => tables(true, false),
        "USING" if level.using => tables(true, false),
        "INTO" => tables(false, true),
        "UPDATE" if !before(&["FOR", "ON", "DO", "KEY", "NO", "THEN"]) => {
            Level { query: true, names: false, ..tables(true, true) }
        }
        "DELETE" | "MERGE" if !before(&["ON", "THEN"]) => {
            Level { query: true, using: true, names: false, expects: false, ..*level }
        }
        "INSERT" | "REPLACE" if first || level.names => Level { query: true, names: false, ..tables(false, true) },
        "COPY" | "LOCK" | "DESCRIBE" | "REINDEX" | "VACUUM" | "ANALYZE" if first => tables(false, true),
        "TABLE" | "TRUNCATE" | "VIEW" => tables(true, true),
        "ON" if at > 1 && in_index(parts, at) => tables(false, true),
        "SELECT" => Level { query: true, names: false, list: false, expects: false, ..*level },
        word if level.expects && BETWEEN.contains(&word) => *level,
        word if AFTER.contains(&word) => Level { expects: false, list: false, ..*level },
        _ => Level { expects: false, ..*level },
    };
}

/// Whether `ON` is that of `CREATE INDEX a ON b`: `INDEX` is at most six words before.
fn in_index(parts: &Significant<'_>, at: usize) -> bool {
    let words = at.saturating_sub(7)..at;
    words.clone().any(|at| parts.is(at, &["INDEX"])) && words.clone().any(|at| parts.is(at, &["CREATE"]))
}

/// Whether a query's name stands here: `a AS (`, `a (b) AS (`.
fn is_query(parts: &Significant<'_>, at: usize) -> bool {
    parts.is_name(at) && parts.is(at + 1, &["AS", "("]) && !parts.is(at, &["ORDINALITY"])
}

/// A name with all its parts, and the place after it.
fn name(parts: &Significant<'_>, at: usize) -> (String, usize) {
    let (mut name, mut end) = (part_of_name(parts, at), at + 1);
    while parts.word(end) == "." && matches!(parts.kind(end + 1), Some(TokenKind::Ident | TokenKind::QuotedIdent)) {
        name.push('.');
        name.push_str(&part_of_name(parts, end + 1));
        end += 2;
    }
    (name, end)
}

/// A name without quotes; in small letters where it had none.
fn part_of_name(parts: &Significant<'_>, at: usize) -> String {
    let word = parts.word(at);
    let quoted = |open: char, close: char| word.strip_prefix(open).map(|word| word.strip_suffix(close).unwrap_or(word));
    if let Some(name) = quoted('"', '"') {
        name.replace("\"\"", "\"")
    } else if let Some(name) = quoted('`', '`') {
        name.replace("``", "`")
    } else if let Some(name) = quoted('[', ']') {
        name.to_owned()
    } else {
        word.to_ascii_lowercase()
    }
}
