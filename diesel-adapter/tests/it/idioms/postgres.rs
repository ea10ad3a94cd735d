//! PostgreSQL: the idioms of all databases, and its own.

/// What every idiom finds.
pub(super) const CREATE: &str = "
    CREATE TABLE authors (id SERIAL PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE CHECK (name <> ''), born INT);
    CREATE TABLE books (id SERIAL PRIMARY KEY, author_id INT NOT NULL REFERENCES authors,
        title VARCHAR(40) NOT NULL, pages INT NOT NULL DEFAULT 100, price DOUBLE PRECISION);
    INSERT INTO authors (name, born) VALUES ('Ann', 1970), ('Bob', NULL), ('Cem', 1985);
    INSERT INTO books (author_id, title, pages, price)
        VALUES (1, 'Ash', 120, 9.5), (1, 'Birch', 80, NULL), (3, 'Cedar', 300, 20)";

/// What a session is told first.
const SESSION: &str = "SELECT 1";
const INSERT_AUTHOR: &str = "INSERT INTO authors (name, born) VALUES ($1, $2)";
/// A statement of nothing.
const EMPTY: &str = "";
/// An error that comes with the second row.
const FAILS_AT_TWO: &str = "SELECT 1 / (2 - n) FROM generate_series(1, 3) AS n";
const MIGRATIONS: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("tests/migrations/postgres");
const MIGRATIONS_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrations/postgres");
/// URLs of databases that are not there.
const WRONG_URLS: &[&str] = &["nonsense", "postgres://nobody@127.0.0.1:9/nothing?connect_timeout=1"];

#[path = "."]
mod raw {
    use super::{EMPTY, FAILS_AT_TWO, INSERT_AUTHOR, MIGRATIONS, MIGRATIONS_PATH, SESSION, WRONG_URLS};

    type Conn = diesel::PgConnection;
    type Db = diesel::pg::Pg;
    type RawConn = diesel::PgConnection;

    fn raw(connection: &mut Conn) -> &mut RawConn {
        connection
    }

    #[path = "postgres_program/mod.rs"]
    pub(super) mod postgres_program;
    #[path = "program/mod.rs"]
    pub(super) mod program;
}

#[path = "."]
mod traced {
    use super::{EMPTY, FAILS_AT_TWO, INSERT_AUTHOR, MIGRATIONS, MIGRATIONS_PATH, SESSION, WRONG_URLS};

    type Conn = osprofiler_diesel::TracedPgConnection;
    type Db = diesel::pg::Pg;
    type RawConn = diesel::PgConnection;

    fn raw(connection: &mut Conn) -> &mut RawConn {
        &mut **connection
    }

    #[path = "postgres_program/mod.rs"]
    pub(super) mod postgres_program;
    #[path = "program/mod.rs"]
    pub(super) mod program;
}

topics! { postgres:
    postgres_program::copy,
    postgres_program::cursors,
    postgres_program::isolation,
    postgres_program::notifications,
    postgres_program::returning,
    postgres_program::types,
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
topics! { postgres: program::pools }
