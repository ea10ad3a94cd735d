//! [`Reading`]: how a server may read a text, where its settings decide and a trace does not say them.
//!
//! Here: which readings there are of each dialect. Not here: what each of them does with a quote (`quoted`, `comment`).

use crate::report::sql::Dialect;

/// One way to read a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report::sql) struct Reading {
    pub(in crate::report::sql) dialect: Dialect,
    /// In `'...'` a backslash belongs to what follows it. MySQL 8.4, "String Literals": unless `NO_BACKSLASH_ESCAPES` is
    /// set; PostgreSQL 17, "String Constants": where `standard_conforming_strings` is off.
    pub(super) backslashes: bool,
    /// `"..."` is a text. MySQL 8.4, "Server SQL Modes": unless `ANSI_QUOTES` is set.
    pub(super) double_is_text: bool,
    /// What stands in `/*!99999 ... */` runs. MySQL 8.4, "Comments": where the server is not older than that number.
    pub(super) executes: bool,
    /// A number sign before what looks like PostgreSQL's operator for JSON begins no comment.
    pub(super) json_operators: bool,
    /// `q'[...]'` is a text. Oracle Database 23ai SQL Language Reference, "Text Literals".
    pub(super) alternative_quotes: bool,
}

impl Reading {
    /// As a server with its default settings reads it.
    pub(in crate::report::sql) const fn usual(dialect: Dialect) -> Self {
        let mysql = matches!(dialect, Dialect::Mysql);
        Self {
            dialect,
            backslashes: mysql,
            double_is_text: mysql,
            executes: mysql,
            json_operators: false,
            alternative_quotes: false,
        }
    }

    /// All other ways in which the database, or where it is not known one of them, may read a text.
    pub(in crate::report::sql) fn others(dialect: Dialect) -> Vec<Self> {
        let usual = Self::usual(dialect);
        let both = [false, true];
        match dialect {
            Dialect::Postgres => vec![Self { backslashes: true, ..usual }],
            Dialect::Sqlite => Vec::new(),
            Dialect::Mysql => {
                let quotes = both.into_iter().flat_map(|backslashes| both.map(|double| (backslashes, double)));
                let all = quotes.flat_map(|(backslashes, double_is_text)| {
                    both.map(|executes| Self { backslashes, double_is_text, executes, ..usual })
                });
                all.filter(|reading| *reading != usual).collect()
            }
            Dialect::Generic => {
                let mut all = vec![Self { alternative_quotes: true, ..usual }];
                for known in [Dialect::Postgres, Dialect::Mysql, Dialect::Sqlite] {
                    all.push(Self::usual(known));
                    all.extend(Self::others(known));
                }
                all.iter_mut().for_each(|reading| reading.json_operators = true);
                all
            }
        }
    }
}
