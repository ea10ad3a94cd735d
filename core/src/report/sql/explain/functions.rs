//! [`has_effect`]: functions of the three databases that change something, lock or wait, with where that is said.
//!
//! Here: the table of them, and which calls of a statement are in doubt. Not here: functions without effects (`harmless`).

use std::collections::HashMap;

use super::harmless;
use crate::report::sql::Dialect;
use crate::report::sql::lexer::TokenKind;
use crate::report::sql::significant::Significant;

/// Functions of one kind. A name that ends with `*` stands for all that begin so.
struct Effects {
    dialect: Dialect,
    /// Where the database's manual says it.
    #[cfg_attr(not(test), expect(dead_code, reason = "the source is for readers, and a test looks that there is one"))]
    source: &'static str,
    names: &'static [&'static str],
}

const EFFECTS: &[Effects] = &[
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.17 Sequence Manipulation Functions",
        names: &["nextval", "setval"],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.27.1 Configuration Settings Functions; 9.3 setseed",
        names: &["set_config", "setseed"],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.27.2 Server Signaling Functions",
        names: &[
            "pg_cancel_backend",
            "pg_terminate_backend",
            "pg_reload_conf",
            "pg_rotate_logfile*",
            "pg_log_backend_memory_contexts",
        ],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.27.3 Backup Control Functions, 9.27.4 Recovery Control Functions",
        names: &[
            "pg_create_restore_point",
            "pg_backup_*",
            "pg_start_backup",
            "pg_stop_backup",
            "pg_switch_wal",
            "pg_promote",
            "pg_wal_replay_pause",
            "pg_wal_replay_resume",
        ],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.27.5 Snapshot Synchronization Functions, 9.27.6 Replication Management Functions",
        names: &[
            "pg_export_snapshot",
            "pg_create_physical_replication_slot",
            "pg_create_logical_replication_slot",
            "pg_copy_physical_replication_slot",
            "pg_copy_logical_replication_slot",
            "pg_drop_replication_slot",
            "pg_logical_slot_get_*",
            "pg_logical_emit_message",
            "pg_replication_origin_*",
            "pg_replication_slot_advance",
        ],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.27.7 Database Object Management Functions, 9.27.8 Index Maintenance Functions",
        names: &["pg_import_system_collations", "brin_summarize_*", "brin_desummarize_range", "gin_clean_pending_list"],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 9.27.10 Advisory Lock Functions",
        names: &["pg_advisory_*", "pg_try_advisory_*"],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 35.3 Client Interfaces, 35.4 Server-Side Functions of large objects",
        names: &["lo_*", "loread", "lowrite"],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, NOTIFY; 9.9.5 Delaying Execution; 9.26.7 Transaction ID functions, which assign one",
        names: &["pg_notify", "pg_sleep*", "txid_current", "pg_current_xact_id"],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, 28.2.26 Statistics Functions",
        names: &["pg_stat_reset*", "pg_stat_clear_snapshot", "pg_stat_force_next_flush"],
    },
    Effects {
        dialect: Dialect::Postgres,
        source: "PostgreSQL 15, F.12 dblink, F.1 adminpack, F.29 pg_prewarm, 9.15.3 query_to_xml, 12.4.2.1 ts_rewrite: they run SQL",
        names: &["dblink*", "pg_file_*", "pg_prewarm", "query_to_xml*", "cursor_to_xml*", "ts_rewrite", "ts_stat"],
    },
    Effects {
        dialect: Dialect::Mysql,
        source: "MySQL 8.4, 14.14 Locking Functions",
        names: &["get_lock", "release_lock", "release_all_locks"],
    },
    Effects {
        dialect: Dialect::Mysql,
        source: "MySQL 8.4, 14.15 Information Functions: BENCHMARK, LAST_INSERT_ID(expr)",
        names: &["benchmark", "last_insert_id"],
    },
    Effects {
        dialect: Dialect::Mysql,
        source: "MySQL 8.4, 14.23 Miscellaneous Functions; MariaDB 10.11, Sequence Functions",
        names: &["sleep", "uuid_short", "nextval", "setval"],
    },
    Effects {
        dialect: Dialect::Mysql,
        source: "MySQL 8.4, 14.18 Functions Used with Replication; MariaDB 10.11, MASTER_GTID_WAIT",
        names: &[
            "group_replication_*",
            "asynchronous_connection_failover_*",
            "master_pos_wait",
            "source_pos_wait",
            "master_gtid_wait",
            "wait_for_executed_gtid_set",
            "wait_until_sql_thread_after_gtids",
        ],
    },
    Effects {
        dialect: Dialect::Mysql,
        source: "MySQL 8.4, 14.15 Information Functions: FOUND_ROWS and ROW_COUNT depend on the statement before",
        names: &["found_rows", "row_count"],
    },
    Effects {
        dialect: Dialect::Sqlite,
        source: "SQLite 3.51, Built-In Scalar SQL Functions: load_extension; SQLite's shell: writefile, edit",
        names: &["load_extension", "writefile", "edit", "fts3_tokenizer"],
    },
];

