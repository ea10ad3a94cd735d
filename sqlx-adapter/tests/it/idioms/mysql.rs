//! MySQL and MariaDB.

const NAME_OF: &str = "SELECT name FROM person WHERE id = ?";
const INSERT: &str = "INSERT INTO person (id, name) VALUES (?, ?)";
const BEGIN_WITH: &str = "START TRANSACTION WITH CONSISTENT SNAPSHOT";

// `sqlx-adapter/.sqlx` knows these; `idioms/mod.rs` says how it is made.
macro_rules! find_person {
    ($id:expr) => {
        sqlx::query!("SELECT id, name FROM person WHERE id = ?", $id)
    };
}
macro_rules! find_person_as {
    ($type:ty, $id:expr) => {
        sqlx::query_as!($type, "SELECT id, name FROM person WHERE id = ?", $id)
    };
}
macro_rules! find_person_unchecked {
    ($id:expr) => {
        sqlx::query_unchecked!("SELECT id, name FROM person WHERE id = ?", $id)
    };
}
macro_rules! count_people {
    () => {
        sqlx::query_scalar!("SELECT count(*) AS `count!` FROM person")
    };
}
macro_rules! insert_person {
    ($id:expr, $name:expr) => {
        sqlx::query!("INSERT INTO person (id, name) VALUES (?, ?)", $id, $name)
    };
}
macro_rules! names_from_file {
    () => {
        sqlx::query_file!("tests/it/idioms/names_mysql.sql")
    };
}

#[path = "."]
mod raw {
    use super::{BEGIN_WITH, INSERT, NAME_OF};

    type Db = sqlx::MySql;
    type Pool = sqlx::MySqlPool;
    type PoolConnection = sqlx::pool::PoolConnection<Db>;
    type Transaction<'c> = sqlx::Transaction<'c, Db>;
    type OwnConnection = sqlx::MySqlConnection;
    type PoolOptions = sqlx::mysql::MySqlPoolOptions;
    type SqlxPool = sqlx::MySqlPool;
    type SqlxConnection = sqlx::MySqlConnection;

    #[path = "program.rs"]
    pub(super) mod program;
}

#[path = "."]
mod traced {
    use super::{BEGIN_WITH, INSERT, NAME_OF};

    type Db = sqlx::MySql;
    type Pool = osprofiler_sqlx::TracedMySqlPool;
    type PoolConnection = osprofiler_sqlx::TracedPoolConnection<Db>;
    type Transaction<'c> = osprofiler_sqlx::TracedTransaction<'c, Db>;
    type OwnConnection = osprofiler_sqlx::TracedConnection<'static, Db>;
    type PoolOptions = sqlx::mysql::MySqlPoolOptions;
    type SqlxPool = sqlx::MySqlPool;
    type SqlxConnection = sqlx::MySqlConnection;

    #[path = "program.rs"]
    pub(super) mod program;
}

/// What stands otherwise in the lists of all databases.
const OWN: &[(&str, &str)] = &[
    (BEGIN_WITH, "BEGIN WITH"),
    ("SELECT count(*) AS `count!` FROM person", "COUNT"),
    ("SELECT `name` FROM person ORDER BY id", "NAMES FROM A FILE"),
];

async fn database(idiom: &str) -> Option<sqlx::MySqlPool> {
    Some(super::with_people(crate::server::mysql(&format!("idiom_{idiom}")).await?).await)
}

every_idiom!(test_idioms);
