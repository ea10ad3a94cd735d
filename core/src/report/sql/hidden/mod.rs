//! [`hidden`]: a text of which nothing is left that may be a value.
//!
//! Here: what is unclear, and what stands in its place. Below: which words in double quotes are names however a server is
//! set (`names`), and words that are values of settings (`settings`). Not here: what takes the place of what surely is a
//! value (`fingerprint`), and in how many ways a text may be read (`lexer`).
//!
//! A trace does not say how its server was set, nor always which database it was. So a text is read in every way in which
//! one of them may read it: what is a value, or stands in a comment, by any of these readings is not shown.

mod names;
mod settings;

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::Dialect;
use super::fingerprint::{beginning, fingerprint, of_tokens};
use super::lexer::{Reading, Token, TokenKind, read, tokens};
use super::significant::Significant;

/// The fingerprint, in which names that may be values are numbered: `‹1›`. What has the same fingerprint has the same
/// `number`, so that statements stay as different as they were.
pub(in crate::report) fn hidden(text: &str, dialect: Dialect, mut number: impl FnMut(String) -> usize) -> String {
    let (head, truncated) = beginning(text);
    let unclear = unclear(head, dialect);
    let mut clear = String::with_capacity(head.len());
    let mut at = 0;
    for range in unclear {
        clear.push_str(&head[at..range.start]);
        // A word of its own, for every database.
        clear.push_str(&format!(" ‹{}› ", number(fingerprint(&head[range.clone()], dialect).text)));
        at = range.end;
    }
    clear.push_str(&head[at..]);
    of_tokens(&Significant::of(&clear, dialect), dialect, truncated)
}

/// From where to where the fingerprint would show what may be a value.
fn unclear(text: &str, dialect: Dialect) -> Vec<Range<usize>> {
    let names = names::sure(text, dialect);
    let values = settings::values(text, dialect);
    let elsewhere = elsewhere(text, dialect, &names);
    let is_shown = |token: &Token| match token.kind {
        TokenKind::Space | TokenKind::Text | TokenKind::Number | TokenKind::Placeholder => false,
        TokenKind::Comment => token.is_hint(text),
        _ => true,
    };
    let is_hidden = |token: &Token| elsewhere[token.start..token.end].contains(&true);
    let is_unclear = |token: &Token| match token.kind {
        TokenKind::Comment => true,
        // `@'...'` is a variable, or the host of an account.
        TokenKind::QuotedIdent if token.of(text).starts_with('@') => true,
        TokenKind::QuotedIdent if token.of(text).starts_with('"') && dialect != Dialect::Postgres => {
            !is_name(&names, token)
        }
        _ => false,
    };
    let mut found: Vec<Range<usize>> = Vec::new();
    // Whether all since the last that is unclear is hidden by another reading.
    let mut goes_on = false;
    for token in tokens(text, dialect) {
        let hidden = is_hidden(&token);
        if is_shown(&token) && (hidden || is_unclear(&token) || values.binary_search(&token.start).is_ok()) {
            match found.last_mut() {
                Some(last) if goes_on => last.end = token.end,
                _ => found.push(token.start..token.end),
            }
            goes_on = true;
        } else {
            goes_on &= hidden;
        }
    }
    found
}

fn is_name(names: &[(usize, usize)], token: &Token) -> bool {
    names.binary_search(&(token.start, token.end)).is_ok()
}

/// For each byte whether another reading takes it for a part of a value or a comment.
fn elsewhere(text: &str, dialect: Dialect, names: &[(usize, usize)]) -> Vec<bool> {
    let mut hidden = vec![false; text.len()];
    // Readings differ by these only.
    if !text.bytes().any(|byte| b"'\"`\\#$-/".contains(&byte)) {
        return hidden;
    }
    for reading in Reading::others(dialect) {
        for token in read(text, reading) {
            let is_value = match token.kind {
                TokenKind::Text if token.of(text).starts_with('"') => !is_name(names, &token),
                TokenKind::Text | TokenKind::Comment => true,
                _ => false,
            };
            if is_value {
                hidden[token.start..token.end].fill(true);
            }
        }
    }
    hidden
}
