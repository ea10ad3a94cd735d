//! [`explain`]: what to put before a statement to see its plan, so that nothing is changed by it; [`only_reads`]: whether a
//! statement can be handed out to be run.
//!
//! Here: which statements have a plan, and which may run for it. Not here: what functions do (`functions`), and values in
//! their places (`runnable`).
//!
//! `EXPLAIN ANALYZE` runs the statement. It is said only for one that certainly reads. What the text does not show is not
//! known here: a view, an operator, a cast or a row-level policy may call a function that has effects.

#[cfg(test)]
mod tests;

use super::functions::{calls, has_effect};
use super::lexer::TokenKind;
use super::repeat::{Repeat, lock};
use super::significant::Significant;
use super::statements::ranges;
use super::{Analyzed, Dialect, Kind};

/// How the plan of a statement is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explain {
    /// What stands before the statement, such as `EXPLAIN`.
    pub prefix: &'static str,
    /// Why the statement is not run for its plan, where it would be if it certainly read.
    pub not_run: Option<String>,
}

/// Words that change something, lock rows or may, wherever they stand in a statement.
const WRITES: &[&str] =
    &["INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "INTO", "TRUNCATE", "CREATE", "ALTER", "DROP", "CALL", "COPY"];

/// What to put before a statement to see its plan; `None` where the text is not a single statement, has no plan, or
/// might change something even so.
///
/// - PostgreSQL: `EXPLAIN` does not run the statement; with `ANALYZE` it does. `ANALYZE` needs a read that calls nothing
///   but functions that are known to have no effects, and locks no rows. `EXPLAIN` itself runs functions that are declared
///   `IMMUTABLE` and get constants.
/// - MySQL and MariaDB: `EXPLAIN` runs parts of the statement to plan it, such as a subquery in `FROM`, with the functions
///   in them (MariaDB 10.11.19; MySQL 5.6, "Optimizing Derived Tables"). So there is none with a function that is not known
///   to have no effects, and none with an assignment to a variable.
/// - SQLite: `EXPLAIN QUERY PLAN` runs nothing (SQLite 3.51, "EXPLAIN QUERY PLAN").
/// - Of another database only what holds for all three.
///
/// ```
/// use osprofiler::report::sql::{Dialect, explain::explain};
///
/// let of = |text| explain(text, Dialect::Postgres).map(|explain| explain.prefix);
/// assert_eq!(of("DELETE FROM users"), Some("EXPLAIN"));
/// assert_eq!(of("SELECT 1; DELETE FROM users"), None);
/// ```
#[must_use]
pub fn explain(text: &str, dialect: Dialect) -> Option<Explain> {
    if dialect == Dialect::Generic {
        let all = [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite, Dialect::Generic];
        let parts = all.map(|dialect| Significant::of(text, dialect));
        let planned = parts.iter().zip(all).all(|(parts, dialect)| prefix(parts, text, dialect).is_some());
        return planned.then_some(Explain { prefix: "EXPLAIN", not_run: None });
    }
    prefix(&Significant::of(text, dialect), text, dialect)
}

/// Whether the text is a single statement that certainly changes nothing where it is run: a read that calls nothing but functions
/// of the database's own that are known to have no effects, or one that shows something. Of a database that is not known: for
/// all three.
#[must_use]
pub fn only_reads(text: &str, dialect: Dialect) -> bool {
    analyzed_only_reads(text, dialect, &Analyzed::of(text, dialect))
}

/// [`only_reads`] of a text that was analysed before.
pub(in crate::report) fn analyzed_only_reads(text: &str, dialect: Dialect, analyzed: &Analyzed) -> bool {
    if dialect == Dialect::Generic {
        let all = [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite];
        return all.into_iter().all(|dialect| only_reads(text, dialect));
    }
    let parts = Significant::of(text, dialect);
    let reads = match analyzed.kind {
        Kind::Read => matches!(analyzed.repeat, Repeat::Same | Repeat::MayDiffer(_) | Repeat::Locks(_)),
        Kind::Other => matches!(analyzed.verb.as_str(), "SHOW" | "DESCRIBE" | "DESC"),
        Kind::Write | Kind::Ddl | Kind::Transaction => false,
    };
    reads
        && is_single(&parts)
        && ranges(&parts).len() == 1
        && !speaks_to_the_client(&parts, text)
        && !runs_comments(&parts)
        && !(is_doubtful(&parts, dialect) && may_end_early(&parts))
}

/// What stands between a statement and the `\bind` of `psql` 16 or later: a line break where a comment would go on over
/// it. `None` where `psql` would send something else than the whole statement with its values.
#[must_use]
pub fn before_bind(text: &str, dialect: Dialect) -> Option<&'static str> {
    let parts = Significant::of(text, dialect);
    let whole = ranges(&parts).len() == 1 && (0..parts.parts.len()).all(|at| parts.word(at) != ";");
    if dialect != Dialect::Postgres || !whole || speaks_to_the_client(&parts, text) {
        return None;
    }
    let last = super::lexer::tokens(text, dialect).last()?;
    Some(if last.kind == TokenKind::Comment { "\n" } else { " " })
}

