//! [`calls`]: which functions a statement calls.
//!
//! Here: what a call is. Not here: what the functions do (`effects`, `harmless`, `volatile`).

use std::collections::HashMap;

use super::is_harmless;
use crate::report::sql::Dialect;
use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;

/// Words that may stand before a parenthesis, and that no database lets a function have for its name without quotes.
const NO_FUNCTIONS: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "BETWEEN",
    "CASE",
    "DISTINCT",
    "ELSE",
    "EXCEPT",
    "EXISTS",
    "FROM",
    "HAVING",
    "IN",
    "INTERSECT",
    "INTO",
    "LIMIT",
    "NOT",
    "ON",
    "OR",
    "SELECT",
    "THEN",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

/// More of them in one database only: PostgreSQL 15, appendix C; MySQL 8.4, "Keywords and Reserved Words".
fn no_functions_of(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Postgres => {
            &["ANY", "ARRAY", "FETCH", "GROUP", "LATERAL", "OFFSET", "RETURNING", "ROW", "SOME", "TABLE"]
        }
        Dialect::Mysql => &[
            "BINARY",
            "BY",
            "DIV",
            "INDEX",
            "INTERVAL",
            "JOIN",
            "KEY",
            "LIKE",
            "MATCH",
            "PARTITION",
            "REGEXP",
            "RETURNING",
            "RLIKE",
            "ROW",
            "SET",
            "UPDATE",
            "XOR",
        ],
        Dialect::Sqlite | Dialect::Generic => &["BY", "JOIN", "LIKE"],
    }
}

/// Whether the word could be a function's name, but is not where it stands.
fn is_operator(parts: &Significant<'_>, at: usize, opening: &HashMap<usize, usize>) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let is_operand = |at: usize| {
        matches!(
            parts.kind(at),
            Some(
                TokenKind::Ident
                    | TokenKind::QuotedIdent
                    | TokenKind::Text
                    | TokenKind::Number
                    | TokenKind::Placeholder
            )
        ) || parts.word(at) == ")"
    };
    match parts.word(at).to_ascii_uppercase().as_str() {
        "BY" => parts.is(before, &["GROUP", "ORDER", "PARTITION"]),
        "ANY" | "SOME" => parts.kind(before) == Some(TokenKind::Operator),
        "JOIN" => is_operand(before) || parts.is(before, &["LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS"]),
        "LIKE" | "ILIKE" if parts.is(before, &["NOT"]) => before > 0 && is_operand(before - 1),
        "LIKE" | "ILIKE" => is_operand(before),
        // After a call; what follows `DISTINCT ON (a)` may be one.
        "OVER" | "FILTER" | "AGAINST" if parts.word(before) == ")" => {
            opening.get(&before).is_some_and(|open| *open > 0 && !parts.is(*open - 1, &["ON"]))
        }
        _ => false,
    }
}

/// For each parenthesis that closes, the place of the one that it closes.
fn opening(parts: &Significant<'_>) -> HashMap<usize, usize> {
    let (mut open, mut pairs) = (Vec::new(), HashMap::new());
    for at in 0..parts.parts.len() {
        match parts.word(at) {
            "(" => open.push(at),
            ")" => pairs.extend(open.pop().map(|open| (at, open))),
            _ => {}
        }
    }
    pairs
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::report::sql) struct Call<'a> {
    /// The place of its name.
    pub(in crate::report::sql) at: usize,
    /// The name as it stands in the text, without quotes.
    pub(in crate::report::sql) written: &'a str,
    /// The name in small letters.
    pub(in crate::report::sql) name: String,
    /// Whether it may be one that the database brings with it: it has no other schema before it.
    pub(in crate::report::sql) builtin: bool,
}

impl Call<'_> {
    /// Whether the function is known to have no effects.
    pub(in crate::report::sql) fn is_harmless(&self, dialect: Dialect) -> bool {
        self.builtin && is_harmless(dialect, &self.name)
    }
}

/// The calls of functions in a text, in its order.
pub(in crate::report::sql) fn calls<'a>(parts: &Significant<'a>, dialect: Dialect) -> Vec<Call<'a>> {
    let is_called = |at: &usize| parts.word(*at + 1) == "(" && parts.word(*at) != "(";
    let mut named = (0..parts.parts.len()).filter(is_called).peekable();
    if named.peek().is_none() {
        return Vec::new();
    }
    let opening = opening(parts);
    named.filter_map(|at| call(parts, at, dialect, &opening)).collect()
}

fn call<'a>(parts: &Significant<'a>, at: usize, dialect: Dialect, opening: &HashMap<usize, usize>) -> Option<Call<'a>> {
    let word = parts.word(at);
    let written = match parts.kind(at)? {
        TokenKind::Keyword | TokenKind::Ident => word,
        TokenKind::QuotedIdent => word.trim_matches(['"', '`', '[', ']']),
        // With `ANSI_QUOTES` it is a name.
        TokenKind::Text if word.starts_with('"') => word.trim_matches('"'),
        _ => return None,
    };
    let is_quoted = written.len() < word.len();
    let is_language =
        parts.is(at, NO_FUNCTIONS) || parts.is(at, no_functions_of(dialect)) || is_operator(parts, at, opening);
    if !is_quoted && is_language || is_list(parts, at) {
        return None;
    }
    let schema = (at >= 2 && parts.word(at - 1) == ".").then(|| parts.word(at - 2));
    let builtin = schema.is_none_or(|schema| dialect == Dialect::Postgres && schema.eq_ignore_ascii_case("pg_catalog"));
    Some(Call { at, written, name: written.to_ascii_lowercase(), builtin })
}

/// Whether a list of columns, or a type's size, stands between the parentheses after the name: `INSERT INTO a (b)`,
/// `WITH a (b) AS`, `f() AS a (b)`, `c::numeric(10, 2)`.
fn is_list(parts: &Significant<'_>, at: usize) -> bool {
    let mut first = at;
    while first >= 2 && parts.word(first - 1) == "." {
        first -= 2;
    }
    first > 0
        && (parts.is(first - 1, &["INTO", "WITH", "RECURSIVE", "AS", "::"])
            // `INSERT t (a)` and `REPLACE t (a)` of MySQL, which have no expression there.
            || parts.is(first - 1, &["INSERT", "REPLACE", "IGNORE"]) && parts.kind(first - 1) == Some(TokenKind::Keyword))
}
