//! [`ranges`]: where each statement of a text begins and ends; [`is_empty`]: whether a text has none.
//!
//! Here: semicolons, and those that belong to the body of a trigger, a function or a procedure. Not here: what the
//! statements do (`analyze`).

use std::ops::Range;

use super::Dialect;
use super::lexer::{TokenKind, tokens};
use super::significant::Significant;

/// Objects whose definition may have statements in it.
const WITH_BODY: &[&str] = &["TRIGGER", "FUNCTION", "PROCEDURE", "EVENT"];

/// The statements of a text, as ranges of its tokens. Empty ones are left out.
pub(super) fn ranges(parts: &Significant<'_>) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    while start < parts.parts.len() {
        let end = end_of(parts, start);
        if (start..end).any(|at| parts.kind(at) != Some(TokenKind::Comment)) {
            ranges.push(start..end);
        }
        start = end + 1;
    }
    ranges
}

/// Whether a text has no statement: nothing but comments, hints, semicolons and white space.
pub(in crate::report) fn is_empty(text: &str, dialect: Dialect) -> bool {
    tokens(text, dialect).all(|token| match token.kind {
        TokenKind::Space | TokenKind::Comment => true,
        // The marks of what MySQL runs may have nothing between them.
        TokenKind::Punct => matches!(token.of(text).as_bytes(), [b';'] | [b'/', b'*', ..] | [b'*', b'/']),
        _ => false,
    })
}

/// Whether the statement that begins here defines something with a body: `CREATE OR REPLACE TRIGGER`. A table, an index or
/// a column may be called so too.
pub(super) fn has_body(parts: &Significant<'_>, start: usize, end: usize) -> bool {
    // `CREATE DEFINER = 'a'@'b' TRIGGER` has the most tokens before the word.
    let mut words = start + 1..end.min(start + 10);
    let object = words.find(|at| parts.is(*at, WITH_BODY) || parts.is(*at, &["TABLE", "INDEX", "VIEW", "("]));
    parts.is(start, &["CREATE"]) && object.is_some_and(|at| parts.is(at, WITH_BODY))
}

/// The place of the semicolon that ends the statement, or the end of the text.
fn end_of(parts: &Significant<'_>, start: usize) -> usize {
    let first = (start..parts.parts.len()).find(|at| parts.word(*at) == ";").unwrap_or(parts.parts.len());
    let begins = (start..first).find(|at| parts.kind(*at) != Some(TokenKind::Comment) && !is_mark(parts, *at));
    let Some(begins) = begins.filter(|begins| has_body(parts, *begins, first)) else { return first };
    // PostgreSQL 14 `BEGIN ATOMIC`, MySQL 8.4 "Compound Statement Syntax", SQLite's triggers: a body goes from BEGIN to
    // its END. CASE ends with END too; IF and loops end with `END IF` and the like, and are not counted.
    let mut depth = 0_usize;
    for at in begins..parts.parts.len() {
        match parts.word(at) {
            ";" if depth == 0 => return at,
            word if word.eq_ignore_ascii_case("BEGIN") => depth += 1,
            word if word.eq_ignore_ascii_case("CASE") && !(at > 0 && parts.is(at - 1, &["END"])) => depth += 1,
            word if word.eq_ignore_ascii_case("END")
                && !parts.is(at + 1, &["IF", "LOOP", "WHILE", "REPEAT", "FOR"]) =>
            {
                depth = depth.saturating_sub(1);
            }
            _ => {}
        }
    }
    parts.parts.len()
}

/// Whether the token opens or closes what only MySQL runs.
fn is_mark(parts: &Significant<'_>, at: usize) -> bool {
    parts.kind(at) == Some(TokenKind::Punct) && (parts.word(at).starts_with("/*") || parts.word(at) == "*/")
}