fn prefix(parts: &Significant<'_>, text: &str, dialect: Dialect) -> Option<Explain> {
    let verb = verb(parts, dialect)?;
    if !is_single(parts) || speaks_to_the_client(parts, text) || runs_comments(parts) {
        return None;
    }
    // With other settings of the server a backslash before a quote has another meaning, and the text another end.
    let doubtful = is_doubtful(parts, dialect);
    if doubtful && may_end_early(parts) {
        return None;
    }
    let changes = (0..parts.parts.len()).find(|at| changes(parts, *at));
    let call = doubtful_call(parts, dialect);
    Some(match dialect {
        Dialect::Postgres => {
            let not_run = match (changes, call) {
                (Some(at), _) => Some(format!("{} stands in the statement", parts.word(at).to_ascii_uppercase())),
                (None, Some(call)) => Some(call),
                (None, None) if doubtful => Some("it has a backslash before a quote".to_owned()),
                (None, None) => lock(parts).map(|_| "it locks rows".to_owned()),
            };
            let prefix = if not_run.is_some() { "EXPLAIN" } else { "EXPLAIN (ANALYZE, BUFFERS, VERBOSE, FORMAT JSON)" };
            Explain { prefix, not_run }
        }
        Dialect::Mysql | Dialect::Generic if call.is_some() || assigns(parts) => return None,
        // `SELECT ... INTO` fills a file or variables.
        Dialect::Mysql if !is_write(verb) && changes.is_some_and(|at| parts.is(at, &["INTO"])) => return None,
        Dialect::Mysql if changes.is_none() => Explain { prefix: "EXPLAIN FORMAT=JSON", not_run: None },
        Dialect::Sqlite => Explain { prefix: "EXPLAIN QUERY PLAN", not_run: None },
        Dialect::Mysql | Dialect::Generic => Explain { prefix: "EXPLAIN", not_run: None },
    })
}

/// The verb of a statement that has a plan.
fn verb<'a>(parts: &Significant<'a>, dialect: Dialect) -> Option<&'a str> {
    let at = (0..parts.parts.len()).find(|at| parts.word(*at) != "(" && parts.kind(*at) != Some(TokenKind::Comment))?;
    let parentheses = (0..at).any(|at| parts.word(at) == "(");
    let reads: &[&str] = match dialect {
        Dialect::Postgres => &["SELECT", "VALUES", "TABLE", "WITH"],
        Dialect::Sqlite if parentheses => &[],
        // `EXPLAIN table` describes a table.
        Dialect::Mysql | Dialect::Sqlite | Dialect::Generic => &["SELECT", "VALUES", "WITH"],
    };
    let known = parts.is(at, reads)
        || !parentheses
            && match dialect {
                Dialect::Postgres => parts.is(at, &["INSERT", "UPDATE", "DELETE", "MERGE"]),
                _ => parts.is(at, &["INSERT", "UPDATE", "DELETE", "REPLACE"]),
            };
    known.then(|| parts.word(at))
}