/// Words that may stand before a parenthesis, and that no database lets a function have for its name without quotes.
const NO_FUNCTIONS: &[&str] = &[
    "ALL",
    "AND",
    "AS",
    "BETWEEN",
    "CASE",
    "DISTINCT",
    "ELSE",
    "EXCEPT",
    "EXISTS",
    "FROM",
    "HAVING",
    "IN",
    "INTERSECT",
    "INTO",
    "LIMIT",
    "NOT",
    "ON",
    "OR",
    "SELECT",
    "THEN",
    "UNION",
    "USING",
    "VALUES",
    "WHEN",
    "WHERE",
    "WITH",
];

/// More of them in one database only: PostgreSQL 15, appendix C; MySQL 8.4, "Keywords and Reserved Words".
fn no_functions_of(dialect: Dialect) -> &'static [&'static str] {
    match dialect {
        Dialect::Postgres => {
            &["ANY", "ARRAY", "FETCH", "GROUP", "LATERAL", "OFFSET", "RETURNING", "ROW", "SOME", "TABLE"]
        }
        Dialect::Mysql => &[
            "BINARY",
            "BY",
            "DIV",
            "INDEX",
            "INTERVAL",
            "JOIN",
            "KEY",
            "LIKE",
            "MATCH",
            "PARTITION",
            "REGEXP",
            "RETURNING",
            "RLIKE",
            "ROW",
            "SET",
            "UPDATE",
            "XOR",
        ],
        Dialect::Sqlite | Dialect::Generic => &["BY", "JOIN", "LIKE"],
    }
}

/// Whether the word could be a function's name, but is not where it stands.
fn is_operator(parts: &Significant<'_>, at: usize, opening: &HashMap<usize, usize>) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let is_operand = |at: usize| {
        matches!(
            parts.kind(at),
            Some(
                TokenKind::Ident
                    | TokenKind::QuotedIdent
                    | TokenKind::Text
                    | TokenKind::Number
                    | TokenKind::Placeholder
            )
        ) || parts.word(at) == ")"
    };
    match parts.word(at).to_ascii_uppercase().as_str() {
        "BY" => parts.is(before, &["GROUP", "ORDER", "PARTITION"]),
        "ANY" | "SOME" => parts.kind(before) == Some(TokenKind::Operator),
        "JOIN" => is_operand(before) || parts.is(before, &["LEFT", "RIGHT", "FULL", "INNER", "OUTER", "CROSS"]),
        "LIKE" | "ILIKE" if parts.is(before, &["NOT"]) => before > 0 && is_operand(before - 1),
        "LIKE" | "ILIKE" => is_operand(before),
        // After a call; what follows `DISTINCT ON (a)` may be one.
        "OVER" | "FILTER" | "AGAINST" if parts.word(before) == ")" => {
            opening.get(&before).is_some_and(|open| *open > 0 && !parts.is(*open - 1, &["ON"]))
        }
        _ => false,
    }
}

