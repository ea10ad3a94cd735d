//! What a statement does, by its first words.

use std::ops::Range;

use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;
use crate::report::sql::statements::ranges;
use crate::report::sql::{Dialect, Kind};

/// What the first words of a text say.
pub(super) struct Statement {
    pub(super) kind: Kind,
    /// The verb in capital letters; empty where there is none.
    pub(super) verb: String,
    /// The statement that is named in a label.
    pub(super) named: Named,
}

/// The first of the statements that have the text's kind.
#[derive(Default)]
pub(super) struct Named {
    pub(super) verb: String,
    /// What a statement that changes the schema is about, such as `TABLE`.
    pub(super) object: Option<String>,
    /// Its tokens.
    pub(super) range: Range<usize>,
    /// Whether it is one of several.
    pub(super) is_one_of_several: bool,
}

/// Kind and verb of a text. Of several statements the first one's verb, and the kind that matters most: a write before a
/// change of the schema before a read.
pub(super) fn of(parts: &Significant<'_>, dialect: Dialect) -> Statement {
    let mut found: Vec<(Kind, usize, Range<usize>)> = Vec::new();
    for range in ranges(parts) {
        if let Some(at) = verb_of(parts, range.start, range.end) {
            let upper = parts.word(at).to_ascii_uppercase();
            found.push((kind_of(parts, &upper, range.start, at, range.end, dialect), at, range));
        }
    }
    let kind = match &found[..] {
        [(only, ..)] => *only,
        _ => [Kind::Write, Kind::Ddl, Kind::Read, Kind::Other, Kind::Transaction]
            .into_iter()
            .find(|kind| found.iter().any(|(found, ..)| found == kind))
            .unwrap_or(Kind::Other),
    };
    let verb = |at: &usize| parts.word(*at).to_ascii_uppercase();
    let named =
        found.iter().find(|(found, ..)| *found == kind).map_or_else(Named::default, |(kind, at, range)| Named {
            verb: verb(at),
            object: if *kind == Kind::Ddl { object_of(parts, *at, range.end) } else { None },
            range: range.clone(),
            is_one_of_several: found.len() > 1,
        });
    Statement { kind, verb: found.first().map(|(_, at, _)| verb(at)).unwrap_or_default(), named }
}

fn is_word(parts: &Significant<'_>, at: usize) -> bool {
    matches!(parts.kind(at), Some(TokenKind::Keyword | TokenKind::Ident))
}

/// The place of a statement's verb: of `WITH`, that which follows the queries with names.
fn verb_of(parts: &Significant<'_>, start: usize, end: usize) -> Option<usize> {
    let first = (start..end).find(|at| is_word(parts, *at)).filter(|first| {
        // Before the verb stand at most parentheses, hints and the like.
        (start..*first).all(|at| matches!(parts.kind(at), Some(TokenKind::Punct | TokenKind::Comment)))
    })?;
    if !parts.is(first, &["WITH"]) {
        return Some(first);
    }
    let mut depth = 0_usize;
    for at in first + 1..end {
        match parts.word(at) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ if depth == 0 && is_verb_of_query(parts, at) => return Some(at),
            _ => {}
        }
    }
    Some(first)
}

fn is_verb_of_query(parts: &Significant<'_>, at: usize) -> bool {
    parts.is(at, &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "VALUES", "REPLACE", "TABLE"])
}

fn kind_of(parts: &Significant<'_>, verb: &str, start: usize, at: usize, end: usize, dialect: Dialect) -> Kind {
    let next = |words: &[&str]| at + 1 < end && parts.is(at + 1, words);
    match verb {
        "SELECT" | "VALUES" | "TABLE" | "WITH" => {
            if writes(parts, start, end) || verb == "SELECT" && selects_into(parts, at, end, dialect) {
                Kind::Write
            } else {
                Kind::Read
            }
        }
        "FETCH" => Kind::Read,
        "COPY" if copies_out(parts, at, end) => Kind::Read,
        // What a procedure does is not known: it may write. `TRUNCATE` is about rows, not about the schema.
        "INSERT" | "UPDATE" | "DELETE" | "REPLACE" | "MERGE" | "UPSERT" | "CALL" | "DO" | "EXEC" | "EXECUTE"
        | "COPY" | "LOAD" | "IMPORT" | "TRUNCATE" | "REFRESH" => Kind::Write,
        "CREATE" | "ALTER" | "DROP" | "RENAME" | "COMMENT" | "GRANT" | "REVOKE" | "REINDEX" => Kind::Ddl,
        "BEGIN" | "COMMIT" | "END" | "ROLLBACK" | "ABORT" | "SAVEPOINT" | "RELEASE" | "XA" => Kind::Transaction,
        "START" | "PREPARE" | "SAVE" if next(&["TRANSACTION", "TRAN"]) => Kind::Transaction,
        "SET" if (at + 1..end.min(at + 5)).any(|at| parts.is(at, &["TRANSACTION"])) => Kind::Transaction,
        _ => Kind::Other,
    }
}

/// Whether a query with a name writes: `WITH gone AS (DELETE ...) SELECT ...`. It may begin with queries that have names
/// of their own, and with a hint.
fn writes(parts: &Significant<'_>, start: usize, end: usize) -> bool {
    (start + 1..end).any(|at| {
        let begins = matches!(parts.word(at - 1), "(" | ")") || parts.kind(at - 1) == Some(TokenKind::Comment);
        begins
            && parts.is(at, &["INSERT", "UPDATE", "DELETE", "MERGE"])
            // MySQL has a function of that name.
            && parts.word(at + 1) != "("
    })
}

/// Whether `SELECT ... INTO` makes a table. In MySQL it does not: it fills variables, or a file.
fn selects_into(parts: &Significant<'_>, at: usize, end: usize, dialect: Dialect) -> bool {
    let mut depth = 0_usize;
    dialect != Dialect::Mysql
        && (at..end).any(|at| {
            match parts.word(at) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && parts.is(at, &["INTO"])
        })
}

/// Whether `COPY` reads: `COPY t TO STDOUT`.
fn copies_out(parts: &Significant<'_>, at: usize, end: usize) -> bool {
    let mut depth = 0_usize;
    let direction = (at..end).find(|at| {
        match parts.word(*at) {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && parts.is(*at, &["FROM", "TO"])
    });
    direction.is_some_and(|at| parts.is(at, &["TO"]))
}

/// What a change of the schema is about: the first word after the verb that says so.
fn object_of(parts: &Significant<'_>, at: usize, end: usize) -> Option<String> {
    const OBJECTS: &[&str] = &[
        "TABLE",
        "INDEX",
        "VIEW",
        "TRIGGER",
        "FUNCTION",
        "PROCEDURE",
        "SEQUENCE",
        "SCHEMA",
        "DATABASE",
        "TYPE",
        "EXTENSION",
        "POLICY",
    ];
    (at + 1..end.min(at + 6)).find(|at| parts.is(*at, OBJECTS)).map(|at| parts.word(at).to_ascii_uppercase())
}
