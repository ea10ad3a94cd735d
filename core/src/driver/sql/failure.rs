//! What an error of a database means for whoever asked.

use std::io::ErrorKind;

use super::database::Database;

/// What to do about an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The connection is of no use any more, or the server is away or busy: the same may succeed later.
    Away,
    /// The table, or SQLite's file, does not exist.
    NoTable,
    /// Something exists already: the table, which somebody else made at the same time, or a key that rows must not share.
    Exists,
    /// A value is refused, and will be again; other rows may do.
    Value,
    /// Refused, and will be again.
    Refused,
}

pub(super) fn failure(database: Database, error: &sqlx::Error) -> Failure {
    let Some(error) = error.as_database_error() else {
        return match error {
            // Certificates are refused so, and whatever is no TLS.
            sqlx::Error::Io(error) if error.kind() == ErrorKind::InvalidData => Failure::Refused,
            sqlx::Error::Io(_) | sqlx::Error::Protocol(_) | sqlx::Error::WorkerCrashed => Failure::Away,
            _ => Failure::Refused,
        };
    };
    let code = error.code();
    let code = code.as_deref().unwrap_or_default();
    match database {
        Database::Sqlite => sqlite(code, error.message()),
        Database::PostgreSql => postgresql(code),
        Database::MySql => mysql(number(error)),
    }
}

/// By the primary result code, which is the lowest byte of the extended one.
fn sqlite(code: &str, message: &str) -> Failure {
    match code.parse::<u32>().unwrap_or(0) & 0xff {
        // SQLITE_BUSY, SQLITE_LOCKED and SQLITE_FULL.
        5 | 6 | 13 => Failure::Away,
        1 if message.starts_with("no such table") => Failure::NoTable,
        // SQLITE_TOOBIG, SQLITE_CONSTRAINT and SQLITE_MISMATCH.
        18..=20 => Failure::Value,
        _ => Failure::Refused,
    }
}

/// By SQLSTATE (PostgreSQL 15, appendix A).
fn postgresql(code: &str) -> Failure {
    match code {
        "42P01" => Failure::NoTable,
        // The second comes from the catalogue's own indexes when two create the table at once.
        "42P07" | "23505" => Failure::Exists,
        // Conflicts, shutdown, a standby that was the primary, and connections that were idle for too long.
        "40001" | "40P01" | "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "25006" | "25P03" | "57P05" => {
            Failure::Away
        }
        _ if code.starts_with("08") || code.starts_with("53") => Failure::Away,
        // Data exceptions, integrity constraints and limits of the program.
        _ if ["22", "23", "54"].iter().any(|class| code.starts_with(class)) => Failure::Value,
        _ => Failure::Refused,
    }
}

/// By the server's error number.
fn mysql(number: u16) -> Failure {
    match number {
        1146 => Failure::NoTable,
        // The table, or an index of it, exists.
        1050 | 1061 => Failure::Exists,
        // Disk full, too many connections of all or of the user, shutdown, network, lock wait, deadlock, read only, killed, idle
        // for too long, server gone.
        1021
        | 1040
        | 1053
        | 1077
        | 1079
        | 1158..=1161
        | 1203
        | 1205
        | 1213
        | 1226
        | 1290
        | 1836
        | 1927
        | 2006
        | 2013
        | 4031 => Failure::Away,
        // Null, duplicate, packet too large, out of range, cut, wrong date, wrong characters, too long, no JSON, constraints.
        1048 | 1062 | 1153 | 1264 | 1265 | 1292 | 1301 | 1364 | 1366 | 1406 | 3140 | 3819 | 4025 => Failure::Value,
        _ => Failure::Refused,
    }
}

#[cfg(feature = "driver-mysql")]
fn number(error: &dyn sqlx::error::DatabaseError) -> u16 {
    error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>().map_or(0, sqlx::mysql::MySqlDatabaseError::number)
}

#[cfg(not(feature = "driver-mysql"))]
fn number(_: &dyn sqlx::error::DatabaseError) -> u16 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_succeed_later_is_known_by_its_code() {
        assert_eq!(sqlite("517", "database is locked"), Failure::Away);
        assert_eq!(sqlite("1", "no such table: data"), Failure::NoTable);
        assert_eq!(sqlite("1", "near \"x\": syntax error"), Failure::Refused);
        assert_eq!(sqlite("14", "unable to open database file"), Failure::Refused);
        assert_eq!(sqlite("275", "CHECK constraint failed: x"), Failure::Value);
        for (code, expected) in [
            ("57P03", Failure::Away),
            ("53300", Failure::Away),
            ("08006", Failure::Away),
            ("42P01", Failure::NoTable),
            ("28P01", Failure::Refused),
            ("57P05", Failure::Away),
            ("22021", Failure::Value),
            ("42501", Failure::Refused),
        ] {
            assert_eq!(postgresql(code), expected, "{code}");
        }
        for (number, expected) in [
            (1040, Failure::Away),
            (1146, Failure::NoTable),
            (1045, Failure::Refused),
            (1142, Failure::Refused),
            (1366, Failure::Value),
        ] {
            assert_eq!(mysql(number), expected, "{number}");
        }
    }
}
