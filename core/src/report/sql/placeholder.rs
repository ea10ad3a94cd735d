//! [`placeholders`]: where in a text values belong, and which.
//!
//! Not here: the values (`literal`), and putting them there (`runnable`).

use super::Dialect;
use super::lexer::{TokenKind, tokens};

/// A place for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Placeholder<'a> {
    /// The byte that it begins at.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// Which value belongs there.
    pub which: Which<'a>,
}

/// Which value belongs in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Which<'a> {
    /// That at this place in the list of values, counted from 0.
    Position(usize),
    /// That with this name, without the sign before it.
    Name(&'a str),
}

/// The places for values in a text, in their order.
///
/// `?` and `%s` take the next value each. SQLite counts a `?` on from the highest number before it.
///
/// ```
/// use osprofiler::report::sql::{Dialect, placeholder::{Which, placeholders}};
///
/// let found = placeholders("SELECT '?', $2", Dialect::Postgres);
/// assert_eq!((found.len(), found[0].start, found[0].which), (1, 12, Which::Position(1)));
/// ```
#[must_use]
pub fn placeholders(text: &str, dialect: Dialect) -> Vec<Placeholder<'_>> {
    let mut next = 0;
    let places = tokens(text, dialect).filter(|token| token.kind == TokenKind::Placeholder);
    places
        .map(|token| {
            let which = which(token.of(text), next);
            match which {
                Which::Position(at) if dialect == Dialect::Sqlite => next = next.max(at.saturating_add(1)),
                Which::Position(at) if at == next && is_next(token.of(text)) => next += 1,
                _ => {}
            }
            Placeholder { start: token.start, end: token.end, which }
        })
        .collect()
}

/// Whether a place takes the next value, whatever that is.
pub(super) fn is_next(place: &str) -> bool {
    matches!(place, "?" | "%s")
}

fn which(place: &str, next: usize) -> Which<'_> {
    if is_next(place) {
        return Which::Position(next);
    }
    let name = place.strip_prefix("%(").and_then(|name| name.strip_suffix(")s")).unwrap_or_else(|| &place[1..]);
    match name.parse::<usize>() {
        // A number that is none, such as 0, belongs to no value.
        Ok(number) if !place.starts_with("%(") => Which::Position(number.checked_sub(1).unwrap_or(usize::MAX)),
        _ => Which::Name(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sql::Dialect::{Generic, Mysql, Postgres, Sqlite};

    fn found(text: &str, dialect: Dialect) -> String {
        let shown = placeholders(text, dialect).into_iter().map(|place| match place.which {
            Which::Position(at) => format!("{}={at}", &text[place.start..place.end]),
            Which::Name(name) => format!("{}={name}", &text[place.start..place.end]),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn each_dialect_has_its_places() {
        assert_eq!(found("a = $2 AND b ? $1 AND c::int = $2 AND d = '$3' -- $4", Postgres), "$2=1 $1=0 $2=1");
        assert_eq!(found("a = ? AND b = '?' AND c = \"?\" AND d = ? AND @e = :f", Mysql), "?=0 ?=1");
        assert_eq!(found("? ?3 ? :a @b $c", Sqlite), "?=0 ?3=2 ?=3 :a=a @b=b $c=c");
        assert_eq!(found("%s %(a b)s %s ? :c", Generic), "%s=0 %(a b)s=a b %s=1 ?=2 :c=c");
    }

    #[test]
    fn numbers_that_are_none_belong_to_no_value() {
        assert_eq!(found("$0", Postgres), format!("$0={}", usize::MAX));
        assert_eq!(
            found("$99999999999999999999999999", Postgres),
            "$99999999999999999999999999=99999999999999999999999999"
        );
        assert_eq!(
            found("?18446744073709551615 ?", Sqlite),
            "?18446744073709551615=18446744073709551614 ?=18446744073709551615"
        );
    }
}