/// For each parenthesis that closes, the place of the one that it closes.
fn opening(parts: &Significant<'_>) -> HashMap<usize, usize> {
    let (mut open, mut pairs) = (Vec::new(), HashMap::new());
    for at in 0..parts.parts.len() {
        match parts.word(at) {
            "(" => open.push(at),
            ")" => pairs.extend(open.pop().map(|open| (at, open))),
            _ => {}
        }
    }
    pairs
}

/// Whether a function of the database changes something, locks, or waits; `name` is without its schema.
///
/// It is known of functions that the databases bring with them. That one is not known says nothing.
#[must_use]
pub fn has_effect(dialect: Dialect, name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let of_dialect = |effects: &&Effects| dialect == Dialect::Generic || effects.dialect == dialect;
    EFFECTS.iter().filter(of_dialect).flat_map(|effects| effects.names).any(|known| match known.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *known,
    })
}

/// What is wrong with the first call of a function that is not known to have no effects. Not asked for SQLite, whose
/// `EXPLAIN QUERY PLAN` calls none.
pub(super) fn doubtful_call(parts: &Significant<'_>, dialect: Dialect) -> Option<String> {
    if dialect == Dialect::Sqlite {
        return None;
    }
    let opening = opening(parts);
    (0..parts.parts.len()).filter(|at| parts.word(*at + 1) == "(").find_map(|at| {
        let word = parts.word(at);
        let unquoted = match parts.kind(at)? {
            TokenKind::Keyword | TokenKind::Ident => word,
            TokenKind::QuotedIdent => word.trim_matches(['"', '`']),
            // With `ANSI_QUOTES` it is a name.
            TokenKind::Text if word.starts_with('"') => word.trim_matches('"'),
            _ => return None,
        };
        let is_quoted = unquoted.len() < word.len();
        let is_language =
            parts.is(at, NO_FUNCTIONS) || parts.is(at, no_functions_of(dialect)) || is_operator(parts, at, &opening);
        if !is_quoted && is_language || is_list(parts, at) {
            return None;
        }
        let schema = (at >= 2 && parts.word(at - 1) == ".").then(|| parts.word(at - 2));
        let builtin =
            schema.is_none_or(|schema| dialect == Dialect::Postgres && schema.eq_ignore_ascii_case("pg_catalog"));
        let name = unquoted.to_ascii_lowercase();
        if builtin && harmless::is_harmless(dialect, &name) {
            None
        } else if has_effect(dialect, &name) {
            Some(format!("{name} has effects"))
        } else {
            Some(format!("{unquoted} is not known to have no effects"))
        }
    })
}

/// Whether a list of columns, or a type's size, stands between the parentheses after the name: `INSERT INTO a (b)`,
/// `WITH a (b) AS`, `f() AS a (b)`, `c::numeric(10, 2)`.
fn is_list(parts: &Significant<'_>, at: usize) -> bool {
    let mut first = at;
    while first >= 2 && parts.word(first - 1) == "." {
        first -= 2;
    }
    first > 0
        && (parts.is(first - 1, &["INTO", "WITH", "RECURSIVE", "AS", "::"])
            // `INSERT t (a)` and `REPLACE t (a)` of MySQL, which have no expression there.
            || parts.is(first - 1, &["INSERT", "REPLACE", "IGNORE"]) && parts.kind(first - 1) == Some(TokenKind::Keyword))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_with_effects_has_a_source_and_is_not_called_harmless() {
        for effects in EFFECTS {
            assert!(!effects.source.is_empty());
            for name in effects.names {
                let plain = name.trim_end_matches('*');
                assert!(has_effect(effects.dialect, plain), "{name}");
                assert!(!harmless::is_harmless(effects.dialect, plain), "{name}");
            }
        }
        for (dialect, name) in harmless::all() {
            assert!(!has_effect(dialect, name), "{name}");
        }
    }
}
