//! [`has_effect`]: functions of the three databases that change something, lock or wait, with where that is said.

use crate::report::sql::Dialect;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sql::functions::harmless;

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