fn is_write(verb: &str) -> bool {
    ["INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"].iter().any(|write| verb.eq_ignore_ascii_case(write))
}

/// Whether nothing follows the first statement, and nothing stands before it: a semicolon there would end `EXPLAIN`.
fn is_single(parts: &Significant<'_>) -> bool {
    let semicolon = (0..parts.parts.len()).find(|at| parts.word(*at) == ";").unwrap_or(parts.parts.len());
    (semicolon..parts.parts.len()).all(|at| parts.word(at) == ";" || parts.kind(at) == Some(TokenKind::Comment))
}

/// Whether a database's own program takes a part of the text for a command: `\gexec`. A NUL ends the text for SQLite.
fn speaks_to_the_client(parts: &Significant<'_>, text: &str) -> bool {
    text.contains('\0')
        || parts.parts.iter().any(|part| {
            !is_quoted(part.token.kind) && part.token.kind != TokenKind::Comment && part.token.of(text).contains('\\')
        })
}

/// Whether there are comments that some versions of MySQL or MariaDB run, and others do not.
fn runs_comments(parts: &Significant<'_>) -> bool {
    (0..parts.parts.len()).any(|at| parts.kind(at) == Some(TokenKind::Punct) && parts.word(at).starts_with("/*"))
}

fn is_quoted(kind: TokenKind) -> bool {
    matches!(kind, TokenKind::Text | TokenKind::QuotedIdent)
}

/// Whether `standard_conforming_strings` or `NO_BACKSLASH_ESCAPES` decides where a text ends.
fn is_doubtful(parts: &Significant<'_>, dialect: Dialect) -> bool {
    dialect != Dialect::Sqlite
        && parts.parts.iter().any(|part| {
            let quoted = part.token.of(parts.text);
            is_quoted(part.token.kind)
                && !(dialect == Dialect::Postgres && quoted.starts_with(['e', 'E', '$', '"']))
                && (quoted.contains("\\'") || quoted.contains("\\\""))
        })
}

/// Whether a text in quotes holds what would be another statement, or a call, where it ended sooner.
fn may_end_early(parts: &Significant<'_>) -> bool {
    parts.parts.iter().any(|part| is_quoted(part.token.kind) && part.token.of(parts.text).contains([';', '(']))
}

/// Whether the word changes something. After a dot, and before a parenthesis in MySQL, it is a name.
fn changes(parts: &Significant<'_>, at: usize) -> bool {
    let is_function = parts.word(at + 1) == "(" && parts.is(at, &["INSERT", "REPLACE", "TRUNCATE"]);
    parts.is(at, WRITES)
        && !is_function
        && !(at > 0 && parts.word(at - 1) == ".")
        // `FOR UPDATE` locks, which has a reason of its own.
        && !(parts.is(at, &["UPDATE"]) && at > 0 && parts.is(at - 1, &["FOR", "KEY"]))
}

/// Whether a variable of MySQL's gets a value within the statement, or a sequence of MariaDB's counts on.
fn assigns(parts: &Significant<'_>) -> bool {
    (0..parts.parts.len()).any(|at| {
        parts.word(at).starts_with(":=")
            || parts.word(at) == ":" && parts.word(at + 1) == "="
            || parts.is(at, &["NEXTVAL"])
            || parts.is(at, &["NEXT"]) && parts.is(at + 1, &["VALUE"])
    })
}

/// What is wrong with the first call of a function that is not known to have no effects. Not asked for SQLite, whose
/// `EXPLAIN QUERY PLAN` calls none.
fn doubtful_call(parts: &Significant<'_>, dialect: Dialect) -> Option<String> {
    if dialect == Dialect::Sqlite {
        return None;
    }
    let doubtful = calls(parts, dialect).into_iter().find(|call| !call.is_harmless(dialect))?;
    Some(if has_effect(dialect, &doubtful.name) {
        format!("{} has effects", doubtful.name)
    } else {
        format!("{} is not known to have no effects", doubtful.written)
    })
}
