//! SQLite, in a file.

const NAME_OF: &str = "SELECT name FROM person WHERE id = ?1";
const INSERT: &str = "INSERT INTO person (id, name) VALUES (?1, ?2)";
const BEGIN_WITH: &str = "BEGIN IMMEDIATE";

// `sqlx-adapter/.sqlx` knows these; `idioms/mod.rs` says how it is made.
macro_rules! find_person {
    ($id:expr) => {
        sqlx::query!("SELECT id, name FROM person WHERE id = ?1", $id)
    };
}
macro_rules! find_person_as {
    ($type:ty, $id:expr) => {
        sqlx::query_as!($type, "SELECT id, name FROM person WHERE id = ?1", $id)
    };
}
macro_rules! find_person_unchecked {
    ($id:expr) => {
        sqlx::query_unchecked!("SELECT id, name FROM person WHERE id = ?1", $id)
    };
}
macro_rules! count_people {
    () => {
        sqlx::query_scalar!("SELECT count(*) AS [count!: i64] FROM person")
    };
}
macro_rules! insert_person {
    ($id:expr, $name:expr) => {
        sqlx::query!("INSERT INTO person (id, name) VALUES (?1, ?2)", $id, $name)
    };
}
macro_rules! names_from_file {
    () => {
        sqlx::query_file!("tests/it/idioms/names_sqlite.sql")
    };
}

#[path = "."]
mod raw {
    use super::{BEGIN_WITH, INSERT, NAME_OF};

    type Db = sqlx::Sqlite;
    type Pool = sqlx::SqlitePool;
    type PoolConnection = sqlx::pool::PoolConnection<Db>;
    type Transaction<'c> = sqlx::Transaction<'c, Db>;
    type OwnConnection = sqlx::SqliteConnection;
    type PoolOptions = sqlx::sqlite::SqlitePoolOptions;
    type SqlxPool = sqlx::SqlitePool;
    type SqlxConnection = sqlx::SqliteConnection;

    #[path = "program.rs"]
    pub(super) mod program;
}

#[path = "."]
mod traced {
    use super::{BEGIN_WITH, INSERT, NAME_OF};

    type Db = sqlx::Sqlite;
    type Pool = osprofiler_sqlx::TracedSqlitePool;
    type PoolConnection = osprofiler_sqlx::TracedPoolConnection<Db>;
    type Transaction<'c> = osprofiler_sqlx::TracedTransaction<'c, Db>;
    type OwnConnection = osprofiler_sqlx::TracedConnection<'static, Db>;
    type PoolOptions = sqlx::sqlite::SqlitePoolOptions;
    type SqlxPool = sqlx::SqlitePool;
    type SqlxConnection = sqlx::SqliteConnection;

    #[path = "program.rs"]
    pub(super) mod program;
}

/// What stands otherwise in the lists of all databases.
const OWN: &[(&str, &str)] = &[
    ("?1", "?"),
    ("?2", "?"),
    (BEGIN_WITH, "BEGIN WITH"),
    ("SELECT count(*) AS [count!: i64] FROM person", "COUNT"),
    ("SELECT [name] FROM person ORDER BY id", "NAMES FROM A FILE"),
];

async fn database(idiom: &str) -> Option<sqlx::SqlitePool> {
    Some(super::with_people(crate::server::sqlite(&format!("idiom_{idiom}")).await?).await)
}

every_idiom!(test_idioms);
