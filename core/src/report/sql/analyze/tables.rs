//! The tables of a statement: names where tables stand, and which of them it changes.

use std::collections::HashSet;
use std::ops::Range;

use super::table_name::{BETWEEN, alias, is_between, is_query, is_table_name, name, part_of_name};
use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;
use crate::report::sql::statements::{has_body, ranges};

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
    /// The verb that changes the tables which stand next.
    change: Option<&'static str>,
    /// `FROM` is followed by tables from which rows are deleted.
    deletes: bool,
}

/// A table where it stands.
pub(super) struct Found {
    pub(super) name: String,
    /// The place of its first token.
    pub(super) at: usize,
    /// The verb that changes it, as far as the text says so.
    pub(super) changed_by: Option<&'static str>,
    alias: Option<String>,
}

/// The tables in the order of the text, without quotes. Names of queries after `WITH`, and functions, are no tables, and
/// what stands in the body of a trigger or function is not changed by its definition.
pub(super) fn of(parts: &Significant<'_>) -> Vec<Found> {
    ranges(parts).into_iter().flat_map(|range| of_statement(parts, range)).collect()
}

/// The names of tables, each once.
pub(super) fn names(found: Vec<Found>) -> Vec<String> {
    let mut seen = HashSet::new();
    found.into_iter().map(|table| table.name).filter(|name| seen.insert(name.clone())).collect()
}

fn of_statement(parts: &Significant<'_>, range: Range<usize>) -> Vec<Found> {
    if has_body(parts, range.start, range.end) {
        return of_trigger(parts, range);
    }
    let (mut tables, mut queries): (Vec<Found>, _) = (Vec::new(), HashSet::new());
    let (mut level, mut outer) = (Level::default(), Vec::new());
    let mut at = range.start;
    while at < range.end {
        let mut next = at + 1;
        match parts.kind(at) {
            Some(TokenKind::Punct) => match parts.word(at) {
                "(" => {
                    outer.push(Level { expects: false, ..level });
                    level = Level {
                        expects: level.expects,
                        list: level.expects,
                        query: level.expects,
                        change: level.change.filter(|_| level.expects),
                        ..Level::default()
                    };
                }
                ")" => level = outer.pop().unwrap_or_default(),
                "," => level.expects = level.list || level.expects,
                _ => {}
            },
            Some(TokenKind::Keyword) if !(level.expects && is_table_name(parts, at)) => {
                keyword(parts, at, range.start, &mut level);
            }
            Some(TokenKind::Ident | TokenKind::QuotedIdent) if level.names && is_query(parts, at) => {
                queries.insert(part_of_name(parts, at));
            }
            Some(TokenKind::Ident | TokenKind::QuotedIdent | TokenKind::Keyword) if level.expects => {
                let (name, end) = name(parts, at);
                next = end;
                if is_between(parts, at) && (parts.is_name(end) || is_table_name(parts, end)) {
                    at = next;
                    continue;
                }
                level.expects = false;
                let is_function = parts.word(end) == "(" && !level.target;
                if !is_function && !name.starts_with('@') {
                    tables.push(Found { name, at, changed_by: level.change, alias: alias(parts, end) });
                }
            }
            Some(TokenKind::Operator | TokenKind::Comment) => {}
            _ => level.expects = false,
        }
        at = next;
    }
    tables.retain(|table| !queries.contains(&table.name));
    keep_targets(parts, range, &mut tables);
    tables
}

/// The table that a trigger is for: `CREATE TRIGGER a AFTER INSERT OR UPDATE OF b ON c`.
fn of_trigger(parts: &Significant<'_>, range: Range<usize>) -> Vec<Found> {
    // An event trigger is for no table.
    let trigger = range.clone().take(10).find(|at| parts.is(*at, &["TRIGGER", "EVENT", "FUNCTION", "PROCEDURE"]));
    let trigger = trigger.is_some_and(|at| parts.is(at, &["TRIGGER"]));
    let on = range.clone().find(|at| parts.is(*at, &["ON"]) && parts.kind(*at) == Some(TokenKind::Keyword));
    match on.filter(|on| trigger && on + 1 < range.end) {
        Some(on) => {
            let (name, _) = name(parts, on + 1);
            vec![Found { name, at: on + 1, changed_by: Some("TRIGGER"), alias: None }]
        }
        None => Vec::new(),
    }
}

