//! [`fingerprint`]: a text without its values, so that statements which differ in nothing else are equal.
//!
//! Here: what each token becomes, and the [`hash`]. Below: lists that shrink (`lists`, `element`), names that are values (`names`),
//! tags in comments (`tags`). Not here: what a statement does (`analyze`).
//!
//! The rules, in their order:
//!
//! 1. Comments fall away, except hints (`/*+ ... */`). Runs of white space become one space; there is none inside of
//!    parentheses and before commas, and one after commas, after `IN` and after `VALUES`.
//! 2. Words of the language are in capital letters, names that are not quoted in small ones.
//! 3. Texts, numbers with their sign, `TRUE`, `FALSE`, places for values, and `NULL` except after `IS` and `NOT`, become
//!    `?`.
//! 4. Lists of at least two such, and of one after `IN` and `VALUES`, become `(?+)`; `ARRAY[?, ?]` becomes `ARRAY[?+]`. Their
//!    elements may have casts and types: `$1::text`, `CAST($1 AS text)`, `ROW($1, $2)`, `ARRAY[$1]`, `DATE '2026-01-01'`; or be
//!    `DEFAULT`; after `IN`, functions of values too.
//! 5. Of rows that are alike and follow each other, after `VALUES` and in `IN ((1, 2), (3, 4))`, one stays.
//! 6. The names of savepoints, cursors and prepared statements become `?`.
//! 7. Semicolons at the end fall away.
//!
//! The fingerprint of a fingerprint is the same again.

mod element;
mod lists;
mod names;
mod tags;

#[cfg(test)]
mod tests;

use super::Dialect;
use super::lexer::TokenKind;
use super::significant::Significant;
use crate::db::CUT;
use lists::Lists;

pub use tags::comment_tags;

/// So many bytes of a text go into its fingerprint at most: 64 KiB.
pub const LIMIT: usize = 64 * 1024;

/// A text without its values.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fingerprint {
    /// The text without its values.
    pub text: String,
    /// Whether only the beginning went into it: the text is longer than [`LIMIT`], or was cut when it was recorded.
    pub truncated: bool,
}

/// The fingerprint of a text.
///
/// ```
/// use osprofiler::report::sql::{Dialect, fingerprint::fingerprint};
///
/// let one = fingerprint("select * from users where id IN (1, 2)", Dialect::Postgres);
/// assert_eq!(one.text, "SELECT * FROM users WHERE id IN (?+)");
/// ```
#[must_use]
pub fn fingerprint(text: &str, dialect: Dialect) -> Fingerprint {
    let (text, truncated) = beginning(text);
    Fingerprint { text: of_tokens(&Significant::of(text, dialect), dialect, truncated), truncated }
}

/// A hash that stays the same in all versions and on all machines: FNV-1a of 64 bits (Fowler, Noll and Vo, as RFC 9923
/// has it).
#[must_use]
pub fn hash(fingerprint: &str) -> u64 {
    hash_on(0xcbf2_9ce4_8422_2325, fingerprint.as_bytes())
}

