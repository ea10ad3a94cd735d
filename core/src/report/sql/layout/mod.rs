//! [`breaks`]: where a formatted view breaks a statement into lines.
//!
//! Here: clauses and subqueries. Not here: drawing them. Breaks stand between two tokens, next to white space or a
//! parenthesis, so that nothing means anything else with them; the text itself stays as it is.

#[cfg(test)]
mod tests;

use super::Dialect;
use super::lexer::{TokenKind, tokens};
use super::significant::Significant;

/// Where a line break goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Break {
    /// The byte that it goes before.
    pub offset: usize,
    /// How many levels the line after it is indented.
    pub indent: usize,
}

/// Between these parentheses.
#[derive(Clone, Copy)]
struct Level {
    /// Whether a query stands there: only queries are broken.
    query: bool,
    /// How far its lines are indented.
    indent: usize,
    /// How many `CASE` are open.
    cases: usize,
    /// `BETWEEN` waits for its `AND`.
    between: bool,
    /// The clause is one with conditions.
    conditions: bool,
    /// `SET` begins a clause: it is a statement that writes.
    sets: bool,
}

/// Deeper queries are indented no further.
const MAX_INDENT: usize = 20;

/// The verbs of statements that have clauses.
const VERBS: &[&str] = &["SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "VALUES"];

/// Where lines break. A text that has line breaks of its own, outside of literals, gets none.
#[must_use]
pub fn breaks(text: &str, dialect: Dialect) -> Vec<Break> {
    let is_between = |kind| matches!(kind, TokenKind::Space | TokenKind::Comment);
    if tokens(text, dialect).any(|token| is_between(token.kind) && token.of(text).contains(['\n', '\r'])) {
        return Vec::new();
    }
    let parts = Significant::of(text, dialect);
    let mut breaks = Vec::new();
    let mut level = Level::new(parts.is(0, VERBS) || parts.is(0, &["(", "EXPLAIN"]), 0, parts.is(0, WRITES));
    let mut outer: Vec<Level> = Vec::new();
    for at in 0..parts.parts.len() {
        let indent = match parts.word(at) {
            "(" => {
                let query = parts.is(at + 1, VERBS) && parts.word(at + 2) != "(";
                outer.push(level);
                level = Level::new(
                    query,
                    (level.indent + usize::from(query)).min(MAX_INDENT),
                    query && parts.is(at + 1, WRITES),
                );
                None
            }
            ")" => {
                let inner = level;
                level = outer.pop().unwrap_or(inner);
                inner.query.then_some(level.indent).filter(|_| parts.word(at - usize::from(at > 0)) != "(")
            }
            ";" => {
                level = Level::new(parts.is(at + 1, VERBS), 0, parts.is(at + 1, WRITES));
                outer.clear();
                None
            }
            _ if !level.query => None,
            _ if at > 0 && parts.word(at - 1) == ";" => Some(0),
            // The query of a parenthesis begins on a line of its own.
            _ if at > 0 && parts.word(at - 1) == "(" => Some(level.indent),
            _ if parts.kind(at) == Some(TokenKind::Keyword) => level.keyword(&parts, at),
            _ => None,
        };
        let Some(indent) = indent else { continue };
        let part = &parts.parts[at];
        let beside = at > 0 && (part.spaced || matches!(parts.word(at - 1), "(" | ")" | ";") || parts.word(at) == ")");
        // A comment before it ends where white space begins; none with a line break is there.
        if beside {
            breaks.push(Break { offset: part.token.start, indent });
        }
    }
    breaks
}

const WRITES: &[&str] = &["INSERT", "UPDATE", "DELETE", "REPLACE", "MERGE", "WITH"];

/// Words that may stand before `JOIN`.
const JOINS: &[&str] = &["NATURAL", "LEFT", "RIGHT", "FULL", "INNER", "CROSS", "OUTER"];

impl Level {
    fn new(query: bool, indent: usize, sets: bool) -> Self {
        Self { query, indent, cases: 0, between: false, conditions: false, sets }
    }

    /// The indentation of the line that the word begins; `None` where it begins none.
    fn keyword(&mut self, parts: &Significant<'_>, at: usize) -> Option<usize> {
        let before = |words: &[&str]| at > 0 && parts.is(at - 1, words);
        let next = |words: &[&str]| parts.is(at + 1, words);
        let word = parts.word(at).to_ascii_uppercase();
        let begins = match &*word {
            "CASE" => {
                self.cases += 1;
                false
            }
            "END" => {
                self.cases = self.cases.saturating_sub(1);
                false
            }
            _ if self.cases > 0 => false,
            "BETWEEN" => {
                self.between = true;
                false
            }
            "AND" if std::mem::take(&mut self.between) => false,
            "AND" | "OR" if self.conditions => return Some(self.indent + 1),
            "FROM" => !before(&["DELETE", "DISTINCT"]) || before(&["DISTINCT"]) && !is_comparison(parts, at),
            "WHERE" | "HAVING" | "LIMIT" | "OFFSET" | "WINDOW" | "RETURNING" | "UNION" | "EXCEPT" | "INTERSECT" => true,
            "GROUP" | "ORDER" => next(&["BY"]),
            "FETCH" => next(&["FIRST", "NEXT"]),
            "FOR" => next(&["UPDATE", "SHARE", "NO", "KEY"]),
            "SELECT" => at > 0,
            "INSERT" | "UPDATE" | "DELETE" | "MERGE" => at > 0 && before(&[")"]),
            "VALUES" => before(&[")"]) || parts.is_name(at.saturating_sub(1)) && at > 0,
            "SET" => self.sets && !before(&["UPDATE"]),
            "ON" => next(&["CONFLICT", "DUPLICATE"]),
            "JOIN" | "STRAIGHT_JOIN" => !before(JOINS),
            join if JOINS.contains(&join) => !before(JOINS) && is_join(parts, at),
            _ => false,
        };
        self.conditions = match &*word {
            "WHERE" | "HAVING" | "ON" => true,
            _ if begins => false,
            _ => self.conditions,
        };
        begins.then_some(self.indent)
    }
}

/// Whether the words here end with `JOIN`: `LEFT` may also be a function.
fn is_join(parts: &Significant<'_>, at: usize) -> bool {
    (at + 1..at + 4).find(|at| !parts.is(*at, JOINS)).is_some_and(|at| parts.is(at, &["JOIN"]))
}

/// Whether `FROM` is that of `a IS DISTINCT FROM b`.
fn is_comparison(parts: &Significant<'_>, at: usize) -> bool {
    at > 1 && parts.is(at - 2, &["IS", "NOT"])
}
