//! [`runnable`]: a statement with its values in their places; [`with_comment`]: with its values beside it.
//!
//! Here: which value goes where, and what keeps it apart from what stands around it. Not here: the literals (`literal`),
//! and where the places are (`placeholder`).

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::HashMap;

use super::Dialect;
use super::fingerprint::without_mark;
use super::lexer::{TokenKind, is_word, tokens};
use super::literal::{NoLiteral, literal};
use super::placeholder::{Placeholder, Which, is_next, placeholders};
use crate::report::Parameter;
use crate::report::visible::one_line;

/// Why a statement cannot be run with its values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotRunnable {
    /// Only the statement's beginning was recorded.
    #[error("only the statement's beginning was recorded")]
    CutStatement,
    /// There are not as many values as places for them.
    #[error("the statement has places for {places} values, and {values} were recorded")]
    Count {
        /// How many values the statement wants.
        places: usize,
        /// How many there are.
        values: usize,
    },
    /// No value has the name.
    #[error("no value is recorded for {name}")]
    Missing {
        /// The name.
        name: String,
    },
    /// Places with numbers and such without stand side by side: which value goes where depends on the library.
    #[error("places with and without numbers are mixed")]
    Mixed,
    /// A value cannot be written as a literal.
    #[error("value {name} cannot be written: {reason}")]
    Value {
        /// The value's name, or its place counted from 1.
        name: String,
        /// Why.
        reason: NoLiteral,
    },
}

/// The statement with its values in their places, to run it again. A hostile value stays a value.
///
/// # Errors
///
/// [`NotRunnable`] says why there is no such statement.
pub fn runnable(text: &str, dialect: Dialect, params: &[Parameter<'_>]) -> Result<String, NotRunnable> {
    if without_mark(text).is_some() {
        return Err(NotRunnable::CutStatement);
    }
    let places = placeholders(text, dialect);
    let chosen = choose(text, dialect, &places, params)?;
    let mut literals: HashMap<usize, String> = HashMap::new();
    for &index in &chosen {
        if let std::collections::hash_map::Entry::Vacant(vacant) = literals.entry(index) {
            let parameter = &params[index];
            let made = literal(dialect, parameter.value, parameter.type_name);
            vacant.insert(made.map_err(|reason| NotRunnable::Value { name: parameter.name.clone(), reason })?);
        }
    }
    // Python's libraries write `%` as `%%` where values are put in by `%s`.
    let format = places.iter().any(|place| text[place.start..].starts_with('%'));
    let piece = |piece: &str, out: &mut String| {
        if format { out.push_str(&piece.replace("%%", "%")) } else { out.push_str(piece) }
    };
    let strings = strings(text, dialect, &places);
    let mut out = String::with_capacity(text.len() + literals.values().map(String::len).sum::<usize>());
    let mut at = 0;
    for ((place, index), beside) in places.iter().zip(&chosen).zip(strings) {
        piece(&text[at..place.start], &mut out);
        push(&mut out, &literals[index], text[place.end..].bytes().next(), beside);
        at = place.end;
    }
    piece(&text[at..], &mut out);
    Ok(out)
}

/// The statement as it was sent, below its values in comments: where they cannot be put in their places. Nothing that a
/// value holds ends a comment, and the comments stand before the statement, which may have a quote open at its end.
#[must_use]
pub fn with_comment(text: &str, params: &[Parameter<'_>]) -> String {
    let mut out = String::with_capacity(text.len() + 32 * params.len());
    for parameter in params {
        let ty = parameter.type_name.map(|name| format!(" ({name})")).unwrap_or_default();
        let line = format!("{}{ty}: {parameter}", parameter.name);
        let escaped = line.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        let escaped = escaped.replace("*/", "*\\/").replace("/*", "/\\*");
        out.push_str("-- ");
        out.push_str(&one_line(&escaped));
        out.push('\n');
    }
    out.push_str(text);
    out
}

/// For each place the value that belongs there.
pub(in crate::report) fn choose(
    text: &str,
    dialect: Dialect,
    places: &[Placeholder<'_>],
    params: &[Parameter<'_>],
) -> Result<Vec<usize>, NotRunnable> {
    let named = places.iter().filter(|place| matches!(place.which, Which::Name(_))).count();
    let next = places.iter().filter(|place| is_next(&text[place.start..place.end])).count();
    if [named, next, places.len() - named - next].iter().filter(|count| **count > 0).count() > 1 {
        return Err(NotRunnable::Mixed);
    }
    let mut positions: HashMap<&str, usize> = HashMap::new();
    let by_name: HashMap<&str, usize> = params
        .iter()
        .enumerate()
        .map(|(index, parameter)| (parameter.name.trim_start_matches([':', '@', '$']), index))
        .collect();
    let in_order = params.iter().enumerate().all(|(index, parameter)| parameter.name == (index + 1).to_string());
    let mut wanted = 0;
    let mut chosen = Vec::with_capacity(places.len());
    for place in places {
        let index = match place.which {
            Which::Position(index) => index,
            // SQLite counts names in the order in which they first appear.
            Which::Name(name) if dialect == Dialect::Sqlite && in_order => {
                let next = positions.len();
                *positions.entry(name).or_insert(next)
            }
            Which::Name(name) => *by_name.get(name).ok_or_else(|| NotRunnable::Missing { name: name.to_owned() })?,
        };
        wanted = wanted.max(index.saturating_add(1));
        chosen.push(index);
    }
    // Names may be fewer than values: libraries take what they need.
    let enough = wanted == params.len() || named > 0 && !in_order && wanted <= params.len();
    if enough && (in_order || named > 0) {
        Ok(chosen)
    } else {
        Err(NotRunnable::Count { places: wanted, values: params.len() })
    }
}

/// For each place whether a text stands beside it: MySQL joins texts that follow each other.
fn strings(text: &str, dialect: Dialect, places: &[Placeholder<'_>]) -> Vec<bool> {
    let mut beside = vec![false; places.len()];
    let (mut place, mut before) = (0, None);
    for token in tokens(text, dialect).filter(|token| !matches!(token.kind, TokenKind::Space | TokenKind::Comment)) {
        let is_place = token.kind == TokenKind::Placeholder;
        let is_text = token.kind == TokenKind::Text || is_place;
        if is_text && before == Some(TokenKind::Placeholder) {
            beside[place - 1] = true;
        }
        if is_place {
            beside[place] = matches!(before, Some(TokenKind::Text | TokenKind::Placeholder));
            place += 1;
        }
        before = Some(token.kind);
    }
    beside
}

/// Appends a literal so that neither what stands before it nor what follows becomes a part of it.
fn push(out: &mut String, literal: &str, next: Option<u8>, beside_a_text: bool) {
    let before = out.bytes().next_back().unwrap_or(b' ');
    if !(before.is_ascii_whitespace() || b"(,[=<>".contains(&before)) {
        out.push(' ');
    }
    // A sign would make an operator or a comment of what stands before it, and a subscript binds to the cast's type.
    let literal: Cow<'_, str> = if beside_a_text || literal.starts_with('-') || matches!(next, Some(b'[' | b'.')) {
        format!("({literal})").into()
    } else {
        literal.into()
    };
    out.push_str(&literal);
    if next.is_some_and(|next| is_word(next) || matches!(next, b'\'' | b'"' | b'`' | b'?' | b'@' | b'%')) {
        out.push(' ');
    }
}
