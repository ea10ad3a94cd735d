//! [`volatile_use`]: functions and special values whose result may be another in the next run, though no data changed.
//!
//! They read a clock, random numbers, the session or the state of the server. They change nothing.

use std::borrow::Cow;

use super::Call;
use crate::report::sql::Dialect;
use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;

/// Functions of one kind.
struct Volatile {
    dialect: Dialect,
    /// Where the database's manual says it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the source is for readers, and a test looks that there is one"))]
    source: &'static str,
    names: &'static [&'static str],
    /// Those of them that are called without parentheses, too.
    words: &'static [&'static str],
}

const VOLATILE: &[Volatile] = &[
    Volatile {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.9.5 Current Date/Time",
        names: &["now", "clock_timestamp", "statement_timestamp", "transaction_timestamp", "timeofday", "age"],
        words: &["current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"],
    },
    Volatile {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.3 Random Functions, 9.14 UUID Functions",
        names: &["random", "gen_random_uuid"],
        words: &[],
    },
    Volatile {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.26.1 Session Information Functions, 9.27.1 Configuration Settings Functions",
        names: &[
            "current_schemas",
            "current_setting",
            "inet_client_addr",
            "inet_server_addr",
            "pg_backend_pid",
            "pg_is_in_recovery",
            "pg_table_is_visible",
            "txid_current_if_assigned",
        ],
        words: &["current_catalog", "current_role", "current_schema", "current_user", "session_user", "user"],
    },
    Volatile {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.27.7 Database Object Management Functions: sizes",
        names: &[
            "pg_column_size",
            "pg_database_size",
            "pg_indexes_size",
            "pg_relation_size",
            "pg_table_size",
            "pg_total_relation_size",
        ],
        words: &[],
    },
    Volatile {
        dialect: Dialect::Mysql,
        source: "MySQL 8.4, 14.7 Date and Time Functions: the current date and time",
        names: &["curdate", "curtime", "now", "sysdate", "unix_timestamp"],
        words: &[
            "current_date",
            "current_time",
            "current_timestamp",
            "localtime",
            "localtimestamp",
            "utc_date",
            "utc_time",
            "utc_timestamp",
        ],
    },
    Volatile {
        dialect: Dialect::Mysql,
        source: "MySQL 8.4, 14.6.2 RAND, 14.13 RANDOM_BYTES, 14.23 UUID",
        names: &["rand", "random_bytes", "uuid"],
        words: &[],
    },
    Volatile {
        dialect: Dialect::Mysql,
        source: "MySQL 8.4, 14.15 Information Functions",
        names: &["connection_id", "database", "schema", "session_user", "system_user", "user"],
        words: &["current_user", "current_role"],
    },
    Volatile {
        dialect: Dialect::Sqlite,
        source: "SQLite 3.51, Built-In Scalar SQL Functions",
        names: &["changes", "last_insert_rowid", "random", "randomblob", "total_changes"],
        words: &["current_date", "current_time", "current_timestamp"],
    },
];

/// Functions of SQLite's that read the clock where their time is missing or `'now'`: SQLite 3.51, "Date And Time Functions".
const SQLITE_TIMES: &[&str] = &["date", "datetime", "julianday", "strftime", "time", "timediff", "unixepoch"];

/// Texts that PostgreSQL reads as a time of its clock: PostgreSQL 15, 8.5.1.4 Special Values.
const POSTGRES_TIMES: &[&str] = &["'now'", "'today'", "'tomorrow'", "'yesterday'"];

/// Tables that databases keep about themselves, by how their names begin. They change while nothing is written.
const OWN_TABLES: &[(Dialect, &[&str])] = &[
    // PostgreSQL 15, 28.2 The Cumulative Statistics System, 54 System Views.
    (
        Dialect::Postgres,
        &[
            "pg_stat",
            "pg_catalog.pg_stat",
            "pg_locks",
            "pg_cursors",
            "pg_prepared_",
            "pg_settings",
            "pg_replication_",
            "pg_backend_memory_contexts",
        ],
    ),
    // MySQL 8.4, 28 INFORMATION_SCHEMA Tables, 29 Performance Schema, 30 sys Schema.
    (Dialect::Mysql, &["information_schema.", "performance_schema.", "sys.", "mysql."]),
    // SQLite 3.51, "The DBSTAT Virtual Table", "The SQLITE_STMT Virtual Table".
    (Dialect::Sqlite, &["dbstat", "sqlite_stmt", "pragma_"]),
];

