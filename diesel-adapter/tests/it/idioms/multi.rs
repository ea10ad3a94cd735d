//! `#[derive(MultiConnection)]`: one connection type that is one of the three, with custom types under it.

#[path = "."]
mod raw {
    type Pg = diesel::PgConnection;
    type My = diesel::MysqlConnection;
    type Lite = diesel::SqliteConnection;

    #[path = "multi_program.rs"]
    pub(super) mod program;
}

#[path = "."]
mod traced {
    type Pg = osprofiler_diesel::TracedPgConnection;
    type My = osprofiler_diesel::TracedMysqlConnection;
    type Lite = osprofiler_diesel::TracedSqliteConnection;

    #[path = "multi_program.rs"]
    pub(super) mod program;
}

/// A test for each database, with the tables that its own idioms have.
macro_rules! databases {
    ($($database:ident)*) => {$(
        #[test]
        fn $database() {
            compare!(|| crate::server::$database("multi", super::$database::CREATE), program::IDIOMS);
        }
    )*};
}

databases! { mysql postgres sqlite }
