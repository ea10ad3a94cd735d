//! What the text of a statement says: one lexer for all that reports know of SQL.
//!
//! Here: the dialects, and what is known of a text ([`Analyzed`]). Below: tokens ([`lexer`]), fingerprints
//! ([`fingerprint`]), kinds, tables and labels (`analyze`), where lines break ([`layout`]), places for values
//! ([`placeholder`]), values as literals ([`literal`]), a statement with its values in their places ([`runnable`]), what
//! stands before one to see its plan ([`explain`]), whether a read gives the same again ([`repeat`]), what functions do
//! ([`functions`]), what values are there for (`operand`), a text of which nothing is left that may be a value (`hidden`),
//! where each of several statements begins and ends (`statements`), and what they do to transactions (`transaction`). Not
//! here: which statements a trace ran (`analysis`).
//!
//! No step parses: a text may be anything, cut, or no SQL at all. Every step takes time in proportion to the text.

pub mod explain;
pub mod fingerprint;
pub mod functions;
pub mod layout;
pub mod lexer;
pub mod literal;
pub mod placeholder;
pub mod repeat;
pub mod runnable;

mod analyze;
pub(in crate::report) mod hidden;
pub(in crate::report) mod operand;
mod significant;
pub(in crate::report) mod statements;
mod transaction;

pub(in crate::report) use self::transaction::{TransactionVerb, transaction_verbs};

use repeat::Repeat;

/// How a database reads SQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// PostgreSQL, with `standard_conforming_strings` on.
    Postgres,
    /// MySQL and MariaDB, without `ANSI_QUOTES` and `NO_BACKSLASH_ESCAPES`.
    Mysql,
    /// SQLite.
    Sqlite,
    /// Any other: what the three have in common.
    #[default]
    Generic,
}

impl Dialect {
    /// The dialect of what OSProfiler's messages call `system`.
    #[must_use]
    pub fn of_system(system: Option<&str>) -> Self {
        match system {
            Some("postgresql" | "postgres") => Self::Postgres,
            Some("mysql" | "mariadb") => Self::Mysql,
            Some("sqlite") => Self::Sqlite,
            _ => Self::Generic,
        }
    }
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// It reads.
    Read,
    /// It writes rows, or may.
    Write,
    /// It changes the schema.
    Ddl,
    /// It begins or ends a transaction, or a savepoint.
    Transaction,
    /// Anything else.
    Other,
}

/// What is known of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Analyzed {
    /// The text with `?` in place of values, so that statements which differ in nothing else are equal.
    pub fingerprint: String,
    /// A hash of the fingerprint that stays the same in all versions and on all machines.
    pub hash: u64,
    /// Whether only the beginning of the text went into the fingerprint, because it is too long.
    pub truncated: bool,
    /// What it does.
    pub kind: Kind,
    /// What it does when it runs again.
    pub repeat: Repeat,
    /// The verb in capital letters, such as `SELECT`; empty where there is none.
    pub verb: String,
    /// The tables, in the order of the text, each once.
    pub tables: Vec<String>,
    /// Verb and first tables, such as `SELECT users`: of a statement that changes something, the tables that it changes.
    pub label: String,
    /// The text on one line, with `•••` in place of what a `SELECT` lists.
    pub compact: String,
}