/// The first function, value or table of a statement whose result may be another in the next run.
pub(in crate::report::sql) fn volatile_use<'a>(
    parts: &Significant<'a>,
    dialect: Dialect,
    calls: &[Call<'a>],
    tables: &[String],
) -> Option<Cow<'a, str>> {
    let call = calls.iter().find(|call| {
        is_volatile(dialect, &call.name)
            || dialect == Dialect::Sqlite && SQLITE_TIMES.contains(&&*call.name) && !has_fixed_time(parts, call)
    });
    if let Some(call) = call {
        return Some(call.name.clone().into());
    }
    if let Some(at) = (0..parts.parts.len()).find(|at| is_volatile_word(parts, *at, dialect)) {
        return Some(parts.word(at).into());
    }
    let own = OWN_TABLES.iter().filter(|(of, _)| dialect == Dialect::Generic || *of == dialect);
    let is_own = |table: &&String| {
        let table = table.to_ascii_lowercase();
        own.clone().any(|(_, names)| names.iter().any(|name| table.starts_with(name)))
    };
    tables.iter().find(is_own).map(|table| table.clone().into())
}

fn of_dialect(dialect: Dialect) -> impl Iterator<Item = &'static Volatile> {
    VOLATILE.iter().filter(move |volatile| dialect == Dialect::Generic || volatile.dialect == dialect)
}

/// Whether the function, in small letters, is known to have another result in each run, or in each session.
fn is_volatile(dialect: Dialect, name: &str) -> bool {
    of_dialect(dialect).any(|volatile| volatile.names.contains(&name) || volatile.words.contains(&name))
}

fn is_volatile_word(parts: &Significant<'_>, at: usize, dialect: Dialect) -> bool {
    match parts.kind(at) {
        // Variables of a session: MySQL 8.4, 11.4 User-Defined Variables, 7.1.9 Using System Variables.
        Some(TokenKind::Ident) if dialect == Dialect::Mysql && parts.word(at).starts_with('@') => true,
        // A name may be called so after a dot, and after `AS`.
        Some(TokenKind::Keyword | TokenKind::Ident) if at > 0 && parts.is(at - 1, &[".", "AS"]) => false,
        Some(TokenKind::Keyword | TokenKind::Ident) => {
            let word = parts.word(at);
            parts.is(at, &["TABLESAMPLE"])
                || of_dialect(dialect)
                    .flat_map(|volatile| volatile.words)
                    // Outside of PostgreSQL, `user` is a name.
                    .filter(|known| dialect == Dialect::Postgres || **known != "user")
                    .any(|known| word.eq_ignore_ascii_case(known))
        }
        Some(TokenKind::Text) if matches!(dialect, Dialect::Postgres | Dialect::Generic) => {
            let text = parts.word(at);
            POSTGRES_TIMES.iter().any(|time| text.eq_ignore_ascii_case(time))
        }
        _ => false,
    }
}

/// Whether the time that the function gets stands in the statement, or comes from a column.
fn has_fixed_time(parts: &Significant<'_>, call: &Call<'_>) -> bool {
    let (mut depth, mut commas, mut arguments) = (0_usize, 0_usize, 0_usize);
    for at in call.at + 1..parts.parts.len() {
        match parts.word(at) {
            "(" => depth += 1,
            ")" if depth == 1 => break,
            ")" => depth -= 1,
            "," if depth == 1 => commas += 1,
            word if parts.kind(at) == Some(TokenKind::Placeholder)
                || word.trim_matches(['\'', '"']).eq_ignore_ascii_case("now") =>
            {
                return false;
            }
            _ => arguments += 1,
        }
    }
    // `strftime('%s')` is about now.
    arguments > 0 && (call.name != "strftime" || commas > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sql::functions::has_effect;

    #[test]
    fn every_volatile_function_has_a_source_and_no_effect() {
        for volatile in VOLATILE {
            assert!(!volatile.source.is_empty());
            for name in volatile.names.iter().chain(volatile.words) {
                assert!(!has_effect(volatile.dialect, name), "{name}");
            }
        }
    }
}
