//! The texts of statements, in each database's dialect.

use super::database::Database;

/// The table's columns but its number, in OSProfiler's order.
pub(super) const COLUMNS: [&str; 9] =
    ["timestamp", "base_id", "parent_id", "trace_id", "project", "host", "service", "name", "data"];

/// So many characters fit in a column.
pub(super) const LONGEST: usize = 255;

/// What makes the table and its indexes where they are missing, as OSProfiler 4.4.0 does. Its columns compare by their bytes in
/// MySQL, where it leaves that to the database.
pub(super) fn create(database: Database) -> Vec<String> {
    let number = match database {
        Database::Sqlite => "id INTEGER PRIMARY KEY AUTOINCREMENT",
        Database::PostgreSql => "id SERIAL PRIMARY KEY",
        Database::MySql => "id INTEGER NOT NULL AUTO_INCREMENT PRIMARY KEY",
    };
    let mut columns = vec![number.to_owned(), "timestamp VARCHAR(26)".to_owned()];
    let texts = COLUMNS.iter().filter(|column| !["timestamp", "data"].contains(*column));
    columns.extend(texts.map(|column| format!("{column} VARCHAR({LONGEST})")));
    columns.push("data JSON".to_owned());
    let indexed = COLUMNS.iter().filter(|column| **column != "data");
    if database == Database::MySql {
        // MySQL itself has no `CREATE INDEX IF NOT EXISTS`.
        columns.extend(indexed.map(|column| format!("INDEX ix_data_{column} ({column})")));
        let columns = columns.join(", ");
        return vec![format!("CREATE TABLE IF NOT EXISTS data ({columns}) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")];
    }
    let mut statements = vec![format!("CREATE TABLE IF NOT EXISTS data ({})", columns.join(", "))];
    statements.extend(indexed.map(|column| format!("CREATE INDEX IF NOT EXISTS ix_data_{column} ON data ({column})")));
    statements
}

/// An insertion of `rows` rows.
pub(super) fn insert(database: Database, rows: usize) -> String {
    let mut sql = format!("INSERT INTO data ({}) VALUES ", COLUMNS.join(", "));
    let mut number = 0;
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..COLUMNS.len() {
            number += 1;
            if column > 0 {
                sql.push_str(", ");
            }
            sql.push_str(&placeholder(database, number));
        }
        if database == Database::PostgreSql {
            sql.push_str("::json");
        }
        sql.push(')');
    }
    sql
}

/// All columns of the messages of `traces` traces, in the order in which they were stored.
pub(super) fn messages(database: Database, traces: usize) -> String {
    let data = match database {
        Database::Sqlite => "data",
        Database::PostgreSql => "data::text",
        // The type of JSON in MySQL; in MariaDB it is text anyway.
        Database::MySql => "CAST(data AS CHAR CHARACTER SET utf8mb4)",
    };
    let columns = COLUMNS[..COLUMNS.len() - 1].join(", ");
    let places: Vec<String> = (1..=traces).map(|number| placeholder(database, number)).collect();
    format!("SELECT {columns}, {data} FROM data WHERE base_id IN ({}) ORDER BY id", places.join(", "))
}

/// The ids of traces and how many messages they have, the newest first. One value: the prefix, where there is one.
pub(super) fn traces(database: Database, prefix: Option<&str>, errors_only: bool, limit: Option<usize>) -> String {
    let mut sql = "SELECT base_id, CAST(COUNT(*) AS CHAR(20)) FROM data".to_owned();
    if let Some(prefix) = prefix {
        let length = prefix.chars().count();
        sql.push_str(&format!(" WHERE SUBSTR(base_id, 1, {length}) = {}", placeholder(database, 1)));
    }
    sql.push_str(" GROUP BY base_id");
    if errors_only {
        let data = if database == Database::PostgreSql { "data::text" } else { "data" };
        // A sieve: what only looks like an error is found by reading the messages.
        sql.push_str(&format!(" HAVING MAX(CASE WHEN {data} LIKE '%etype%' THEN 1 ELSE 0 END) = 1"));
    }
    sql.push_str(" ORDER BY MIN(timestamp) DESC, base_id");
    if let Some(limit) = limit {
        sql.push_str(&format!(" LIMIT {limit}"));
    }
    sql
}

/// Deletes a trace.
pub(super) fn delete(database: Database) -> String {
    let place = placeholder(database, 1);
    match database {
        // In tables of OSProfiler's `=` may not see the difference between upper and lower case.
        Database::MySql => {
            format!("DELETE FROM data WHERE base_id = {place} AND CAST(base_id AS BINARY) = CAST({place} AS BINARY)")
        }
        _ => format!("DELETE FROM data WHERE base_id = {place}"),
    }
}

/// How many traces have no message at or after the time that is the one value.
pub(super) fn count_older(database: Database) -> String {
    format!("SELECT CAST(COUNT(*) AS CHAR(20)) FROM ({}) AS old", older(database))
}

/// Deletes them.
pub(super) fn delete_older(database: Database) -> String {
    // MySQL reads the table that it deletes from only within a table of its own.
    format!("DELETE FROM data WHERE base_id IN (SELECT base_id FROM ({}) AS old)", older(database))
}

fn older(database: Database) -> String {
    format!("SELECT base_id FROM data GROUP BY base_id HAVING MAX(timestamp) < {}", placeholder(database, 1))
}

fn placeholder(database: Database, number: usize) -> String {
    match database {
        Database::PostgreSql => format!("${number}"),
        Database::Sqlite | Database::MySql => "?".to_owned(),
    }
}
