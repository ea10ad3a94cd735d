//! PostgreSQL: the idioms of all databases, and its own: `COPY`, `LISTEN`, advisory locks.

const NAME_OF: &str = "SELECT name FROM person WHERE id = $1";
const INSERT: &str = "INSERT INTO person (id, name) VALUES ($1, $2)";
const BEGIN_WITH: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";

// `sqlx-adapter/.sqlx` knows these; `idioms/mod.rs` says how it is made.
macro_rules! find_person {
    ($id:expr) => {
        sqlx::query!("SELECT id, name FROM person WHERE id = $1", $id)
    };
}
macro_rules! find_person_as {
    ($type:ty, $id:expr) => {
        sqlx::query_as!($type, "SELECT id, name FROM person WHERE id = $1", $id)
    };
}
macro_rules! find_person_unchecked {
    ($id:expr) => {
        sqlx::query_unchecked!("SELECT id, name FROM person WHERE id = $1", $id)
    };
}
macro_rules! count_people {
    () => {
        sqlx::query_scalar!("SELECT count(*) AS \"count!\" FROM person")
    };
}
macro_rules! insert_person {
    ($id:expr, $name:expr) => {
        sqlx::query!("INSERT INTO person (id, name) VALUES ($1, $2)", $id, $name)
    };
}
macro_rules! names_from_file {
    () => {
        sqlx::query_file!("tests/it/idioms/names_postgres.sql")
    };
}

#[path = "."]
mod raw {
    use super::{BEGIN_WITH, INSERT, NAME_OF};

    type Db = sqlx::Postgres;
    type Pool = sqlx::PgPool;
    type PoolConnection = sqlx::pool::PoolConnection<Db>;
    type Transaction<'c> = sqlx::Transaction<'c, Db>;
    type OwnConnection = sqlx::PgConnection;
    type PoolOptions = sqlx::postgres::PgPoolOptions;
    type SqlxPool = sqlx::PgPool;
    type SqlxConnection = sqlx::PgConnection;
    type CopyIn<C> = sqlx::postgres::PgCopyIn<C>;

    #[path = "postgres_program.rs"]
    pub(super) mod postgres_program;
    #[path = "program.rs"]
    pub(super) mod program;
}

#[path = "."]
mod traced {
    use super::{BEGIN_WITH, INSERT, NAME_OF};

    type Db = sqlx::Postgres;
    type Pool = osprofiler_sqlx::TracedPgPool;
    type PoolConnection = osprofiler_sqlx::TracedPoolConnection<Db>;
    type Transaction<'c> = osprofiler_sqlx::TracedTransaction<'c, Db>;
    type OwnConnection = osprofiler_sqlx::TracedConnection<'static, Db>;
    type PoolOptions = sqlx::postgres::PgPoolOptions;
    type SqlxPool = sqlx::PgPool;
    type SqlxConnection = sqlx::PgConnection;
    type CopyIn<C> = osprofiler_sqlx::TracedCopyIn<C>;

    #[path = "postgres_program.rs"]
    pub(super) mod postgres_program;
    #[path = "program.rs"]
    pub(super) mod program;
}

/// What stands otherwise in the lists of all databases.
const OWN: &[(&str, &str)] = &[
    ("$1", "?"),
    ("$2", "?"),
    ("$3", "?"),
    ("$4", "?"),
    (BEGIN_WITH, "BEGIN WITH"),
    ("SELECT count(*) AS \"count!\" FROM person", "COUNT"),
    ("SELECT name::text AS \"name!\" FROM person ORDER BY id", "NAMES FROM A FILE"),
];

async fn database(idiom: &str) -> Option<sqlx::PgPool> {
    Some(super::with_people(crate::server::postgres(&format!("idiom_{idiom}")).await?).await)
}

every_idiom!(test_idioms);

test_idioms! {
    postgres_program;
    copy_in_by_the_pool => [
        "copy_in_raw COPY person (id, name) FROM STDIN → affected 2 bytes 12",
        "copy_in_raw COPY person (id, name) FROM STDIN → cancelled",
        "copy_in_raw SELECT 1 → error Protocol",
    ];
    copy_in_by_a_connection => [
        "copy_in_raw COPY person (id, name) FROM STDIN → affected 1 bytes 6",
        "copy_in_raw COPY person (id, name) FROM STDIN → bytes 6 error Database",
        "t1 begin BEGIN → done",
        "t1 copy_in_raw COPY person (id, name) FROM STDIN → affected 1 bytes 6",
        "t1 rollback ROLLBACK → rolled back",
    ];
    copy_out => [
        "copy_out_raw COPY (SELECT id, name FROM person ORDER BY id) TO STDOUT → bytes 18",
        "copy_out_raw COPY (SELECT id, name FROM person ORDER BY id) TO STDOUT → bytes 18",
        "copy_out_raw COPY nowhere TO STDOUT → error Database",
    ];
    listeners => [
        "execute NOTIFY idioms, 'from the pool' → affected 0",
        "execute SELECT pg_notify('idioms', ?) [\"with a parameter\"] → affected 1",
    ];
    advisory_locks => [
        "t1 begin BEGIN → done",
        // The lock ran on sqlx's own connection: whether that failed is not known.
        "t1 commit COMMIT → unknown",
    ];
}