/// The hash of what had `hash` so far, with more bytes behind it.
pub(in crate::report) fn hash_on(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// As much of a text as goes into its fingerprint, and whether that is less than all.
pub(super) fn beginning(text: &str) -> (&str, bool) {
    let head = without_mark(text).unwrap_or(text);
    let head = &head[..head.floor_char_boundary(LIMIT)];
    (head, head.len() < text.len())
}

/// A text that was cut when it was recorded, without the mark that says so: `…(+12 B)`.
pub(in crate::report) fn without_mark(text: &str) -> Option<&str> {
    let (head, mark) = text.rsplit_once(CUT)?;
    let digits = mark.strip_suffix(" B)")?;
    (!digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(head)
}

pub(super) fn of_tokens(parts: &Significant<'_>, dialect: Dialect, truncated: bool) -> String {
    let mut out = String::with_capacity(parts.text.len().min(LIMIT));
    let mut lists = Lists::default();
    let mut semicolons = 0;
    let mut previous = None;
    for (index, part) in parts.parts.iter().enumerate() {
        if parts.word(index) == ";" {
            semicolons += 1;
            continue;
        }
        if is_sign(parts, index, previous) {
            continue;
        }
        out.extend(std::iter::repeat_n(';', std::mem::take(&mut semicolons)));
        let signed = previous.map_or(0, |previous| previous + 1) < index;
        let spaced = part.spaced || signed && parts.parts[index - 1].spaced;
        let is_value = is_value(parts, index, previous);
        if needs_space(parts, index, previous, spaced, &out, dialect) {
            out.push(' ');
        }
        let start = out.len();
        if is_value {
            out.push('?');
        } else {
            push(&mut out, parts.word(index), part.token.kind);
        }
        lists.after(&mut out, start, part.token.kind, is_value);
        previous = Some(index);
    }
    if truncated {
        lists.end(&mut out);
    }
    out
}

fn push(out: &mut String, word: &str, kind: TokenKind) {
    let start = out.len();
    out.push_str(word);
    match kind {
        TokenKind::Keyword => out[start..].make_ascii_uppercase(),
        TokenKind::Ident => out[start..].make_ascii_lowercase(),
        _ => {}
    }
}

/// Whether it is the minus of a negative number: a number follows, and no value stands before.
fn is_sign(parts: &Significant<'_>, index: usize, previous: Option<usize>) -> bool {
    parts.word(index) == "-"
        && parts.kind(index + 1) == Some(TokenKind::Number)
        && previous.is_none_or(|previous| match parts.kind(previous) {
            Some(TokenKind::Keyword) => !parts.is(previous, &["END", "NULL", "TRUE", "FALSE", "DEFAULT"]),
            Some(TokenKind::Punct) => !parts.is(previous, &[")", "]", "}", "."]),
            kind => kind == Some(TokenKind::Operator),
        })
}

fn is_value(parts: &Significant<'_>, index: usize, previous: Option<usize>) -> bool {
    match parts.kind(index) {
        Some(TokenKind::Text | TokenKind::Number | TokenKind::Placeholder) => true,
        Some(TokenKind::Keyword) if parts.is(index, &["TRUE", "FALSE"]) => true,
        Some(TokenKind::Keyword) if parts.is(index, &["NULL"]) => {
            !previous.is_some_and(|previous| parts.is(previous, &["IS", "NOT"]))
        }
        Some(TokenKind::Ident | TokenKind::QuotedIdent | TokenKind::Keyword) => names::is_private(parts, index),
        _ => false,
    }
}

/// Whether a space goes before the token, after all that is `out` already.
fn needs_space(
    parts: &Significant<'_>,
    index: usize,
    previous: Option<usize>,
    spaced: bool,
    out: &str,
    dialect: Dialect,
) -> bool {
    let Some(previous) = previous else { return false };
    let word = parts.word(index);
    let before = out.as_bytes().last().copied().unwrap_or(b' ');
    let kind = parts.kind(previous);
    if matches!(word, ")" | ",") {
        return false;
    }
    if matches!(before, b',' | b';') || word == "(" && parts.is(previous, &["IN", "VALUES"]) {
        return true;
    }
    if kind == Some(TokenKind::Punct) && before == b'(' {
        return false;
    }
    // Two tokens must not become another one.
    let sign = matches!(kind, Some(TokenKind::Operator | TokenKind::Punct)) && parts.word(previous) != "::";
    let next = word.bytes().next().unwrap_or(b' ');
    spaced
        || before == b'-' && next == b'-'
        || sign && matches!(before, b':' | b'@' | b'$') && super::lexer::is_word(next)
        || sign && dialect == Dialect::Generic && before == b'%' && (next == b'(' || super::lexer::is_word(next))
}