/// MySQL 8.4, "DELETE", "UPDATE": with several tables, those that change are named before `FROM` and after `SET`.
fn keep_targets(parts: &Significant<'_>, range: Range<usize>, tables: &mut [Found]) {
    if tables.iter().filter(|table| table.changed_by.is_some()).count() < 2 {
        return;
    }
    let is_target = |at: usize| match parts.word(at.wrapping_sub(1)) {
        "," => true,
        word => ["DELETE", "SET", "QUICK", "IGNORE", "LOW_PRIORITY"].iter().any(|verb| word.eq_ignore_ascii_case(verb)),
    };
    let (mut depth, mut within, mut targets) = (0_usize, false, HashSet::new());
    for at in range {
        match parts.word(at) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            _ if parts.is(at, &["DELETE", "SET"]) => within = true,
            _ if parts.is(at, &["FROM", "WHERE", "ORDER", "LIMIT", "RETURNING"]) => within = false,
            _ if within && parts.is_name(at) && is_target(at) => {
                // `SET a.b = 1` is about `a`, `DELETE a, b FROM` about both; `SET b = 1` says nothing.
                let is_set = parts.word(at + 1) == "=";
                if !is_set {
                    targets.insert(part_of_name(parts, at));
                }
            }
            _ => {}
        }
    }
    if targets.is_empty() {
        return;
    }
    for table in tables.iter_mut().filter(|table| matches!(table.changed_by, Some("UPDATE" | "DELETE"))) {
        let last = table.name.rsplit('.').next().unwrap_or_default();
        if !targets.contains(last) && !table.alias.as_ref().is_some_and(|alias| targets.contains(alias)) {
            table.changed_by = None;
        }
    }
}

fn keyword(parts: &Significant<'_>, at: usize, start: usize, level: &mut Level) {
    let before = |words: &[&str]| at > 0 && parts.is(at - 1, words);
    let first = at == start || before(&["("]) || parts.kind(at - 1) == Some(TokenKind::Comment);
    let reads = Level { expects: true, list: true, target: false, change: None, deletes: false, ..*level };
    let changes = |list, verb| Level { expects: true, list, target: true, change: Some(verb), ..*level };
    // Columns may be called so: it is an object's kind only where no rows are read or written.
    let is_object = || {
        let rows = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "REPLACE", "MERGE", "("];
        at == start || !parts.is(start, &rows)
    };
    *level = match parts.word(at).to_ascii_uppercase().as_str() {
        "WITH" if at + 1 < parts.parts.len() && (parts.is(at + 1, &["RECURSIVE"]) || is_query(parts, at + 1)) => {
            Level { names: true, ..*level }
        }
        "FROM" if level.query && !(before(&["DISTINCT"]) && at > 1 && parts.is(at - 2, &["IS", "NOT"])) => {
            if level.deletes { Level { change: Some("DELETE"), ..reads } } else { reads }
        }
        // `UPDATE a JOIN b SET`, `DELETE a FROM b JOIN a`: which of them change is said elsewhere.
        "JOIN" | "STRAIGHT_JOIN" => Level { change: level.change.filter(|_| !level.using), ..reads },
        "USING" if level.using => reads,
        "INTO" => changes(false, level.change.unwrap_or("INTO")),
        "UPDATE" if !before(&["FOR", "ON", "DO", "KEY", "NO", "THEN"]) => {
            Level { query: true, names: false, using: false, ..changes(true, "UPDATE") }
        }
        "DELETE" if !before(&["ON", "THEN"]) => {
            // Only the form without a list before FROM says after it which table is changed.
            let plain = parts.is(at + 1, &["FROM"]);
            Level { query: true, using: plain, deletes: true, names: false, expects: false, ..*level }
        }
        "MERGE" if !before(&["ON", "THEN"]) => {
            Level { query: true, using: true, names: false, expects: false, change: Some("MERGE"), ..*level }
        }
        "INSERT" if first || level.names => Level { query: true, names: false, ..changes(false, "INSERT") },
        "REPLACE" if first || level.names => Level { query: true, names: false, ..changes(false, "REPLACE") },
        "COPY" | "LOCK" | "DESCRIBE" | "REINDEX" | "VACUUM" | "ANALYZE" if first => changes(false, "COPY"),
        "TABLE" => changes(true, "TABLE"),
        "TRUNCATE" | "VIEW" if is_object() => changes(true, "TABLE"),
        "ON" if at > 1 && in_index(parts, at) => changes(false, "TABLE"),
        "SELECT" => Level { query: true, names: false, list: false, expects: false, change: None, ..*level },
        word if level.expects && BETWEEN.contains(&word) => *level,
        word if AFTER.contains(&word) => Level { expects: false, list: false, change: None, ..*level },
        _ => Level { expects: false, ..*level },
    };
}

/// Whether `ON` is that of `CREATE INDEX a ON b`: `INDEX` is at most six words before.
fn in_index(parts: &Significant<'_>, at: usize) -> bool {
    let words = at.saturating_sub(7)..at;
    words.clone().any(|at| parts.is(at, &["INDEX"])) && words.clone().any(|at| parts.is(at, &["CREATE"]))
}
