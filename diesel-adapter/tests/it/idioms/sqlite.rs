//! SQLite: the idioms of all databases, and its own.

/// What every idiom finds.
pub(super) const CREATE: &str = "
    CREATE TABLE authors (id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE CHECK (name <> ''), born INTEGER);
    CREATE TABLE books (id INTEGER PRIMARY KEY AUTOINCREMENT, author_id INTEGER NOT NULL REFERENCES authors,
        title TEXT NOT NULL, pages INTEGER NOT NULL DEFAULT 100, price REAL);
    INSERT INTO authors (name, born) VALUES ('Ann', 1970), ('Bob', NULL), ('Cem', 1985);
    INSERT INTO books (author_id, title, pages, price)
        VALUES (1, 'Ash', 120, 9.5), (1, 'Birch', 80, NULL), (3, 'Cedar', 300, 20)";

/// What a session is told first.
const SESSION: &str = "PRAGMA foreign_keys = ON";
const INSERT_AUTHOR: &str = "INSERT INTO authors (name, born) VALUES (?, ?)";
/// A statement of nothing.
const EMPTY: &str = "";
/// An error that comes with the second row.
const FAILS_AT_TWO: &str =
    "SELECT CASE id WHEN 2 THEN abs(-9223372036854775807 - 1) ELSE id END FROM authors ORDER BY id";
const MIGRATIONS: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("tests/migrations/sqlite");
const MIGRATIONS_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrations/sqlite");
/// URLs of databases that are not there.
const WRONG_URLS: &[&str] = &["/nowhere/at/all.db", "file:/nowhere?mode=ro"];

#[path = "."]
mod raw {
    use super::{EMPTY, FAILS_AT_TWO, INSERT_AUTHOR, MIGRATIONS, MIGRATIONS_PATH, SESSION, WRONG_URLS};

    type Conn = diesel::SqliteConnection;
    type Db = diesel::sqlite::Sqlite;
    type RawConn = diesel::SqliteConnection;

    fn raw(connection: &mut Conn) -> &mut RawConn {
        connection
    }

    #[path = "program/mod.rs"]
    pub(super) mod program;
    #[path = "sqlite_program/mod.rs"]
    pub(super) mod sqlite_program;
}

#[path = "."]
mod traced {
    use super::{EMPTY, FAILS_AT_TWO, INSERT_AUTHOR, MIGRATIONS, MIGRATIONS_PATH, SESSION, WRONG_URLS};

    type Conn = osprofiler_diesel::TracedSqliteConnection;
    type Db = diesel::sqlite::Sqlite;
    type RawConn = diesel::SqliteConnection;

    fn raw(connection: &mut Conn) -> &mut RawConn {
        &mut **connection
    }

    #[path = "program/mod.rs"]
    pub(super) mod program;
    #[path = "sqlite_program/mod.rs"]
    pub(super) mod sqlite_program;
}

topics! { sqlite:
    sqlite_program::extensions,
    sqlite_program::own,
    sqlite_program::returning,
    program::associations,
    program::connections,
    program::errors,
    program::loading,
    program::migrations,
    program::queries,
    program::transactions,
    program::writing,
}

#[cfg(feature = "r2d2")]
topics! { sqlite: program::pools }
