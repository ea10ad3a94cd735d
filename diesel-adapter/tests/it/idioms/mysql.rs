//! MySQL: the idioms of all databases, and its own.

/// What every idiom finds.
pub(super) const CREATE: &str = "
    CREATE TABLE authors (id INT AUTO_INCREMENT PRIMARY KEY,
        name VARCHAR(40) NOT NULL UNIQUE CHECK (name <> ''), born INT);
    CREATE TABLE books (id INT AUTO_INCREMENT PRIMARY KEY, author_id INT NOT NULL, title VARCHAR(40) NOT NULL,
        pages INT NOT NULL DEFAULT 100, price DOUBLE, FOREIGN KEY (author_id) REFERENCES authors (id));
    INSERT INTO authors (name, born) VALUES ('Ann', 1970), ('Bob', NULL), ('Cem', 1985);
    INSERT INTO books (author_id, title, pages, price)
        VALUES (1, 'Ash', 120, 9.5), (1, 'Birch', 80, NULL), (3, 'Cedar', 300, 20)";

/// What a session is told first.
const SESSION: &str = "SELECT 1";
const INSERT_AUTHOR: &str = "INSERT INTO authors (name, born) VALUES (?, ?)";
/// A statement of nothing; libmariadb 3.3 reads behind the end of a text of no bytes.
const EMPTY: &str = ";";
/// An error that comes with the second row.
const FAILS_AT_TWO: &str = "SELECT CASE id WHEN 2 THEN (SELECT id FROM authors) ELSE id END FROM authors ORDER BY id";
const MIGRATIONS: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("tests/migrations/mysql");
const MIGRATIONS_PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/migrations/mysql");
/// URLs of databases that are not there.
const WRONG_URLS: &[&str] = &["nonsense", "mysql://nobody@127.0.0.1:9/nothing"];

#[path = "."]
mod raw {
    use super::{EMPTY, FAILS_AT_TWO, INSERT_AUTHOR, MIGRATIONS, MIGRATIONS_PATH, SESSION, WRONG_URLS};

    type Conn = diesel::MysqlConnection;
    type Db = diesel::mysql::Mysql;
    type RawConn = diesel::MysqlConnection;

    fn raw(connection: &mut Conn) -> &mut RawConn {
        connection
    }

    #[path = "mysql_program/mod.rs"]
    pub(super) mod mysql_program;
    #[path = "program/mod.rs"]
    pub(super) mod program;
}

#[path = "."]
mod traced {
    use super::{EMPTY, FAILS_AT_TWO, INSERT_AUTHOR, MIGRATIONS, MIGRATIONS_PATH, SESSION, WRONG_URLS};

    type Conn = osprofiler_diesel::TracedMysqlConnection;
    type Db = diesel::mysql::Mysql;
    type RawConn = diesel::MysqlConnection;

    fn raw(connection: &mut Conn) -> &mut RawConn {
        &mut **connection
    }

    #[path = "mysql_program/mod.rs"]
    pub(super) mod mysql_program;
    #[path = "program/mod.rs"]
    pub(super) mod program;
}

topics! { mysql:
    mysql_program::own,
    mysql_program::types,
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
topics! { mysql: program::pools }
